import type { Static } from 'typebox';
import {
  GENERIC,
  madeBy,
  secondsText,
  spanText,
  type Answered,
  type ArchivePolicy,
  type Metric,
  type MetricRow,
  type ResourceRow,
  type ResourceType,
} from '#services/gnocchi/index';
import type { MetricAnswer, PolicyAnswer, ResourceAnswer } from './answers.js';

export type PolicyView = Static<typeof PolicyAnswer>;
export type MetricView = Static<typeof MetricAnswer>;
export type ResourceView = Static<typeof ResourceAnswer>;

export const policyView = ({ name, back_window, definition, aggregation_methods }: ArchivePolicy): PolicyView => ({
  name,
  back_window,
  definition: definition.map(({ granularity, points, timespan }) => ({
    timespan: timespan === null ? null : spanText(timespan),
    granularity: spanText(granularity),
    points,
  })),
  aggregation_methods: [...aggregation_methods],
});

export const typeView = ({ name, attributes }: ResourceType) => ({
  name,
  attributes: { ...attributes },
  state: 'active',
});

const made = (creator: string | null) => {
  const { created_by_user_id, created_by_project_id } = madeBy(creator) as Record<string, string | null>;
  return { creator, created_by_user_id: created_by_user_id!, created_by_project_id: created_by_project_id! };
};

/** A resource. @param type the type whose attributes it shows; the generic one has none */
export function resourceView(row: ResourceRow, type?: ResourceType): ResourceView {
  const { revision: _revision, attributes, creator, ...rest } = row;
  const own = type === undefined || type.name === GENERIC ? [] : Object.keys(type.attributes);
  return { ...rest, ...Object.fromEntries(own.map((name) => [name, attributes[name] ?? null])), ...made(creator) };
}

/** Only these attributes of a resource. */
export const picked = (view: ResourceView, attrs: readonly string[]): ResourceView | Record<string, unknown> =>
  attrs.length === 0 ? view : Object.fromEntries(Object.entries(view).filter(([name]) => attrs.includes(name)));

const plain = ({ id, name, unit, creator }: MetricRow) => ({ id, name, unit, ...made(creator) });

/** A metric in a list, or as it is when it was made, when its archive policy is not looked up. */
export const metricView = (metric: Metric | MetricRow): MetricView => ({
  ...plain(metric),
  resource_id: metric.resource_id,
  ...('archive_policy' in metric
    ? { archive_policy: policyView(metric.archive_policy) }
    : { archive_policy_name: metric.archive_policy_name }),
});

/** A metric by itself, with its resource. */
export const metricDetails = (metric: Metric, resource: ResourceRow | null): MetricView => {
  if (resource === null) return { ...plain(metric), resource: null, archive_policy: policyView(metric.archive_policy) };
  const { metrics: _metrics, ...view } = resourceView(resource);
  return { ...plain(metric), resource: view, archive_policy: policyView(metric.archive_policy) };
};

export const measuresView = (measures: readonly Answered[]): (string | number)[][] =>
  measures.map(([time, granularity, value]) => [secondsText(time), granularity, value]);
