import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import { Cells, TableHead, type Column, type Sorting } from './table.js';

/** The height of a row in CSS pixels (styles/tables.css, .list td): rows of one height need no measuring. */
const ROW_HEIGHT = 35;
/** Rows that are drawn beyond the edges, so that scrolling shows no gaps. */
const OVERSCAN = 15;
/** When so few rows are left below what is shown, the next ones are asked for. */
const AHEAD = 60;

interface Props<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly sorting: Sorting | undefined;
  readonly onSort: (sorting: Sorting) => void;
  /** What is said in the place of rows where there are none. */
  readonly empty: string | undefined;
  readonly more: boolean;
  readonly onMore: () => void;
}

/** A table of which only what is seen is drawn, so that ten thousand rows scroll like ten. The API sorts it. */
export function ListTable<Row>({ label, rows, columns, keyOf, empty, onMore, more, ...head }: Props<Row>): ReactNode {
  const scroll = useRef<HTMLDivElement>(null);
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
  return (
    <section ref={scroll} className="scroll tall" aria-label={label} tabIndex={0}>
      <table className="list" aria-rowcount={rows.length + 1}>
        <TableHead columns={columns} {...head} />
        <tbody>
          <Spacer height={before} />
          {shown.map(({ index }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <tr key={keyOf(row)} aria-rowindex={index + 2}>
                <Cells columns={columns} row={row} />
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
