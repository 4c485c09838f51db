/** The types of rules in Neutron's order (neutron_lib/services/qos/constants.py: VALID_RULE_TYPES). */
export const RULE_TYPES = [
  'bandwidth_limit',
  'packet_rate_limit',
  'dscp_marking',
  'minimum_bandwidth',
  'minimum_packet_rate',
] as const;
export type RuleType = (typeof RULE_TYPES)[number];
export const isRuleType = (type: string): type is RuleType => (RULE_TYPES as readonly string[]).includes(type);

/** neutron_lib/constants.py: VALID_DSCP_MARKS */
export const DSCP_MARKS: readonly number[] = [
  0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56,
];
/** The most that a number of a rule may be: a column's (neutron_lib/db/constants.py: DB_INTEGER_MAX_VALUE). */
export const MOST = 2 ** 31 - 1;

interface Parameter {
  readonly parameter_name: string;
  readonly parameter_type: 'range' | 'choices';
  readonly parameter_values: object;
}
const range = (parameter_name: string): Parameter => ({
  parameter_name,
  parameter_type: 'range',
  parameter_values: { start: 0, end: MOST },
});
const choices = (parameter_name: string, parameter_values: readonly (string | number)[]): Parameter => ({
  parameter_name,
  parameter_type: 'choices',
  parameter_values,
});

/** What the network of this cloud's hosts does (drivers/network): the types of rules, and what each may say. */
export const SUPPORTED: Readonly<Partial<Record<RuleType, readonly Parameter[]>>> = {
  bandwidth_limit: [range('max_kbps'), range('max_burst_kbps'), choices('direction', ['ingress', 'egress'])],
  dscp_marking: [choices('dscp_mark', DSCP_MARKS)],
};
/** What the driver is called in the details of a type. */
export const DRIVER = 'linux';

/** The first rule that a host could not do. */
export const firstUnsupported = <R extends { readonly type: string }>(rules: readonly R[]): R | undefined =>
  rules.find(({ type }) => !Object.hasOwn(SUPPORTED, type));
