import { Controller, Get, Inject } from '@nestjs/common';
import type { Services } from '#services/index';
import { micros } from '../http/links.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';

/** Where conductors are, which no server can be in (nova.conf: internal_service_availability_zone). */
const INTERNAL = 'internal';

/** Availability zones (nova/api/openstack/compute/availability_zone.py). */
@Controller('compute/v2.1/os-availability-zone')
export class ZonesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('os_compute_api:os-availability-zone:list')
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
