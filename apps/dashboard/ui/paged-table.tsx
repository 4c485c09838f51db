import { useInfiniteQuery, type InfiniteData, type UseInfiniteQueryOptions } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { Table, type Column } from './table.js';

interface Props<Row, Key extends readonly unknown[]> {
  readonly label: string;
  readonly query: UseInfiniteQueryOptions<readonly Row[], Error, InfiniteData<readonly Row[]>, Key, string>;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly empty: string;
}

/** A table of what is read page by page: below it stands whether there is more. */
export function PagedTable<Row, Key extends readonly unknown[]>({ query, ...table }: Props<Row, Key>): ReactNode {
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(query);
  const rows = useMemo(() => data?.pages.flat(), [data]);
  const more = (
    <>
      These are the first {rows?.length}; there are more.{' '}
      <button type="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        Load more
      </button>
    </>
  );
  return <Table {...table} rows={rows} error={error} note={hasNextPage ? more : undefined} />;
}
