/** What charts are drawn of, and how their values are written. Pure: tested without a browser. */

/** A time in seconds since 1970 and what was measured then; null for a gap. */
export type Point = readonly [seconds: number, value: number | null];
export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
}

/**
 * What something that counts up grows by in a second, from each value to the next. Where it begins again, as at a guest's new
 * start, nothing is known.
 */
export function ratesOf(points: readonly Point[], scale = 1): Point[] {
  return points.slice(1).map(([at, value], i): Point => {
    const [before, was] = points[i] ?? [at, null];
    if (value === null || was === null || value < was || at <= before) return [at, null];
    return [at, ((value - was) / (at - before)) * scale];
  });
}

/** Several series as columns over the same times: `[times, values, values, …]`; null where one has none. */
export function columnsOf(series: readonly Series[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].toSorted((a, b) => a - b);
  const values = series.map(({ points }) => {
    const known = new Map(points);
    return times.map((at) => known.get(at) ?? null);
  });
  return [times, ...values];
}

/** As many of several series as differ from a line of nothing. */
export const isEmpty = (series: readonly Series[]): boolean =>
  series.every(({ points }) => points.every(([, value]) => value === null));

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const THOUSANDS = ['', ' k', ' M', ' G', ' T', ' P'] as const;

/** A number with the digits that tell something. */
const rounded = (value: number): string =>
  value.toLocaleString('en-GB', { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2 });

function scaled(value: number, base: number, units: readonly string[], from = 0): string {
  const size = Math.abs(value);
  const step = size < base ? 0 : Math.min(Math.floor(Math.log(size) / Math.log(base)), units.length - 1 - from);
  return `${rounded(value / base ** step)}${units[from + step] ?? ''}`;
}

/** A value of a unit as a person reads it: bytes in their multiples, `ns` as times, all else in thousands. */
export function valueText(value: number | null, unit: string): string {
  if (value === null) return 'none';
  const [, size, per = ''] = /^(B|KiB|KB|MiB|MB|GiB|GB)(\/s)?$/.exec(unit) ?? [];
  if (size !== undefined) {
    const from = ['B', 'K', 'M', 'G'].indexOf(size.charAt(0));
    return `${scaled(
      value,
      1024,
      BYTES.map((one) => ` ${one}`),
      from,
    )}${per}`;
  }
  if (unit === 'ns') return scaled(value / 1e9, 1000, THOUSANDS) + ' s';
  if (unit === '%') return `${rounded(value)} %`;
  return `${scaled(value, 1000, THOUSANDS)}${unit === '' ? '' : ` ${unit}`}`;
}
