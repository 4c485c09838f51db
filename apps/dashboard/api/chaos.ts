import { queryOptions } from '@tanstack/react-query';
import { call } from './http.js';
import type { Answers } from './schema.js';

export type ChaosRun = Answers['GET /internal/chaos/{id}'];
export type ChaosSummary = ChaosRun['run'];
export type ChaosServer = ChaosRun['servers'][number];
export type Disturbance = ChaosRun['disturbed'][number];

const PATH = '/internal/chaos';

export const chaosRunsQuery = queryOptions({
  queryKey: ['chaos', 'list'],
  queryFn: async ({ signal }) => (await call<Answers['GET /internal/chaos']>(PATH, { signal })).runs,
  staleTime: 0,
});

/** A run does not change any more. */
export const chaosRunQuery = (id: string) =>
  queryOptions({
    queryKey: ['chaos', 'item', id],
    queryFn: ({ signal }) => call<ChaosRun>(`${PATH}/${encodeURIComponent(id)}`, { signal }),
    staleTime: Infinity,
  });
