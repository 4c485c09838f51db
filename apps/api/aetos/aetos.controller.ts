import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { Type, type TSchema } from 'typebox';
import { badParameter, durationOf, type Labels, type Project, type Result } from '#services/aetos/index';
import type { Services } from '#services/index';
import { Answers, Described, Query } from '../http/described.js';
import { PolicyOfHandler, ruleOf } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { timeOfQuery } from '../http/times.js';
import { SERVICES } from '../http/tokens.js';
import { queryOf } from '../kit/page.js';

const strict = { additionalProperties: false };
const success = <T extends TSchema>(data: T) => Type.Object({ status: Type.Literal('success'), data }, strict);
const Metric = Type.Record(Type.String(), Type.String());
/** A time in seconds, and a value as a text: JSON has neither NaN nor infinity. */
const Point = Type.Unsafe<[number, string]>({
  type: 'array',
  items: { type: ['number', 'string'] },
  minItems: 2,
  maxItems: 2,
});
const QueryAnswer = success(
  Type.Union([
    Type.Object({ resultType: Type.Literal('scalar'), result: Point }, strict),
    Type.Object(
      { resultType: Type.Literal('vector'), result: Type.Array(Type.Object({ metric: Metric, value: Point }, strict)) },
      strict,
    ),
    Type.Object(
      {
        resultType: Type.Literal('matrix'),
        result: Type.Array(Type.Object({ metric: Metric, values: Type.Array(Point) }, strict)),
      },
      strict,
    ),
  ]),
);
const Names = success(Type.Array(Type.String()));
const Series = success(Type.Array(Metric));
const BuildInfo = success(
  Type.Object(
    { version: Type.String(), revision: Type.String(), branch: Type.String(), goVersion: Type.String() },
    strict,
  ),
);

const TIME = 'Seconds since 1970, or RFC 3339.';
const MATCHES = { 'match[]': { many: true as const, description: 'A selector; what any of them finds.' } };
/** More than a dashboard has: each is a read of all metrics. */
const MOST_MATCHES = 16;
/** 9999-12-31T23:59:59Z: what is later no reader can show. */
const LAST_SECOND = 253_402_300_799;

interface Asked {
  readonly query?: string;
  readonly time?: string;
  readonly start?: string;
  readonly end?: string;
  readonly step?: string;
}

/**
 * What was measured in the words of Prometheus' HTTP API, of the asker's project alone unless the policy lets him see all
 * (aetos/controllers/api/v1). As Aetos it takes GET and no POST.
 */
@Controller('prometheus/api/v1')
export class AetosController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('query')
  @PolicyOfHandler('metric-storage:telemetry:query')
  @Answers(QueryAnswer)
  async query(
    @Req() request: ApiRequest,
    @Query({ query: 'PromQL.', time: TIME, timeout: 'It is taken and not needed.' }) asked: Asked,
  ) {
    const project = this.projectOf(request, 'query');
    const { aetos } = this.services;
    const at = asked.time === undefined ? await aetos.now() : timeOf('time', asked.time);
    const answer = await aetos.query(project, asked.query ?? '', at);
    const data =
      'scalar' in answer
        ? { resultType: 'scalar' as const, result: pointOf([at, answer.scalar]) }
        : { resultType: 'vector' as const, result: answer.results.map(vectorOf) };
    return { status: 'success' as const, data };
  }

  @Get('query_range')
  @PolicyOfHandler('metric-storage:telemetry:query')
  @Answers(QueryAnswer)
  async queryRange(
    @Req() request: ApiRequest,
    @Query({
      query: 'PromQL.',
      start: TIME,
      end: TIME,
      step: 'Seconds, or a duration: `5m`.',
      timeout: 'It is taken and not needed.',
    })
    asked: Asked,
  ) {
    const project = this.projectOf(request, 'query');
    const [start, end] = [timeOf('start', asked.start), timeOf('end', asked.end)];
    const step = stepOf(asked.step);
    const answer = await this.services.aetos.queryRange(project, asked.query ?? '', start, end, step);
    const results =
      'scalar' in answer
        ? [{ labels: {}, points: momentsOf(start, end, step).map((at) => [at, answer.scalar] as const) }]
        : answer.results;
    const result = results.map(({ labels, points }) => ({ metric: labels, values: points.map(pointOf) }));
    return { status: 'success' as const, data: { resultType: 'matrix' as const, result } };
  }

  @Get('labels')
  @PolicyOfHandler('metric-storage:telemetry:labels')
  @Answers(Names)
  async labels(@Req() request: ApiRequest) {
    const names = (await this.found(request, 'labels')).flatMap((labels) => Object.keys(labels));
    return { status: 'success' as const, data: sorted(names) };
  }

  @Get('label/:name/values')
  @PolicyOfHandler('metric-storage:telemetry:label')
  @Answers(Names)
  async values(@Req() request: ApiRequest, @Param('name') name: string) {
    const found = await this.found(request, 'label');
    return {
      status: 'success' as const,
      data: sorted(found.flatMap((labels) => (Object.hasOwn(labels, name) ? [labels[name]!] : []))),
    };
  }

  @Get('series')
  @PolicyOfHandler('metric-storage:telemetry:series')
  @Described({ query: { ...MATCHES, start: { description: TIME }, end: { description: TIME } } })
  @Answers(Series)
  async series(@Req() request: ApiRequest) {
    if (queryOf(request)['match[]'] === undefined) throw badParameter('match[]', 'no match[] parameter provided');
    return { status: 'success' as const, data: [...(await this.found(request, 'series'))] };
  }

  @Get('status/buildinfo')
  @PolicyOfHandler('metric-storage:telemetry:status')
  @Answers(BuildInfo)
  buildInfo(@Req() { context }: ApiRequest) {
    const [service, rule] = ruleOf('metric-storage:telemetry:status');
    this.services.policies.enforce(service, rule, context!.credentials, { project_id: context!.projectId });
    // The version of Prometheus whose API this is a part of: clients tell by it what they may ask.
    return { status: 'success' as const, data: { version: '2.50.0', revision: '', branch: '', goVersion: '' } };
  }

  private found(request: ApiRequest, rule: 'label' | 'labels' | 'series'): Promise<Labels[]> {
    const project = this.projectOf(request, rule);
    const matches = queryOf(request)['match[]'] ?? [];
    if (matches.length > MOST_MATCHES) throw badParameter('match[]', `more than ${MOST_MATCHES} selectors`);
    return this.services.aetos.series(project, matches);
  }

  /** Whose measures somebody sees who may ask. @throws 403 */
  private projectOf({ context }: ApiRequest, what: 'query' | 'label' | 'labels' | 'series'): Project {
    const { policies } = this.services;
    const { credentials, projectId: project_id } = context!;
    if (policies.allows('aetos', `telemetry:${what}:all_projects`, credentials, { project_id })) return undefined;
    policies.enforce('aetos', `telemetry:${what}`, credentials, { project_id });
    return project_id;
  }
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted((a, b) => a.localeCompare(b));

/** A number as Prometheus writes it. */
const written = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
const pointOf = ([at, value]: readonly [number, number]): [number, string] => [at / 1_000, written(value)];
const vectorOf = ({ labels, points }: Result) => ({ metric: labels, value: pointOf(points.at(-1)!) });

const momentsOf = (start: number, end: number, step: number): number[] =>
  Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step);

/** @returns milliseconds @throws 400 */
function timeOf(name: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,12}(\.\d{1,9})?$/.test(text) && Number(text) <= LAST_SECOND)
    return Math.round(Number(text) * 1_000);
  try {
    const time = timeOfQuery(name, text);
    if (time !== undefined) return time.getTime();
  } catch {
    // It is refused below, in Prometheus' words.
  }
  throw badParameter(name, `cannot parse ${JSON.stringify(text ?? '')} to a valid timestamp`);
}

/** @returns milliseconds @throws 400 */
function stepOf(text = ''): number {
  const ms = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Math.round(Number(text) * 1_000) : durationOf(text);
  if (ms === undefined) throw badParameter('step', `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}
