/** The unit of a meter, and whether its rate is kept, too: that of what is counted from some beginning on. */
interface Meter {
  readonly unit: string;
  readonly rate?: true;
}
const counted = (unit: string): Meter => ({ unit, rate: true });
const gauge = (unit: string): Meter => ({ unit });

/**
 * What is metered of each type of resource, by Ceilometer's names and in its units (ceilometer/compute/pollsters,
 * ceilometer/volume, data/meters.d/meters.yaml; hardware.* are those that its SNMP pollsters had).
 */
export const METERS = {
  instance: {
    cpu: counted('ns'),
    vcpus: gauge('vcpu'),
    memory: gauge('MiB'),
    'memory.usage': gauge('MiB'),
    'memory.resident': gauge('MiB'),
    'power.state': gauge('state'),
    'disk.root.size': gauge('GiB'),
    'disk.ephemeral.size': gauge('GiB'),
    'compute.instance.booting.time': gauge('sec'),
  },
  instance_disk: {
    'disk.device.read.bytes': counted('B'),
    'disk.device.read.requests': counted('request'),
    'disk.device.write.bytes': counted('B'),
    'disk.device.write.requests': counted('request'),
    'disk.device.capacity': gauge('B'),
    'disk.device.allocation': gauge('B'),
  },
  instance_network_interface: {
    'network.incoming.bytes': counted('B'),
    'network.incoming.packets': counted('packet'),
    'network.outgoing.bytes': counted('B'),
    'network.outgoing.packets': counted('packet'),
  },
  nova_compute: {
    'compute.node.cpu.user.time': counted('ns'),
    'compute.node.cpu.kernel.time': counted('ns'),
    'compute.node.cpu.idle.time': counted('ns'),
  },
  host: {
    'hardware.cpu.load.1min': gauge('process'),
    'hardware.cpu.load.5min': gauge('process'),
    'hardware.cpu.load.15min': gauge('process'),
    'hardware.memory.total': gauge('KB'),
    'hardware.memory.used': gauge('KB'),
    'hardware.disk.size.total': gauge('KB'),
    'hardware.disk.size.used': gauge('KB'),
  },
  volume: { 'volume.size': gauge('GiB') },
  volume_provider_pool: {
    'volume.provider.pool.capacity.total': gauge('GiB'),
    'volume.provider.pool.capacity.free': gauge('GiB'),
  },
  image: { 'image.size': gauge('B') },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Meter>>>>;

export type MeteredType = keyof typeof METERS;

/** The meter of a name, or undefined where the type has none of it. */
export const meterOf = (type: MeteredType, name: string): Meter | undefined =>
  Object.hasOwn(METERS[type], name) ? (METERS[type] as Readonly<Record<string, Meter>>)[name] : undefined;

/** gnocchi_resources.yaml: what counts has its rate kept. */
export const archivePolicyOf = ({ rate }: Meter): string => (rate ? 'ceilometer-low-rate' : 'ceilometer-low');
