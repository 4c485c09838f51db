import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { alarm, alarmChange, convert } from '#services/aodh/index';
import { Answers, AnswersNothing, Described, Query, ValidBody } from '../http/described.js';
import { INT4_MAX } from '../http/numbers.js';
import { Policy, PolicyOfHandler, Public } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateAodh } from '../http/validation.js';
import { Answers as KitAnswers } from '../kit/answers.js';
import { aodhDialect } from './dialect.js';
import { readTime } from './query.js';
import { AlarmViews } from './views.js';

const strict = { additionalProperties: false };
const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
/** A filter is JSON in a text; the longest that names all of its conditions is far below this. */
const expression = nullable(Type.String({ maxLength: 65_536 }));
const ComplexQuery = Type.Object(
  { filter: expression, orderby: expression, limit: nullable(Type.Integer({ minimum: 1, maximum: INT4_MAX - 10 })) },
  strict,
);
type ComplexQuery = Static<typeof ComplexQuery>;

const Quota = Type.Object(
  { resource: Type.Literal('alarms'), limit: Type.Integer({ minimum: -1, maximum: INT4_MAX }) },
  strict,
);
const Quotas = Type.Object({ project_id: Type.String({ maxLength: 255 }), quotas: Type.Array(Quota) }, strict);
const SetQuotas = Type.Object(
  {
    project_id: Type.String({ minLength: 1, maxLength: 255 }),
    quotas: Type.Optional(Type.Array(Quota, { maxItems: 8 })),
  },
  strict,
);
type SetQuotas = Static<typeof SetQuotas>;

const Flags = Type.Record(Type.String(), Type.Boolean());
const Capabilities = Type.Object({ api: Flags, alarm_storage: Flags }, strict);
const Counters = Type.Object({
  evaluation_results: Type.Array(
    Type.Object(
      {
        alarm_id: Type.String(),
        project_id: Type.String(),
        state_counters: Type.Object(
          { ok: Type.Integer(), alarm: Type.Integer(), 'insufficient data': Type.Integer() },
          strict,
        ),
      },
      strict,
    ),
  ),
});
const Link = Type.Object({ href: Type.String(), rel: Type.String(), type: Type.Optional(Type.String()) });
const Version = Type.Object({
  id: Type.String(),
  status: Type.String(),
  updated: Type.String(),
  links: Type.Array(Link),
  'media-types': Type.Array(Type.Object({ base: Type.String(), type: Type.String() })),
});
const Versions = Type.Object({ versions: Type.Object({ values: Type.Array(Version) }) });

/** What there is of Aodh beside its alarms: complex queries, quotas, what it can do. */
@Controller('alarming')
export class AodhController {
  private readonly views: AlarmViews;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.views = new AlarmViews(services);
  }

  /** The versions document (aodh/api/controllers/root.py), by which clients find their way. */
  @Get()
  @Public()
  @Answers(Versions)
  versions() {
    return {
      versions: {
        values: [
          {
            id: 'v2',
            status: 'stable',
            updated: '2013-02-13T00:00:00Z',
            links: [
              { href: `${this.config.publicUrl}/alarming/v2`, rel: 'self' },
              { href: 'https://docs.openstack.org/', rel: 'describedby', type: 'text/html' },
            ],
            'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.telemetry-v2+json' }],
          },
        ],
      },
    };
  }

  @Get('v2/capabilities')
  @Policy('telemetry:get_alarms')
  @Answers(Capabilities)
  capabilities() {
    return {
      api: {
        'alarms:query:simple': true,
        'alarms:query:complex': true,
        'alarms:history:query:simple': true,
        'alarms:history:query:complex': true,
      },
      alarm_storage: { 'storage:production_ready': true },
    };
  }

  /** How often each alarm was found in each state (aodh/api/controllers/v2/metrics.py). */
  @Get('v2/metrics')
  @Policy('telemetry:get_metrics')
  @Answers(Counters)
  async metrics(
    @Req() { context }: ApiRequest,
    @Query({ all_projects: { schema: Type.Boolean(), description: 'Of all projects. For administrators.' } })
    query: { all_projects?: string },
  ) {
    const { aodh, policies } = this.services;
    const all = query.all_projects !== undefined && convert(query.all_projects, 'boolean') === true;
    const project_id = context!.projectId;
    if (all) policies.enforce('aodh', 'telemetry:get_metrics:all_projects', context!.credentials, { project_id });
    return { evaluation_results: await aodh.counters(all ? undefined : project_id) };
  }

  @Post('v2/query/alarms')
  @HttpCode(200)
  @Policy('telemetry:query_alarm')
  @Described({ summary: 'Find alarms by a filter', answer: new KitAnswers(aodhDialect, alarm).many(false) })
  async queryAlarms(@Req() request: ApiRequest, @ValidBody(ComplexQuery, { check: validateAodh }) query: ComplexQuery) {
    return this.views.alarms(request, await this.services.aodh.queryAlarms(request.context!, query, readTime));
  }

  @Post('v2/query/alarms/history')
  @HttpCode(200)
  @Policy('telemetry:query_alarm_history')
  @Described({
    summary: 'Find what happened to alarms by a filter',
    answer: new KitAnswers(aodhDialect, alarmChange).many(false),
  })
  async queryHistory(
    @Req() request: ApiRequest,
    @ValidBody(ComplexQuery, { check: validateAodh }) query: ComplexQuery,
  ) {
    return this.views.changes(request, await this.services.aodh.queryHistory(request.context!, query, readTime));
  }

  @Get('v2/quotas')
  @PolicyOfHandler('telemetry:get_quotas')
  @Answers(Quotas)
  quotas(
    @Req() request: ApiRequest,
    @Query({ project_id: 'The project; the asker’s own when left out.' }) query: { project_id?: string },
  ) {
    return this.quotasOf(request, query.project_id);
  }

  @Get('v2/quotas/:project_id')
  @PolicyOfHandler('telemetry:get_quotas')
  @Answers(Quotas)
  projectQuotas(@Req() request: ApiRequest, @Param('project_id') projectId: string) {
    return this.quotasOf(request, projectId);
  }

  @Post('v2/quotas')
  @Policy('telemetry:update_quotas')
  @Answers(Quotas)
  async setQuotas(@ValidBody(SetQuotas, { check: validateAodh }) body: SetQuotas) {
    const { project_id, quotas = [] } = body;
    for (const { limit } of quotas) await this.services.aodh.quotas.set(project_id, limit);
    return this.answer(project_id);
  }

  @Delete('v2/quotas/:project_id')
  @HttpCode(204)
  @Policy('telemetry:delete_quotas')
  @AnswersNothing()
  async resetQuotas(@Param('project_id') projectId: string): Promise<void> {
    await this.services.aodh.quotas.reset(projectId);
  }

  private async quotasOf({ context }: ApiRequest, given?: string) {
    const project = given || context!.projectId;
    this.services.policies.enforce('aodh', 'telemetry:get_quotas', context!.credentials, { project_id: project });
    return this.answer(project);
  }

  private async answer(project_id: string) {
    const limit = await this.services.aodh.quotas.of(project_id);
    return { project_id, quotas: [{ resource: 'alarms' as const, limit }] };
  }
}
