import { queryOptions } from '@tanstack/react-query';
import { call } from './http.js';
import { queryClient } from './query.js';
import type { Answers } from './schema.js';

/** A fault that is set, and how often it struck. */
export type Fault = Answers['GET /internal/faults']['faults'][number];
/** What can be made to fail. */
export type StepToFail = Answers['GET /internal/faults/steps']['steps'][number];

const PATH = '/internal/faults';
/** Milliseconds between two looks at what struck. */
const EVERY = 2000;

export const faultsQuery = queryOptions({
  queryKey: ['faults'],
  queryFn: async ({ signal }) => (await call<Answers['GET /internal/faults']>(PATH, { signal })).faults,
  refetchInterval: EVERY,
});

export const stepsQuery = queryOptions({
  queryKey: ['faults', 'steps'],
  queryFn: async ({ signal }) => (await call<Answers['GET /internal/faults/steps']>(`${PATH}/steps`, { signal })).steps,
  staleTime: Infinity,
});

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: faultsQuery.queryKey, exact: true });

/** @throws ApiError that says what is wrong with it */
export async function setFault(body: Readonly<Record<string, unknown>>): Promise<void> {
  await call(PATH, { method: 'POST', body });
  await refresh();
}

/** Takes one back, or all. @throws ApiError */
export async function clearFaults(id?: string): Promise<void> {
  await call(id === undefined ? PATH : `${PATH}/${encodeURIComponent(id)}`, { method: 'DELETE' });
  await refresh();
}
