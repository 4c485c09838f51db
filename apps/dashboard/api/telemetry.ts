import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { secondsOf } from '../charts/ranges.js';
import type { Point } from '../charts/series.js';
import { ApiError } from './errors.js';
import { call } from './http.js';
import type { Answers } from './schema.js';

/** A resource of Gnocchi's: what was measured is found by it. What its type has beside these is read by `attributeOf`. */
export type Measured = Answers['GET /metric/v1/resource/{type}/{id}'];
/** A metric of a resource, and how it is kept. */
export interface Metric {
  readonly name: string;
  readonly unit: string;
  /** The granularities, in seconds. */
  readonly kept: readonly number[];
  readonly methods: readonly string[];
}

const ROOT = '/metric/v1';
/** Rows of a page of resources. */
export const PAGE = 200;
/** Milliseconds between two looks at what was measured: much shorter than the five minutes in which most is measured. */
const EVERY = 30_000;

const escaped = encodeURIComponent;

/** What a resource has that others of its type have and those of other types have not. */
export const attributeOf = (resource: Measured, name: string): unknown =>
  (resource as Readonly<Record<string, unknown>>)[name];

export const resourcePath = (type: string, id: string): string => `${ROOT}/resource/${escaped(type)}/${escaped(id)}`;

export const typesQuery = queryOptions({
  queryKey: ['metric', 'types'],
  queryFn: async ({ signal }) => {
    const types = await call<Answers['GET /metric/v1/resource_type']>(`${ROOT}/resource_type`, { signal });
    return types.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b));
  },
  staleTime: 300_000,
});

/** Those that began last come first. @param marker the last one of the page before */
export const measuredQuery = (type: string, marker: string | null) =>
  queryOptions({
    queryKey: ['metric', 'resources', type, marker],
    queryFn: ({ signal }) => {
      const params = new URLSearchParams({ limit: String(PAGE), sort: 'started_at:desc' });
      if (marker !== null) params.set('marker', marker);
      return call<readonly Measured[]>(`${ROOT}/resource/${escaped(type)}?${params}`, { signal });
    },
    refetchInterval: EVERY,
  });

export const oneMeasuredQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['metric', 'resource', type, id],
    queryFn: ({ signal }) => call<Measured>(resourcePath(type, id), { signal }),
  });

/** The metrics of a resource: those of a resource have names and archive policies. @throws ApiError */
export async function metricsOf(type: string, id: string, signal: AbortSignal): Promise<readonly Metric[]> {
  const found = await call<Answers['GET /metric/v1/resource/{type}/{id}/metric']>(`${resourcePath(type, id)}/metric`, {
    signal,
  });
  return found.flatMap(({ name, unit, archive_policy: policy }) =>
    name === null || policy === undefined
      ? []
      : [
          {
            name,
            unit: unit ?? '',
            kept: policy.definition.map(({ granularity }) => secondsOf(granularity)),
            methods: policy.aggregation_methods,
          },
        ],
  );
}

export const metricsQuery = (type: string, id: string) =>
  queryOptions({
    queryKey: ['metric', 'metrics', type, id],
    queryFn: ({ signal }) => metricsOf(type, id, signal),
    staleTime: 60_000,
  });

/** Where measures are read: of one metric, or aggregated of several. */
export interface Source {
  readonly path: string;
  /** Sent by POST, where there is one: what the resources are searched by. */
  readonly body?: unknown;
  readonly params: Readonly<Record<string, string | readonly string[]>>;
}
/** What is read from there. */
export interface Window {
  /** Seconds until now. */
  readonly seconds: number;
  readonly granularity: number;
}

type Measure = readonly [time: string, granularity: number, value: number];
/** The values of a time until now, which is from `from` to `to`, in seconds since 1970. */
export interface Values {
  readonly points: readonly Point[];
  readonly from: number;
  readonly to: number;
}

/** Nothing where nothing was measured yet: Gnocchi has no such resource or metric then. @throws ApiError */
export async function valuesOf(source: Source, { seconds, granularity }: Window, signal: AbortSignal): Promise<Values> {
  const to = Date.now() / 1000;
  const from = to - seconds;
  const params = new URLSearchParams({ start: new Date(from * 1000).toISOString(), granularity: String(granularity) });
  for (const [name, given] of Object.entries(source.params))
    for (const value of [given].flat()) params.append(name, value);
  try {
    const measures = await call<readonly Measure[]>(`${source.path}?${params}`, {
      signal,
      ...(source.body === undefined ? {} : { method: 'POST', body: source.body }),
    });
    return { points: measures.map(([time, , value]): Point => [Date.parse(time) / 1000, value]), from, to };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { points: [], from, to };
    throw error;
  }
}

export const valuesQuery = (source: Source, window: Window) =>
  queryOptions({
    queryKey: ['metric', 'values', source, window],
    queryFn: ({ signal }) => valuesOf(source, window, signal),
    refetchInterval: EVERY,
    // Another range is shown when it is there; until then the former one is.
    placeholderData: keepPreviousData,
  });

/** The source of one metric of a resource. */
export const metricSource = (type: string, id: string, metric: string, aggregation: string): Source => ({
  path: `${resourcePath(type, id)}/metric/${escaped(metric)}/measures`,
  params: { aggregation },
});

/** The disks or the cards of a server, as they are measured. */
export async function partsOf(type: string, server: string, signal: AbortSignal): Promise<readonly Measured[]> {
  return call<readonly Measured[]>(`${ROOT}/search/resource/${type}?limit=${PAGE}`, {
    method: 'POST',
    body: { '=': { instance_id: server } },
    signal,
  });
}
