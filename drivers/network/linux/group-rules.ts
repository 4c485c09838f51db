import { createHash } from 'node:crypto';
import { DriverError } from '../../errors.js';
import type { SecurityGroup, SecurityGroupRule } from '../state.js';
import { rangeOf, withoutCovered } from './prefixes.js';

/** IP protocols by the names that Neutron takes (neutron-lib, IP_PROTOCOL_MAP). */
const PROTOCOLS: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  icmpv6: 58,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};
const ICMP = 1;
const ICMPV6 = 58;
/** TCP, UDP, DCCP, SCTP and UDP-Lite have their ports at the same place. */
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);

/** Sets of addresses that rules name, by their names. */
export type AddressSets = Map<string, { readonly version: 4 | 6; readonly elements: readonly string[] }>;

/**
 * The rules of a security group in one direction, as lines of a chain that accepts what they allow.
 *
 * Those of a stateful group are asked about the connection, and not about the packet: its first packet's addresses and port,
 * whichever way this packet goes. So an answer passes by the rule that let the question pass; and when a rule goes, what
 * it allowed ends at once, in both directions, and nothing has to be looked for among the connections.
 * @param sets takes the sets that the lines name
 */
export function groupRules(
  { rules, stateful }: SecurityGroup,
  direction: SecurityGroupRule['direction'],
  sets: AddressSets,
): string[] {
  return rules
    .filter((rule) => rule.direction === direction)
    .flatMap((rule) => {
      const remote = remoteOf(rule, stateful, sets);
      return remote === undefined ? [] : protocolsOf(rule, stateful).map((match) => line(rule, remote, match));
    });
}

const line = ({ version }: SecurityGroupRule, remote: string, match: string): string =>
  [`meta nfproto ipv${version}`, remote, match, 'accept'].filter((part) => part !== '').join(' ');

/** @returns undefined where the other side can be nobody */
function remoteOf(
  { direction, version, remote }: SecurityGroupRule,
  stateful: boolean,
  sets: AddressSets,
): string | undefined {
  if (remote === null) return '';
  const prefixes = withoutCovered(remote.filter((prefix) => rangeOf(prefix).version === version));
  if (prefixes.length === 0) return undefined;
  const family = version === 4 ? 'ip' : 'ip6';
  const side = direction === 'ingress' ? 'saddr' : 'daddr';
  const field = stateful ? `ct original ${family} ${side}` : `${family} ${side}`;
  if (prefixes.length === 1) return prefixes[0]!.endsWith('/0') ? '' : `${field} ${prefixes[0]}`;
  const name = `r${version}_${createHash('sha256').update(prefixes.join()).digest('hex').slice(0, 16)}`;
  sets.set(name, { version, elements: prefixes });
  return `${field} @${name}`;
}

/** What the packet has to be: one of these. */
function protocolsOf(rule: SecurityGroupRule, stateful: boolean): string[] {
  const protocol = numberOf(rule);
  if (protocol === undefined) return [''];
  const [min, max] = [rule.portMin, rule.portMax];
  if (min === null || !(WITH_PORTS.has(protocol) || isIcmp(protocol))) return [`meta l4proto ${protocol}`];
  if (isIcmp(protocol)) return icmp(protocol, min, max, stateful);
  const ports = max === null || max === min ? `${port(min)}` : `${port(min)}-${port(max)}`;
  return [`meta l4proto ${protocol} ${stateful ? 'ct original proto-dst' : 'th dport'} ${ports}`];
}

/** The answer to an echo is of another type than the echo: the connection is the rule's, not its answer. */
function icmp(protocol: number, type: number, code: number | null, stateful: boolean): string[] {
  const name = protocol === ICMP ? 'icmp' : 'icmpv6';
  const asked = `${name} type ${byte(type)}${code === null ? '' : ` ${name} code ${byte(code)}`}`;
  return stateful ? [`ct direction original ${asked}`, `ct direction reply meta l4proto ${protocol}`] : [asked];
}

const isIcmp = (protocol: number): boolean => protocol === ICMP || protocol === ICMPV6;

/** Neutron takes `icmp` with IPv6 for ICMPv6. */
function numberOf({ protocol, version }: SecurityGroupRule): number | undefined {
  if (protocol === null || protocol === 'any') return undefined;
  const number = /^\d{1,3}$/.test(protocol) ? Number(protocol) : PROTOCOLS[protocol];
  if (number === undefined || number > 255)
    throw new DriverError('input', 'InvalidProtocol', `${JSON.stringify(protocol.slice(0, 100))} is no IP protocol.`);
  return number === ICMP && version === 6 ? ICMPV6 : number;
}

const port = (number: number): number => within(number, 65_535, 'a port');
const byte = (number: number): number => within(number, 255, 'a type or code of ICMP');

function within(number: number, most: number, what: string): number {
  if (Number.isInteger(number) && number >= 0 && number <= most) return number;
  throw new DriverError('input', 'InvalidInput', `${String(number)} is not ${what}.`);
}
