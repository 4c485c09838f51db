import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Config } from '#config';
import { METRIC_ORDER, type Caller } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { badRequest } from '#services/kernel/errors';
import { Answers, AnswersNothing, Described } from '../http/described.js';
import { PolicyOfHandler } from '../http/policy.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { MeasuresAnswer, MetricAnswer, MetricsAnswer } from './answers.js';
import { linkNext, locate } from './location.js';
import { readOf } from './reads.js';
import { Asker, PAGE, QueryOf, READ, type GivenQuery } from './request.js';
import { measuresView, metricDetails, metricView } from './view.js';

const text = Type.Optional(Type.String());
const NewMetric = Type.Object({ archive_policy_name: text, resource_id: text, name: text, unit: text });
const FILTERS = ['name', 'id', 'unit', 'archive_policy_name'] as const;
const equal = (name: string) => ({ description: `Only those with this ${name}.` });
const MEASURES = Type.Array(
  Type.Object({
    timestamp: Type.Union([Type.String(), Type.Number()]),
    value: Type.Union([Type.Number(), Type.String()]),
  }),
);

/** Metrics and their measures (gnocchi/rest/api.py: MetricsController). */
@Controller('metric/v1/metric')
export class MetricsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get metrics() {
    return this.services.gnocchi.metrics;
  }

  @Get()
  @PolicyOfHandler('metric:list metric')
  @Described({
    query: {
      ...PAGE,
      ...Object.fromEntries([...FILTERS, 'creator', 'user_id', 'project_id'].map((name) => [name, equal(name)])),
      status: { description: 'active, or delete for those whose measures are being removed.' },
    },
  })
  @Answers(MetricsAnswer)
  async list(@Asker() caller: Caller, @QueryOf() query: GivenQuery, @Res({ passthrough: true }) reply: FastifyReply) {
    const page = query.page(this.config.gnocchi.max_limit, METRIC_ORDER);
    const status = query.one('status');
    if (status !== undefined && status !== 'active' && status !== 'delete')
      throw badRequest("Invalid input: not a valid value for dictionary value @ data['status']");
    const [user, project] = [query.one('user_id'), query.one('project_id')];
    const creator =
      user === undefined && project === undefined ? query.one('creator') : `${user ?? ''}:${project ?? ''}`;
    const filters = Object.fromEntries(FILTERS.map((name) => [name, query.one(name)]));
    const found = await this.metrics.list(caller, { ...filters, creator, status }, page);
    const last = found.at(-1);
    if (last !== undefined)
      linkNext(reply, this.config, 'metric', { query, page, length: found.length, marker: last.id });
    return found.map(metricView);
  }

  @Post()
  @PolicyOfHandler('metric:create metric')
  @Described({ body: { schema: NewMetric } })
  @Answers(MetricAnswer)
  async create(@Asker() caller: Caller, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const made = await this.metrics.create(caller, body);
    locate(reply, this.config, 'metric', made.id);
    return metricView(made);
  }

  @Get(':id')
  @PolicyOfHandler('metric:get metric')
  @Answers(MetricAnswer)
  async get(@Asker() caller: Caller, @Param('id') id: string) {
    const metric = await this.metrics.get(caller, id);
    return metricDetails(metric, await this.metrics.resourceOf(metric));
  }

  @Delete(':id')
  @HttpCode(204)
  @PolicyOfHandler('metric:delete metric')
  async delete(@Asker() caller: Caller, @Param('id') id: string): Promise<void> {
    const metric = await this.metrics.get(caller, id, 'delete metric');
    await this.metrics.delete(metric.id);
  }

  @Post(':id/measures')
  @HttpCode(202)
  @PolicyOfHandler('metric:post measures')
  @Described({ body: { schema: MEASURES } })
  @AnswersNothing()
  async post(@Asker() caller: Caller, @Param('id') id: string, @Body() body: unknown): Promise<void> {
    await this.services.gnocchi.measures.post(await this.metrics.get(caller, id, 'post measures'), body);
  }

  @Get(':id/measures')
  @PolicyOfHandler('metric:get measures')
  @Described({ query: READ })
  @Answers(MeasuresAnswer)
  async read(@Asker() caller: Caller, @Param('id') id: string, @QueryOf() query: GivenQuery) {
    const metric = await this.metrics.get(caller, id, 'get measures');
    return measuresView(await this.services.gnocchi.measures.read(metric, readOf(query)));
  }
}
