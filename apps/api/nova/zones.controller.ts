import { Controller, Get, Inject } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { Answers } from '../http/described.js';
import { micros } from '../http/links.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';

const zone = { zoneName: Type.String(), zoneState: Type.Object({ available: Type.Boolean() }) };
const Zones = Type.Object({ availabilityZoneInfo: Type.Array(Type.Object({ ...zone, hosts: Type.Null() })) });
const OneService = Type.Object({ active: Type.Boolean(), available: Type.Boolean(), updated_at: Type.String() });
const HostServices = Type.Record(Type.String(), Type.Record(Type.String(), OneService));
const ZonesInDetail = Type.Object({
  availabilityZoneInfo: Type.Array(Type.Object({ ...zone, hosts: HostServices })),
});

/** Where conductors are, which no server can be in (nova.conf: internal_service_availability_zone). */
const INTERNAL = 'internal';

/** Availability zones (nova/api/openstack/compute/availability_zone.py). */
@Controller('compute/v2.1/os-availability-zone')
export class ZonesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('os_compute_api:os-availability-zone:list')
  @Answers(Zones)
  async list() {
    const zones = await this.services.nova.services.zones();
    return {
      availabilityZoneInfo: zones
        .filter(({ name }) => name !== INTERNAL)
        .map(({ name, available }) => ({ zoneName: name, zoneState: { available }, hosts: null })),
    };
  }

  /** With the services that are in each, host by host. */
  @Get('detail')
  @Policy('os_compute_api:os-availability-zone:detail')
  @Answers(ZonesInDetail)
  async detail() {
    const zones = await this.services.nova.services.zones();
    return {
      availabilityZoneInfo: zones.map(({ name, available, services }) => ({
        zoneName: name,
        zoneState: { available },
        hosts: Object.fromEntries(
          [...new Set(services.map(({ host }) => host))].map((host) => [
            host,
            Object.fromEntries(
              services
                .filter((one) => one.host === host)
                .map((one) => [
                  one.binary,
                  {
                    active: one.status === 'enabled',
                    available: one.state === 'up',
                    updated_at: micros(one.updated_at),
                  },
                ]),
            ),
          ]),
        ),
      })),
    };
  }
}
