import { queryOptions } from '@tanstack/react-query';
import type { Operation, OperationDetail, OperationState } from './contract.js';
import { call } from './http.js';
import type { Answers } from './schema.js';
import { pollEvery } from './query.js';
import { millisOf } from '../ui/times.js';

const OPEN: ReadonlySet<OperationState> = new Set(['requested', 'held', 'running', 'cancelling', 'undoing']);

export const isOpen = ({ state }: Pick<Operation, 'state'>): boolean => OPEN.has(state);

export interface Asked {
  readonly limit?: number;
  readonly state?: 'open' | 'ended';
  readonly resource_id?: string;
  readonly all_projects?: boolean;
}

/** The newest operations first. */
export const operationsQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ['operations', 'list', asked],
    queryFn: async ({ signal }) => {
      const params = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
      const { operations } = await call<Answers['GET /dashboard/operations']>(`/dashboard/operations?${params}`, {
        signal,
      });
      return operations;
    },
    refetchInterval: ({ state }) => pollEvery(state.data?.some(isOpen) ?? false),
  });

/** How often the page of a boot asks while the boot runs, in milliseconds: a whole boot takes a tenth of a second to seconds. */
const WATCH = 500;

/** So long after the end of a boot its page waits for what the guest does by itself, in milliseconds: slow ones take a minute. */
const GUEST_BEGINS = 120_000;

/** Whether there may be more to see: the operation is open, or its server is up and the guest has not asked for everything yet. */
function goesOn({ operation, cards }: OperationDetail): boolean {
  if (isOpen(operation)) return true;
  const ended = millisOf(operation.ended_at) ?? 0;
  const waits = cards.some(({ leased_at, metadata_at }) => leased_at === null || metadata_at === null);
  return operation.state === 'done' && waits && Date.now() - ended < GUEST_BEGINS;
}

export const operationQuery = (id: string) =>
  queryOptions({
    queryKey: ['operations', 'item', id],
    queryFn: ({ signal }) => call<OperationDetail>(`/dashboard/operations/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.data === undefined || goesOn(state.data) ? WATCH : false),
  });

/** Has what waits for its next attempt tried at once. @throws ApiError */
export const retryNow = (id: string): Promise<void> =>
  call(`/dashboard/operations/${encodeURIComponent(id)}/retry`, { method: 'POST' });
