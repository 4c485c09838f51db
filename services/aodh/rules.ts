import { Type, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { badRequest, type OpenStackError } from '../kernel/errors.js';
import { readSearch } from './search.js';
import { invalidInput } from './words.js';

/** How a value is compared with a threshold, and a trait of an event with what is looked for. */
export const OPERATORS = ['lt', 'le', 'eq', 'ne', 'ge', 'gt'] as const;
export type Comparison = (typeof OPERATORS)[number];

/** Rules that compare measures with a threshold: also the parts of a composite one. */
export const THRESHOLD_TYPES = [
  'gnocchi_resources_threshold',
  'gnocchi_aggregation_by_metrics_threshold',
  'gnocchi_aggregation_by_resources_threshold',
] as const;
export type ThresholdType = (typeof THRESHOLD_TYPES)[number];
/** The kinds of alarms that there are here; one of another kind is refused, as by an Aodh without its plugin. */
export const ALARM_TYPES = [...THRESHOLD_TYPES, 'event', 'composite'] as const;
export type AlarmType = (typeof ALARM_TYPES)[number];

const strict = { additionalProperties: false };
const name = Type.String({ minLength: 1, maxLength: 255 });
/** WSME takes numbers as texts too, and the client sends some so. Sixteen digits are what a double has. */
const numeral = Type.Union([
  Type.Number(),
  Type.String({ pattern: '^[+-]?\\d{1,16}(\\.\\d{1,16})?([eE][+-]?\\d{1,2})?$', maxLength: 40 }),
]);
const whole = (minimum: number, maximum: number) =>
  Type.Union([Type.Integer({ minimum, maximum }), Type.String({ pattern: '^\\d{1,10}$' })]);

const PERIODS = { minimum: 1, maximum: 100 };
const GRANULARITY = { minimum: 1, maximum: 3600 * 24 * 365 };
const compared = {
  comparison_operator: Type.Optional(Type.Enum([...OPERATORS])),
  threshold: numeral,
  aggregation_method: name,
  evaluation_periods: Type.Optional(whole(PERIODS.minimum, PERIODS.maximum)),
  granularity: Type.Optional(whole(GRANULARITY.minimum, GRANULARITY.maximum)),
};
/** A condition of an event alarm. An empty type is a text. */
const Condition = Type.Object(
  {
    field: Type.String({ minLength: 1, maxLength: 255, pattern: "^[a-zA-Z.',0-9_-]*$" }),
    op: Type.Optional(Type.Enum([...OPERATORS])),
    value: Type.String({ maxLength: 1024 }),
    type: Type.Optional(Type.Enum(['string', 'integer', 'float', 'boolean', ''])),
  },
  strict,
);

/** What each kind of rule takes (aodh/api/controllers/v2/alarm_rules/). The sizes are ours: Aodh has none. */
export const RULE_SCHEMAS: Readonly<Record<AlarmType, TSchema>> = {
  gnocchi_resources_threshold: Type.Object(
    { ...compared, metric: name, resource_id: name, resource_type: name },
    strict,
  ),
  // As many metrics as one statement reads at once without being felt.
  gnocchi_aggregation_by_metrics_threshold: Type.Object(
    { ...compared, metrics: Type.Array(name, { minItems: 1, maxItems: 100 }) },
    strict,
  ),
  gnocchi_aggregation_by_resources_threshold: Type.Object(
    { ...compared, metric: name, resource_type: name, query: Type.String({ minLength: 1, maxLength: 4096 }) },
    strict,
  ),
  event: Type.Object(
    {
      event_type: Type.Optional(Type.String({ maxLength: 255 })),
      query: Type.Optional(Type.Array(Condition, { maxItems: 32 })),
    },
    strict,
  ),
  // What is in it is checked rule by rule, in the words for each.
  composite: Type.Object({}, { additionalProperties: true }),
};

/** A rule with all that a request left out. */
export type Rule = Readonly<Record<string, unknown>>;
export interface ThresholdRule extends Rule {
  readonly comparison_operator: Comparison;
  readonly threshold: number;
  readonly aggregation_method: string;
  readonly evaluation_periods: number;
  /** Seconds. */
  readonly granularity: number;
}

/** What Gnocchi can aggregate by (gnocchi/aggregation.py), also of rates. */
const METHODS = ['mean', 'sum', 'last', 'max', 'min', 'std', 'median', 'first', 'count'];
const PERCENTILE = /^(?:[1-9]|[1-9]\d)pct$/;

/** A rule as it is kept. @throws 400 for what its schema cannot say */
export function normalRule(type: AlarmType, given: Rule): Rule {
  if (type === 'event') return eventRule(given);
  if (type === 'composite') return compositeRule(given);
  return thresholdRule(type, given);
}

function thresholdRule(type: ThresholdType, given: Rule): ThresholdRule {
  const method = String(given['aggregation_method']);
  const plain = method.replace(/^rate:/, '');
  if (!METHODS.includes(plain) && !PERCENTILE.test(plain))
    throw badRequest(`aggregation_method should be in ${JSON.stringify(METHODS)} not ${method}`);
  if (type === 'gnocchi_aggregation_by_resources_threshold') readSearch(String(given['query']), '');
  return {
    ...given,
    comparison_operator: (given['comparison_operator'] as Comparison | undefined) ?? 'eq',
    threshold: Number(given['threshold']),
    aggregation_method: method,
    evaluation_periods: wholeOf('evaluation_periods', given['evaluation_periods'] ?? 1, PERIODS),
    granularity: wholeOf('granularity', given['granularity'] ?? 60, GRANULARITY),
  };
}

/** Numbers that came as texts are held to the same bounds. */
function wholeOf(field: string, value: unknown, { minimum, maximum }: typeof PERIODS): number {
  const number = Number(value);
  if (number < minimum) throw invalidInput(field, String(value), `Value should be greater or equal to ${minimum}`);
  if (number > maximum) throw invalidInput(field, String(value), `Value should be lower or equal to ${maximum}`);
  return number;
}

interface EventCondition {
  readonly field: string;
  readonly op?: Comparison;
  readonly value: string;
  readonly type?: string;
}

function eventRule(given: Rule): Rule {
  const query = (given['query'] as readonly EventCondition[] | undefined) ?? [];
  for (const { value, type } of query) convert(value, type);
  return {
    event_type: given['event_type'] || '*',
    query: query.map((one) => ({ ...one, op: one.op ?? 'eq' })),
  };
}

const YES = new Set(['1', 't', 'true', 'on', 'y', 'yes']);
const NO = new Set(['0', 'f', 'false', 'off', 'n', 'no']);

/** A value of a query in the type that is said of it (base.py: Query.get_value). @throws 400 */
export function convert(value: string, type: string | undefined): string | number | boolean {
  const refusal = (): OpenStackError =>
    badRequest(`Unable to convert the value ${value} to the expected data type ${type ?? ''}.`);
  if (type === 'boolean') {
    const word = value.trim().toLowerCase();
    if (!YES.has(word) && !NO.has(word)) throw refusal();
    return YES.has(word);
  }
  if (type !== 'integer' && type !== 'float') return value;
  // Sixteen digits are what a double has; a text of spaces is 0 to JavaScript.
  const pattern = type === 'integer' ? /^\s*[+-]?\d{1,16}\s*$/ : /^\s*[+-]?\d{1,16}(\.\d{1,16})?(e[+-]?\d{1,2})?\s*$/i;
  if (!pattern.test(value)) throw refusal();
  return Number(value);
}

/** A rule of rules may be as deep and hold as many: each is a read of measures at each evaluation. */
const MOST_DEEP = 8;
const MOST_RULES = 32;
const checks = new Map<string, ReturnType<typeof Compile>>();

/** A composite rule (alarm_rules/composite.py): `and` or `or` of rules, each of which may be such a rule itself. */
function compositeRule(given: Rule): Rule {
  const seen = { rules: 0 };
  const part = (rule: unknown, depth: number): Rule => {
    if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) throw invalidComposite(rule);
    if (depth > MOST_DEEP) throw badRequest(`A composite rule may be nested ${MOST_DEEP} times at most.`);
    const members = Object.entries(rule as Rule);
    const [key = '', inner] = members[0] ?? [];
    if (members.length !== 1) return leaf(rule as Rule, seen);
    if (key !== 'and' && key !== 'or') throw badRequest('Threshold rules should be combined with "and" or "or"');
    if (!Array.isArray(inner) || inner.length === 0) throw invalidComposite(rule);
    return { [key]: inner.map((one) => part(one, depth + 1)) };
  };
  return part(given, 0);
}

function leaf({ type, ...rule }: Rule, seen: { rules: number }): Rule {
  if (type === undefined || type === '') throw badRequest('type must be set in every rule');
  const known = THRESHOLD_TYPES.find((one) => one === type);
  if (known === undefined)
    throw badRequest(
      `Unsupported sub-rule type :${JSON.stringify(type)} in composite rule, should be one of: ${JSON.stringify(THRESHOLD_TYPES)}`,
    );
  if (++seen.rules > MOST_RULES) throw badRequest(`A composite rule may have ${MOST_RULES} rules at most.`);
  let check = checks.get(known);
  if (check === undefined) checks.set(known, (check = Compile(RULE_SCHEMAS[known])));
  if (!check.Check(rule)) {
    const [error] = check.Errors(rule);
    throw invalidInput('composite_rule', JSON.stringify(rule).slice(0, 200), error?.message ?? '');
  }
  return { ...thresholdRule(known, rule), type: known };
}

const invalidComposite = (rule: unknown): OpenStackError =>
  badRequest(
    `Invalid input composite rule: ${JSON.stringify(rule).slice(0, 200)}, it should be a dict with an "and" or "or" as key, and the value of dict should be a list of basic threshold rules or sub composite rules, can be nested.`,
  );

/** What an alarm is described by that its user does not describe (alarms.py: Alarm.get_description). */
export const describeRule = (type: AlarmType, rule: Rule): string =>
  type === 'event' ? `Alarm when ${String(rule['event_type'])} event occurred.` : `${type} alarm rule`;
