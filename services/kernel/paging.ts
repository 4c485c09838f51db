import { badRequest } from './errors.js';

/** Nova's, Glance's and Neutron's default ceiling for one page (api.max_limit). */
export const MAX_LIMIT = 1000;

/** One page of a list: `marker` is the id of the last item of the page before. */
export interface Page {
  readonly limit: number;
  readonly marker?: string;
}

/**
 * Reads `limit` and `marker`.
 * @param zero what a limit of 0 means: to Nova and Cinder a page of nothing, to others one as long as can be
 * @throws 400 with the value that cannot be used
 */
export function parsePage(query: Readonly<Record<string, string | undefined>>, zero = MAX_LIMIT): Page {
  const raw = query['limit'];
  if (raw !== undefined && !/^\d+$/.test(raw))
    throw badRequest(`Invalid input for query parameters limit. Value: ${raw}. '${raw}' does not match '^[0-9]*$'`);
  const limit = raw === undefined ? MAX_LIMIT : Math.min(Number(raw) || zero, MAX_LIMIT);
  const marker = query['marker'];
  return marker ? { limit, marker } : { limit };
}

/** The part of a Prisma query that fetches a page. One more than the limit tells whether another page follows. */
export function pageArgs(page: Page): { take: number; cursor?: { id: string }; skip?: number } {
  return page.marker ? { take: page.limit + 1, cursor: { id: page.marker }, skip: 1 } : { take: page.limit + 1 };
}

/** Cuts the extra item off, and says whether there was one. */
export function cutPage<T>(items: T[], page: Page): { items: T[]; more: boolean } {
  return { items: items.slice(0, page.limit), more: items.length > page.limit };
}

/**
 * Fetches a page. The marker's own row is asked for with it: where it comes, it is there, and is cut off; where it does
 * not come (it is gone, another project's, or filtered out by now), and only then, it is looked up.
 * @param find the rows from the marker on, in their order
 * @param known looks the marker up. @throws what the service answers for one that is not there
 */
export async function fetchPage<T extends { id: string }>(
  page: Page,
  find: (args: { take: number; cursor?: { id: string } }) => Promise<T[]>,
  known: (marker: string) => Promise<unknown>,
): Promise<{ items: T[]; more: boolean }> {
  const { marker, limit } = page;
  if (marker === undefined) return cutPage(await find({ take: limit + 1 }), page);
  const found = await find({ take: limit + 2, cursor: { id: marker } });
  if (found[0]?.id === marker) return cutPage(found.slice(1), page);
  await known(marker);
  return cutPage(found, page);
}
