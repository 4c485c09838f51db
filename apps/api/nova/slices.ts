import { badRequest } from '#services/kernel/errors';

/** The parameters of such a page. */
export const SLICE = { limit: {}, offset: {} } as const;

/** Nova's longest page (nova.conf: api.max_limit). */
const MAX_LIMIT = 1_000;

/**
 * A page of a list that is short: `offset` and `limit`, as nova/api/openstack/common.py: limited reads them.
 * @throws 400 in Nova's words when one is no whole number
 */
export function sliceOf<T>(items: readonly T[], query: Readonly<Record<string, string | undefined>>): T[] {
  const offset = numberOf(query, 'offset') ?? 0;
  // 0 is no limit, as in Nova.
  const limit = Math.min(numberOf(query, 'limit') || MAX_LIMIT, MAX_LIMIT);
  return items.slice(offset, offset + limit);
}

function numberOf(query: Readonly<Record<string, string | undefined>>, name: 'offset' | 'limit'): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  if (!/^[0-9]+$/.test(text)) throw badRequest(`${name} param must be an integer`);
  return Number(text);
}
