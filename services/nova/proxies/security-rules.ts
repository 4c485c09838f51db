import { badRequest, OpenStackError } from '../../kernel/errors.js';

/** What a request says of a rule, unread: Nova's schema leaves all of it open. */
export interface RuleRequest {
  readonly parent_group_id: string;
  readonly group_id?: string | null | undefined;
  readonly cidr?: unknown;
  readonly ip_protocol?: unknown;
  readonly from_port?: unknown;
  readonly to_port?: unknown;
}
/** A rule in Nova's terms: what it lets in, from a group or from addresses. For ICMP the ports are type and code, and -1 is any. */
export interface NovaRule {
  readonly protocol: string | null;
  readonly from_port: number | null;
  readonly to_port: number | null;
  readonly group_id: string | null;
  readonly cidr: string | null;
}
/** A rule as Neutron records it. */
interface NeutronRule {
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_group_id: string | null;
  readonly remote_ip_prefix: string | null;
}

const ANYWHERE = '0.0.0.0/0';
/** Every port of a protocol that has ports. */
const ALL_PORTS = [1, 65_535] as const;
/** Every type and code of ICMP. */
const ANY = [-1, -1] as const;

/** nova/network/security_group_api.py: _convert_to_nova_security_group_rule_format */
export function ruleOfNeutron(rule: NeutronRule): NovaRule {
  const { protocol, port_range_min: min, port_range_max: max } = rule;
  const open = protocol !== null && min === null && max === null;
  const [from_port, to_port] = open ? (hasPorts(protocol) ? ALL_PORTS : ANY) : [min, max];
  return {
    protocol,
    from_port,
    to_port,
    group_id: rule.remote_group_id,
    cidr: rule.remote_ip_prefix ?? ANYWHERE,
  };
}

/**
 * Reads a request for a rule (the same: parse_cidr, _new_ingress_rule, and SecurityGroupRulesController.create).
 * @throws 400 in Nova's words
 */
export function readRule({ group_id, cidr, ip_protocol, from_port, to_port }: RuleRequest): NovaRule {
  const source = isGiven(group_id) ? { group_id, cidr: null } : { group_id: null, cidr: cidrOf(cidr) };
  const protocol = ip_protocol ? asText(ip_protocol) : '';
  const [from, to] =
    source.group_id !== null && !isGiven(from_port) && !isGiven(to_port) ? wholeRange(protocol) : [from_port, to_port];
  const whole = protocol !== '' && isGiven(from) && isGiven(to);
  if (!whole && source.cidr !== null) throw badRequest('Not enough parameters to build a valid rule.');
  if (source.cidr !== null) checkPrefix(source.cidr);
  return whole
    ? { ...source, protocol, ...checkedRange(protocol, from, to) }
    : { ...source, protocol: null, from_port: null, to_port: null };
}

/** What a rule is for Neutron, which has a direction and an IP version for it (_make_neutron_security_group_rules_list). */
export const ruleForNeutron = ({ protocol, from_port, to_port, group_id, cidr }: NovaRule) => ({
  direction: 'ingress' as const,
  // A group's addresses of IPv6 are not let in: one rule of Nova's can only be one of Neutron's.
  ethertype: cidr?.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
  protocol,
  port_range_min: from_port === -1 ? null : from_port,
  port_range_max: to_port === -1 ? null : to_port,
  remote_group_id: group_id,
  remote_ip_prefix: cidr,
});

/** Whether two rules say the same, as Nova compares them: one for a group is like no other (_rule_exists). */
export const isSameRule = (there: NovaRule, asked: NovaRule): boolean =>
  (['group_id', 'cidr', 'from_port', 'to_port', 'protocol'] as const).every((key) => there[key] === asked[key]);

/** Null is as good as nothing. */
export const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

const hasPorts = (protocol: string): boolean => ['TCP', 'UDP'].includes(protocol.toUpperCase());

/** Everything of a protocol, where only a group is named. */
function wholeRange(protocol: string): readonly [number | null, number | null] {
  if (protocol.toUpperCase() === 'ICMP') return ANY;
  return hasPorts(protocol) ? ALL_PORTS : [null, null];
}

/** @throws 400 */
function checkedRange(protocol: string, from: unknown, to: unknown): { from_port: number; to_port: number } {
  const kind = protocol.toUpperCase();
  const [from_port, to_port] = [integerOf(from), integerOf(to)];
  if (from_port === undefined || to_port === undefined)
    throw badRequest(
      `Invalid input received: ${kind === 'ICMP' ? 'Type and Code must be integers for ICMP protocol type' : 'To and From ports must be integers'}`,
    );
  if (!['TCP', 'UDP', 'ICMP'].includes(kind)) throw badRequest(`Invalid IP protocol ${protocol}.`);
  const refused = (why: string): OpenStackError =>
    new OpenStackError(400, 'InvalidPortRange', `Invalid port range ${from_port}:${to_port}. ${why}`);
  if (kind !== 'ICMP' && from_port > to_port) throw refused('Former value cannot be greater than the later');
  if (kind !== 'ICMP' && (from_port < 1 || to_port > 65_535))
    throw refused(`Valid ${kind} ports should be between 1-65535`);
  if (kind === 'ICMP' && [from_port, to_port].some((one) => one < -1 || one > 255))
    throw refused('For ICMP, the type:code must be valid');
  return { from_port, to_port };
}

/** A whole number, or a text of one, as Python's int() reads them. */
function integerOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.trunc(value);
  return typeof value === 'string' && /^\s*[+-]?\d{1,9}\s*$/.test(value) ? Number(value) : undefined;
}

/** @throws 400 InvalidCidr for what is none with a prefix; everywhere when nothing is said */
function cidrOf(given: unknown): string {
  if (!given) return ANYWHERE;
  const cidr = unquoted(asText(given));
  if (!/^[^/]+\/[^/]+$/.test(cidr)) throw badRequest(`${cidr} is not a valid IP network.`);
  return cidr;
}

/** As Python's urllib unquotes: what is no escape stays. */
function unquoted(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A whole Internet is written as 0.0.0.0 or ::. @throws 400 */
function checkPrefix(cidr: string): void {
  const [net, prefix] = cidr.split('/');
  if (prefix === '0' && net !== '0.0.0.0' && net !== '::') throw badRequest(`Bad prefix for network in cidr ${cidr}`);
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
