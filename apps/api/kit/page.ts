import type { ApiRequest } from '../http/request.js';
import type { QueryLists, ReadQuery, Row } from './dialect.js';
import type { Resource } from './resource.js';
import type { Views } from './view.js';

/** A list's request, and how it was read. */
interface Asked {
  readonly request: ApiRequest;
  /** The API's address, without a slash at the end. */
  readonly base: string;
  readonly read: ReadQuery;
  /** The short form of the items. */
  readonly brief?: boolean;
}

/** A page of records as it is answered: each as the asker may see it, in the service's envelope with its links. */
export function answerPage(
  { dialect, spec }: Pick<Resource, 'dialect' | 'spec'>,
  views: Views,
  { request, base, read, brief = false }: Asked,
  { rows, more, count }: { readonly rows: readonly Row[]; readonly more: boolean; readonly count?: number | undefined },
): object {
  const reader = {
    ctx: request.context!,
    minor: request.microversion,
    base,
    fields: read.fields,
    brief,
    action: 'list' as const,
  };
  const key = (row: Row | undefined): string | undefined =>
    row === undefined ? undefined : String(row[spec.key ?? 'id']);
  return dialect.many(
    spec,
    rows.map((row) => views.of(row, reader)),
    {
      url: `${base}${request.url.split('?')[0] ?? ''}`,
      query: queryOf(request),
      limit: read.limit,
      more,
      marker: read.marker,
      reverse: read.reverse ?? false,
      first: key(rows[0]),
      last: key(rows.at(-1)),
      count,
    },
  );
}

/** Every parameter of a request with all its values. */
export function queryOf(request: ApiRequest): QueryLists {
  const query = request.query as Readonly<Record<string, string | string[]>>;
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value].flat()]));
}
