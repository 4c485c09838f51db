/** How far back a chart looks. */
export interface Range {
  readonly key: string;
  readonly title: string;
  readonly seconds: number;
}
const HOUR = 3600;
const DAY = 24 * HOUR;

export const RANGES: readonly Range[] = [
  { key: '15m', title: 'the last 15 minutes', seconds: HOUR / 4 },
  { key: '1h', title: 'the last hour', seconds: HOUR },
  { key: '6h', title: 'the last 6 hours', seconds: 6 * HOUR },
  { key: '1d', title: 'the last day', seconds: DAY },
  { key: '7d', title: 'the last week', seconds: 7 * DAY },
  { key: '30d', title: 'the last 30 days', seconds: 30 * DAY },
];
/** Long enough for some values at the default interval of five minutes. */
const USUAL = '6h';

export function rangeOf(key: string | null): Range {
  const found = RANGES.find((range) => range.key === (key ?? USUAL)) ?? RANGES.find((range) => range.key === USUAL);
  if (found === undefined) throw new Error('There is no usual range.');
  return found;
}

/** As many values as a chart of usual width can show. */
const MOST_POINTS = 600;

/** The finest of what is kept that a chart of a range can still show; the coarsest where none can. */
export function granularityFor(kept: readonly number[], seconds: number): number | undefined {
  const sorted = kept.toSorted((a, b) => a - b);
  return sorted.find((granularity) => seconds / granularity <= MOST_POINTS) ?? sorted.at(-1);
}

/** Seconds of a timespan as Gnocchi writes it: `0:05:00`, `1 day, 0:00:00`. */
export function secondsOf(span: string): number {
  const [, days = '0', hours = '0', minutes = '0', rest = '0'] =
    /^(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(span) ?? [];
  return Number(days) * DAY + Number(hours) * HOUR + Number(minutes) * 60 + Number(rest);
}

const UNITS: readonly (readonly [number, string])[] = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [60, 'minute'],
];
/** A granularity as a person says it: `5 minutes`. */
export function spanText(seconds: number): string {
  const [size, name] = UNITS.find(([one]) => seconds >= one && seconds % one === 0) ?? [1, 'second'];
  const many = seconds / size;
  return `${many} ${name}${many === 1 ? '' : 's'}`;
}
