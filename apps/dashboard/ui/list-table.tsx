import { flexRender, getCoreRowModel, useReactTable, type ColumnDef } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';

/** The height of a row in CSS pixels (styles.css .list td): rows of one height need no measuring. */
const ROW_HEIGHT = 35;
/** Rows that are drawn beyond the edges, so that scrolling shows no gaps. */
const OVERSCAN = 15;
/** When so few rows are left below what is shown, the next ones are asked for. */
const AHEAD = 60;

export interface Sorting {
  readonly key: string;
  readonly dir: 'asc' | 'desc';
}

interface Props<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: ColumnDef<Row>[];
  readonly sorting: Sorting | undefined;
  /** By what a column is sorted, if it can be: undefined for one that cannot. */
  readonly sortKey: (column: string) => string | undefined;
  readonly onSort: (sorting: Sorting) => void;
  /** What is said in the place of rows where there are none. */
  readonly empty: string | undefined;
  readonly more: boolean;
  readonly onMore: () => void;
}

/** A table of which only what is seen is drawn, so that ten thousand rows scroll like ten. */
export function ListTable<Row>({ label, rows, columns, empty, onMore, more, ...head }: Props<Row>): ReactNode {
  const scroll = useRef<HTMLDivElement>(null);
  const table = useReactTable({
    data: rows as Row[],
    columns,
    getCoreRowModel: getCoreRowModel(),
    manualSorting: true,
  });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - AHEAD) onMore();
  }, [more, last, rows.length, onMore]);
  const before = shown[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const all = table.getRowModel().rows;
  return (
    <section ref={scroll} className="scroll tall" aria-label={label} tabIndex={0}>
      <table className="list" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            {table.getLeafHeaders().map(({ column, getContext }) => (
              <Heading key={column.id} id={column.id} {...head}>
                {flexRender(column.columnDef.header, getContext())}
              </Heading>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={before} />
          {shown.map(({ index }) => {
            const row = all[index];
            return row === undefined ? null : (
              <tr key={row.id} aria-rowindex={index + 2}>
                {row.getVisibleCells().map((cell) => (
                  <td key={cell.id}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</td>
                ))}
              </tr>
            );
          })}
          <Spacer height={after} />
        </tbody>
      </table>
      {rows.length === 0 && empty !== undefined ? <p className="quiet nothing">{empty}</p> : null}
    </section>
  );
}

const Spacer = ({ height }: { readonly height: number }): ReactNode =>
  height > 0 ? (
    <tr className="spacer" aria-hidden="true">
      <td style={{ height }} aria-hidden="true" />
    </tr>
  ) : null;

interface HeadingProps extends Pick<Props<unknown>, 'sorting' | 'sortKey' | 'onSort'> {
  readonly id: string;
  readonly children: ReactNode;
}

function Heading({ id, children, sorting, sortKey, onSort }: HeadingProps): ReactNode {
  const key = sortKey(id);
  if (key === undefined) return <th scope="col">{children}</th>;
  const by = sorting?.key === key ? sorting.dir : undefined;
  const next = by === 'asc' ? 'desc' : 'asc';
  return (
    <th scope="col" aria-sort={by === undefined ? 'none' : by === 'asc' ? 'ascending' : 'descending'}>
      <button
        type="button"
        onClick={() => {
          onSort({ key, dir: next });
        }}
      >
        {children} {by === undefined ? '' : by === 'asc' ? '↑' : '↓'}
      </button>
    </th>
  );
}
