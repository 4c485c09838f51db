/** What the rules of security groups let through, in sentences. */
import type { Row } from '../api/resources.js';
import { asText } from '../ui/as-text.js';
import { grouped } from './grouped.js';

/** What rules name, by their ids: the groups that a rule's other side may be in, and those of addresses. */
export interface Names {
  readonly groups: ReadonlyMap<string, string>;
  readonly addressGroups: ReadonlyMap<string, string>;
}

/** A rule in words, and the groups that have it. */
export interface Opening {
  readonly direction: 'ingress' | 'egress';
  readonly text: string;
  readonly groups: readonly string[];
}

/** IANA's numbers of the protocols that people know by name. */
const BY_NUMBER: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp', 132: 'sctp' };
/** Other names that Neutron has for ICMP of IPv6. */
const ICMP = new Set(['icmp', 'icmpv6', 'ipv6-icmp']);
const ALL_PORTS = { first: 1, last: 65_535 } as const;
const MOST = 255;

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** ICMP has types and codes where the others have ports. */
function icmpOf(name: string, type: number | undefined, code: number | undefined): string {
  const what = name === 'icmp' ? 'ICMP' : 'ICMP of IPv6';
  if (type === undefined || type > MOST) return what;
  return code === undefined ? `${what} of type ${type}` : `${what} of type ${type}, code ${code}`;
}

/** What goes through: "TCP to port 22", "anything over IPv4". */
export function trafficOf({ protocol, port_range_min, port_range_max, ethertype }: Row): string {
  const said = asText(protocol).toLowerCase();
  const name = BY_NUMBER[said] ?? said;
  const [min, max] = [number(port_range_min), number(port_range_max)];
  if (name === '' || name === 'any') return `anything over ${asText(ethertype) || 'IPv4'}`;
  if (ICMP.has(name)) return icmpOf(name, min, max);
  const shown = /^\d+$/.test(name) ? `protocol ${name}` : name.toUpperCase();
  const over = `over ${asText(ethertype) || 'IPv4'}`;
  if (min === undefined || max === undefined || (min <= ALL_PORTS.first && max >= ALL_PORTS.last))
    return `${shown} to every port ${over}`;
  return min === max ? `${shown} to port ${min} ${over}` : `${shown} to ports ${min} to ${max} ${over}`;
}

const ANYWHERE = new Set(['', '0.0.0.0/0', '::/0']);

/** Who is on the other side: "everybody", "10.0.0.0/24", "whoever is in the security group web". */
export function otherSide(rule: Row, { groups, addressGroups }: Names): string {
  const { remote_group_id, remote_address_group_id, remote_ip_prefix } = rule;
  const [group, addresses] = [asText(remote_group_id), asText(remote_address_group_id)];
  if (group !== '') return `whoever is in the security group ${groups.get(group) ?? group}`;
  if (addresses !== '') return `the addresses of the address group ${addressGroups.get(addresses) ?? addresses}`;
  const prefix = asText(remote_ip_prefix);
  return ANYWHERE.has(prefix) ? 'everybody' : prefix;
}

/** A rule as a sentence. */
export function sentenceOf(rule: Row, names: Names): string {
  const [traffic, other] = [trafficOf(rule), otherSide(rule, names)];
  return rule['direction'] === 'ingress' ? `From ${other}: ${traffic}.` : `To ${other}: ${traffic}.`;
}

/** What some groups let through. What several of them say is said once. */
export function openingsOf(groups: readonly Row[], names: Names): readonly Opening[] {
  const all = groups.flatMap((group) =>
    (Array.isArray(group['security_group_rules']) ? (group['security_group_rules'] as readonly Row[]) : []).map(
      (rule): Opening => ({
        direction: rule['direction'] === 'ingress' ? 'ingress' : 'egress',
        text: sentenceOf(rule, names),
        groups: [asText(group['name']) || asText(group['id'])],
      }),
    ),
  );
  return [...grouped(all, ({ direction, text }) => `${direction} ${text}`).values()].map(([first, ...same]) => ({
    ...first!,
    groups: [...new Set([...first!.groups, ...same.flatMap((one) => one.groups)])],
  }));
}

/**
 * What a port lets through whatever its rules say, in a sentence; undefined where its rules alone decide.
 * Without port security Neutron filters nothing.
 */
export function beforeRules(port: Row): string | undefined {
  if (port['admin_state_up'] === false) return 'The port is switched off: nothing goes through.';
  if (port['port_security_enabled'] === false)
    return 'Port security is off: everything goes through, whatever the rules say.';
  const groups = port['security_groups'];
  if (Array.isArray(groups) && groups.length === 0) return 'The port is in no security group: nothing goes through.';
  return undefined;
}
