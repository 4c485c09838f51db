import { Body, Controller, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Config } from '#config';
import { readFilter, readIds, readPredicate, type Caller } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { badRequest } from '#services/kernel/errors';
import { Answers, AnswersNothing, Described } from '../http/described.js';
import { PolicyOfHandler } from '../http/policy.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { MeasuresAnswer, ResourcesAnswer } from './answers.js';
import { Asker, DETAILS, PAGE, QueryOf, TIMES, type GivenQuery } from './request.js';
import { ResourceLists } from './resource-lists.js';
import { measuresView } from './view.js';

const many = (inner: string) => Type.Record(Type.String(), Type.Unknown(), { description: inner });

/** Measures of many metrics at once (gnocchi/rest/api.py: BatchController). */
@Controller('metric/v1/batch')
export class BatchController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post('metrics/measures')
  @HttpCode(202)
  @PolicyOfHandler('metric:post measures')
  @Described({ body: { schema: many('Lists of measures by the ids of their metrics.') } })
  @AnswersNothing()
  byMetric(@Asker() caller: Caller, @Body() body: unknown): Promise<void> {
    return this.services.gnocchi.measures.postByMetric(caller, body);
  }

  @Post('resources/metrics/measures')
  @HttpCode(202)
  @PolicyOfHandler('metric:post measures')
  @Described({
    body: { schema: many('Lists of measures by the ids of resources and the names of their metrics.') },
    query: { create_metrics: { description: 'Whether to make the metrics that are not there.' } },
  })
  @AnswersNothing()
  byResource(@Asker() caller: Caller, @Body() body: unknown, @QueryOf() query: GivenQuery): Promise<void> {
    return this.services.gnocchi.measures.postByResource(caller, body, query.flag('create_metrics'));
  }
}

/** Resources that are looked for (gnocchi/rest/api.py: SearchController). */
@Controller('metric/v1/search')
export class SearchController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Post('metric')
  @HttpCode(200)
  @PolicyOfHandler('metric:search metric')
  @Described({
    body: { schema: Type.Object({}, { description: 'Which values, such as {"≥": 50}.' }) },
    query: {
      ...TIMES,
      metric_id: { description: 'The ids of metrics.', many: true },
      aggregation: { description: 'The aggregation method; mean when left out.' },
    },
  })
  @Answers(Type.Record(Type.String(), MeasuresAnswer))
  async measures(@Asker() caller: Caller, @Body() body: unknown, @QueryOf() query: GivenQuery) {
    if (body === undefined) throw badRequest('No query specified in body');
    const found = await this.services.gnocchi.searchMetrics(caller, {
      ids: readIds(query.all('metric_id')),
      predicate: readPredicate(body),
      aggregation: query.one('aggregation') ?? 'mean',
      granularities: query.all('granularity'),
      start: query.one('start'),
      stop: query.one('stop'),
    });
    return Object.fromEntries([...found].map(([id, measures]) => [id, measuresView(measures)]));
  }

  @Post('resource/:type')
  @HttpCode(200)
  @PolicyOfHandler('metric:search resource')
  @Described({
    body: { schema: Type.Object({}, { description: 'A filter, such as {"=": {"host": "…"}}.' }), optional: true },
    query: { ...PAGE, ...DETAILS, filter: { description: 'A filter in words, where there is no body.' } },
  })
  @Answers(ResourcesAnswer)
  search(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Body() body: unknown,
    @QueryOf() query: GivenQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const filter = readFilter(body, query.one('filter'), caller.creator);
    const path = `search/resource/${encodeURIComponent(type)}`;
    return new ResourceLists(this.services.gnocchi, this.config).answer(caller, 'search resource', {
      type,
      query,
      filter,
      reply,
      path,
    });
  }
}
