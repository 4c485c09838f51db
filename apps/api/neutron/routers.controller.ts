import { Controller, Inject, Param, Put, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { router } from '#services/neutron/index';
import { Answers as AnswersWith, Described, ValidBody } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';
import { Answers } from '../kit/answers.js';
import type { Row } from '../kit/dialect.js';
import { revisionOf } from '../kit/requests.js';
import { Views } from '../kit/view.js';
import { neutronDialect } from './dialect.js';

const strict = { additionalProperties: false };
const text = Type.String();
/** Without the resource's name around it, as the plugin reads it. */
const Interface = Type.Object({ subnet_id: Type.Optional(text), port_id: Type.Optional(text) }, strict);
type Interface = Static<typeof Interface>;
const InterfaceInfo = Type.Object(
  {
    id: text,
    project_id: text,
    port_id: text,
    network_id: text,
    subnet_id: text,
    subnet_ids: Type.Array(text),
  },
  { ...strict, title: 'RouterInterface' },
);
const Routes = Type.Object(
  {
    router: Type.Object({ routes: Type.Array(Type.Object({ destination: text, nexthop: text }, strict)) }, strict),
  },
  strict,
);
type Routes = Static<typeof Routes>;
const check = { check: validateNeutron };
const answer = new Answers(neutronDialect, router).one('update');

/** What is done with a router (neutron_lib/api/definitions/l3.py and extraroute_atomic.py: ACTION_MAP). */
@Controller('network/v2.0/routers/:id')
export class RoutersController {
  private readonly views: Views;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.views = new Views(neutronDialect, router, services.policies);
  }

  private get actions() {
    return this.services.neutron.routerActions;
  }

  @Put('add_router_interface')
  @KitPolicy(router, 'update', 'add_router_interface')
  @Described({ summary: 'Add interface to router' })
  @AnswersWith(InterfaceInfo)
  addInterface(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(Interface, check) body: Interface) {
    return this.actions.addInterface(request.context!, id, body, revisionOf(neutronDialect, request));
  }

  @Put('remove_router_interface')
  @KitPolicy(router, 'update', 'remove_router_interface')
  @Described({ summary: 'Remove interface from router' })
  @AnswersWith(InterfaceInfo)
  removeInterface(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(Interface, check) body: Interface) {
    return this.actions.removeInterface(request.context!, id, body, revisionOf(neutronDialect, request));
  }

  @Put('add_extraroutes')
  @KitPolicy(router, 'update', 'add_extraroutes')
  @Described({ summary: 'Add extra routes to router', answer })
  async addRoutes(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(Routes, check) body: Routes) {
    const revision = revisionOf(neutronDialect, request);
    return this.shown(request, await this.actions.addRoutes(request.context!, id, body.router.routes, revision));
  }

  @Put('remove_extraroutes')
  @KitPolicy(router, 'update', 'remove_extraroutes')
  @Described({ summary: 'Remove extra routes from router', answer })
  async removeRoutes(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(Routes, check) body: Routes) {
    const revision = revisionOf(neutronDialect, request);
    return this.shown(request, await this.actions.removeRoutes(request.context!, id, body.router.routes, revision));
  }

  private shown({ context, microversion: minor }: ApiRequest, row: Row): object {
    const reader = { ctx: context!, minor, base: this.config.publicUrl, action: 'update' } as const;
    return neutronDialect.one(router, this.views.of(row, reader));
  }
}
