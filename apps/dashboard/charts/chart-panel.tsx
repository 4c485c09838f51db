import { lazy, Suspense, useCallback, useId, useMemo, useState, type ReactNode } from 'react';
import { Failure } from '../ui/failure.js';
import { Table, type Column } from '../ui/table.js';
import { isEmpty, columnsOf, valueText, type Series } from './series.js';
import './charts.css';

/** uPlot is loaded when there is something to draw. */
const Chart = lazy(() => import('./chart.js'));

const NONE: readonly number[] = [];

interface Props {
  readonly title: string;
  /** Undefined while they are being asked for. */
  readonly series: readonly Series[] | undefined;
  readonly unit: string;
  readonly thresholds?: readonly number[];
  /** Seconds since 1970 between which it is drawn. */
  readonly from: number;
  readonly to: number;
  readonly error?: unknown;
}

type Row = readonly [seconds: number, values: readonly (number | null)[]];

const timeText = (seconds: number): string => new Date(seconds * 1000).toLocaleString();

function rowsOf(series: readonly Series[]): readonly Row[] {
  const [times, ...values] = columnsOf(series);
  return times.map((at, i) => [at, values.map((column) => column[i] ?? null)]);
}

/** The same values as a table, the newest first: for who does not see the drawing, and for who wants the numbers. */
function Values({
  title,
  series,
  unit,
  rows,
}: {
  readonly title: string;
  readonly series: readonly Series[];
  readonly unit: string;
  readonly rows: readonly Row[];
}): ReactNode {
  const columns: Column<Row>[] = [
    { id: 'time', title: 'Time', head: true, cell: ([at]) => timeText(at), by: ([at]) => at },
    ...series.map(({ label }, i): Column<Row> => ({
      id: `${label} ${i}`,
      title: label,
      cell: ([, values]) => valueText(values[i] ?? null, unit),
      by: ([, values]) => values[i] ?? -Infinity,
    })),
  ];
  return (
    <details>
      <summary>
        {title}: {rows.length} values as a table
      </summary>
      <Table
        label={`Values of ${title}`}
        rows={rows.toReversed()}
        columns={columns}
        keyOf={([at]) => String(at)}
        empty="There are no values."
      />
    </details>
  );
}

/** What the lines are, and their values at the time that is pointed at. */
function Key({
  series,
  unit,
  values,
}: {
  readonly series: readonly Series[];
  readonly unit: string;
  readonly values: readonly (number | null)[];
}): ReactNode {
  return (
    <ul className="key">
      {series.map(({ label }, i) => (
        <li key={`${label} ${String(i)}`}>
          <span className={`ink ink-${i % 5}`} aria-hidden="true" /> {label}: {valueText(values[i] ?? null, unit)}
        </li>
      ))}
    </ul>
  );
}

/**
 * A chart with all that it says in words: what its lines are, their values at a time that a slider or the pointer chooses, and all
 * of them as a table.
 */
export function ChartPanel({ title, series, unit, thresholds = NONE, from, to, error }: Props): ReactNode {
  const id = useId();
  const rows = useMemo(() => rowsOf(series ?? []), [series]);
  const [pointed, setPointed] = useState<number>();
  const point = useCallback((index: number | undefined) => {
    if (index !== undefined) setPointed(index);
  }, []);
  const at = Math.min(pointed ?? rows.length - 1, rows.length - 1);
  const [time, values] = rows[at] ?? [undefined, []];
  const said = time === undefined ? '' : timeText(time);
  return (
    <section className="panel chart" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Failure error={error} />
      {series === undefined ? error ? null : <p className="quiet">loading…</p> : null}
      {series !== undefined && isEmpty(series) ? <p className="quiet">Nothing was measured in this time.</p> : null}
      {series === undefined || isEmpty(series) ? null : (
        <>
          <Suspense fallback={<div className="plot" />}>
            <Chart {...{ series, unit, thresholds, from, to, pointed }} onPoint={point} />
          </Suspense>
          <div className="reading">
            <label>
              <span className="visually-hidden">Time in {title}</span>
              <input
                type="range"
                min={0}
                max={rows.length - 1}
                value={at}
                aria-valuetext={`${said}: ${series.map(({ label }, i) => `${label} ${valueText(values[i] ?? null, unit)}`).join(', ')}`}
                onChange={({ target }) => {
                  setPointed(Number(target.value));
                }}
              />
            </label>
            <span className="quiet">{said}</span>
            <Key series={series} unit={unit} values={values} />
            {thresholds.map((value) => (
              <span key={value}>
                <span className="ink threshold" aria-hidden="true" /> threshold: {valueText(value, unit)}
              </span>
            ))}
          </div>
          <Values title={title} series={series} unit={unit} rows={rows} />
        </>
      )}
    </section>
  );
}
