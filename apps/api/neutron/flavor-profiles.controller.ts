import { Controller, Delete, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import { flavor } from '#services/neutron/index';
import { Answers, AnswersNothing, Described, ValidBody } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';

const strict = { additionalProperties: false };
const Named = Type.Object({ service_profile: Type.Object({ id: Type.String({ format: 'uuid' }) }, strict) }, strict);
type Named = Static<typeof Named>;
const Made = Type.Object(
  { service_profile: Type.Object({ id: Type.String() }, strict) },
  { ...strict, title: 'FlavorProfile' },
);

/** Which profiles a flavor has (neutron_lib/api/definitions/flavors.py: SUB_RESOURCE_ATTRIBUTE_MAP). */
@Controller('network/v2.0/flavors/:id/service_profiles')
export class FlavorProfilesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** Neutron answers with the flavor's id, of all that a flavor is. */
  @Post()
  @HttpCode(201)
  @KitPolicy(flavor, 'update', 'create_flavor_service_profile')
  @Described({ summary: 'Associate flavor with a service profile' })
  @Answers(Made)
  async add(
    @Req() { context }: ApiRequest,
    @Param('id') id: string,
    @ValidBody(Named, { check: validateNeutron }) { service_profile }: Named,
  ) {
    await this.services.neutron.flavorProfiles.add(context!, id, service_profile.id);
    return { service_profile: { id } };
  }

  @Delete(':profile_id')
  @HttpCode(204)
  @KitPolicy(flavor, 'update', 'delete_flavor_service_profile')
  @Described({ summary: 'Disassociate a flavor.' })
  @AnswersNothing()
  remove(@Req() { context }: ApiRequest, @Param('id') id: string, @Param('profile_id') profile: string): Promise<void> {
    return this.services.neutron.flavorProfiles.remove(context!, id, profile);
  }
}
