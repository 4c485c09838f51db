import { Prisma } from '../kernel/database.js';

const PLAIN = ['mean', 'sum', 'last', 'max', 'min', 'std', 'median', 'first', 'count'] as const;
const PERCENTILES = Array.from({ length: 99 }, (_, i) => `${i + 1}pct`);
const BASIC: readonly string[] = [...PLAIN, ...PERCENTILES];
const RATE = 'rate:';

/** Every aggregation method that there is (gnocchi/archive_policy.py: VALID_AGGREGATION_METHODS). */
export const METHODS: readonly string[] = [...BASIC, ...BASIC.map((method) => RATE + method)];
const KNOWN = new Set(METHODS);
/** What an archive policy may name: a method, one more or one less than by default, or all of them. */
export const isMethodChoice = (name: string): boolean => name === '*' || KNOWN.has(name.replace(/^[+-]/, ''));

/** What archive policies have that name none (archive_policy.default_aggregation_methods). */
export const DEFAULT_METHODS: readonly string[] = ['mean', 'min', 'max', 'sum', 'std', 'count'];

/** The methods that an archive policy has by what it names. @param choices of `isMethodChoice` */
export function methodsOf(choices: readonly string[]): string[] {
  const relative = choices.every((choice) => /^[+-]/.test(choice));
  const methods = new Set(
    choices.includes('*') ? METHODS : relative ? DEFAULT_METHODS : choices.filter((choice) => !/^[+-]/.test(choice)),
  );
  for (const choice of choices) {
    if (choice.startsWith('-')) methods.delete(choice.slice(1));
    else if (choice.startsWith('+')) methods.add(choice.slice(1));
  }
  return [...methods];
}

const SIMPLE: Readonly<Record<string, (value: string) => string>> = {
  mean: (v) => `avg(${v})`,
  sum: (v) => `sum(${v})`,
  max: (v) => `max(${v})`,
  min: (v) => `min(${v})`,
  std: (v) => `stddev_samp(${v})`,
  count: (v) => `NULLIF(count(${v}), 0)::float8`,
  median: (v) => `percentile_cont(0.5) WITHIN GROUP (ORDER BY ${v})`,
  first: (v) => `(array_agg(${v} ORDER BY "timestamp") FILTER (WHERE ${v} IS NOT NULL))[1]`,
  last: (v) => `(array_agg(${v} ORDER BY "timestamp" DESC) FILTER (WHERE ${v} IS NOT NULL))[1]`,
};

/**
 * The values of a rollup as one expression of SQL, over rows with a `timestamp`, a `value` and its `change` since the one before.
 * PostgreSQL computes what is said twice once, so all percentiles of one kind take one sort.
 * @param methods of METHODS, whose names alone reach the text
 */
export function rollupOf(methods: readonly string[]): Prisma.Sql {
  const parts = methods.map((method) => {
    const [value, basic] = method.startsWith(RATE) ? ['change', method.slice(RATE.length)] : ['value', method];
    const simple = SIMPLE[basic];
    if (simple !== undefined) return simple(value);
    const rank = PERCENTILES.indexOf(basic) + 1;
    if (rank === 0) throw new Error(`There is no aggregation method ${method}.`);
    const ranks = methods.filter(
      (other) => other.endsWith('pct') && other.startsWith(RATE) === method.startsWith(RATE),
    );
    const fractions = ranks.map((other) => Number.parseInt(other.replace(RATE, ''), 10) / 100);
    return `(percentile_cont(ARRAY[${fractions.join(', ')}]::float8[]) WITHIN GROUP (ORDER BY ${value}))[${ranks.indexOf(method) + 1}]`;
  });
  return Prisma.raw(`ARRAY[${parts.join(', ')}]::float8[]`);
}
