/** A microsecond is the finest that PostgreSQL's times have; Gnocchi's have nanoseconds, which no client sees. */
export const SECOND = 1_000_000;
/** The last time that a number of microseconds can say exactly: in the year 2255. Gnocchi ends in 2262. */
const LAST = Number.MAX_SAFE_INTEGER;
/** Longer than any text of a time or a time span that means something. */
const LONGEST = 64;

const UNITS: readonly (readonly [seconds: number, names: RegExp])[] = [
  [604_800, /^(w|wks?|weeks?)$/],
  [86_400, /^(d|dys?|days?)$/],
  [3_600, /^(h|hrs?|hours?)$/],
  [60, /^(m|mins?|minutes?)$/],
  [1, /^(s|secs?|seconds?)$/],
];
const AMOUNT = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*[,/]?/y;
const CLOCK = /^(?:(\d+):)?(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)$/;
/** What Python's float() reads of text, as far as it has an end. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

/** A number in text or as it is; undefined for anything else, and for one without end. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === 'boolean') return Number(value);
  const number = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** `1h 30 minutes`, `5 min` or `1:24:18`, as pytimeparse reads it. @returns seconds */
function spokenSpan(text: string): number | undefined {
  if (text.length > LONGEST) return undefined;
  const [, sign = '', rest = ''] = /^\s*([+-]?)\s*(.*?)\s*$/s.exec(text.toLowerCase()) ?? [];
  const seconds = clockSpan(rest) ?? unitsSpan(rest);
  return seconds === undefined ? undefined : sign === '-' ? -seconds : seconds;
}

function clockSpan(text: string): number | undefined {
  const match = CLOCK.exec(text);
  if (match === null) return undefined;
  const [days, hours] = match[2] === undefined ? ['0', match[1] ?? '0'] : [match[1] ?? '0', match[2]];
  return Number(days) * 86_400 + Number(hours) * 3_600 + Number(match[3]) * 60 + Number(match[4]);
}

/** Units come from the longest to the shortest, each at most once. */
function unitsSpan(text: string): number | undefined {
  let [total, unit] = [0, 0];
  AMOUNT.lastIndex = 0;
  for (let at = 0; at < text.length; at = AMOUNT.lastIndex) {
    const match = AMOUNT.exec(text);
    const place = match === null ? -1 : UNITS.findIndex(([, names], i) => i >= unit && names.test(match[2]!));
    if (match === null || place < 0) return undefined;
    total += Number(match[1]) * UNITS[place]![0];
    unit = place + 1;
  }
  return unit === 0 ? undefined : total;
}

/**
 * A time span as Gnocchi reads it (gnocchi/utils.py: to_timespan): seconds, or in words.
 * @returns microseconds
 * @throws RangeError with Gnocchi's words
 */
export function readSpan(value: unknown, anySign = false): number {
  const seconds = readNumber(value) ?? (typeof value === 'string' ? spokenSpan(value) : undefined);
  if (seconds === undefined)
    throw new RangeError(value === null || value === undefined ? 'Invalid timespan' : 'Unable to parse timespan');
  const microseconds = Math.trunc(Math.round(seconds * 1e9) / 1_000);
  if (!anySign && microseconds <= 0) throw new RangeError('Timespan must be positive');
  if (Math.abs(microseconds) > LAST) throw new RangeError('Unable to parse timespan');
  return microseconds;
}

const ISO =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** A time of ISO 8601 as numpy.datetime64 reads it. @returns microseconds */
function isoTime(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const offset = /^z$/i.test(zone) ? 'Z' : zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  // A day that the month does not have is taken for one of the next month.
  const local = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(+date) || local.getUTCDate() !== Number(day)) return undefined;
  return +date * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/**
 * A time as Gnocchi reads it (gnocchi/utils.py: to_timestamps): seconds since 1970, ISO 8601, or how far from now.
 * @returns microseconds since 1970
 * @throws RangeError with Gnocchi's words
 */
export function readTime(value: unknown): number {
  const seconds = readNumber(value);
  const microseconds = seconds === undefined ? textTime(value) : Math.trunc(seconds * SECOND);
  if (microseconds < 0) throw new RangeError('Timestamp must be after Epoch');
  if (microseconds > LAST) throw new RangeError('Unable to convert timestamps');
  return microseconds;
}

function textTime(value: unknown): number {
  if (typeof value !== 'string' || value.length > LONGEST) throw new RangeError('Unable to convert timestamps');
  const absolute = isoTime(value.trim());
  if (absolute !== undefined) return absolute;
  const away = value === 'now' ? 0 : spokenSpan(value);
  if (away === undefined) throw new RangeError('Unable to convert timestamps');
  return Date.now() * 1_000 + Math.trunc(away * SECOND);
}

/** The beginning of the time as long as `granularity` that a time is in. Both in microseconds. */
export const roundTo = (time: number, granularity: number): number => Math.floor(time / granularity) * granularity;

/** A time as Gnocchi's answers have it in measures: in whole seconds. */
export const secondsText = (microseconds: number): string =>
  `${new Date(Math.floor(microseconds / SECOND) * 1_000).toISOString().slice(0, 19)}+00:00`;

/** A time as Gnocchi's answers have it of resources (Python's isoformat). */
export function isoText(date: Date): string {
  const text = date.toISOString();
  return `${text.slice(0, 19)}${text.slice(19, 23) === '.000' ? '' : `${text.slice(19, 23)}000`}+00:00`;
}

/** A time span as Python's str() of a timedelta. @param seconds of it */
export function spanText(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = seconds - days * 86_400;
  const [hours, minutes] = [Math.floor(rest / 3_600), Math.floor((rest % 3_600) / 60)];
  const left = Math.round((rest % 60) * SECOND) / SECOND;
  const fraction = Number.isInteger(left) ? '' : `.${left.toFixed(6).split('.')[1]!}`;
  const two = (number: number): string => String(number).padStart(2, '0');
  const clock = `${hours}:${two(minutes)}:${two(Math.floor(left))}${fraction}`;
  return days === 0 ? clock : `${days} day${days === 1 ? '' : 's'}, ${clock}`;
}

/** Runs what reads an input, and throws `refusal` where it cannot. */
export function timesOr<T>(read: () => T, refusal: (reason: string) => Error): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw refusal(error.message);
    throw error;
  }
}
