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

/** Cuts the extra item off, and says whether there was one. */
export function cutPage<T>(items: T[], page: Page): { items: T[]; more: boolean } {
  return { items: items.slice(0, page.limit), more: items.length > page.limit };
}

/**
 * Fetches a page. The marker's own row is asked for with it: where it comes, it is there, and is cut off; where it does
 * not come (it is gone, another project's, or filtered out by now), and only then, it is looked up.
 * @param find the rows from the marker on, in their order
 * @param known looks the marker up. @throws what the service answers for one that is not there
 * @param key the field that the marker names a row by
 * @param reverse `find` gives the rows up to the marker, of which the last ones are the page
 */
export async function fetchPage<T extends object>(
  page: Page,
  find: (args: { take: number; cursor?: { id: string } }) => Promise<T[]>,
  known: (marker: string) => Promise<unknown>,
  { key = 'id', reverse = false }: { key?: string; reverse?: boolean } = {},
): Promise<{ items: T[]; more: boolean }> {
  const { marker, limit } = page;
  const cut = (rows: T[]): { items: T[]; more: boolean } =>
    reverse ? { items: rows.slice(-limit), more: rows.length > limit } : cutPage(rows, page);
  if (marker === undefined) return cut(await find({ take: limit + 1 }));
  const found = await find({ take: limit + 2, cursor: { id: marker } });
  const own = reverse ? found.at(-1) : found[0];
  if (own !== undefined && (own as Readonly<Record<string, unknown>>)[key] === marker)
    return cut(reverse ? found.slice(0, -1) : found.slice(1));
  await known(marker);
  return cut(found);
}
