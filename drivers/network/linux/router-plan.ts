import type { NetworkOfHost, RouterOfHost } from '../state.js';
import { checkedAddress, checkedCidr, checkedMac, versionOf } from './addresses.js';
import { linkOf, type Pair } from './pairs.js';
import { routerPeerOf } from './names.js';
import { namespaceOf } from './namespaces.js';
import type { DnsmasqPlan } from './dhcp.js';
import { planAdvertisements } from './router-advertisements.js';
import { METADATA_ADDRESS, METADATA_PORT, TABLE } from './router-names.js';
import { natRules } from './router-nat.js';
import { limitRules, planShapes, type ShapePlan } from './router-qos.js';

export interface Route {
  /** A prefix. */
  readonly to: string;
  readonly via: string;
  /** The card it leaves by, where that does not follow from the next hop. */
  readonly dev?: string;
}

/** All that the namespace of a router is to be. */
export interface RouterPlan {
  readonly id: string;
  readonly namespace: string;
  /** Its cards: one end of a pair, of which the other is a port of the network's bridge. */
  readonly pairs: readonly Pair[];
  readonly routes: readonly Route[];
  /** What nft loads: the whole table, in one transaction. */
  readonly rules: string;
  /** What it advertises to its networks; undefined for nothing. */
  readonly advertisements: DnsmasqPlan | undefined;
  /** How what leaves by the gateway is shaped; undefined where there is no gateway. */
  readonly shapes: ShapePlan | undefined;
}

/**
 * What a router's namespace has to be: Neutron's own router (neutron/agent/l3/router_info.py), with nftables in
 * iptables' place.
 * @throws DriverError (input) for what is no address, port or id
 */
export function planRouter(router: RouterOfHost, networks: ReadonlyMap<string, NetworkOfHost>): RouterPlan {
  const { gateway } = router;
  const cards = gateway === null ? router.interfaces : [...router.interfaces, gateway];
  const gatewayLink = gateway === null ? undefined : linkOf('nr', gateway.portId);
  const floating = [...router.floatingIps, ...router.forwardings].map((f) => `${checkedAddress(f.floating)}/32`);
  const pairs = cards.map(({ portId, networkId, mac, cidrs }) => ({
    name: linkOf('nr', portId),
    peer: routerPeerOf(portId),
    network: namespaceOf('nvn', networkId),
    mac: checkedMac(mac),
    mtu: networks.get(networkId)?.mtu ?? 1500,
    // A floating address is an address of the gateway's card: so it is answered for, and announced.
    addresses: [...new Set([...cidrs.map(checkedCidr), ...(portId === gateway?.portId ? floating : [])])],
  }));
  const defaults = (gateway?.nexthops ?? []).map((via) => ({
    to: versionOf(via) === 4 ? '0.0.0.0/0' : '::/0',
    via: checkedAddress(via),
    dev: gatewayLink ?? '',
  }));
  const extra = router.routes.map(({ destination, nexthop }) => ({
    to: checkedCidr(destination),
    via: checkedAddress(nexthop),
  }));
  return {
    id: router.id,
    namespace: namespaceOf('nvr', router.id),
    pairs,
    // Neutron's extra route to 0.0.0.0/0 is there in the place of the gateway's own.
    routes: [
      ...defaults.filter((d) => !extra.some((e) => isDefault(e.to) && versionOf(e.via) === versionOf(d.via))),
      ...extra,
    ],
    rules: rulesOf(router, gatewayLink),
    advertisements: planAdvertisements(router, networks),
    shapes: planShapes(router.limits ?? [], gatewayLink),
  };
}

const isDefault = (to: string): boolean => to.endsWith('/0');

function rulesOf(router: RouterOfHost, gateway: string | undefined): string {
  const { maps, prerouting, postrouting, forward } = natRules(router, gateway);
  const chain = (name: string, type: string, hook: string, priority: string, rules: readonly string[]): string[] => [
    `\tchain ${name} {`,
    `\t\ttype ${type} hook ${hook} priority ${priority}; policy accept;`,
    ...rules.map((rule) => `\t\t${rule}`),
    '\t}',
  ];
  const metadata =
    `${gateway === undefined ? '' : `iifname != "${gateway}" `}ip daddr ${METADATA_ADDRESS} tcp dport 80 ` +
    `redirect to :${METADATA_PORT}`;
  return [
    // Empties the table that is there, and does not fail where there is none: the rules are never away.
    `table inet ${TABLE}`,
    `delete table inet ${TABLE}`,
    `table inet ${TABLE} {`,
    ...maps,
    ...chain('limited', 'filter', 'prerouting', 'mangle', limitRules(router.limits ?? [], gateway)),
    ...chain('prerouting', 'nat', 'prerouting', 'dstnat', [metadata, ...prerouting]),
    ...chain('postrouting', 'nat', 'postrouting', 'srcnat', postrouting),
    ...chain('forward', 'filter', 'forward', 'filter', forward),
    ...chain('input', 'filter', 'input', 'filter', [
      // Metadata is asked for at 169.254.169.254 alone: what came here another way may come from outside.
      `tcp dport ${METADATA_PORT} ct status & dnat == 0 drop`,
      // The one that advertises the router must not answer DHCPv6: the network's own server does.
      'udp dport 547 drop',
    ]),
    '}',
    '',
  ].join('\n');
}
