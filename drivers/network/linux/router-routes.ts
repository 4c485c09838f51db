import { CommandError, ip, ipShow } from './commands.js';
import { versionOf } from './addresses.js';
import { canonical, canonicalRoute, type Pair } from './pairs.js';
import type { Route } from './router-plan.js';

interface ShownRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
}

/** `default` is said of both versions. */
const ANYWHERE = { 4: '0.0.0.0/0', 6: '::/0' };

/**
 * Makes the static routes of a router as they are to be. One that cannot be set, because its next hop is no neighbour,
 * does not keep the others from being set.
 * @param cards whose networks Linux has routes to by itself, until somebody deletes one
 * @returns what had to be done
 * @throws Error that names those that could not be set
 */
export async function applyRoutes(
  namespace: string,
  wanted: readonly Route[],
  cards: readonly Pick<Pair, 'name' | 'addresses'>[],
): Promise<string[]> {
  const failed: string[] = [];
  const did: string[] = [];
  for (const version of [4, 6] as const) {
    const mine = new Map(
      wanted.filter(({ via }) => versionOf(via) === version).map((route) => [canonicalRoute(route.to), route]),
    );
    const all = await ipShow<ShownRoute>(namespace, [`-${version}`, 'route', 'show']);
    const connected = missingRoutes(version, cards, all);
    await ip(namespace, connected);
    const found = all.filter(({ protocol }) => protocol === 'static');
    const same = ({ dst, gateway }: ShownRoute): boolean => {
      const route = mine.get(dst);
      return route !== undefined && canonical(route.via) === gateway;
    };
    const set = new Set(found.filter(same).map(({ dst }) => dst));
    const gone = found.filter((route) => !mine.has(route.dst));
    const deleted = gone.map(
      ({ dst, dev }) =>
        `route delete ${dst === 'default' ? ANYWHERE[version] : dst} proto static${dev ? ` dev ${dev}` : ''}`,
    );
    await ip(namespace, deleted);
    did.push(...connected, ...deleted);
    for (const [to, { via, dev }] of mine) {
      if (set.has(to)) continue;
      const network = to === 'default' ? ANYWHERE[version] : to;
      const onlink = dev === undefined ? '' : ` dev ${dev} onlink`;
      try {
        const replace = `route replace ${network} via ${via}${onlink} proto static`;
        await ip(namespace, [replace]);
        did.push(replace);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        failed.push(`${to} via ${via} (${error.stderr.trim()})`);
        // What the records no longer say is not to be there, also where what they say cannot be.
        if (found.some(({ dst }) => dst === to)) await ip(namespace, [`route delete ${network} proto static`]);
      }
    }
  }
  if (failed.length > 0) throw new Error(`Routes that cannot be set: ${failed.join('; ')}`);
  return did;
}

/** What `ip` has to do so that each card has the routes to its own networks that Linux gave it with its addresses. */
function missingRoutes(
  version: 4 | 6,
  cards: readonly Pick<Pair, 'name' | 'addresses'>[],
  found: readonly ShownRoute[],
): string[] {
  const there = new Set(found.flatMap(({ dst, dev, gateway }) => (gateway === undefined ? [`${dst} ${dev}`] : [])));
  const missing = cards.flatMap(({ name, addresses }) =>
    addresses.flatMap((address): [string, string][] => {
      const [own = ''] = address.split('/');
      const to = canonicalRoute(address);
      // One address alone is no network.
      if (versionOf(own) !== version || !to.includes('/') || there.has(`${to} ${name}`)) return [];
      const source = version === 4 ? ` scope link src ${own}` : ' metric 256';
      return [[`${to} ${name}`, `route append ${to} dev ${name} proto kernel${source}`]];
    }),
  );
  // A card may have several addresses of one network.
  return [...new Map(missing).values()];
}
