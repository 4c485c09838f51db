import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, type ReactNode } from 'react';
import { Link, useSearchParams, type LoaderFunctionArgs } from 'react-router';
import { pollEvery, queryClient } from '../../api/query.js';
import { listQuery, type Row } from '../../api/resources.js';
import { isTransition } from '../../ui/badge.js';
import { Failure } from '../../ui/failure.js';
import { ListTable } from '../../ui/list-table.js';
import type { Sorting } from '../../ui/table.js';
import { columnDefs } from './column-defs.js';
import { Columns } from './columns.js';
import { Filters } from './filters.js';
import { columnsOf, listQueryOf } from './list-address.js';
import { listPage, loadSpec, NOT_ALLOWED, oneOf, useSpec, type PlacedSpec } from './spec.js';
import { Trail } from './trail.js';

export async function loader({ params, request }: LoaderFunctionArgs): Promise<null> {
  const spec = await loadSpec(params);
  await queryClient.prefetchInfiniteQuery(listQuery(spec, listQueryOf(spec, new URL(request.url).searchParams)));
  return null;
}

/** A list that is longer is not asked for anew by the clock: events say what of it has changed. */
const POLLED = 1000;

/** A server that is being deleted is still ACTIVE, so its task counts as well. */
const underWay = ({ status, 'OS-EXT-STS:task_state': task }: Row): boolean =>
  (typeof status === 'string' && isTransition(status)) || typeof task === 'string';

function useRows(spec: PlacedSpec, params: URLSearchParams) {
  const query = useInfiniteQuery({
    ...listQuery(spec, listQueryOf(spec, params)),
    refetchInterval: ({ state }) => {
      const rows = state.data?.pages.flatMap((page) => page.rows) ?? [];
      return rows.length > POLLED ? false : pollEvery(rows.some(underWay));
    },
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows) ?? [], [query.data]);
  return { ...query, rows };
}

export function Component(): ReactNode {
  const spec = useSpec();
  const [params, setParams] = useSearchParams();
  const { rows, error, hasNextPage, fetchNextPage, isFetchingNextPage, isPending } = useRows(spec, params);
  const columns = useMemo(() => columnDefs(spec, columnsOf(spec, params)), [spec, params]);
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  const sort = ({ key, dir }: Sorting): void => {
    const next = new URLSearchParams(params);
    next.delete('marker');
    next.set('sort', key);
    next.set('dir', dir);
    setParams(next);
  };
  const { sortKey, sortDir, marker } = listQueryOf(spec, params);
  return (
    <>
      <title>{`${spec.title} · Novaflow`}</title>
      <Trail spec={spec} list />
      <div className="title">
        <h1>{spec.title}</h1>
        <output className="quiet">{isPending ? 'loading…' : `${rows.length}${hasNextPage ? ' and more' : ''}`}</output>
        {marker === undefined ? null : <Link to={listPage(spec)}>From the beginning</Link>}
        <span className="grow" />
        <CreateLink spec={spec} />
      </div>
      <div className="title">
        <Filters key={spec.path} spec={spec} />
        <span className="grow" />
        <Columns spec={spec} />
      </div>
      <Failure error={error} />
      <ListTable
        key={`${spec.path}?${params}`}
        label={spec.title}
        rows={rows}
        columns={columns}
        keyOf={(row) => String(row[spec.key])}
        sorting={sortKey === undefined ? undefined : { key: sortKey, dir: sortDir ?? 'asc' }}
        onSort={sort}
        empty={isPending || error !== null ? undefined : emptyOf(spec, params)}
        more={hasNextPage && !isFetchingNextPage}
        onMore={more}
      />
      {hasNextPage ? <NextPage rows={rows} spec={spec} params={params} /> : null}
    </>
  );
}

/** Why a list shows nothing: since there is nothing, or nothing that the filters leave. */
function emptyOf(spec: PlacedSpec, params: URLSearchParams): string {
  const { filters } = listQueryOf(spec, params);
  const what = spec.title.toLowerCase();
  return Object.keys(filters ?? {}).length === 0
    ? `There are no ${what} yet.`
    : `No ${what} are as the filter wants them.`;
}

/** A list that goes on has an address of its own from where it has been read to. */
function NextPage({
  rows,
  spec,
  params,
}: {
  rows: readonly Row[];
  spec: PlacedSpec;
  params: URLSearchParams;
}): ReactNode {
  const next = new URLSearchParams(params);
  next.set('marker', String(rows.at(-1)?.[spec.key]));
  return (
    <p>
      <Link to={`?${next}`}>The list after its first {rows.length}</Link>
    </p>
  );
}

function CreateLink({ spec }: { readonly spec: PlacedSpec }): ReactNode {
  const text = `New ${oneOf(spec)}`;
  if (spec.may.create)
    return (
      <Link className="button primary" to={`${listPage(spec)}/new`}>
        {text}
      </Link>
    );
  return (
    <span className="quiet" title={NOT_ALLOWED}>
      {text}: {NOT_ALLOWED}
    </span>
  );
}
