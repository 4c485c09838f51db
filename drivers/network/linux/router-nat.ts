import { DriverError } from '../../errors.js';
import type { RouterOfHost } from '../state.js';
import { checkedAddress, checkedCidr, checkedPorts, versionOf } from './addresses.js';

/** A shifted range is one entry per port; Neutron's own ranges that are shifted are small. */
const MOST_SHIFTED = 4096;
/** Protocols of a port forwarding that nftables knows ports of (neutron-lib: floatingip_pf). */
const PROTOCOLS = new Set(['tcp', 'udp', 'udplite', 'sctp', 'dccp']);

/** The address translation of a router, in nftables' words. */
interface NatRules {
  readonly maps: readonly string[];
  readonly prerouting: readonly string[];
  readonly postrouting: readonly string[];
  readonly forward: readonly string[];
}

/**
 * A floating address stands for a fixed one in both directions, also between two of one router (hairpin); all others
 * leave by the gateway's address. A router without a gateway translates nothing.
 * @param link the gateway's card
 */
export function natRules(router: RouterOfHost, link: string | undefined): NatRules {
  const { gateway, floatingIps } = router;
  if (gateway === null || link === undefined) return { maps: [], prerouting: [], postrouting: [], forward: [] };
  const pairs = floatingIps.map((f) => ({ floating: v4(f.floating), fixed: v4(f.fixed) }));
  const own = gateway.cidrs.map((cidr) => checkedCidr(cidr).split('/')[0] ?? '').find((a) => versionOf(a) === 4);
  // A fixed address with two floating ones leaves by the first; Neutron has at most one of each.
  const out = new Map(pairs.toReversed().map(({ floating, fixed }) => [fixed, floating]));
  return {
    maps: [
      ...map(
        'floating_in',
        pairs.map(({ floating, fixed }) => [floating, fixed]),
      ),
      ...map('floating_out', [...out]),
    ],
    prerouting: [...router.forwardings.map(forwarding), 'dnat ip to ip daddr map @floating_in'],
    postrouting: [
      // Between the router's own networks nothing is translated.
      `oifname != "${link}" ct status & dnat == 0 accept`,
      `iifname != "${link}" snat ip to ip saddr map @floating_out`,
      ...(own !== undefined && gateway.snat ? [`oifname "${link}" snat ip to ${own} fully-random`] : []),
      // A guest that reaches its neighbour by a floating address gets the answer from there, and not from the neighbour.
      ...(own === undefined ? [] : [`iifname != "${link}" ct status dnat snat ip to ${own}`]),
    ],
    // Where addresses are translated, those behind the router are nobody's outside: not even a neighbour's there who
    // sets a route to them.
    forward: gateway.snat ? [`iifname "${link}" meta nfproto ipv4 ct state new ct status & dnat == 0 drop`] : [],
  };
}

function forwarding({
  floating,
  externalPorts,
  internal,
  internalPorts,
  protocol,
}: RouterOfHost['forwardings'][number]): string {
  if (!PROTOCOLS.has(protocol))
    throw new DriverError('input', 'InvalidProtocol', `${JSON.stringify(protocol)} has no ports to forward.`);
  const from = checkedPorts(externalPorts);
  const to = checkedPorts(internalPorts);
  const range = from.first === from.last ? `${from.first}` : `${from.first}-${from.last}`;
  return `ip daddr ${v4(floating)} ${protocol} dport ${range} dnat ip to ${v4(internal)}${target(protocol, from, to)}`;
}

/** A range goes to one port, to itself, or port by port to another range of the same length. */
function target(protocol: string, from: Range, to: Range): string {
  if (to.first === to.last) return `:${to.first}`;
  if (to.first === from.first && to.last === from.last) return '';
  const length = from.last - from.first;
  if (length !== to.last - to.first || length >= MOST_SHIFTED)
    throw new DriverError('input', 'InvalidPortRange', 'A range of ports is forwarded to one that is not as long.');
  const ports = Array.from({ length: length + 1 }, (_, n) => `${from.first + n} : ${to.first + n}`);
  return ` : ${protocol} dport map { ${ports.join(', ')} }`;
}
type Range = ReturnType<typeof checkedPorts>;

function map(name: string, entries: readonly (readonly [string, string])[]): string[] {
  const elements = entries.map(([from, to]) => `${from} : ${to}`).join(', ');
  return [
    `\tmap ${name} {`,
    '\t\ttype ipv4_addr : ipv4_addr',
    ...(elements === '' ? [] : [`\t\telements = { ${elements} }`]),
    '\t}',
  ];
}

/** @throws DriverError (input): only IPv4 addresses are translated */
export function v4(address: string): string {
  if (versionOf(checkedAddress(address)) !== 4)
    throw new DriverError('input', 'InvalidInput', `${address} is not an IPv4 address.`);
  return address;
}
