import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Caller } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { Answers, Described } from '../http/described.js';
import { Policy, PolicyOfHandler } from '../http/policy.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { PoliciesAnswer, PolicyAnswer, RuleAnswer, RulesAnswer } from './answers.js';
import { Asker } from './request.js';
import { locate } from './location.js';
import { policyView } from './view.js';

const span = Type.Union([Type.Number(), Type.String()], { description: 'Seconds, or in words.' });
const definition = Type.Array(
  Type.Object({
    granularity: Type.Optional(span),
    points: Type.Optional(Type.Integer()),
    timespan: Type.Optional(span),
  }),
  { minItems: 1 },
);
const NewPolicy = Type.Object({
  name: Type.String({ maxLength: 255 }),
  back_window: Type.Optional(Type.Integer({ minimum: 0 })),
  aggregation_methods: Type.Optional(Type.Array(Type.String())),
  definition,
});
const PolicyChange = Type.Object({ definition, back_window: Type.Optional(Type.Integer({ minimum: 0 })) });

/** Archive policies (gnocchi/rest/api.py: ArchivePoliciesController). */
@Controller('metric/v1/archive_policy')
export class ArchivePoliciesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get policies() {
    return this.services.gnocchi.archivePolicies;
  }

  @Get()
  @Policy('metric:list archive policy')
  @Answers(PoliciesAnswer)
  async list() {
    return (await this.policies.list()).map(policyView);
  }

  @Get(':name')
  @Policy('metric:get archive policy')
  @Answers(PolicyAnswer)
  async get(@Param('name') name: string) {
    return policyView(await this.policies.get(name));
  }

  @Post()
  @Policy('metric:create archive policy')
  @Described({ body: { schema: NewPolicy } })
  @Answers(PolicyAnswer)
  async create(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const made = await this.policies.create(this.policies.read(body));
    locate(reply, this.config, 'archive_policy', made.name);
    return policyView(made);
  }

  @Patch(':name')
  @PolicyOfHandler('metric:update archive policy')
  @Described({ body: { schema: PolicyChange } })
  @Answers(PolicyAnswer)
  async update(@Asker() caller: Caller, @Param('name') name: string, @Body() body: unknown) {
    await this.policies.get(name);
    this.services.gnocchi.access.enforce(caller, 'update archive policy', {});
    return policyView(await this.policies.update(name, body));
  }

  @Delete(':name')
  @HttpCode(204)
  @Policy('metric:delete archive policy')
  delete(@Param('name') name: string): Promise<void> {
    return this.policies.delete(name);
  }
}

const NewRule = Type.Object({
  name: Type.String({ maxLength: 255 }),
  metric_pattern: Type.String({ maxLength: 255 }),
  archive_policy_name: Type.String(),
});
const RuleChange = Type.Object({ name: Type.String({ maxLength: 255 }) });

/** Archive policy rules (gnocchi/rest/api.py: ArchivePolicyRulesController). */
@Controller('metric/v1/archive_policy_rule')
export class ArchivePolicyRulesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get rules() {
    return this.services.gnocchi.archivePolicyRules;
  }

  @Get()
  @Policy('metric:list archive policy rule')
  @Answers(RulesAnswer)
  list() {
    return this.rules.list();
  }

  @Get(':name')
  @Policy('metric:get archive policy rule')
  @Answers(RuleAnswer)
  get(@Param('name') name: string) {
    return this.rules.get(name);
  }

  @Post()
  @Policy('metric:create archive policy rule')
  @Described({ body: { schema: NewRule } })
  @Answers(RuleAnswer)
  async create(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const made = await this.rules.create(body);
    locate(reply, this.config, 'archive_policy_rule', made.name);
    return made;
  }

  @Patch(':name')
  @Policy('metric:update archive policy rule')
  @Described({ body: { schema: RuleChange } })
  @Answers(RuleAnswer)
  async rename(@Param('name') name: string, @Body() body: unknown) {
    await this.rules.get(name);
    return this.rules.rename(name, body);
  }

  @Delete(':name')
  @HttpCode(204)
  @Policy('metric:delete archive policy rule')
  delete(@Param('name') name: string): Promise<void> {
    return this.rules.delete(name);
  }
}
