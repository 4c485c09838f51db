import { Controller, Delete, Get, Head, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import { inferenceRules } from '#services/keystone/index';
import { Answers, AnswersNothing } from '../http/described.js';
import { KitPolicy, Policy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';

interface Named {
  readonly id: string;
  readonly name: string;
}

const closed = { additionalProperties: false };
const Links = Type.Object({ self: Type.String() }, closed);
const RoleRef = Type.Object({ id: Type.String(), name: Type.String(), links: Links }, { ...closed, title: 'RoleRef' });
const Several = Type.Object({ prior_role: RoleRef, implies: Type.Array(RoleRef) }, closed);
const OneSchema = Type.Object(
  { role_inference: Type.Object({ prior_role: RoleRef, implies: RoleRef }, closed), links: Links },
  closed,
);
const ListSchema = Type.Object({ role_inference: Several, links: Links }, closed);
const AllSchema = Type.Object({ role_inferences: Type.Array(Several) }, closed);

/** Which roles imply which (keystone/api/_shared/implied_roles.py). */
@Controller('identity/v3')
export class ImpliedRolesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get implied() {
    return this.services.keystone.impliedRoles;
  }

  @Get('role_inferences')
  @Policy('identity:list_role_inference_rules')
  @Answers(AllSchema)
  async all() {
    const rules = await this.implied.all();
    return {
      role_inferences: rules.map(({ prior, implies }) => ({
        prior_role: this.role(prior),
        implies: implies.map((one) => this.role(one)),
      })),
    };
  }

  @Get('roles/:id/implies')
  @KitPolicy(inferenceRules, 'list')
  @Answers(ListSchema)
  async list(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    const { prior, implies } = await this.implied.of(ctx, id);
    return {
      role_inference: { prior_role: this.role(prior), implies: implies.map((one) => this.role(one)) },
      links: this.links(`roles/${id}/implies`),
    };
  }

  @Get('roles/:id/implies/:implied')
  @KitPolicy(inferenceRules, 'get')
  @Answers(OneSchema)
  async show(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('implied') implied: string) {
    return this.view(await this.implied.get(ctx, id, implied));
  }

  /** Keystone answers it without a content, and not as its GET. */
  @Head('roles/:id/implies/:implied')
  @HttpCode(204)
  @KitPolicy(inferenceRules, 'get', 'identity:check_implied_role')
  @AnswersNothing()
  async check(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('implied') implied: string): Promise<void> {
    await this.implied.check(ctx, id, implied);
  }

  @Put('roles/:id/implies/:implied')
  @HttpCode(201)
  @KitPolicy(inferenceRules, 'create')
  @Answers(OneSchema)
  async create(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('implied') implied: string) {
    return this.view(await this.implied.create(ctx, id, implied));
  }

  @Delete('roles/:id/implies/:implied')
  @HttpCode(204)
  @KitPolicy(inferenceRules, 'delete')
  async remove(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('implied') implied: string): Promise<void> {
    await this.implied.delete(ctx, id, implied);
  }

  private view({ prior, implied }: { prior: Named; implied: Named }) {
    return {
      role_inference: { prior_role: this.role(prior), implies: this.role(implied) },
      links: this.links(`roles/${prior.id}/implies/${implied.id}`),
    };
  }

  private role({ id, name }: Named) {
    return { id, name, links: this.links(`roles/${id}`) };
  }

  private links(path: string): { self: string } {
    return { self: `${this.config.publicUrl}/identity/v3/${path}` };
  }
}
