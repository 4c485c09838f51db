import { OpenStackError } from '../kernel/errors.js';
import { canonical, parseRange, versionOf } from './ipam.js';

/** What a rule of a security group is asked to be; what is left out has Neutron's default. */
export interface RuleInput {
  readonly direction: string;
  readonly ethertype?: string | null | undefined;
  readonly protocol?: string | number | null | undefined;
  readonly port_range_min?: string | number | null | undefined;
  readonly port_range_max?: string | number | null | undefined;
  readonly remote_ip_prefix?: string | null | undefined;
  readonly remote_group_id?: string | null | undefined;
  readonly remote_address_group_id?: string | null | undefined;
}
/** A rule as it is recorded. */
export interface PlannedRule {
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly normalized_cidr: string | null;
  readonly match: string;
}

/** neutron_lib/constants.py: IP_PROTOCOL_MAP */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['ah', 51],
  ['dccp', 33],
  ['egp', 8],
  ['esp', 50],
  ['gre', 47],
  ['hopopt', 0],
  ['icmp', 1],
  ['igmp', 2],
  ['ip', 0],
  ['ipip', 4],
  ['ipv6-encap', 41],
  ['ipv6-frag', 44],
  ['ipv6-icmp', 58],
  ['icmpv6', 58],
  ['ipv6-nonxt', 59],
  ['ipv6-opts', 60],
  ['ipv6-route', 43],
  ['ospf', 89],
  ['pgm', 113],
  ['rsvp', 46],
  ['sctp', 132],
  ['tcp', 6],
  ['udp', 17],
  ['udplite', 136],
  ['vrrp', 112],
]);
/** The name of a number: of two that have the same, the one that Neutron takes (IP_PROTOCOL_NUM_TO_NAME_MAP). */
const NAMES: ReadonlyMap<number, string> = new Map(
  [...PROTOCOLS].flatMap(([name, number]) => (name === 'icmpv6' ? [] : [[number, name] as const])),
);
/** neutron/common/_constants.py: SG_PORT_PROTO_NUMS */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const ICMP: ReadonlySet<number> = new Set([1, 58]);
/** Protocols that there are in IPv6 alone. */
const OF_IPV6: ReadonlySet<number> = new Set([41, 43, 44, 58, 59, 60]);
const ETHERTYPES = ['IPv4', 'IPv6'] as const;
/** Neutron writes so what a rule does not say, where it compares rules. */
const NONE = '+';
/** Prefixes that say no more than none. */
const ANYWHERE: ReadonlySet<string | null> = new Set([null, '0.0.0.0/0', '::/0']);

const refused = (type: string, message: string): OpenStackError => new OpenStackError(400, type, message);

/**
 * Checks a rule and gives it its one form (neutron/db/securitygroups_db.py: _validate_base_security_group_rule_attributes, and
 * the converters of neutron/extensions/securitygroup.py).
 * @throws 400 in their words
 */
export function planRule(input: RuleInput): PlannedRule {
  const ethertype = ethertypeOf(input.ethertype);
  const protocol = inIpv6(protocolOf(input.protocol), ethertype);
  const [min, max] = portsOf(protocol, portOf(input.port_range_min), portOf(input.port_range_max));
  const prefix = prefixOf(input.remote_ip_prefix, ethertype);
  if (protocol !== null && ethertype === 'IPv4' && OF_IPV6.has(numberOf(protocol)))
    throw refused(
      'SecurityGroupEthertypeConflictWithProtocol',
      `Invalid ethertype ${ethertype} for protocol ${protocol}.`,
    );
  const remotes = [prefix, input.remote_group_id, input.remote_address_group_id].filter(Boolean);
  if (remotes.length > 1)
    throw refused(
      'SecurityGroupMultipleRemoteEntites',
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.',
    );
  const parts = [
    input.direction,
    ethertype,
    max,
    min,
    protocol === null ? null : (NAMES.get(numberOf(protocol, false)) ?? protocol),
    input.remote_group_id,
    input.remote_address_group_id,
    ANYWHERE.has(prefix) ? null : prefix,
  ];
  return {
    ethertype,
    protocol,
    port_range_min: min,
    port_range_max: max,
    remote_ip_prefix: prefix,
    normalized_cidr: prefix === null ? null : parseRange(prefix).text,
    match: parts.map((part) => part ?? NONE).join('_'),
  };
}

function ethertypeOf(given: string | null | undefined): 'IPv4' | 'IPv6' {
  if (given === undefined) return 'IPv4';
  const ethertype = ETHERTYPES.find((one) => one.toLowerCase() === given?.toLowerCase());
  if (ethertype !== undefined) return ethertype;
  throw refused(
    'SecurityGroupRuleInvalidEtherType',
    `Security group rule for ethertype '${given ?? 'None'}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
  );
}

/** A name in small letters, or a number as text; null is any protocol. */
function protocolOf(given: string | number | null | undefined): string | null {
  if (given === undefined || given === null || given === 'any') return null;
  const text = String(given);
  if (/^\d{1,9}$/.test(text) && Number(text) <= 255) return String(Number(text));
  if (PROTOCOLS.has(text.toLowerCase())) return text.toLowerCase();
  const names = [...PROTOCOLS.keys()].map((name) => `'${name}'`).join(', ');
  throw refused(
    'SecurityGroupRuleInvalidProtocol',
    `Security group rule protocol ${text} not supported. Only protocol values (None, 'any', ${names}) and integer representations [0 to 255] are supported.`,
  );
}

/** ICMP is another protocol in IPv6, and older clients name it as that of IPv4. */
function inIpv6(protocol: string | null, ethertype: string): string | null {
  if (ethertype === 'IPv4') return protocol;
  if (protocol === 'icmp' || protocol === 'icmpv6') return 'ipv6-icmp';
  return protocol === '1' ? '58' : protocol;
}

/** @param byName a name as a number, or else only what is a number already */
const numberOf = (protocol: string, byName = true): number =>
  (byName ? PROTOCOLS.get(protocol) : undefined) ?? Number(protocol);

function portOf(given: string | number | null | undefined): number | null {
  if (given === undefined || given === null) return null;
  const text = String(given).trim();
  if (!/^\d{1,9}$/.test(text) || Number(text) > 65_535) throw invalidPort(text);
  return Number(text);
}
const invalidPort = (port: string): OpenStackError =>
  refused('SecurityGroupInvalidPortValue', `Invalid value for port ${port}`);

/** What a range means depends on the protocol: ports, or type and code of ICMP. All ports are as good as none named. */
function portsOf(protocol: string | null, min: number | null, max: number | null): [number | null, number | null] {
  if ((min === 1 && max === 65_535) || (min === null && max === null)) return [null, null];
  if (protocol === null)
    throw refused('SecurityGroupProtocolRequiredWithPorts', 'Must also specify protocol if port range is given.');
  const number = numberOf(protocol);
  if (WITH_PORTS.has(number)) {
    if (min === 0 || max === 0) throw invalidPort('0');
    if (min === null || max === null || min > max)
      throw refused('SecurityGroupInvalidPortRange', 'For TCP/UDP protocols, port_range_min must be <= port_range_max');
    return [min, max];
  }
  if (!ICMP.has(number))
    throw refused(
      'SecurityGroupInvalidProtocolForPort',
      `Ports cannot be specified for protocol ${number}. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.`,
    );
  for (const [field, attribute, value] of [
    ['type', 'port_range_min', min],
    ['code', 'port_range_max', max],
  ] as const)
    if (value !== null && value > 255)
      throw refused(
        'SecurityGroupInvalidIcmpValue',
        `Invalid value for ICMP ${field} (${attribute}) ${value}. It must be 0 to 255.`,
      );
  if (min === null)
    throw refused(
      'SecurityGroupMissingIcmpType',
      `ICMP code (port-range-max) ${max} is provided but ICMP type (port-range-min) is missing.`,
    );
  return [min, max];
}

/** A prefix with its length, and with the host bits that it was given with: Neutron keeps them. */
function prefixOf(given: string | null | undefined, ethertype: 'IPv4' | 'IPv6'): string | null {
  if (given === undefined || given === null || given === '') return null;
  const [address = '', length, ...more] = given.split('/');
  const version = versionOf(address);
  const longest = version === 6 ? 128 : 32;
  if (version === undefined || more.length > 0 || (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)))
    throw invalidPrefix(given);
  const bits = length === undefined ? longest : Number(length);
  if (bits > longest) throw invalidPrefix(given);
  if (ethertype !== `IPv${version}`)
    throw refused('SecurityGroupRuleParameterConflict', `Conflicting value ethertype ${ethertype} for CIDR ${given}`);
  return `${canonical(address)}/${bits}`;
}
const invalidPrefix = (given: string): OpenStackError =>
  refused('InvalidCIDR', `Invalid CIDR ${given} given as IP prefix.`);

/** All rules of one request are of one group, and of one project (_validate_single_project_and_group). @throws 400 */
export function checkOneGroup(
  rules: readonly { readonly security_group_id: string; readonly project_id: string }[],
): void {
  if (new Set(rules.map((rule) => rule.security_group_id)).size > 1)
    throw refused(
      'SecurityGroupNotSingleGroupRules',
      'Only allowed to update rules for one security profile at a time',
    );
  if (new Set(rules.map((rule) => rule.project_id)).size > 1)
    throw refused(
      'SecurityGroupRulesNotSingleProject',
      'Multiple project_ids in bulk security group rule create not allowed',
    );
}
