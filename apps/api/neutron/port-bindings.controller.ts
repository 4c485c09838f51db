import { Controller, Inject, Param, Put, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { portBinding } from '#services/neutron/index';
import { Answers, Described } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';

const text = Type.String();
const profile = Type.Unsafe<unknown>(Type.Record(Type.String(), Type.Unknown()));
/** Without the resource's name around it, as Neutron answers its actions. */
const Activated = Type.Object(
  { host: text, vif_type: text, vif_details: profile, vnic_type: text, profile, status: text },
  { additionalProperties: false, title: 'ActivatedBinding' },
);

/** What is done with a port's binding (neutron_lib/api/definitions/portbindings_extended.py: ACTION_MAP). */
@Controller('network/v2.0/ports/:port_id/bindings/:host')
export class PortBindingsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Put('activate')
  @KitPolicy(portBinding, 'update', 'activate')
  @Described({ summary: 'Activate binding of a port' })
  @Answers(Activated)
  async activate(@Req() { context }: ApiRequest, @Param('port_id') id: string, @Param('host') host: string) {
    const {
      host: to,
      vif_type,
      vif_details,
      vnic_type,
      profile: told,
      status,
    } = await this.services.neutron.portBindings.activate(context!, id, host);
    return { host: to, vif_type, vif_details, vnic_type, profile: told, status };
  }
}
