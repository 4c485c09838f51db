import type { HostRole } from '../keystone/host-users.js';
import type { Fernet } from '../keystone/index.js';
import type { Database } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import type { Neutron } from '../neutron/index.js';
import { networkData, type NetworkData } from './network-data.js';
import type { InjectedFile } from './server-request.js';

/** What a guest gets on its config drive. Only nova-compute of the server's machine may read it. */
export interface GuestData {
  readonly uuid: string;
  readonly name: string;
  readonly hostname: string;
  readonly project_id: string;
  readonly launch_index: number;
  readonly availability_zone: string | null;
  readonly meta: Record<string, string>;
  readonly public_keys: Record<string, string>;
  /** Of the one in public_keys: ssh or x509. */
  readonly key_type?: string;
  readonly admin_pass?: string;
  readonly user_data?: string;
  /** The files that were asked for with it (personality). */
  readonly files?: readonly InjectedFile[];
}

/** What a guest is told by the metadata service: what may be told more than once, and what only EC2's documents have. */
export interface GuestMetadata extends Omit<GuestData, 'admin_pass' | 'files'> {
  readonly network_data: NetworkData;
  readonly ec2: {
    readonly instance_id: string;
    readonly ami_id: string;
    readonly reservation_id: string;
    readonly instance_type: string;
    readonly local_ipv4: string;
    readonly security_groups: readonly string[];
    readonly block_devices: Readonly<Record<string, string>>;
  };
}

interface Parts {
  readonly db: Database;
  readonly fernet: Fernet;
  readonly neutron: Neutron;
}
type Row = NonNullable<Awaited<ReturnType<Database['server']['findFirst']>>>;

/** What hosts tell guests about themselves. */
export class GuestDataOf {
  constructor(private readonly parts: Parts) {}

  /**
   * The data of a guest's config drive, for its host. @throws 404 unless the asker is nova-compute of the server's
   * machine
   */
  async server({ binary, machine }: HostRole, id: string): Promise<GuestData> {
    const server = await this.parts.db.server.findFirst({ where: { id, deleted_at: null, machine } });
    if (!server || binary !== 'nova-compute') throw notFound('InstanceNotFound', `Instance ${id} could not be found.`);
    const adminPass = server.admin_pass === null ? undefined : this.parts.fernet.open(server.admin_pass)?.toString();
    return {
      ...(await this.common(server)),
      ...(adminPass === undefined ? {} : { admin_pass: adminPass }),
      files: (server.injected_files ?? []) as unknown as InjectedFile[],
    };
  }

  /**
   * What the guest that has an address on a network is told. @throws 404 where no server has it, or unless the asker is
   * neutron-agent of the server's machine, or of one that has the network's DHCP or a router of it: all that the guest
   * sends there passes by it anyway
   */
  async at({ binary, machine }: HostRole, networkId: string, ip: string): Promise<GuestMetadata> {
    const { db, neutron } = this.parts;
    const nobody = notFound('InstanceNotFound', `No instance has ${ip} on network ${networkId}.`);
    const id = binary === 'neutron-agent' ? await neutron.serverAt(networkId, ip) : undefined;
    if (id === undefined) throw nobody;
    const [server, cards] = await Promise.all([
      db.server.findFirst({ where: { id, deleted_at: null }, include: { block_devices: true } }),
      neutron.cardsOf(id),
    ]);
    if (!server || !(server.machine === machine || (await neutron.isServedBy(networkId, machine)))) throw nobody;
    const root = server.root_device_name;
    const volumes = server.block_devices.flatMap(({ volume_id: volume, device_name: name }) =>
      volume === null ? [] : [name],
    );
    return {
      ...(await this.common(server)),
      network_data: networkData(cards),
      ec2: {
        instance_id: `i-${server.number.toString(16).padStart(8, '0')}`,
        // Nova numbers images for EC2 alone; here the id's beginning stands for it. A server of a volume has none.
        ami_id: `ami-${server.image_id?.slice(0, 8) ?? '00000000'}`,
        reservation_id: server.reservation_id,
        instance_type: (server.flavor as { name: string }).name,
        local_ipv4: cards.flatMap(({ subnets }) => subnets).find(({ version }) => version === 4)?.address ?? '',
        security_groups: server.security_groups,
        block_devices: {
          ami: root.replace('/dev/', ''),
          root,
          ...Object.fromEntries(volumes.toSorted().map((name, index) => [`ebs${index}`, name])),
        },
      },
    };
  }

  private async common(server: Row): Promise<Omit<GuestData, 'admin_pass' | 'files'>> {
    const key =
      server.key_name === null
        ? null
        : await this.parts.db.keypair.findUnique({
            where: { user_id_name: { user_id: server.user_id, name: server.key_name } },
          });
    return {
      uuid: server.id,
      name: server.name,
      hostname: server.hostname,
      project_id: server.project_id,
      launch_index: server.launch_index,
      availability_zone: server.availability_zone,
      meta: server.metadata as Record<string, string>,
      public_keys: key ? { [key.name]: key.public_key } : {},
      key_type: key?.type ?? 'ssh',
      ...(server.user_data === null ? {} : { user_data: server.user_data }),
    };
  }
}
