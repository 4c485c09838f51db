import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useId, useMemo, type ReactNode } from 'react';
import { Link, useParams, useSearchParams, type LoaderFunctionArgs } from 'react-router';
import { queryClient } from '../../api/query.js';
import {
  metricSource,
  metricsQuery,
  oneMeasuredQuery,
  valuesQuery,
  type Measured,
  type Metric,
} from '../../api/telemetry.js';
import { ChartPanel } from '../../charts/chart-panel.js';
import { granularityFor, rangeOf, RANGES, spanText } from '../../charts/ranges.js';
import type { Series } from '../../charts/series.js';
import { Copyable } from '../../ui/copyable.js';
import { local } from '../../ui/times.js';
import { nameOf } from './list.js';

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  const { type = '', id = '' } = params;
  await Promise.all([
    queryClient.ensureQueryData(oneMeasuredQuery(type, id)),
    queryClient.ensureQueryData(metricsQuery(type, id)),
  ]);
  return null;
}

interface Choice {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, title: string])[];
  readonly onChoose: (value: string) => void;
}

function Choose({ name, value, options, onChoose }: Choice): ReactNode {
  const id = useId();
  return (
    <span>
      <label htmlFor={id}>{name}</label>{' '}
      <select
        id={id}
        value={value}
        onChange={({ target }) => {
          onChoose(target.value);
        }}
      >
        {options.map(([one, title]) => (
          <option key={one} value={one}>
            {title}
          </option>
        ))}
      </select>
    </span>
  );
}

/** What a chart shows, as its page's address says. */
function useChoices(metrics: readonly Metric[]) {
  const [params, setParams] = useSearchParams();
  const metric = metrics.find(({ name }) => name === params.get('metric')) ?? metrics[0];
  const range = rangeOf(params.get('range'));
  const kept = metric?.kept ?? [];
  const asked = Number(params.get('granularity'));
  const granularity = kept.includes(asked) ? asked : granularityFor(kept, range.seconds);
  const methods = metric?.methods ?? [];
  const aggregation =
    methods.find((one) => one === params.get('aggregation')) ?? methods.find((one) => one === 'mean') ?? methods[0];
  const choose = (name: string) => (value: string) => {
    const next = new URLSearchParams(params);
    next.set(name, value);
    // Another metric may be kept otherwise.
    if (name === 'metric') for (const of of ['granularity', 'aggregation']) next.delete(of);
    setParams(next, { replace: true });
  };
  return { metric, range, kept, granularity, methods, aggregation, choose };
}

interface Shown {
  readonly resource: Measured;
  readonly metric: Metric;
  readonly granularity: number;
  readonly aggregation: string;
  readonly seconds: number;
}

function MetricChart({ resource: { type, id }, metric, granularity, aggregation, seconds }: Shown): ReactNode {
  const source = metricSource(type, id, metric.name, aggregation);
  const { data, error } = useQuery(valuesQuery(source, { seconds, granularity }));
  const series = useMemo(
    (): readonly Series[] | undefined => data && [{ label: `${metric.name}, ${aggregation}`, points: data.points }],
    [data, metric.name, aggregation],
  );
  return (
    <ChartPanel
      title={`${metric.name}, ${aggregation} of ${spanText(granularity)}`}
      series={series}
      unit={metric.unit}
      from={data?.from ?? 0}
      to={data?.to ?? seconds}
      error={error}
    />
  );
}

/** The form of an alarm on what is shown, filled in. */
const alarmForm = ({ resource, metric, granularity, aggregation }: Omit<Shown, 'seconds'>): string =>
  `/alarms/new?${new URLSearchParams({
    type: 'gnocchi_resources_threshold',
    resource_type: resource.type,
    resource_id: resource.id,
    metric: metric.name,
    aggregation_method: aggregation,
    granularity: String(granularity),
  })}`;

/** One resource: its metrics, and what was measured of one of them. */
export function Component(): ReactNode {
  const { type = '', id = '' } = useParams();
  const { data: resource } = useSuspenseQuery(oneMeasuredQuery(type, id));
  const { data: metrics } = useSuspenseQuery(metricsQuery(type, id));
  const { metric, range, kept, granularity, methods, aggregation, choose } = useChoices(metrics);
  const name = nameOf(resource);
  return (
    <>
      <title>{`${name} · Metrics · Novaflow`}</title>
      <p>
        <Link to={`/metrics?${new URLSearchParams({ type })}`}>Metrics</Link>
      </p>
      <div className="title">
        <h1>{name}</h1>
        <span className="quiet">{resource.type}</span>
        <Copyable value={resource.original_resource_id} />
        <span className="grow" />
        {resource.type === 'instance' && resource.ended_at === null ? (
          <Link to={`/compute/servers/${resource.id}`}>Its server</Link>
        ) : null}
      </div>
      <p className="quiet">
        Measured since {local(resource.started_at)}
        {resource.ended_at === null ? '' : `, until ${local(resource.ended_at)}`}.
      </p>
      {metric === undefined || granularity === undefined || aggregation === undefined ? (
        <p>It has no metrics.</p>
      ) : (
        <>
          <div className="bar">
            <Choose
              name="Metric"
              value={metric.name}
              options={metrics.map((one) => [one.name, one.name])}
              onChoose={choose('metric')}
            />
            <Choose
              name="Over"
              value={range.key}
              options={RANGES.map(({ key, title }) => [key, title])}
              onChoose={choose('range')}
            />
            <Choose
              name="Granularity"
              value={String(granularity)}
              options={kept.map((one) => [String(one), spanText(one)])}
              onChoose={choose('granularity')}
            />
            <Choose
              name="Aggregation"
              value={aggregation}
              options={methods.map((one) => [one, one])}
              onChoose={choose('aggregation')}
            />
            <Link className="button" to={alarmForm({ resource, metric, granularity, aggregation })}>
              New alarm on this
            </Link>
          </div>
          <MetricChart {...{ resource, metric, granularity, aggregation }} seconds={range.seconds} />
        </>
      )}
    </>
  );
}
