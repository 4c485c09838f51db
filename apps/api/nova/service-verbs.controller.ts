import { Body, Controller, Inject, Put } from '@nestjs/common';
import { Type } from 'typebox';
import { badRequest, notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Described } from '../http/described.js';
import { isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { FORCED_DOWN, serviceVerbBody, type Named } from './service-bodies.js';
import { validate } from '../http/validation.js';

/** From here on a service is changed under its own path. */
const BY_UUID = 53;
/** Its body is read in `read`: since 2.53 what is in its path is looked at first. */
const DESCRIBED = {
  body: { schema: serviceVerbBody },
  answer: Type.Object({
    service: Type.Object({
      host: Type.String(),
      binary: Type.String(),
      status: Type.Optional(Type.String()),
      disabled_reason: Type.Optional(Type.String()),
      forced_down: Type.Optional(Type.Boolean()),
    }),
  }),
  until: BY_UUID - 1,
};

/** Until 2.53 the path says what to do with the service that the body names (nova/api/openstack/compute/services.py). */
@Controller('compute/v2.1/os-services')
export class ServiceVerbsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Put('enable')
  @Policy('os_compute_api:os-services:update')
  @Described(DESCRIBED)
  async enable(@Minor() minor: number, @Body() body: unknown) {
    const { host, binary } = read('enable', minor, body);
    return this.set(host, binary, { status: 'enabled' });
  }

  @Put('disable')
  @Policy('os_compute_api:os-services:update')
  @Described(DESCRIBED)
  async disable(@Minor() minor: number, @Body() body: unknown) {
    const { host, binary } = read('disable', minor, body);
    return this.set(host, binary, { status: 'disabled' });
  }

  @Put('disable-log-reason')
  @Policy('os_compute_api:os-services:update')
  @Described(DESCRIBED)
  async disableSaying(@Minor() minor: number, @Body() body: unknown) {
    const { host, binary, disabled_reason } = read('disable-log-reason', minor, body);
    if (disabled_reason === undefined) throw badRequest('Missing disabled reason field');
    return this.set(host, binary, { status: 'disabled', disabled_reason });
  }

  @Put('force-down')
  @Policy('os_compute_api:os-services:update')
  @Described(DESCRIBED)
  async forceDown(@Minor() minor: number, @Body() body: unknown) {
    const { host, binary, forced_down } = read('force-down', minor, body);
    if (minor < FORCED_DOWN) throw notFound('HTTPNotFound', 'Unknown action');
    if (forced_down === undefined) throw badRequest('Missing forced_down field');
    return this.set(host, binary, { forced_down: isTrue(forced_down) });
  }

  private async set(host: string, binary: string, change: Parameters<Services['nova']['services']['set']>[2]) {
    await this.services.nova.services.set(host, binary, change);
    return { service: { host, binary, ...change } };
  }
}

/** @throws 400 for a body that names none, and since 2.53, when a path's part is an id */
function read(verb: string, minor: number, body: unknown): Named {
  if (minor >= BY_UUID) throw badRequest(`Invalid uuid ${verb}`);
  return validate(serviceVerbBody(minor), body) as Named;
}
