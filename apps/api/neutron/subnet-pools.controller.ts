import { Controller, Inject, Param, Put, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import { subnetPool } from '#services/neutron/index';
import { Answers as AnswersWith, Described, ValidBody } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';
import { revisionOf } from '../kit/requests.js';
import { neutronDialect } from './dialect.js';

const strict = { additionalProperties: false };
/** Without the resource's name around it, as the plugin reads it and clients send it. */
const Prefixes = Type.Object({ prefixes: Type.Array(Type.String({ maxLength: 64 })) }, strict);
type Prefixes = Static<typeof Prefixes>;
const PoolPrefixes = Type.Object({ prefixes: Type.Array(Type.String()) }, { ...strict, title: 'SubnetPoolPrefixes' });
const OfNetwork = Type.Object({ network_id: Type.String({ format: 'uuid' }) }, strict);
type OfNetwork = Static<typeof OfNetwork>;
const Onboarded = Type.Array(
  Type.Object({ id: Type.String(), cidr: Type.String() }, { ...strict, title: 'OnboardedSubnet' }),
);
const check = { check: validateNeutron };

/** What is done with a subnet pool (neutron_lib/api/definitions/subnetpool_prefix_ops.py and subnet_onboard.py: ACTION_MAP). */
@Controller('network/v2.0/subnetpools/:id')
export class SubnetPoolsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get actions() {
    return this.services.neutron.poolActions;
  }

  @Put('add_prefixes')
  @KitPolicy(subnetPool, 'update', 'add_prefixes')
  @Described({ summary: 'Add prefixes to subnet pool' })
  @AnswersWith(PoolPrefixes)
  add(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(Prefixes, check) { prefixes }: Prefixes) {
    return this.actions.addPrefixes(request.context!, id, prefixes, revisionOf(neutronDialect, request));
  }

  @Put('remove_prefixes')
  @KitPolicy(subnetPool, 'update', 'remove_prefixes')
  @Described({ summary: 'Remove prefixes from subnet pool' })
  @AnswersWith(PoolPrefixes)
  remove(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(Prefixes, check) { prefixes }: Prefixes) {
    return this.actions.removePrefixes(request.context!, id, prefixes, revisionOf(neutronDialect, request));
  }

  @Put('onboard_network_subnets')
  @KitPolicy(subnetPool, 'update', 'onboard_network_subnets')
  @Described({ summary: 'Onboard network subnets into subnet pool' })
  @AnswersWith(Onboarded)
  onboard(@Req() request: ApiRequest, @Param('id') id: string, @ValidBody(OfNetwork, check) body: OfNetwork) {
    return this.actions.onboard(request.context!, id, body.network_id, revisionOf(neutronDialect, request));
  }
}
