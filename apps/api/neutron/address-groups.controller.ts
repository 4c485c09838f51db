import { Controller, Inject, Param, Put, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { addressGroup } from '#services/neutron/index';
import { Described, ValidBody } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';
import { Answers } from '../kit/answers.js';
import type { Row } from '../kit/dialect.js';
import { Views } from '../kit/view.js';
import { neutronDialect } from './dialect.js';

/** Without the resource's name around it, as the plugin reads it (neutron/db/address_group_db.py) and clients send it. */
const Addresses = Type.Object(
  { addresses: Type.Array(Type.String({ maxLength: 64 })) },
  { additionalProperties: false },
);
type Addresses = Static<typeof Addresses>;
const answer = new Answers(neutronDialect, addressGroup).one('update');

/** What is done with the addresses of an address group (neutron_lib/api/definitions/address_group.py: ACTION_MAP). */
@Controller('network/v2.0/address-groups/:id')
export class AddressGroupsController {
  private readonly views: Views;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.views = new Views(neutronDialect, addressGroup, services.policies);
  }

  @Put('add_addresses')
  @KitPolicy(addressGroup, 'update', 'add_addresses')
  @Described({ summary: 'Add IP addresses to address group', answer })
  async add(
    @Req() request: ApiRequest,
    @Param('id') id: string,
    @ValidBody(Addresses, { check: validateNeutron }) body: Addresses,
  ) {
    const { neutron } = this.services;
    return this.shown(request, await neutron.addAddresses(request.context!, id, body.addresses, revisionOf(request)));
  }

  @Put('remove_addresses')
  @KitPolicy(addressGroup, 'update', 'remove_addresses')
  @Described({ summary: 'Remove IP addresses from address group', answer })
  async remove(
    @Req() request: ApiRequest,
    @Param('id') id: string,
    @ValidBody(Addresses, { check: validateNeutron }) body: Addresses,
  ) {
    const { neutron } = this.services;
    return this.shown(
      request,
      await neutron.removeAddresses(request.context!, id, body.addresses, revisionOf(request)),
    );
  }

  private shown({ context, microversion: minor }: ApiRequest, row: Row): object {
    const reader = { ctx: context!, minor, base: this.config.publicUrl, action: 'update' } as const;
    return neutronDialect.one(addressGroup, this.views.of(row, reader));
  }
}

const revisionOf = ({ headers }: ApiRequest): number | undefined => neutronDialect.revisionOf?.(headers['if-match']);
