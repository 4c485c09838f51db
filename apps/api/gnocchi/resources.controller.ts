import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Config } from '#config';
import { readFilter, type Caller, type ResourceRow } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { Answers, AnswersNothing, Described } from '../http/described.js';
import { PolicyOfHandler } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { MeasuresAnswer, MetricAnswer, MetricsAnswer, ResourceAnswer, ResourcesAnswer } from './answers.js';
import { checkPreconditions, sayRevision } from './conditions.js';
import { linkNext, locate } from './location.js';
import { Asker, DETAILS, PAGE, QueryOf, READ, type GivenQuery } from './request.js';
import { ResourceLists } from './resource-lists.js';
import { measuresView, metricDetails, metricView, resourceView } from './view.js';
import { readOf } from './reads.js';

const metrics = Type.Record(Type.String(), Type.Union([Type.String(), Type.Object({})]), {
  description: 'By their names: the ids of metrics that are there, or what new ones are to be.',
});
const owner = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const changes = {
  started_at: Type.Optional(Type.String()),
  ended_at: Type.Optional(Type.String()),
  user_id: owner,
  project_id: owner,
  metrics: Type.Optional(metrics),
};
const description = 'And what the type has besides.';
const NewResource = Type.Object({ id: Type.String(), ...changes }, { description });
const ResourceChange = Type.Object(changes, { description });
const FILTER = Type.Object({}, { description: 'A filter, such as {"=": {"project_id": "…"}}.' });
const MEASURES = Type.Array(
  Type.Object({
    timestamp: Type.Union([Type.String(), Type.Number()]),
    value: Type.Union([Type.Number(), Type.String()]),
  }),
);

/** Resources of a type, their history, metrics and measures (gnocchi/rest/api.py: ResourcesController). */
@Controller('metric/v1/resource')
export class ResourcesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get resources() {
    return this.services.gnocchi.resources;
  }

  private get lists(): ResourceLists {
    return new ResourceLists(this.services.gnocchi, this.config);
  }

  @Get(':type')
  @PolicyOfHandler('metric:list resource')
  @Described({ query: { ...PAGE, ...DETAILS } })
  @Answers(ResourcesAnswer)
  list(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @QueryOf() query: GivenQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.lists.answer(caller, 'list resource', {
      type,
      query,
      reply,
      path: `resource/${encodeURIComponent(type)}`,
    });
  }

  @Post(':type')
  @PolicyOfHandler('metric:create resource')
  @Described({ body: { schema: NewResource } })
  @Answers(ResourceAnswer)
  async create(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const made = await this.resources.create(caller, type, body);
    locate(reply, this.config, 'resource', type, made.id);
    sayRevision(reply, made);
    return this.view(made);
  }

  @Delete(':type')
  @PolicyOfHandler('metric:delete resources')
  @Described({
    body: { schema: FILTER, optional: true },
    query: { filter: { description: 'A filter in words, where there is no body.' } },
  })
  @Answers(Type.Object({ deleted: Type.Integer() }))
  async deleteAll(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Body() body: unknown,
    @QueryOf() query: GivenQuery,
  ) {
    const filter = readFilter(body, query.one('filter'), caller.creator);
    return { deleted: await this.resources.deleteAll(caller, type, filter) };
  }

  @Get(':type/:id')
  @PolicyOfHandler('metric:get resource')
  @Answers(ResourceAnswer)
  async get(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const row = await this.resources.get(caller, type, id);
    checkPreconditions(request, row);
    sayRevision(reply, row);
    return this.view(row, type);
  }

  @Patch(':type/:id')
  @PolicyOfHandler('metric:update resource')
  @Described({ body: { schema: ResourceChange } })
  @Answers(ResourceAnswer)
  async update(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const row = await this.resources.update(caller, type, id, body, (before) => checkPreconditions(request, before));
    sayRevision(reply, row);
    return this.view(row, type);
  }

  @Delete(':type/:id')
  @HttpCode(204)
  @PolicyOfHandler('metric:delete resource')
  delete(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Req() request: ApiRequest,
  ): Promise<void> {
    return this.resources.delete(caller, type, id, (row) => checkPreconditions(request, row));
  }

  @Get(':type/:id/history')
  @PolicyOfHandler('metric:get resource')
  @Described({ query: { ...PAGE, details: DETAILS['details']! } })
  @Answers(ResourcesAnswer)
  async history(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @QueryOf() query: GivenQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = query.page(this.config.gnocchi.max_limit, this.lists.usual);
    const rows = await this.resources.history(caller, type, id, page);
    const last = rows.at(-1);
    if (last !== undefined)
      linkNext(reply, this.config, `resource/${encodeURIComponent(type)}/${encodeURIComponent(id)}/history`, {
        query,
        page,
        length: rows.length,
        marker: `${last.id}@${last.revision}`,
      });
    return this.lists.views(rows, type, query.flag('details'));
  }

  @Get(':type/:id/metric')
  @PolicyOfHandler('metric:get resource')
  @Answers(MetricsAnswer)
  async metrics(@Asker() caller: Caller, @Param('type') type: string, @Param('id') id: string) {
    const { id: found } = await this.resources.get(caller, type, id);
    return (await this.services.gnocchi.metrics.ofResource(found)).map(metricView);
  }

  @Post(':type/:id/metric')
  @HttpCode(200)
  @PolicyOfHandler('metric:update resource')
  @Described({ body: { schema: metrics } })
  @Answers(MetricsAnswer)
  async addMetrics(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Body() body: unknown,
  ) {
    const { id: found } = await this.resources.addMetrics(caller, type, id, body);
    return (await this.services.gnocchi.metrics.ofResource(found)).map(metricView);
  }

  @Get(':type/:id/metric/:name')
  @PolicyOfHandler('metric:get metric')
  @Answers(MetricAnswer)
  async metric(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Param('name') name: string,
  ) {
    const metric = await this.named(caller, type, id, name, 'get metric');
    return metricDetails(metric, await this.services.gnocchi.metrics.resourceOf(metric));
  }

  @Delete(':type/:id/metric/:name')
  @HttpCode(204)
  @PolicyOfHandler('metric:delete metric')
  async deleteMetric(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Param('name') name: string,
  ): Promise<void> {
    const metric = await this.named(caller, type, id, name, 'delete metric');
    await this.services.gnocchi.metrics.delete(metric.id);
  }

  @Post(':type/:id/metric/:name/measures')
  @HttpCode(202)
  @PolicyOfHandler('metric:post measures')
  @Described({ body: { schema: MEASURES } })
  @AnswersNothing()
  async post(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Param('name') name: string,
    @Body() body: unknown,
  ): Promise<void> {
    await this.services.gnocchi.measures.post(await this.named(caller, type, id, name, 'post measures'), body);
  }

  @Get(':type/:id/metric/:name/measures')
  @PolicyOfHandler('metric:get measures')
  @Described({ query: READ })
  @Answers(MeasuresAnswer)
  async read(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('id') id: string,
    @Param('name') name: string,
    @QueryOf() query: GivenQuery,
  ) {
    const metric = await this.named(caller, type, id, name, 'get measures');
    return measuresView(await this.services.gnocchi.measures.read(metric, readOf(query)));
  }

  private async named(
    caller: Caller,
    type: string,
    id: string,
    name: string,
    rule: 'get metric' | 'delete metric' | 'post measures' | 'get measures',
  ) {
    await this.services.gnocchi.resourceTypes.get(type);
    const resource = { type, id: this.resources.idOf(caller, id) };
    return this.services.gnocchi.metrics.named(caller, resource, name, rule);
  }

  private async view(row: ResourceRow, as = row.type) {
    return resourceView(row, await this.services.gnocchi.resourceTypes.get(as));
  }
}
