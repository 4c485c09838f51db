import type { PortOfHost, PortQos, SecurityGroup } from '../state.js';
import { groupRules, type AddressSets } from './group-rules.js';
import { tapOf } from './names.js';
import { portRules } from './port-rules.js';
import { policed } from './qos.js';

/** The name of the two tables, of the bridge's family and of inet's, that are this driver's in a network's namespace. */
export const TABLE = 'novaflow_ports';

/** What a guest may always do: get its address, and find its router and its neighbours (Neutron's own list). */
const ALWAYS = {
  egress: [
    'udp sport 68 udp dport 67 accept',
    'meta nfproto ipv6 udp sport 546 udp dport 547 accept',
    'icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept',
    'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept',
  ],
  ingress: [
    'udp sport 67 udp dport 68 accept',
    'meta nfproto ipv6 udp sport 547 udp dport 546 accept',
    'icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept',
    'icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept',
  ],
};

/**
 * All rules of one network's namespace, as nft loads them in one transaction.
 *
 * The kernel's bridge knows no connections, and where it does (inet) the ports are not to be seen. So the bridge marks each
 * packet with the number of the port that it comes from (upper 16 bits) and of the one that it goes to (lower 16 bits).
 * A packet from or to a tap that is none of the ports' is dropped.
 */
export function firewall(ports: readonly PortOfHost[], groups: ReadonlyMap<string, SecurityGroup>): string {
  const numbered = ports.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((port, index) => ({ port, number: index + 1 }));
  const secured = numbered.filter(({ port }) => port.portSecurity);
  return [
    ...['bridge', 'inet'].flatMap((family) => [`table ${family} ${TABLE}`, `delete table ${family} ${TABLE}`]),
    ...table('bridge', bridgeParts(numbered)),
    ...table('inet', inetParts(secured, groups)),
    '',
  ].join('\n');
}

interface Numbered {
  readonly port: PortOfHost;
  readonly number: number;
}

function bridgeParts(numbered: readonly Numbered[]): string[] {
  return [
    ...numbered.flatMap(({ port, number }) => bridgePort(port, number)),
    ...map(
      'from',
      'ifname',
      numbered.map(({ port, number }) => `"${tapOf(port.id)}" : jump from_${number}`),
    ),
    ...map(
      'to',
      'ifname',
      numbered.map(({ port, number }) => `"${tapOf(port.id)}" : jump to_${number}`),
    ),
    ...base('prerouting', 'prerouting', -300, ['meta mark set 0', 'iifname vmap @from', 'iifname "nt*" drop']),
    ...base('forward', 'forward', -200, ['oifname vmap @to', 'oifname "nt*" drop']),
  ];
}

function bridgePort(port: PortOfHost, number: number): string[] {
  const qos = qosLines(port.qos);
  if (!port.portSecurity)
    return [
      ...chain(`from_${number}`, [...qos, 'accept']),
      ...chain(`to_${number}`, ['meta mark set meta mark and 0xffff0000', 'accept']),
    ];
  const { lines, allowed } = portRules(port, number);
  return [
    ...set(`a4_${number}`, 'ether_addr . ipv4_addr', 'interval', allowed[4]),
    ...set(`a6_${number}`, 'ether_addr . ipv6_addr', 'interval', allowed[6]),
    ...chain(`from_${number}`, [...lines, ...qos, `meta mark set ${from(number)}`, 'accept']),
    ...chain(`to_${number}`, [`meta mark set meta mark and 0xffff0000 or ${to(number)}`, 'accept']),
  ];
}

/** A guest that sends too fast loses packets, as with Neutron's policing of a port's ingress (tc_lib.py). */
function qosLines(qos: PortQos | null): string[] {
  const { egressKbps, egressBurstKb, dscp } = qos ?? {};
  return [
    ...(egressKbps === undefined ? [] : [policed(egressKbps, egressBurstKb)]),
    ...(dscp === undefined ? [] : [`ether type ip ip dscp set ${dscp}`, `ether type ip6 ip6 dscp set ${dscp}`]),
  ];
}

function inetParts(secured: readonly Numbered[], groups: ReadonlyMap<string, SecurityGroup>): string[] {
  const used = [...new Set(secured.flatMap(({ port }) => port.groups))]
    .toSorted()
    .flatMap((id) => groups.get(id) ?? []);
  const names = new Map(used.map(({ id }, index) => [id, `g${index + 1}`]));
  const sets: AddressSets = new Map();
  const chains = used.flatMap((group) =>
    (['egress', 'ingress'] as const).flatMap((direction) =>
      chain(`${names.get(group.id)}_${direction}`, groupRules(group, direction, sets)),
    ),
  );
  return [
    ...[...sets].flatMap(([name, { version, elements }]) => set(name, `ipv${version}_addr`, 'interval', elements)),
    ...(['egress', 'ingress'] as const).flatMap((direction) => chain(`always_${direction}`, ALWAYS[direction])),
    ...chains,
    ...secured.flatMap(({ port, number }) => inetPort(port, number, names, groups)),
    ...map(
      'egress',
      'mark',
      secured.map(({ number }) => `${from(number)} : jump egress_${number}`),
    ),
    ...map(
      'ingress',
      'mark',
      secured.map(({ number }) => `${to(number)} : jump ingress_${number}`),
    ),
    // Two chains at one hook: what the sender's rules accept, the receiver's are asked about as well.
    ...base('forward_egress', 'forward', -1, ['meta mark and 0xffff0000 vmap @egress']),
    ...base('forward_ingress', 'forward', 0, ['meta mark and 0x0000ffff vmap @ingress']),
    // To DHCP, DNS and metadata of the network itself.
    ...base('input_egress', 'input', 0, ['meta mark and 0xffff0000 vmap @egress']),
  ];
}

function inetPort(
  { groups: ids }: PortOfHost,
  number: number,
  names: ReadonlyMap<string, string>,
  groups: ReadonlyMap<string, SecurityGroup>,
): string[] {
  // Neutron lets a port have stateful groups or stateless ones.
  const known = ids.flatMap((id) => groups.get(id) ?? []);
  const stateful = known.filter((group) => group.stateful);
  const jumps = (list: readonly SecurityGroup[], direction: string, when: string): string[] =>
    list.map(({ id }) => `${when}jump ${names.get(id)}_${direction}`);
  const stateless = known.filter((group) => !group.stateful);
  const lines = (direction: 'egress' | 'ingress', other: 'egress' | 'ingress'): string[] => [
    `jump always_${direction}`,
    ...(stateful.length === 0 ? [] : ['ct state related accept']),
    ...jumps(stateful, direction, 'ct direction original '),
    // What answers is let through by the rules of the direction that was asked in.
    ...jumps(stateful, other, 'ct direction reply '),
    ...jumps(stateless, direction, ''),
    'drop',
  ];
  return [
    ...chain(`egress_${number}`, lines('egress', 'ingress')),
    ...chain(`ingress_${number}`, lines('ingress', 'egress')),
  ];
}

const from = (number: number): string => `0x${(number * 0x1_0000).toString(16).padStart(8, '0')}`;
const to = (number: number): string => `0x${number.toString(16).padStart(8, '0')}`;

const table = (family: string, parts: readonly string[]): string[] => [
  `table ${family} ${TABLE} {`,
  ...parts.map((line) => `\t${line}`),
  '}',
];
const chain = (name: string, lines: readonly string[]): string[] => [
  `chain ${name} {`,
  ...lines.map((line) => `\t${line}`),
  '}',
];
const base = (name: string, hook: string, priority: number, lines: readonly string[]): string[] =>
  chain(name, [`type filter hook ${hook} priority ${priority}; policy accept;`, ...lines]);

function set(name: string, type: string, flags: string, elements: readonly string[]): string[] {
  return [`set ${name} {`, `\ttype ${type}`, `\tflags ${flags}`, ...elementLines(elements), '}'];
}
const map = (name: string, type: string, elements: readonly string[]): string[] => [
  `map ${name} {`,
  `\ttype ${type} : verdict`,
  ...elementLines(elements),
  '}',
];
const elementLines = (elements: readonly string[]): string[] =>
  elements.length === 0 ? [] : [`\telements = { ${elements.join(', ')} }`];
