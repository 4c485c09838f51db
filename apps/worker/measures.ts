import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import type { GuestSample } from '#drivers/hypervisor/index';
import type { SampleRecord } from './sample-spool.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Node counts the processors' times in milliseconds. */
const NS_PER_MS = 1_000_000;

/**
 * Guests in Ceilometer's meters. A guest has no balloon, so what it uses of its memory is not known from inside:
 * memory.usage is the memory that its process takes on the host, as memory.resident is.
 */
export function samplesOfGuests(guests: readonly GuestSample[], at: string): SampleRecord[] {
  return guests.flatMap((guest) => {
    const { serverId: id, vcpus, ram, powerState, process, disks, cards } = guest;
    const resident = process && process.residentBytes / MIB;
    return [
      {
        type: 'instance',
        id,
        at,
        metrics: {
          vcpus,
          memory: ram,
          'power.state': powerState,
          ...(process && { cpu: process.cpuNs }),
          ...(resident !== undefined && { 'memory.usage': resident, 'memory.resident': resident }),
        },
      },
      ...disks.map((disk) => ({
        type: 'instance_disk',
        id,
        part: disk.device,
        at,
        metrics: {
          'disk.device.read.bytes': disk.readBytes,
          'disk.device.read.requests': disk.readRequests,
          'disk.device.write.bytes': disk.writeBytes,
          'disk.device.write.requests': disk.writeRequests,
          ...(disk.capacityBytes !== undefined && { 'disk.device.capacity': disk.capacityBytes }),
          ...(disk.allocatedBytes !== undefined && { 'disk.device.allocation': disk.allocatedBytes }),
        },
      })),
      ...cards.map((card) => ({
        type: 'instance_network_interface',
        id,
        part: card.device,
        at,
        metrics: {
          'network.incoming.bytes': card.incomingBytes,
          'network.incoming.packets': card.incomingPackets,
          'network.outgoing.bytes': card.outgoingBytes,
          'network.outgoing.packets': card.outgoingPackets,
        },
      })),
    ];
  });
}

/** The machine itself. @param home on whose file system guests and volumes are */
export async function samplesOfMachine(machine: string, home: string, at: string): Promise<SampleRecord[]> {
  const [disk, available] = await Promise.all([statfs(home), availableMemory()]);
  const [one = 0, five = 0, fifteen = 0] = os.loadavg();
  const times = { user: 0, sys: 0, idle: 0 };
  for (const cpu of os.cpus()) for (const kind of ['user', 'sys', 'idle'] as const) times[kind] += cpu.times[kind];
  return [
    {
      type: 'nova_compute',
      id: machine,
      at,
      metrics: {
        'compute.node.cpu.user.time': times.user * NS_PER_MS,
        'compute.node.cpu.kernel.time': times.sys * NS_PER_MS,
        'compute.node.cpu.idle.time': times.idle * NS_PER_MS,
      },
    },
    {
      type: 'host',
      id: machine,
      at,
      metrics: {
        'hardware.cpu.load.1min': one,
        'hardware.cpu.load.5min': five,
        'hardware.cpu.load.15min': fifteen,
        'hardware.memory.total': os.totalmem() / 1024,
        'hardware.memory.used': (os.totalmem() - available) / 1024,
        'hardware.disk.size.total': (disk.blocks * disk.bsize) / 1024,
        'hardware.disk.size.used': ((disk.blocks - disk.bfree) * disk.bsize) / 1024,
      },
    },
  ];
}

/** The place that volumes have. */
export async function samplesOfPool(machine: string, home: string, at: string): Promise<SampleRecord[]> {
  const { blocks, bavail, bsize } = await statfs(home);
  const metrics = {
    'volume.provider.pool.capacity.total': (blocks * bsize) / GIB,
    'volume.provider.pool.capacity.free': (bavail * bsize) / GIB,
  };
  return [{ type: 'volume_provider_pool', id: machine, at, metrics }];
}

/** In bytes: what programs could still have, caches included. */
async function availableMemory(): Promise<number> {
  const meminfo = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? os.freemem() : Number(kibibytes) * 1024;
}
