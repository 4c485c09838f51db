import type { NetworkState, PartReport } from '../state.js';
import { CommandError, nft, runIn } from './commands.js';
import { applyPairs } from './pairs.js';
import { namespaceOf, type Namespaces } from './namespaces.js';
import { Advertisements } from './router-advertisements.js';
import { endConnections, endedConnections } from './router-connections.js';
import { TABLE } from './router-names.js';
import { applyShapes } from './router-qos.js';
import { planRouter, type RouterPlan } from './router-plan.js';
import { applyRoutes } from './router-routes.js';

/** Neutron's own settings of a router's namespace, and what lets a link announce its addresses. */
const SETTINGS = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv4.conf.all.arp_ignore=1',
  'net.ipv4.conf.all.arp_announce=2',
  'net.ipv4.conf.all.arp_notify=1',
  'net.ipv6.conf.all.ndisc_notify=1',
  'net.ipv6.conf.default.ndisc_notify=1',
  // An address that goes does not take others of its subnet with it.
  'net.ipv4.conf.all.promote_secondaries=1',
  // IPAM gives an address to one port only: nobody has to wait a second until that is found out.
  'net.ipv6.conf.default.accept_dad=0',
];
/** How routers and outsides are looked at. */
export interface Look {
  /** What had to be done. */
  readonly did: string[];
  /** The namespaces to look into; all where it is left out. */
  readonly only?: ReadonlySet<string>;
}

/** Routers are made side by side: each takes some dozen short commands, and a machine has few processors. */
const AT_ONCE = 4;

/**
 * The routers of one host. What a router is to be is looked for in its namespace each time, and only what is different is
 * changed; so a start takes over what an earlier process made, and a repair is one more `apply`.
 */
export class Routers {
  /** nft's own words for rules that were loaded: what it lists is not letter by letter what it was given. */
  private readonly loaded = new Map<string, { readonly rules: string; readonly listing: string }>();
  /** Why a router is not as it is to be. */
  private readonly failures = new Map<string, string>();
  private readonly advertisements: Advertisements;

  /** @param folder where files of running programs are */
  constructor(
    private readonly namespaces: Namespaces,
    folder: string,
    /** Told before a router's namespace goes: an open socket in it would keep it. */
    private readonly leaving: (namespace: string) => Promise<void> = () => Promise.resolve(),
  ) {
    this.advertisements = new Advertisements(folder);
  }

  /**
   * Networks have to be there first. Not to be called twice at once.
   * @param look what has had to be done is added to it; where it says which namespaces to look into, the others are not
   */
  async apply(
    { routers, networks }: Pick<NetworkState, 'routers' | 'networks'>,
    look: Look = { did: [] },
  ): Promise<PartReport[]> {
    const known = new Map(networks.map((network) => [network.id, network]));
    // As in Neutron, a router that is administratively down is not there at all.
    const up = routers.filter(({ adminUp }) => adminUp);
    const wanted = new Set(up.map(({ id }) => id));
    // What goes, goes first: an address may have moved from one router to another.
    for (const id of await this.namespaces.list('nvr')) if (!wanted.has(id)) await this.remove(id);
    const queue = up.filter(({ id }) => look.only?.has(namespaceOf('nvr', id)) !== false);
    const work = async (): Promise<void> => {
      for (let router = queue.shift(); router !== undefined; router = queue.shift())
        try {
          look.did.push(...(await this.applyOne(planRouter(router, known))));
          this.failures.delete(router.id);
        } catch (error) {
          this.failures.set(router.id, error instanceof Error ? error.message : String(error));
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return routers.map(({ id, adminUp }) => ({
      id,
      up: adminUp && !this.failures.has(id),
      error: this.failures.get(id) ?? null,
    }));
  }

  /** @returns what had to be done */
  private async applyOne({
    id,
    namespace,
    pairs,
    routes,
    rules,
    advertisements,
    shapes,
  }: RouterPlan): Promise<string[]> {
    const did = await this.namespaces.make(namespace, SETTINGS);
    // Rules come before the cards that they filter.
    did.push(...(await this.applyRules(namespace, rules)));
    did.push(...(await applyPairs(namespace, 'nr', pairs)));
    if (shapes !== undefined) did.push(...(await applyShapes(namespace, shapes)));
    did.push(...(await this.advertisements.apply(id, advertisements)));
    did.push(...(await applyRoutes(namespace, routes, pairs)));
    return did.map((what) => `${namespace}: ${what}`);
  }

  private async applyRules(namespace: string, rules: string): Promise<string[]> {
    const before = await listed(namespace);
    const known = this.loaded.get(namespace);
    if (known?.rules === rules && known.listing === before) return [];
    await nft(namespace, rules);
    const after = await listed(namespace);
    this.loaded.set(namespace, { rules, listing: after });
    await endConnections(namespace, endedConnections(before, after));
    return ['rules'];
  }

  private async remove(id: string): Promise<void> {
    const namespace = namespaceOf('nvr', id);
    await this.leaving(namespace);
    await this.advertisements.remove(id);
    this.loaded.delete(namespace);
    this.failures.delete(id);
    await this.namespaces.remove(namespace);
  }
}

/** The table as nft lists it, without its counters; '' where there is none. */
const listed = (namespace: string): Promise<string> =>
  runIn(namespace, 'nft', ['--stateless', 'list', 'table', 'inet', TABLE]).catch((error: unknown) => {
    if (error instanceof CommandError && error.stderr.includes('No such file')) return '';
    throw error;
  });
