import { badRequest } from '#services/kernel/errors';

/** The parameters of such a page. */
export const SLICE = { limit: {}, offset: {} } as const;

type Query = Readonly<Record<string, string | undefined>>;

/** Nova's longest page (nova.conf: api.max_limit). */
const MAX_LIMIT = 1_000;

/**
 * A page of a list that is short: `offset` and `limit`, as nova/api/openstack/common.py: limited reads them.
 * @throws 400 in Nova's words when one is no whole number
 */
export function sliceOf<T>(items: readonly T[], query: Query): T[] {
  const { offset, limit } = readSlice(query);
  return items.slice(offset, offset + limit);
}

/** Which page is asked for. @throws as sliceOf */
export function readSlice(query: Query): { readonly offset: number; readonly limit: number } {
  const offset = numberOf(query, 'offset') ?? 0;
  // 0 is no limit, as in Nova.
  const limit = Math.min(numberOf(query, 'limit') || MAX_LIMIT, MAX_LIMIT);
  return { offset, limit };
}

function numberOf(query: Query, name: 'offset' | 'limit'): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^[0-9]+$/.test(text)) throw badRequest(`${name} param must be an integer`);
  return Number(text);
}
