import type { Sql } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import type { Caller } from './access.js';
import { grainsOf } from './archive-policy.js';
import { members } from './checks.js';
import { ARITHMETIC } from './aggregates/operations.js';
import type { Answered } from './measures.js';
import type { Metrics } from './metrics.js';
import { readSeries } from './series.js';
import { readSpan, readTime, SECOND, timesOr } from './times.js';
import { GnocchiError, invalidInput, noMetric } from './words.js';

/** What a value comes to, or whether it is looked for. */
type Evaluator = (value: number) => number;

const EVERY: Readonly<Record<string, 'and' | 'or' | 'not'>> = {
  and: 'and',
  '∧': 'and',
  or: 'or',
  '∨': 'or',
  not: 'not',
};

/** Operators of one predicate: each is asked of every measure that is read. */
const MOST_OPERATORS = 100;

/**
 * Reads which values are looked for, as a tree: `{"and": [{"≥": 3}, {"<": {…}}]}` (gnocchi/rest/api.py: MeasureQuery). An
 * operator with one operand is about the value itself.
 * @throws 400
 */
export const readPredicate = (body: unknown): Evaluator => predicateOf(body, [], { left: MOST_OPERATORS });

function predicateOf(body: unknown, path: readonly string[], budget: { left: number }): Evaluator {
  if (--budget.left < 0) throw invalidInput(`more than ${MOST_OPERATORS} operators`, path);
  const entries = Object.entries(members(body, path));
  if (entries.length !== 1)
    throw invalidInput(`length of value must be at ${entries.length === 0 ? 'least' : 'most'} 1`, path);
  const [name, operand] = entries[0]!;
  const at = [...path, name];
  const every = Object.hasOwn(EVERY, name) ? EVERY[name] : undefined;
  if (every !== undefined) {
    if (!Array.isArray(operand)) throw invalidInput('expected a list', at);
    const parts = operand.map((one, i) => predicateOf(one, [...at, String(i)], budget));
    if (every === 'and') return (value) => Number(parts.every((part) => part(value) !== 0));
    const some: Evaluator = (value) => Number(parts.some((part) => part(value) !== 0));
    return every === 'or' ? some : (value) => Number(some(value) === 0);
  }
  const apply = ARITHMETIC.get(name);
  if (apply === undefined) throw invalidInput('extra keys not allowed', at);
  if (typeof operand === 'number') return (value) => apply(value, operand);
  if (!Array.isArray(operand) || operand.length !== 2) throw invalidInput('length of value must be at most 2', at);
  const [left, right] = operand.map((one: unknown, i): Evaluator =>
    typeof one === 'number' ? () => one : predicateOf(one, [...at, String(i)], budget),
  );
  return (value) => apply(left!(value), right!(value));
}

export interface MetricSearch {
  readonly ids: readonly string[];
  readonly predicate: Evaluator;
  readonly aggregation: string;
  readonly granularities: readonly string[];
  readonly start?: string | undefined;
  readonly stop?: string | undefined;
}

const time = (name: string, value: string | undefined): number | undefined =>
  value === undefined
    ? undefined
    : timesOr(
        () => readTime(value),
        () => badRequest(`Invalid value for ${name}`),
      );

/** The measures of metrics that a predicate holds for, by their ids. @throws 400, 403, 404 */
export async function searchMetrics(
  sql: Sql,
  metrics: Metrics,
  caller: Caller,
  search: MetricSearch,
): Promise<Map<string, Answered[]>> {
  const { aggregation, predicate } = search;
  const found = await metrics.several(caller, search.ids, 'search metric', ([first]) => noMetric(first!));
  const range = { start: time('start', search.start), stop: time('stop', search.stop) };
  const given = search.granularities.map((one) => timesOr(() => readSpan(one), badRequest));
  const wanted = found.flatMap((metric) => {
    const grains = grainsOf(metric.archive_policy);
    const place = metric.archive_policy.aggregation_methods.indexOf(aggregation);
    const granularities = given.length > 0 ? given : grains.map(({ granularity }) => granularity);
    return granularities
      .toSorted((a, b) => b - a)
      .map((granularity) => {
        const grain = grains.find((one) => one.granularity === granularity);
        if (grain !== undefined) return { metricId: metric.id, ...grain, place };
        throw new GnocchiError(400, 'AggregationDoesNotExist', {
          cause: 'Aggregation does not exist',
          detail: { metric: metric.id, granularity: granularity / SECOND, aggregation_method: aggregation },
        });
      });
  });
  const series = await readSeries(sql, wanted, range);
  const answered = new Map<string, Answered[]>(found.map(({ id }) => [id, []]));
  series.forEach(({ times, values }, i) => {
    const { metricId, granularity } = wanted[i]!;
    times.forEach((at, n) => {
      if (predicate(values[n]!) !== 0) answered.get(metricId)!.push([at, granularity / SECOND, values[n]!]);
    });
  });
  return answered;
}
