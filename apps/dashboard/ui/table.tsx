import { useMemo, useState, type ReactNode } from 'react';
import { Failure } from './failure.js';

export interface Column<Row> {
  readonly id: string;
  readonly title: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  /** Whether its cells are what a row is called by. */
  readonly head?: boolean;
  /** What the rows are sorted by here; left out where nobody sorts by it. */
  readonly by?: (row: Row) => string | number;
  /** By what the API sorts instead, in a list that is not whole. */
  readonly sortKey?: string | undefined;
}

export interface Sorting {
  readonly key: string;
  readonly dir: 'asc' | 'desc';
}

interface HeadProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly sorting: Sorting | undefined;
  readonly onSort: (sorting: Sorting) => void;
}

const keyOf = <Row,>({ id, by, sortKey }: Column<Row>): string | undefined =>
  sortKey ?? (by === undefined ? undefined : id);

export const TableHead = <Row,>({ columns, sorting, onSort }: HeadProps<Row>): ReactNode => (
  <thead>
    <tr>
      {columns.map((column) => (
        <Heading key={column.id} by={keyOf(column)} sorting={sorting} onSort={onSort}>
          {column.title}
        </Heading>
      ))}
    </tr>
  </thead>
);

interface HeadingProps {
  readonly by: string | undefined;
  readonly sorting: Sorting | undefined;
  readonly onSort: (sorting: Sorting) => void;
  readonly children: ReactNode;
}

function Heading({ by, children, sorting, onSort }: HeadingProps): ReactNode {
  if (by === undefined) return <th scope="col">{children}</th>;
  const dir = sorting?.key === by ? sorting.dir : undefined;
  return (
    <th scope="col" aria-sort={dir === undefined ? 'none' : dir === 'asc' ? 'ascending' : 'descending'}>
      <button
        type="button"
        onClick={() => {
          onSort({ key: by, dir: dir === 'asc' ? 'desc' : 'asc' });
        }}
      >
        {children} {dir === undefined ? '' : dir === 'asc' ? '↑' : '↓'}
      </button>
    </th>
  );
}

export const Cells = <Row,>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }): ReactNode =>
  columns.map(({ id, head, cell }) =>
    head ? (
      <th key={id} scope="row">
        {cell(row)}
      </th>
    ) : (
      <td key={id}>{cell(row)}</td>
    ),
  );

/** Rows that are drawn at first, and again for each press of the button below them. */
const DRAWN = 200;

interface Props<Row> {
  /** What a screen reader calls the table; no other region of the page may be called so. */
  readonly label: string;
  /** Undefined while they are being asked for. */
  readonly rows: readonly Row[] | undefined;
  readonly columns: readonly Column<Row>[];
  /** What tells a row from all others. */
  readonly keyOf: (row: Row) => string;
  /** What is said in the place of rows where there are none. */
  readonly empty: string;
  readonly error?: unknown;
  readonly className?: string;
  /** What is said of rows that the API has beyond these. */
  readonly note?: ReactNode;
}

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sorting: Sorting | undefined) {
  const by = columns.find(({ id }) => id === sorting?.key)?.by;
  if (by === undefined) return rows;
  const sign = sorting?.dir === 'desc' ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [by(a), by(b)];
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y)));
  });
}

/**
 * A table of rows that a page has as a whole: its head, sorting, and what is said where there are no rows, none yet or none
 * because of an error. A list that is read page by page is a ListTable.
 */
export function Table<Row>({ label, rows, columns, keyOf: rowKey, empty, error, className, note }: Props<Row>) {
  const [sorting, setSorting] = useState<Sorting>();
  const [drawn, setDrawn] = useState(DRAWN);
  const all = useMemo(() => sorted(rows ?? [], columns, sorting), [rows, columns, sorting]);
  const failure = <Failure error={error} />;
  if (rows === undefined) return error ? failure : <p className="quiet">loading…</p>;
  if (rows.length === 0) return error ? failure : <p className="quiet">{empty}</p>;
  return (
    <>
      {failure}
      <section className="scroll" aria-label={label} tabIndex={0}>
        <table className={className}>
          <TableHead columns={columns} sorting={sorting} onSort={setSorting} />
          <tbody>
            {all.slice(0, drawn).map((row) => (
              <tr key={rowKey(row)}>
                <Cells columns={columns} row={row} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {all.length > drawn ? (
        <p>
          <button
            type="button"
            onClick={() => {
              setDrawn(drawn + DRAWN);
            }}
          >
            Show {Math.min(DRAWN, all.length - drawn)} more
          </button>{' '}
          <span className="quiet">
            {drawn} of {all.length} are shown.
          </span>
        </p>
      ) : null}
      {note === undefined ? null : <p className="quiet">{note}</p>}
    </>
  );
}
