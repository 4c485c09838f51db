import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CardCounters } from '../network/index.js';
import type { Definitions } from './definitions.js';
import type { GuestDefinition } from './definition.js';
import type { GuestPaths } from './guest-paths.js';
import { STATUS_SOCKET } from './guest-paths.js';
import type { DiskSample, GuestSample, PowerState } from './index.js';
import { Qmp } from './qmp.js';
import type { RunningGuests } from './running-guests.js';

/** Linux counts a process's time for user space in hundredths of a second on every machine (USER_HZ). */
const NS_PER_TICK = 10_000_000;

interface BlockStats {
  readonly qdev?: string;
  readonly 'node-name'?: string;
  readonly stats: Readonly<Record<'rd_bytes' | 'rd_operations' | 'wr_bytes' | 'wr_operations', number>>;
}
interface BlockNode {
  readonly 'node-name'?: string;
  readonly image?: { readonly 'virtual-size'?: number; readonly 'actual-size'?: number };
}

/** What guests use: of their process by /proc, of their disks by QMP, of their cards by the counters of the host's ends. */
export class GuestMeter {
  constructor(
    private readonly guests: RunningGuests,
    private readonly definitions: Definitions,
  ) {}

  /** @returns undefined where there is no such guest. Does not wait for whoever works with it. */
  async read(
    at: GuestPaths,
    counters: readonly CardCounters[],
    powerState: () => Promise<PowerState>,
  ): Promise<GuestSample | undefined> {
    const kept = await this.definitions.read(at);
    if (!kept) return undefined;
    const { definition } = kept;
    const { serverId, host, vcpus, ram } = definition;
    const pid = await this.guests.find(at);
    const known = { serverId, host, vcpus, ram, powerState: await powerState() };
    const none = { ...known, disks: [], cards: [] };
    if (pid === undefined) return none;
    try {
      const process = await usedBy(pid);
      const cards = counters.filter(({ portId }) => definition.nics.some(({ id }) => id === portId));
      return { ...known, process, disks: await disksOf(at, definition), cards };
    } catch (error) {
      // It has ended meanwhile; else its state is not known.
      if (await this.guests.isAlive(pid)) throw error;
      return none;
    }
  }
}

/** The time of all its threads, also of those that have ended, and the memory that it really has. */
async function usedBy(pid: number): Promise<NonNullable<GuestSample['process']>> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // Behind the program's name, which may have blanks in it: the state is the third of all fields, utime the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { cpuNs: ticks * NS_PER_TICK, residentBytes: kibibytes * 1024 };
}

async function disksOf(at: GuestPaths, { root, disks }: GuestDefinition): Promise<DiskSample[]> {
  using qmp = await Qmp.open(at.run, STATUS_SOCKET);
  const stats = (await qmp.execute('query-blockstats')) as BlockStats[];
  const nodes = (await qmp.execute('query-named-block-nodes', { flat: true })) as BlockNode[];
  const known = [
    ...(root === undefined ? [] : [{ id: 'root', device: 'vda' }]),
    ...disks.map(({ volumeId, device }) => ({ id: `disk-${volumeId}`, device: path.basename(device) })),
  ];
  return known.flatMap(({ id, device }) => {
    // A guest of an old version has devices without names: nothing is known of their disks.
    const found = stats.find(({ qdev }) => qdev?.split('/').includes(id));
    if (found === undefined) return [];
    const { rd_bytes, rd_operations, wr_bytes, wr_operations } = found.stats;
    const image = nodes.find((node) => node['node-name'] === found['node-name'])?.image;
    return {
      device,
      readBytes: rd_bytes,
      readRequests: rd_operations,
      writeBytes: wr_bytes,
      writeRequests: wr_operations,
      ...(image?.['virtual-size'] === undefined ? {} : { capacityBytes: image['virtual-size'] }),
      ...(image?.['actual-size'] === undefined ? {} : { allocatedBytes: image['actual-size'] }),
    };
  });
}
