import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { ApiError } from '../../api/errors.js';
import { call } from '../../api/http.js';
import {
  attributeOf,
  metricSource,
  metricsOf,
  partsOf,
  resourcePath,
  valuesOf,
  type Measured,
  type Values,
} from '../../api/telemetry.js';
import { ChartPanel } from '../../charts/chart-panel.js';
import { granularityFor, rangeOf, RANGES } from '../../charts/ranges.js';
import { ratesOf, type Point, type Series } from '../../charts/series.js';
import { asText } from '../../ui/as-text.js';
import { Failure } from '../../ui/failure.js';

/** Milliseconds between two looks. */
const EVERY = 30_000;

/** A chart of a server: of which resources it reads which metrics, and what their values come to. */
interface Planned {
  readonly title: string;
  readonly unit: string;
  readonly of: 'instance' | 'instance_disk' | 'instance_network_interface';
  readonly metrics: readonly (readonly [metric: string, label: string])[];
  readonly shown: (points: readonly Point[], vcpus: number) => readonly Point[];
}
const asMeasured = (points: readonly Point[]): readonly Point[] => points;
const perSecond = (points: readonly Point[]): readonly Point[] => ratesOf(points);

const CHARTS: readonly Planned[] = [
  {
    title: 'Processors',
    unit: '%',
    of: 'instance',
    metrics: [['cpu', 'of all its processors']],
    // Nanoseconds of processor time.
    shown: (points, vcpus) => ratesOf(points, 100 / 1e9 / vcpus),
  },
  { title: 'Memory', unit: 'MiB', of: 'instance', metrics: [['memory.usage', 'in use']], shown: asMeasured },
  {
    title: 'Disks',
    unit: 'B/s',
    of: 'instance_disk',
    metrics: [
      ['disk.device.read.bytes', 'read'],
      ['disk.device.write.bytes', 'written'],
    ],
    shown: perSecond,
  },
  {
    title: 'Network',
    unit: 'B/s',
    of: 'instance_network_interface',
    metrics: [
      ['network.incoming.bytes', 'in'],
      ['network.outgoing.bytes', 'out'],
    ],
    shown: perSecond,
  },
];

/** All metrics of a server are kept by policies of the same granularities, so one of them tells what a chart can be drawn of. */
async function granularityOf(
  { type, id }: Measured,
  seconds: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [first] = await metricsOf(type, id, signal);
  return granularityFor(first?.kept ?? [], seconds);
}

interface Drawn extends Planned {
  readonly series: readonly Series[];
}
interface ServerMetrics {
  readonly charts: readonly Drawn[];
  readonly from: number;
  readonly to: number;
}

async function instanceOf(server: string, signal: AbortSignal): Promise<Measured | undefined> {
  try {
    return await call<Measured>(resourcePath('instance', server), { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** All that was measured of a server and of what belongs to it; null where nothing was. */
const serverMetricsQuery = (server: string, seconds: number, vcpus: number) =>
  queryOptions({
    queryKey: ['metric', 'server', server, seconds],
    queryFn: async ({ signal }): Promise<ServerMetrics | null> => {
      const instance = await instanceOf(server, signal);
      if (instance === undefined) return null;
      const granularity = await granularityOf(instance, seconds, signal);
      if (granularity === undefined) return null;
      const [disks, cards] = await Promise.all(
        ['instance_disk', 'instance_network_interface'].map((type) => partsOf(type, server, signal)),
      );
      const resources = [instance, ...(disks ?? []), ...(cards ?? [])];
      const read = async (resource: Measured, metric: string): Promise<Values> =>
        valuesOf(metricSource(resource.type, resource.id, metric, 'mean'), { seconds, granularity }, signal);
      const charts = CHARTS.map(async (chart): Promise<Drawn> => {
        const own = resources.filter(({ type }) => type === chart.of);
        const series = own.flatMap((resource) =>
          chart.metrics
            .filter(([metric]) => metric in (resource.metrics ?? {}))
            .map(async ([metric, label]): Promise<Series> => {
              const { points } = await read(resource, metric);
              const part =
                chart.of === 'instance'
                  ? ''
                  : `${asText(attributeOf(resource, 'name')) || resource.original_resource_id} `;
              return { label: `${part}${label}`, points: chart.shown(points, vcpus) };
            }),
        );
        return { ...chart, series: await Promise.all(series) };
      });
      const to = Date.now() / 1000;
      return { charts: await Promise.all(charts), from: to - seconds, to };
    },
    refetchInterval: EVERY,
    placeholderData: keepPreviousData,
  });

/** What is measured of a server: its processors, memory, disks and cards. */
export default function ServerMetrics({ id, vcpus }: { readonly id: string; readonly vcpus: number }): ReactNode {
  const [key, setKey] = useState<string | null>(null);
  const range = rangeOf(key);
  const { data, error } = useQuery(serverMetricsQuery(id, range.seconds, vcpus));
  const charts = useMemo(() => data?.charts ?? [], [data]);
  return (
    <>
      <div className="title">
        <h2>Metrics</h2>
        <select
          aria-label="Metrics over"
          value={range.key}
          onChange={({ target }) => {
            setKey(target.value);
          }}
        >
          {RANGES.map((one) => (
            <option key={one.key} value={one.key}>
              {one.title}
            </option>
          ))}
        </select>
        {data ? <Link to={`/metrics/instance/${id}`}>All metrics</Link> : null}
      </div>
      <Failure error={error} />
      {data === null ? <p className="quiet">Nothing was measured of this server yet.</p> : null}
      <div className="charts">
        {charts.map(({ title, unit, series }) => (
          <ChartPanel key={title} title={title} unit={unit} series={series} from={data?.from ?? 0} to={data?.to ?? 0} />
        ))}
      </div>
    </>
  );
}
