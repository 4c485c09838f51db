import type { NetworkState, PartReport } from '../state.js';
import { checkedCidr } from './addresses.js';
import { applyPairs, linkOf, type Pair } from './pairs.js';
import { outsidePeerOf } from './names.js';
import { namespaceOf, type Namespaces } from './namespaces.js';
import { joinOutside, partOutside } from './outside-uplink.js';
import type { Look } from './router.js';
import { applyRoutes } from './router-routes.js';

/** It forwards between external networks of one cloud no more than a provider would who does not know them: not at all. */
const SETTINGS = ['net.ipv4.conf.all.arp_notify=1', 'net.ipv6.conf.default.accept_dad=0'];

/**
 * What is outside of external networks: for each a namespace that has the addresses of its subnets' gateways, and is joined
 * to its bridge. Operators and tests run commands there (npm run outside) and see what the world would see.
 */
export class Outside {
  private readonly parted = new Set<string>();
  private readonly failures = new Map<string, string>();

  constructor(
    private readonly namespaces: Namespaces,
    /** Whether what is outside reaches the world by this machine (NOVAFLOW_OUTSIDE_JOINED). */
    private readonly joined = false,
  ) {}

  /** Networks have to be there first. Not to be called twice at once. @param look as that of routers */
  async apply({ networks }: Pick<NetworkState, 'networks'>, look: Look = { did: [] }): Promise<PartReport[]> {
    const external = networks.filter((network) => network.external);
    const wanted = new Set(external.map(({ id }) => id));
    for (const id of await this.namespaces.list('nvo')) if (!wanted.has(id)) await this.remove(id);
    for (const network of external) {
      if (look.only?.has(namespaceOf('nvo', network.id)) === false) continue;
      try {
        look.did.push(...(await this.applyOne(network)));
        this.failures.delete(network.id);
      } catch (failure) {
        this.failures.set(network.id, failure instanceof Error ? failure.message : String(failure));
      }
    }
    return external.map(({ id }) => ({ id, up: !this.failures.has(id), error: this.failures.get(id) ?? null }));
  }

  /** @returns what had to be done */
  private async applyOne({ id, mtu, subnets }: NetworkState['networks'][number]): Promise<string[]> {
    const namespace = namespaceOf('nvo', id);
    const addresses = subnets.flatMap(({ gatewayIp, cidr }) =>
      gatewayIp === null ? [] : [checkedCidr(`${gatewayIp}/${cidr.split('/')[1] ?? ''}`)],
    );
    const pair: Pair = {
      name: linkOf('no', id),
      peer: outsidePeerOf(id),
      network: namespaceOf('nvn', id),
      mac: macOf(id),
      mtu,
      addresses,
    };
    const did = [
      ...(await this.namespaces.make(namespace, SETTINGS)),
      ...(await applyPairs(namespace, 'no', [pair])),
      ...(await applyRoutes(namespace, [], [pair])),
    ];
    if (this.joined)
      await joinOutside(
        namespace,
        id,
        subnets.filter(({ gatewayIp }) => gatewayIp !== null).map(({ cidr }) => cidr),
      );
    else if (!this.parted.has(id)) {
      // An earlier process may have had another setting; this one has not.
      await partOutside(id);
      this.parted.add(id);
    }
    return did.map((what) => `${namespace}: ${what}`);
  }

  private async remove(id: string): Promise<void> {
    this.failures.delete(id);
    await partOutside(id);
    await this.namespaces.remove(namespaceOf('nvo', id));
  }
}

/** The same on every host and after every start, so that neighbours need not learn it again. Locally administered. */
const macOf = (id: string): string =>
  `0a:${id
    .replaceAll('-', '')
    .slice(0, 10)
    .replace(/..(?!$)/g, '$&:')}`;
