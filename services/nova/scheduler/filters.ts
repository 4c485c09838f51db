import type { ProviderUsage, Resources } from '../../placement/index.js';

/** A host as the filters and weighers see it. */
export interface HostState {
  readonly host: string;
  readonly machine: string;
  readonly availabilityZone: string;
  readonly up: boolean;
  readonly disabled: boolean;
  readonly provider: ProviderUsage;
}
/** What a server asks of its host. */
export interface HostDemand {
  readonly resources: Resources;
  readonly availabilityZone?: string;
  readonly requestedHost?: string;
  /** Hosts that this boot has tried in vain. */
  readonly excludedHosts: readonly string[];
}

interface HostFilter {
  readonly name: string;
  passes(host: HostState, demand: HostDemand): boolean;
}

const fits = (resourceClass: string) => (host: HostState, demand: HostDemand) => {
  const wanted = demand.resources[resourceClass] ?? 0;
  const free = (host.provider.capacity[resourceClass] ?? 0) - (host.provider.used[resourceClass] ?? 0);
  return wanted === 0 || (wanted <= free && wanted <= (host.provider.maxUnit[resourceClass] ?? 0));
};

/** In the order in which they are applied; the names are Nova's where Nova has such a filter. */
const FILTERS: readonly HostFilter[] = [
  { name: 'RequestedHost', passes: (h, d) => d.requestedHost === undefined || h.host === d.requestedHost },
  { name: 'RetryFilter', passes: (h, d) => !d.excludedHosts.includes(h.host) },
  { name: 'ComputeFilter', passes: (h) => h.up && !h.disabled },
  {
    name: 'AvailabilityZoneFilter',
    passes: (h, d) => d.availabilityZone === undefined || h.availabilityZone === d.availabilityZone,
  },
  { name: 'VCPU', passes: fits('VCPU') },
  { name: 'MEMORY_MB', passes: fits('MEMORY_MB') },
  { name: 'DISK_GB', passes: fits('DISK_GB') },
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
 * The best hosts, best first: those with the largest share of memory left (Nova's RAMWeigher, which spreads). Chance
 * decides between equals, so that simultaneous boots do not all try for the same host. One pass, since there may be
 * ten thousand hosts and only a few are ever tried.
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

const freeShare = ({ provider }: HostState): number =>
  1 - (provider.used['MEMORY_MB'] ?? 0) / (provider.capacity['MEMORY_MB'] || 1);
