import { Controller, Delete, Get, HttpCode, Inject, Param, Put, Req, type Type as Class } from '@nestjs/common';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { endpoint, policy, type PolicyPlace } from '#services/keystone/index';
import { Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Lists, listOf, oneOf } from './lists.js';

/** Which policy is an endpoint's, and whose endpoints' one is (OS-ENDPOINT-POLICY; keystone/api/policy.py). */
@Controller('identity/v3')
export class EndpointPolicyController {
  private readonly endpoints: Lists;
  private readonly policies: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) config: Config,
  ) {
    this.endpoints = new Lists(endpoint, services, config);
    this.policies = new Lists(policy, services, config);
  }

  @Get('endpoints/:endpointId/OS-ENDPOINT-POLICY/policy')
  @Policy('identity:get_policy_for_endpoint')
  @oneOf(policy)
  async policyOf(@Req() request: ApiRequest, @Param('endpointId') id: string) {
    return this.policies.one(request, await this.services.keystone.endpointPolicy.policyOf(id));
  }

  @Get('policies/:policyId/OS-ENDPOINT-POLICY/endpoints')
  @Policy('identity:list_endpoints_for_policy')
  @listOf(endpoint)
  async endpointsOf(@Req() request: ApiRequest, @Param('policyId') id: string) {
    return this.endpoints.of(request, await this.services.keystone.endpointPolicy.endpointsOf(id));
  }
}

type PlaceParams = Readonly<
  Record<'policyId', string> & Partial<Record<'endpointId' | 'serviceId' | 'regionId', string>>
>;

const placeOf = ({ endpointId, serviceId, regionId }: PlaceParams): PolicyPlace => ({
  ...(endpointId === undefined ? {} : { endpoint_id: endpointId }),
  ...(serviceId === undefined ? {} : { service_id: serviceId }),
  ...(regionId === undefined ? {} : { region_id: regionId }),
});

/** Makes the routes by which a policy is given to one kind of place. */
function placesControllerOf(kind: 'endpoint' | 'service' | 'region_and_service', path: string): Class {
  @Controller(`identity/v3/policies/:policyId/OS-ENDPOINT-POLICY/${path}`)
  class PolicyPlacesController {
    constructor(@Inject(SERVICES) private readonly services: Services) {}

    private get associations() {
      return this.services.keystone.endpointPolicy;
    }

    @Get()
    @HttpCode(204)
    @Policy(`identity:check_policy_association_for_${kind}`)
    async check(@Param() params: PlaceParams): Promise<void> {
      await this.associations.check(params.policyId, placeOf(params));
    }

    @Put()
    @HttpCode(204)
    @Policy(`identity:create_policy_association_for_${kind}`)
    async associate(@Param() params: PlaceParams): Promise<void> {
      await this.associations.associate(params.policyId, placeOf(params));
    }

    @Delete()
    @HttpCode(204)
    @Policy(`identity:delete_policy_association_for_${kind}`)
    async dissociate(@Param() params: PlaceParams): Promise<void> {
      await this.associations.dissociate(params.policyId, placeOf(params));
    }
  }
  Object.defineProperty(PolicyPlacesController, 'name', { value: `${kind}_policy_associations` });
  return PolicyPlacesController;
}

export const POLICY_PLACE_CONTROLLERS = [
  placesControllerOf('endpoint', 'endpoints/:endpointId'),
  placesControllerOf('service', 'services/:serviceId'),
  placesControllerOf('region_and_service', 'services/:serviceId/regions/:regionId'),
];
