import { Prisma } from '../kernel/database.js';

const PERCENTILES = Array.from({ length: 99 }, (_, i) => `${i + 1}pct`);
const RATE = 'rate:';

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
 * @param methods nothing of their names but a percentile's number reaches the text
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
