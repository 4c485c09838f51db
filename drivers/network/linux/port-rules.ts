import type { PortOfHost } from '../state.js';
import { checkedMac, versionOf } from './addresses.js';
import { hex, linkLocalOf, rangeOf, withoutCovered } from './prefixes.js';

/** What of a port's traffic is looked at in the bridge, by MAC, IP, ARP and neighbour discovery. */
export interface PortRules {
  /** Its lines of the chain for what comes from the port. */
  readonly lines: readonly string[];
  /** MAC and address of what it may send, by family. */
  readonly allowed: { readonly 4: readonly string[]; readonly 6: readonly string[] };
}

/** IPv6 begins with an address of nobody's: it asks whether an address is taken, joins groups and looks for a router. */
const BEFORE_ADDRESS =
  'icmpv6 type { mld-listener-report, mld2-listener-report, nd-router-solicit, nd-neighbor-solicit }';

/**
 * Anti-spoofing as Neutron has it (neutron/agent/linux/iptables_firewall.py and arp_protect.py): a port sends from its own
 * addresses and its address pairs, announces only these, and is neither a DHCP server nor a router.
 * @param index names its sets
 */
export function portRules(port: PortOfHost, index: number): PortRules {
  const own = checkedMac(port.mac);
  const pairs = [
    ...port.ips.map((ip) => ({ mac: own, ip })),
    ...port.addressPairs.map(({ mac, ip }) => ({ mac: checkedMac(mac), ip })),
  ];
  const macs = [...new Set([own, ...pairs.map(({ mac }) => mac)])].toSorted();
  const of = (version: 4 | 6, mac: string): string[] => [
    ...pairs.filter((pair) => pair.mac === mac && versionOf(pair.ip) === version).map(({ ip }) => ip),
    ...(version === 6 ? [linkLocalOf(mac)] : []),
  ];
  const allowed = (version: 4 | 6): string[] =>
    macs.flatMap((mac) => withoutCovered(of(version, mac)).map((ip) => `${mac} . ${ip}`));
  const announced = withoutCovered(macs.flatMap((mac) => of(6, mac))).map((prefix) => rangeOf(prefix));
  return {
    allowed: { 4: allowed(4), 6: allowed(6) },
    lines: [
      `ether saddr != { ${macs.join(', ')} } drop`,
      'ether type != { arp, ip, ip6 } drop',
      // A guest asks who has an address before it takes it (RFC 5227).
      `ether type arp arp saddr ether . arp saddr ip != @a4_${index} arp saddr ip != 0.0.0.0 drop`,
      `ether type arp arp saddr ether != { ${macs.join(', ')} } drop`,
      'ether type ip udp sport 67 udp dport 68 drop',
      `ether type ip ether saddr . ip saddr != @a4_${index} ip saddr != 0.0.0.0 drop`,
      'ip saddr 0.0.0.0 meta l4proto != udp drop',
      'ip saddr 0.0.0.0 udp dport != 67 drop',
      'ether type ip6 udp sport 547 udp dport 546 drop',
      'icmpv6 type nd-router-advert drop',
      `ether type ip6 ether saddr . ip6 saddr != @a6_${index} ip6 saddr != :: drop`,
      `ip6 saddr :: meta l4proto != ipv6-icmp drop`,
      `ip6 saddr :: ${BEFORE_ADDRESS.replace('type', 'type !=')} drop`,
      // The address that is announced stands behind the 8 bytes of ICMPv6's own header.
      `icmpv6 type nd-neighbor-advert @th,64,128 != { ${announced.map(({ first, last }) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join(', ')} } drop`,
    ],
  };
}
