import type { Gnocchi, MeasuredMetric } from '../gnocchi/index.js';
import { databaseTime } from '../kernel/clock.js';
import type { Statements } from '../kernel/database.js';
import { aggregateBy, evaluateVector, type Labels, type Result, type Samples } from './evaluate.js';
import { matching } from './matching.js';
import { parseQuery, parseSelector, type Selector, type VectorNode } from './parse.js';
import { badParameter, badQuery } from './words.js';

export { durationOf } from './parse.js';
export type { Labels, Result } from './evaluate.js';
export { badParameter } from './words.js';

/** Whose measures are asked for; all projects' when left out. */
export type Project = string | undefined;
export type Answer = { readonly scalar: number } | { readonly results: readonly Result[] };

/** Prometheus' own limit (web/api/v1/api.go). */
const MOST_STEPS = 11_000;
/** Values of one answer: some tens of megabytes. */
const MOST_VALUES = 200_000;
/** Samples that one query reads: each is a row's part in memory. */
const MOST_SAMPLES = 2_000_000;
/** Prometheus' own look back for a newest sample. */
const LOOKBACK_MS = 300_000;
/** As much is read before a moment: what is measured more seldom than every half an hour shows nothing at a moment. */
const READ_BACK_MS = 3_600_000;
/** As many letters of a name may stand for a dot or a dash in Gnocchi's: all combinations are looked for. */
const MOST_UNSURE = 5;

/** As Ceilometer's exporter for Prometheus calls what it measures. */
const PREFIX = 'ceilometer_';
const plainName = (name: string): string => name.replaceAll(/[^\w:]/g, '_');

/** Aetos: what was measured, in Prometheus' words and of one project. */
export class Aetos {
  constructor(
    private readonly sql: Statements,
    private readonly gnocchi: Gnocchi,
  ) {}

  /** The time by the database's clock, in milliseconds. */
  async now(): Promise<number> {
    return (await databaseTime(this.sql)).getTime();
  }

  /** What a query says at one moment. @throws 400 */
  query(project: Project, query: string, atMs: number): Promise<Answer> {
    return this.at(project, query, [atMs]);
  }

  /** What a query says from one time to another, step by step. @throws 400 */
  queryRange(project: Project, query: string, startMs: number, endMs: number, stepMs: number): Promise<Answer> {
    if (endMs < startMs) throw badParameter('end', 'end timestamp must not be before start time');
    if (stepMs < 1) throw badParameter('step', 'zero or negative query resolution step widths are not accepted');
    const steps = Math.floor((endMs - startMs) / stepMs) + 1;
    if (steps > MOST_STEPS)
      throw badParameter('step', `exceeded maximum resolution of ${MOST_STEPS} points per timeseries`);
    return this.at(
      project,
      query,
      Array.from({ length: steps }, (_, i) => startMs + i * stepMs),
    );
  }

  /** The series that any of the selectors finds; all of them without one. @throws 400 */
  async series(project: Project, matches: readonly string[]): Promise<Labels[]> {
    const selectors = matches.length === 0 ? [[]] : matches.map(parseSelector);
    const found = new Map<string, Labels>();
    for (const selector of selectors)
      for (const { metric, labels } of await this.find(project, selector)) found.set(metric.id, labels);
    return [...found.values()];
  }

  private async at(project: Project, query: string, moments: readonly number[]): Promise<Answer> {
    const node = parseQuery(query);
    if (node.kind === 'number') return { scalar: node.value };
    const vector = node.kind === 'aggregate' ? node.of : node;
    const series = evaluateVector(vector, await this.samples(project, vector, moments), moments);
    const results = node.kind === 'aggregate' ? aggregateBy(node.op, node.by, series) : series;
    if (results.reduce((count, { points }) => count + points.length, 0) > MOST_VALUES)
      throw badQuery(`it has more than ${MOST_VALUES} values`);
    return { results };
  }

  private async samples(
    project: Project,
    { selector, over }: VectorNode,
    moments: readonly number[],
  ): Promise<Samples[]> {
    const found = await this.find(project, selector);
    if (found.length === 0) return [];
    const [first, last] = [moments[0]!, moments.at(-1)!];
    const start = first - Math.max(over?.rangeMs ?? 0, READ_BACK_MS);
    // Nothing is measured more often than once a minute for longer than an hour by the policies that a cloud has.
    if ((found.length * (last - start)) / 60_000 > MOST_SAMPLES)
      throw badQuery(`it reads more than ${MOST_SAMPLES} samples: ask for less, or a shorter time`);
    const labels = new Map(found.map((one) => [one.metric.id, one.labels]));
    const series = await this.gnocchi.aggregate({
      of: { metrics: [...labels.keys()] },
      project,
      aggregation: 'mean',
      start: new Date(start),
      stop: new Date(last + 1),
    });
    return series.map(({ metric, granularity, points }) => ({
      labels: labels.get(metric!.id)!,
      times: points.map(({ time }) => time.getTime()),
      values: points.map(({ value }) => value),
      stalenessMs: Math.max(LOOKBACK_MS, granularity * 2_000),
    }));
  }

  private async find(project: Project, selector: Selector): Promise<{ metric: MeasuredMetric; labels: Labels }[]> {
    const metrics = await this.gnocchi.measured({
      of: { resource_type: 'generic', metrics: namesOf(selector) },
      project,
    });
    const matches = matching(selector);
    return metrics.map((metric) => ({ metric, labels: labelsOf(metric) })).filter(({ labels }) => matches(labels));
  }
}

/** Gnocchi's names that one name of Prometheus' may stand for. @returns undefined where a selector does not say one */
function namesOf(selector: Selector): string[] | undefined {
  const text = selector.find(
    ({ label, negated, text: one }) => label === '__name__' && !negated && one !== undefined,
  )?.text;
  if (text === undefined) return undefined;
  if (!text.startsWith(PREFIX)) return [];
  const parts = text.slice(PREFIX.length).split('_');
  if (parts.length - 1 > MOST_UNSURE) return undefined;
  return parts
    .slice(1)
    .reduce(
      (names, part) => names.flatMap((name) => ['.', '_', '-'].map((mark) => `${name}${mark}${part}`)),
      [parts[0]!],
    );
}

/** The labels of a metric: whose and of what it is, in the words of Ceilometer's exporter, and what else is known of the resource. */
function labelsOf({ name, unit, resource }: MeasuredMetric): Labels {
  const more = Object.entries(resource?.attributes ?? {}).flatMap(([key, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [[plainName(key), String(value)]] : [],
  );
  const own: [string, string | null | undefined][] = [
    ['__name__', `${PREFIX}${plainName(name ?? '')}`],
    ['counter', name],
    ['resource', resource?.original_resource_id],
    ['type', resource?.type],
    ['project', resource?.project_id],
    ['user', resource?.user_id],
    ['unit', unit],
  ];
  return Object.fromEntries([...more, ...own].filter((entry): entry is [string, string] => Boolean(entry[1])));
}
