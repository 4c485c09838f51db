import { queryOptions } from '@tanstack/react-query';
import type { Operation, OperationDetail, OperationState } from './contract.js';
import { call } from './http.js';
import { pollEvery } from './query.js';

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
      const { operations } = await call<{ operations: readonly Operation[] }>(`/dashboard/operations?${params}`, {
        signal,
      });
      return operations;
    },
    refetchInterval: ({ state }) => pollEvery(state.data?.some(isOpen) ?? false),
  });

/** How often the page of a boot asks while the boot runs, in milliseconds: a whole boot takes a tenth of a second to seconds. */
const WATCH = 500;

export const operationQuery = (id: string) =>
  queryOptions({
    queryKey: ['operations', 'item', id],
    queryFn: ({ signal }) => call<OperationDetail>(`/dashboard/operations/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.data && !isOpen(state.data.operation) ? false : WATCH),
  });

/** Has what waits for its next attempt tried at once. @throws ApiError */
export const retryNow = (id: string): Promise<void> =>
  call(`/dashboard/operations/${encodeURIComponent(id)}/retry`, { method: 'POST' });
