import { Controller, Get, Inject, Param, Put, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { ShownSubPort, SubPortSchema, trunk } from '#services/neutron/index';
import { Answers as AnswersWith, Described, ValidBody } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';
import type { Row } from '../kit/dialect.js';
import { revisionOf } from '../kit/requests.js';
import { Views } from '../kit/view.js';
import { neutronDialect } from './dialect.js';

const SubPorts = Type.Object({ sub_ports: Type.Array(SubPortSchema) }, { additionalProperties: false });
type SubPorts = Static<typeof SubPorts>;
const Shown = Type.Record(Type.String(), Type.Unknown());
const check = { check: validateNeutron };

/** What is done with the ports of a trunk (neutron_lib/api/definitions/trunk.py: ACTION_MAP). The trunk is answered as it is, without its name around it. */
@Controller('network/v2.0/trunks/:id')
export class TrunksController {
  private readonly views: Views;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.views = new Views(neutronDialect, trunk, services.policies);
  }

  @Put('add_subports')
  @KitPolicy(trunk, 'update', 'add_subports')
  @Described({ summary: 'Add subports to trunk' })
  @AnswersWith(Shown)
  async add(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(SubPorts, check) body: SubPorts) {
    const { trunkActions } = this.services.neutron;
    return this.shown(
      request,
      await trunkActions.add(request.context!, id, body.sub_ports, revisionOf(neutronDialect, request)),
    );
  }

  @Put('remove_subports')
  @KitPolicy(trunk, 'update', 'remove_subports')
  @Described({ summary: 'Delete subports from trunk' })
  @AnswersWith(Shown)
  async remove(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(SubPorts, check) body: SubPorts) {
    const { trunkActions } = this.services.neutron;
    return this.shown(
      request,
      await trunkActions.remove(request.context!, id, body.sub_ports, revisionOf(neutronDialect, request)),
    );
  }

  @Get('get_subports')
  @KitPolicy(trunk, 'get', 'get_subports')
  @Described({ summary: 'List subports for trunk' })
  @AnswersWith(Type.Object({ sub_ports: Type.Array(ShownSubPort) }))
  async list(@Req() request: ApiRequest, @Param('id') id: string) {
    return { sub_ports: await this.services.neutron.trunkActions.list(request.context!, id) };
  }

  private shown({ context, microversion: minor }: ApiRequest, row: Row): Readonly<Record<string, unknown>> {
    return this.views.of(row, { ctx: context!, minor, base: this.config.publicUrl, action: 'update' });
  }
}
