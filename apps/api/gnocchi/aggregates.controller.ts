import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { readFilter, readIds, type AcrossQuery, type Caller } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { Described } from '../http/described.js';
import { PolicyOfHandler } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';
import { MeasuresAnswer } from './answers.js';
import { aggregatedView, sendNumbers } from './numbers.js';
import { readOf } from './reads.js';
import { Asker, QueryOf, TIMES, type GivenQuery } from './request.js';
import { measuresView } from './view.js';

const HOW = {
  ...TIMES,
  needed_overlap: { description: 'How many percent of the times have to have all values.' },
  fill: {
    description:
      'What stands where a series has no value: a number, null, dropna, ffill, bfill, full_ffill or full_bfill.',
  },
  groupby: { description: 'Make one result for all resources that are alike in these attributes.', many: true },
} as const;
const ACROSS = {
  ...HOW,
  aggregation: { description: 'The aggregation method of each metric; mean when left out.' },
  reaggregation: { description: 'The method across them; the same when left out.' },
  resample: { description: 'Aggregate each again over this time.' },
  refresh: { description: 'Measures are always up to date here.' },
};
const Operations = Type.Object({
  operations: Type.Union([Type.String(), Type.Array(Type.Unknown())]),
  resource_type: Type.Optional(Type.String()),
  search: Type.Optional(Type.Union([Type.String(), Type.Object({})])),
});
const Measures = Type.Object({}, { description: 'By resources, metrics and aggregation methods, or aggregated.' });
const Result = Type.Object({ measures: Measures, references: Type.Optional(Type.Array(Type.Object({}))) });
const AggregatesAnswer = Type.Union([Result, Type.Array(Type.Object({ group: Type.Object({}), measures: Result }))]);
const Groups = Type.Array(Type.Object({ group: Type.Object({}), measures: MeasuresAnswer }));

/** What a query says of how series are aggregated. */
const acrossOf = (query: GivenQuery): AcrossQuery => ({
  ...readOf(query),
  reaggregation: query.one('reaggregation'),
  needed_overlap: query.one('needed_overlap'),
  fill: query.one('fill'),
});
const groupsOf = (query: GivenQuery): string[] => [...new Set(query.all('groupby'))].toSorted();

/** Series computed of others (gnocchi/rest/aggregates/api.py). */
@Controller('metric/v1/aggregates')
export class AggregatesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post()
  @HttpCode(200)
  @PolicyOfHandler('metric:get metric')
  @Described({
    body: { schema: Operations },
    query: {
      ...HOW,
      details: { description: 'Whether to show the metrics or resources that it was made of.' },
      use_history: {
        description: 'Whether groups are of what resources were, each value weighed by how long they were so.',
      },
    },
    answer: AggregatesAnswer,
  })
  async compute(
    @Asker() caller: Caller,
    @Body() body: unknown,
    @QueryOf() query: GivenQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const details = query.flag('details');
    const across = { ...acrossOf(query), use_history: query.flag('use_history') };
    const computed = await this.services.gnocchi.aggregates.compute(caller, body, across, groupsOf(query));
    const types = await this.services.gnocchi.resourceTypes.list();
    const view = Array.isArray(computed)
      ? computed.map(({ group, measures }) => ({ group, measures: aggregatedView(measures, details, types) }))
      : aggregatedView(computed, details, types);
    return sendNumbers(reply, view);
  }
}

/** Gnocchi's older way to aggregate across metrics, which its clients still have (AggregationController). */
@Controller('metric/v1/aggregation')
export class AggregationController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get('metric')
  @PolicyOfHandler('metric:get metric')
  @Described({
    query: { ...ACROSS, metric: { description: 'The ids of metrics.', many: true } },
    answer: MeasuresAnswer,
  })
  async get(@Asker() caller: Caller, @QueryOf() query: GivenQuery, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.across(caller, [...query.all('metric')], query, reply);
  }

  @Post('metric')
  @HttpCode(200)
  @PolicyOfHandler('metric:get metric')
  @Described({ body: { schema: Type.Array(Type.String()) }, query: ACROSS, answer: MeasuresAnswer })
  async post(
    @Asker() caller: Caller,
    @Body() body: unknown,
    @QueryOf() query: GivenQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.across(caller, body, query, reply);
  }

  @Post('resource/:type/metric/:name')
  @HttpCode(200)
  @PolicyOfHandler('metric:search resource')
  @Described({
    body: { schema: Type.Object({}, { description: 'A filter.' }), optional: true },
    query: { ...ACROSS, filter: { description: 'A filter in words, where there is no body.' } },
    answer: Type.Union([MeasuresAnswer, Groups]),
  })
  async ofResources(
    @Asker() caller: Caller,
    @Param('type') type: string,
    @Param('name') metric: string,
    @Body() body: unknown,
    @QueryOf() query: GivenQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const filter = readFilter(body, query.one('filter'), caller.creator);
    const of = { type, metric, filter };
    const found = await this.services.gnocchi.aggregates.acrossResources(caller, of, acrossOf(query), groupsOf(query));
    const view = found.map((one) =>
      'group' in one ? { group: one.group, measures: measuresView(one.measures) } : measuresView([one])[0]!,
    );
    return sendNumbers(reply, view);
  }

  private async across(caller: Caller, ids: unknown, query: GivenQuery, reply: FastifyReply) {
    const found = await this.services.gnocchi.aggregates.across(caller, readIds(ids), acrossOf(query));
    return sendNumbers(reply, measuresView(found));
  }
}
