import { Controller, Get, Inject } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { ownTarget, policies } from '#services/kernel/policy/index';
import { permitsAtAll } from '#services/kernel/resource/access';
import type { RuleName } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { Described } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { DOCUMENTS, SERVICES } from '../http/tokens.js';
import type { Resource } from '../kit/resource.js';
import type { Documents } from '../openapi/documents.js';
import { ActionsSchema, actionsView } from './action-view.js';
import { ALL_RESOURCES } from './all-resources.js';
import { References } from './field-view.js';
import { RecordActions } from './record-actions.js';
import { ResourceSchema, resourceView } from './resource-view.js';

const Resources = Type.Object({ resources: Type.Array(ResourceSchema) }, { additionalProperties: false });

/** What the pages of the dashboard are made of: the descriptions by which the API itself works. */
@Controller('dashboard')
export class DescriptionsController {
  private readonly references = new References(ALL_RESOURCES);

  private readonly actionsOf: RecordActions;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(DOCUMENTS) { routes }: Documents,
  ) {
    this.actionsOf = new RecordActions(ALL_RESOURCES, routes, this.references);
  }

  @Get('resources')
  @Policy('identity:get_auth_projects')
  @Described({ summary: 'List what there are pages of', answer: Resources })
  resources(@Ctx() ctx: RequestContext): Static<typeof Resources> {
    return {
      resources: ALL_RESOURCES.map((resource) =>
        resourceView(
          resource,
          this.references,
          (action) => this.may(ctx, resource, action),
          this.actionsOf.of(resource, (rule) => this.may(ctx, resource, 'update', rule)),
        ),
      ),
    };
  }

  @Get('actions')
  @Policy('identity:get_auth_projects')
  @Described({ summary: 'List what may be done in which state', answer: ActionsSchema })
  actions(@Ctx() ctx: RequestContext): Static<typeof ActionsSchema> {
    const scoped = ctx.projectId !== '';
    const may = (rule: string): boolean =>
      scoped && policies.allows('nova', rule as RuleName<'nova'>, ctx.credentials, ownTarget(ctx.credentials));
    return actionsView(may, this.references);
  }

  /** As the guard asks it, before it is known what it is about. */
  private may(
    ctx: RequestContext,
    { spec }: Resource,
    action: 'list' | 'get' | 'create' | 'update' | 'delete',
    rule = spec.rules?.[action] ?? spec.words.ruleOf(action, spec.names),
  ): boolean {
    if (ctx.projectId === '' && !spec.words.unscoped) return false;
    return permitsAtAll(spec, this.services.policies, ctx, rule, action);
  }
}
