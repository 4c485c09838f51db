import { Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { Type, type TSchema } from 'typebox';
import { badRequest, notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Described, ValidBody } from '../http/described.js';
import { micros } from '../http/links.js';
import { booleanText, fqdn, isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Minor, Params } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { byMinor } from '../http/by-minor.js';
import { serviceId } from '#services/nova/service-id';

type Query = Record<string, string | undefined>;
type ServiceRecord = Awaited<ReturnType<ComputeServicesController['all']>>[number];

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
const text = Type.String({ minLength: 1, maxLength: 255 });

/** PUT /os-services/{id} by microversion (nova/api/openstack/compute/schemas/services.py): until 2.53 the body names the service. */
const updateSchema = byMinor(
  (minor) =>
    Type.Object(
      {
        ...(minor < 53 ? { host: fqdn, binary: text } : { status: Type.Optional(Type.Enum(['enabled', 'disabled'])) }),
        disabled_reason: Type.Optional(text),
        ...(minor >= 11 ? { forced_down: Type.Optional(booleanText) } : {}),
      },
      { additionalProperties: false },
    ),
  [1, 11, 53],
);
interface UpdateBody {
  host?: string;
  binary?: string;
  status?: 'enabled' | 'disabled';
  disabled_reason?: string;
  forced_down?: boolean | string;
}
/** A service as it is answered. */
const service = (minor: number): TSchema =>
  Type.Object(
    {
      id: minor < 53 ? Type.Integer() : Type.String(),
      binary: Type.String(),
      host: Type.String(),
      zone: Type.String(),
      status: Type.Enum(['enabled', 'disabled']),
      state: Type.Enum(['up', 'down']),
      disabled_reason: Type.Union([Type.String(), Type.Null()]),
      updated_at: Type.String(),
      ...(minor >= 11 ? { forced_down: Type.Boolean() } : {}),
    },
    { title: 'Service', additionalProperties: false },
  );
const listSchema = byMinor((minor) => Type.Object({ services: Type.Array(service(minor)) }), [1, 11, 53]);
/** Until 2.53 what was changed is all that is answered. */
const changedSchema = byMinor(
  (minor) => {
    const shown = minor < 53 ? Type.Partial(service(minor)) : service(minor);
    return Type.Object({ service: { ...shown, title: 'ServiceUpdated' } });
  },
  [1, 11, 53],
);
type Change = Parameters<Services['nova']['hosts']['set']>[1];

/** Nova's services: the hosts and the conductors (nova/api/openstack/compute/services.py). */
@Controller('compute/v2.1/os-services')
export class ComputeServicesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** The hosts, then the conductors. A conductor holds the scheduler, so each is listed as both of Nova's services. */
  @Get()
  @Policy('os_compute_api:os-services:list')
  @Described({ answer: listSchema })
  async list(@Minor() minor: number, @Params() query: Query) {
    const { host, binary } = query;
    const services = (await this.all()).map((s, index) => serviceView(s, index, minor));
    return {
      services: services.filter((s) => (!host || s.host === host) && (!binary || s.binary === binary)),
    };
  }

  private async all() {
    const { hosts, conductors } = this.services.nova;
    const [computes, controllers] = await Promise.all([hosts.list(), conductors.list()]);
    return [
      ...computes.map((s) => ({ ...s, id: serviceId(s.host), binary: 'nova-compute', zone: s.availability_zone })),
      ...['nova-conductor', 'nova-scheduler'].flatMap((binary) =>
        controllers.map((s) => ({
          ...s,
          id: serviceId(`${binary}/${s.host}`),
          binary,
          zone: 'internal',
          disabled: false,
          disabled_reason: null,
          forced_down: false,
        })),
      ),
    ];
  }

  @Put(':id')
  @Policy('os_compute_api:os-services:update')
  @Described({ answer: changedSchema })
  async update(@Minor() minor: number, @Param('id') id: string, @ValidBody(updateSchema) input: UpdateBody) {
    return minor >= 53 ? this.updateById(id, input) : this.updateByVerb(id, input, minor);
  }

  /** Since 2.53 the path has the service's id and the body what changes. */
  private async updateById(id: string, input: UpdateBody) {
    if (!UUID.test(id)) throw badRequest(`Invalid uuid ${id}`);
    const found = (await this.all()).find((s) => s.id === id);
    if (found === undefined) throw notFound('ServiceNotFound', `Service ${id} could not be found.`);
    refuseOthers(found.binary);
    const { status, disabled_reason, forced_down } = input;
    if (status === 'enabled' && disabled_reason !== undefined)
      throw badRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.");
    if (status === undefined && forced_down === undefined)
      throw badRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.");
    await this.services.nova.hosts.set(found.host, {
      ...(status === undefined ? {} : setStatus(status === 'disabled', disabled_reason)),
      ...(forced_down === undefined ? {} : { forced_down: isTrue(forced_down) }),
    });
    const all = await this.all();
    const index = all.findIndex((s) => s.id === id);
    return { service: serviceView(all[index] ?? found, index, 53) };
  }

  /** Until 2.53 the path says what to do with the host that the body names. */
  private async updateByVerb(verb: string, input: UpdateBody, minor: number) {
    const { host, binary, disabled_reason, forced_down } = input as UpdateBody & { host: string; binary: string };
    const set = async (change: Change, shown: object) => {
      refuseOthers(binary);
      await this.services.nova.hosts.set(host, change);
      return { service: { host, binary, ...shown } };
    };
    if (verb === 'enable') return set(setStatus(false), { status: 'enabled' });
    if (verb === 'disable') return set(setStatus(true), { status: 'disabled' });
    if (verb === 'disable-log-reason') {
      if (disabled_reason === undefined) throw badRequest('Missing disabled reason field');
      return set(setStatus(true, disabled_reason), { status: 'disabled', disabled_reason });
    }
    if (verb === 'force-down' && minor >= 11) {
      if (forced_down === undefined) throw badRequest('Missing forced_down field');
      return set({ forced_down: isTrue(forced_down) }, { forced_down: isTrue(forced_down) });
    }
    throw notFound('HTTPNotFound', 'Unknown action');
  }
}

const setStatus = (disabled: boolean, reason?: string): Change => ({
  disabled,
  disabled_reason: disabled ? (reason ?? null) : null,
});

/** Nova's words for every service that no server is on. */
function refuseOthers(binary: string): void {
  if (binary !== 'nova-compute')
    throw badRequest(`Updating a ${binary} service is not supported. Only nova-compute services can be updated.`);
}

const serviceView = (s: ServiceRecord, index: number, minor: number) => ({
  id: minor >= 53 ? s.id : index + 1,
  binary: s.binary,
  host: s.host,
  zone: s.zone,
  status: s.disabled ? 'disabled' : 'enabled',
  state: s.up ? 'up' : 'down',
  disabled_reason: s.disabled_reason,
  updated_at: micros(s.updated_at),
  ...(minor >= 11 ? { forced_down: s.forced_down } : {}),
});
