import { fits, type ProviderUsage, type Resources } from '../../placement/index.js';

/** A host as the filters and weighers see it. */
export interface HostState {
  readonly host: string;
  readonly machine: string;
  readonly availabilityZone: string;
  /** It has reported in. */
  readonly up: boolean;
  /** By an administrator, or forced down. */
  readonly disabled: boolean;
  provider: ProviderUsage;
}
/** What a server asks of its host. */
export interface HostDemand {
  readonly resources: Resources;
  readonly availabilityZone?: string;
  readonly requestedHost?: string;
  /** Hosts on which this boot has already failed. */
  readonly excludedHosts: readonly string[];
}

interface HostFilter {
  readonly name: string;
  passes(host: HostState, demand: HostDemand): boolean;
}

const hasRoomFor =
  (resourceClass: string) =>
  ({ provider }: HostState, { resources }: HostDemand): boolean =>
    fits(resources[resourceClass] ?? 0, provider.classes[resourceClass]);

/** In the order in which they are applied; the names are Nova's where Nova has such a filter. */
const FILTERS: readonly HostFilter[] = [
  { name: 'RequestedHost', passes: (h, d) => d.requestedHost === undefined || h.host === d.requestedHost },
  { name: 'RetryFilter', passes: (h, d) => !d.excludedHosts.includes(h.host) },
  { name: 'ComputeFilter', passes: (h) => h.up && !h.disabled },
  {
    name: 'AvailabilityZoneFilter',
    passes: (h, d) => d.availabilityZone === undefined || h.availabilityZone === d.availabilityZone,
  },
  { name: 'VCPU', passes: hasRoomFor('VCPU') },
  { name: 'MEMORY_MB', passes: hasRoomFor('MEMORY_MB') },
  { name: 'DISK_GB', passes: hasRoomFor('DISK_GB') },
];

/** How many hosts a filter was given and let through. */
export interface FilterCount {
  readonly filter: string;
  readonly given: number;
  readonly passed: number;
}

/** The hosts that pass every filter, and the count of each filter up to the one that let nobody through. */
export function filterHosts(
  hosts: readonly HostState[],
  demand: HostDemand,
): { hosts: HostState[]; counts: FilterCount[] } {
  let left = [...hosts];
  const counts: FilterCount[] = [];
  for (const filter of FILTERS) {
    const given = left.length;
    left = left.filter((h) => filter.passes(h, demand));
    counts.push({ filter: filter.name, given, passed: left.length });
    if (left.length === 0) break;
  }
  return { hosts: left, counts };
}

/**
 * The best hosts, best first: those with the largest share of memory free (Nova's RAMWeigher, which spreads). Equal
 * hosts are in random order, so that simultaneous boots do not all try the same one. It is one pass over the hosts and
 * no sort, since there may be ten thousand of them and only a few are ever tried.
 */
export function bestHosts(hosts: readonly HostState[], count: number): HostState[] {
  const best: { host: HostState; weight: number; lot: number }[] = [];
  for (const host of hosts) {
    const one = { host, weight: freeShare(host), lot: Math.random() };
    const last = best[count - 1];
    if (last && compare(one, last) >= 0) continue;
    const at = best.findIndex((other) => compare(one, other) < 0);
    best.splice(at === -1 ? best.length : at, 0, one);
    if (best.length > count) best.pop();
  }
  return best.map(({ host }) => host);
}

interface Weighed {
  readonly weight: number;
  readonly lot: number;
}
const compare = (a: Weighed, b: Weighed): number => b.weight - a.weight || a.lot - b.lot;

function freeShare({ provider }: HostState): number {
  const memory = provider.classes['MEMORY_MB'];
  return 1 - (memory?.used ?? 0) / (memory?.capacity || 1);
}
