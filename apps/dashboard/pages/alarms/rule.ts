/** Rules of alarms: what their forms ask for, how a person reads them, and where their measures are. Pure. */
import type { Alarm, AlarmType, Rule } from '../../api/alarms.js';
import { ruleOf } from '../../api/alarms.js';
import { metricSource, type Source } from '../../api/telemetry.js';
import { spanText } from '../../charts/ranges.js';
import { asText } from '../../ui/as-text.js';
import { formField, type FormField } from '../resources/form-field.js';

/** The types in a person's words, those that are made most first. */
export const TYPES: Readonly<Record<AlarmType, string>> = {
  gnocchi_resources_threshold: 'a metric of one resource',
  gnocchi_aggregation_by_resources_threshold: 'a metric of all resources that a search finds',
  gnocchi_aggregation_by_metrics_threshold: 'several metrics together',
  event: 'an event',
  composite: 'several rules',
};
export const typeOf = (text: string | null): AlarmType =>
  (Object.keys(TYPES) as AlarmType[]).find((type) => type === text) ?? 'gnocchi_resources_threshold';

/** How a value is compared: the words of Aodh and a person's. */
const COMPARED: Readonly<Record<string, string>> = {
  gt: 'is above',
  ge: 'is or is above',
  lt: 'is below',
  le: 'is or is below',
  eq: 'is',
  ne: 'is not',
};
const METHODS = [
  'mean',
  'max',
  'min',
  'sum',
  'count',
  'last',
  'first',
  'median',
  'std',
  'rate:mean',
  'rate:max',
  '95pct',
];
const must = { required: ['post', 'put'], write: ['post', 'put'] } as const;
const may = { write: ['post', 'put'] } as const;

const compared: readonly FormField[] = [
  formField('aggregation_method', 'Aggregation', { ...must, enum: METHODS }),
  formField('comparison_operator', 'It is an alarm when the value', {
    ...must,
    enum: Object.keys(COMPARED),
    labels: COMPARED,
  }),
  formField('threshold', 'Threshold', { ...must, type: 'number' }),
  formField('granularity', 'Seconds of a value, one of those in which the metric is kept', {
    ...may,
    type: 'int',
    default: 60,
  }),
  formField('evaluation_periods', 'So many values one after the other', { ...may, type: 'int', default: 1 }),
];
const metric = formField('metric', 'Metric', must);
const resource_type = formField('resource_type', 'Type of resource', must);

const RULES: Readonly<Record<AlarmType, readonly FormField[]>> = {
  gnocchi_resources_threshold: [resource_type, formField('resource_id', 'Resource', must), metric, ...compared],
  gnocchi_aggregation_by_metrics_threshold: [
    formField('metrics', 'Ids of metrics', { ...must, type: 'list' }),
    ...compared,
  ],
  gnocchi_aggregation_by_resources_threshold: [
    resource_type,
    metric,
    formField('query', 'Search, as {"=": {"flavor_name": "m1.small"}}', must),
    ...compared,
  ],
  event: [
    formField('event_type', 'Type of event, as compute.instance.*', { ...must, default: '*' }),
    formField('query', 'Traits, as [{"field": "traits.state", "op": "eq", "value": "error"}]', {
      ...may,
      type: 'json',
    }),
  ],
  composite: [
    formField('composite_rule', 'Rules, as {"and": [{"type": "gnocchi_resources_threshold", …}, …]}', {
      ...must,
      type: 'json',
    }),
  ],
};
const yesNo = { ...may, type: 'bool' } as const;
const addresses = { ...may, type: 'list' } as const;
const COMMON: readonly FormField[] = [
  formField('name', 'Name', must),
  formField('description', 'Description', { ...may, nullable: true }),
  formField('severity', 'Severity', { ...may, enum: ['low', 'moderate', 'critical'], default: 'low' }),
  formField('enabled', 'Enabled', { ...yesNo, default: true }),
  formField('repeat_actions', 'Told again at each look while the state lasts', { ...yesNo, default: false }),
  formField('alarm_actions', 'Addresses that are told of an alarm', addresses),
  formField('ok_actions', 'Addresses that are told when all is well again', addresses),
  formField('insufficient_data_actions', 'Addresses that are told when there is too little data', addresses),
  formField(
    'time_constraints',
    'Times at which it is looked at, as [{"name": "…", "start": "0 8 * * *", "duration": 3600}]',
    {
      ...may,
      type: 'json',
    },
  ),
];

/** What a form of an alarm asks for: its name, its rule, and all else. */
export const fieldsOf = (type: AlarmType): readonly FormField[] => [
  ...COMMON.slice(0, 1),
  ...RULES[type],
  ...COMMON.slice(1),
];

/** A composite rule is one field of its form, and has no parts that are fields. */
const isWhole = (type: AlarmType): boolean => type === 'composite';

/** An alarm as its form shows it: the parts of its rule beside its own. */
export const formOf = (alarm: Alarm): Rule => (isWhole(alarm.type) ? alarm : { ...alarm, ...ruleOf(alarm) });

/**
 * What a form says, as Aodh takes it.
 * @param before the rule as it was, of which a form says only what is to be otherwise
 */
export function bodyOf(type: AlarmType, values: Rule, before: Rule = {}): Rule {
  if (isWhole(type)) return { type, ...values };
  const names = new Set(RULES[type].map(({ name }) => name));
  const [own, rule] = [true, false].map((outside) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name) !== outside)),
  );
  return { type, ...own, [`${type}_rule`]: { ...before, ...rule } };
}

/** A rule that compares measures with a threshold. */
export interface ThresholdRule {
  readonly type: AlarmType;
  readonly rule: Rule;
}

/** All such rules of an alarm: its own, or those that a composite one is made of. */
export function thresholdsOf(alarm: Alarm): readonly ThresholdRule[] {
  const rule = ruleOf(alarm);
  if (alarm.type === 'event') return [];
  return alarm.type === 'composite' ? leavesOf(rule) : [{ type: alarm.type, rule }];
}

function leavesOf(rule: Rule): readonly ThresholdRule[] {
  const inner = rule['and'] ?? rule['or'];
  if (Array.isArray(inner)) return (inner as Rule[]).flatMap(leavesOf);
  return [{ type: typeOf(asText(rule['type'])), rule }];
}

/** Of what a rule reads the measures. */
export function subjectOf({ type, rule }: ThresholdRule): string {
  const name = asText(rule['metric']);
  if (type === 'gnocchi_resources_threshold')
    return `${name} of ${asText(rule['resource_type'])} ${asText(rule['resource_id'])}`;
  if (type === 'gnocchi_aggregation_by_metrics_threshold')
    return `${(rule['metrics'] as unknown[]).length} metrics together`;
  return `${name} of each ${asText(rule['resource_type'])} with ${asText(rule['query'])}`;
}

/** When a rule is an alarm, in a sentence's part. */
export function conditionOf({ rule }: ThresholdRule): string {
  const periods = Number(rule['evaluation_periods']);
  return (
    `${asText(rule['aggregation_method'])} of ${spanText(Number(rule['granularity']))} ` +
    `${COMPARED[asText(rule['comparison_operator'])] ?? ''} ${asText(rule['threshold'])}` +
    (periods === 1 ? '' : `, ${periods} times one after the other`)
  );
}

interface Condition {
  readonly field: string;
  readonly op: string;
  readonly value: string;
}

/** A rule as a person reads it. */
export function sentenceOf(alarm: Alarm): string {
  const rule = ruleOf(alarm);
  if (alarm.type === 'composite') return compositeOf(rule);
  if (alarm.type !== 'event') return leafOf({ type: alarm.type, rule });
  const traits = (rule['query'] as readonly Condition[] | undefined) ?? [];
  const words = traits.map(({ field, op, value }) => `${field} ${COMPARED[op] ?? op} ${value}`).join(' and ');
  return `An event ${asText(rule['event_type'])} comes${words === '' ? '' : ` in which ${words}`}`;
}

const leafOf = (one: ThresholdRule): string => `${subjectOf(one)}: ${conditionOf(one)}`;

function compositeOf(rule: Rule): string {
  for (const word of ['and', 'or']) {
    const inner = rule[word];
    if (Array.isArray(inner)) return `(${(inner as Rule[]).map(compositeOf).join(`) ${word} (`)})`;
  }
  return leafOf({ type: typeOf(asText(rule['type'])), rule });
}

/** Gnocchi's filter is JSON in a text; what is none is a filter in words. */
function searchOf(query: string): Pick<Source, 'body' | 'params'> {
  try {
    return { body: JSON.parse(query) as unknown, params: {} };
  } catch {
    return { body: {}, params: { filter: query } };
  }
}

/** Where the measures of a rule are, as Aodh reads them (aodh/evaluator/gnocchi.py). */
export function sourceOf({ type, rule }: ThresholdRule): Source {
  const [aggregation, metricName, of] = ['aggregation_method', 'metric', 'resource_type'].map((name) =>
    asText(rule[name]),
  );
  const params = { aggregation: aggregation ?? '', reaggregation: (aggregation ?? '').replace(/^rate:/, '') };
  if (type === 'gnocchi_resources_threshold')
    return metricSource(of ?? '', asText(rule['resource_id']), metricName ?? '', aggregation ?? '');
  if (type === 'gnocchi_aggregation_by_metrics_threshold')
    return {
      path: '/metric/v1/aggregation/metric',
      params: { ...params, metric: rule['metrics'] as readonly string[] },
    };
  const search = searchOf(asText(rule['query']));
  return {
    path: `/metric/v1/aggregation/resource/${encodeURIComponent(of ?? '')}/metric/${encodeURIComponent(metricName ?? '')}`,
    body: search.body,
    params: { ...params, ...search.params },
  };
}
