import { Controller, Get, Inject, Param } from '@nestjs/common';
import { Type, type TProperties } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import type { Services } from '#services/index';
import { hypervisor } from '#services/nova/index';
import { byMinor } from '../http/by-minor.js';
import { Described } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { novaDialect } from './dialect.js';

/** The last microversions that have them. */
const STATISTICS = 87;
const UPTIME = 87;
const SEARCHES = 52;
/** From here on a hypervisor is named by a UUID. */
const BY_UUID = 53;

const ALL = { conditions: [], sort: [], limit: Number.MAX_SAFE_INTEGER, brief: true };

const closed = { additionalProperties: false };
const Statistics = Type.Object({ hypervisor_statistics: Type.Record(Type.String(), Type.Integer()) }, closed);
const named = {
  id: Type.Integer(),
  hypervisor_hostname: Type.String(),
  state: Type.Enum(['up', 'down']),
  status: Type.Enum(['enabled', 'disabled']),
};
const servers = Type.Array(Type.Object({ name: Type.String(), uuid: Type.String() }, closed));
const uptimeAnswer = byMinor(
  (minor) =>
    Type.Object(
      {
        hypervisor: Type.Object(
          { ...named, id: minor < BY_UUID ? Type.Integer() : Type.String({ format: 'uuid' }), uptime: Type.String() },
          closed,
        ),
      },
      closed,
    ),
  [1, BY_UUID],
);
const listOf = (more: TProperties) =>
  Type.Object({ hypervisors: Type.Array(Type.Object({ ...named, ...more }, closed)) }, closed);

/** What older microversions ask of hypervisors beside their list; each of them ended when the list came to say it. */
@Controller('compute/v2.1/os-hypervisors')
export class HypervisorPartsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get hypervisors() {
    return this.services.nova.hypervisors;
  }

  /** The sums over all hosts that are not disabled (until 2.87). */
  @Get('statistics')
  @Policy('os_compute_api:os-hypervisors:statistics')
  @Described({ answer: Statistics, until: STATISTICS })
  async statistics(@Ctx() ctx: RequestContext, @Minor() minor: number) {
    until(STATISTICS, minor);
    const rows = (await this.hypervisors.list(ctx, ALL)).rows.filter(({ status }) => status === 'enabled');
    const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + of(row), 0);
    return {
      hypervisor_statistics: {
        count: rows.length,
        vcpus: sum(({ cpu }) => cpu.total),
        vcpus_used: sum(({ cpu }) => cpu.used),
        memory_mb: sum(({ ram }) => ram.total),
        memory_mb_used: sum(({ ram }) => ram.used),
        free_ram_mb: sum(({ ram }) => ram.total - ram.used),
        local_gb: sum(({ disk }) => disk.total),
        local_gb_used: sum(({ disk }) => disk.used),
        free_disk_gb: sum(({ disk }) => disk.total - disk.used),
        disk_available_least: 0,
        running_vms: sum(({ guests }) => guests),
        current_workload: sum(({ busy }) => busy),
      },
    };
  }

  /** How long one is up, in the words of its machine (until 2.87). */
  @Get(':id/uptime')
  @Policy('os_compute_api:os-hypervisors:uptime')
  @Described({ answer: uptimeAnswer, until: UPTIME, refusals: [501] })
  async uptime(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') id: string) {
    until(UPTIME, minor);
    const row = await this.hypervisors.get(ctx, novaDialect.keyOf!(hypervisor, id, minor));
    return {
      hypervisor: {
        ...brief(row),
        id: minor < BY_UUID ? row.number : row.id,
        uptime: await this.hypervisors.uptimeOf(row),
      },
    };
  }

  /** The hosts whose names hold the text (until 2.52). */
  @Get(':id/search')
  @Policy('os_compute_api:os-hypervisors:search')
  @Described({ answer: listOf({}), until: SEARCHES })
  async search(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') pattern: string) {
    until(SEARCHES, minor);
    return { hypervisors: (await this.matching(ctx, pattern)).map(brief) };
  }

  /** The same with the servers on each (until 2.52). */
  @Get(':id/servers')
  @Policy('os_compute_api:os-hypervisors:servers')
  @Described({ answer: listOf({ servers: Type.Optional(servers) }), until: SEARCHES })
  async servers(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') pattern: string) {
    until(SEARCHES, minor);
    const rows = await this.matching(ctx, pattern);
    return {
      hypervisors: rows.map((row) => ({ ...brief(row), ...(row.servers?.length ? { servers: row.servers } : {}) })),
    };
  }

  private async matching(ctx: RequestContext, pattern: string) {
    const of = (field: string, value: string) => ({ field, operator: 'in', values: [value] }) as const;
    const conditions = [of('hypervisor_hostname_pattern', pattern), of('with_servers', 'true')];
    return (await this.hypervisors.list(ctx, { ...ALL, conditions })).rows;
  }
}

const brief = ({ number, host, state, status }: { number: number; host: string; state: string; status: string }) => ({
  id: number,
  hypervisor_hostname: host,
  state,
  status,
});

function until(last: number, minor: number): void {
  if (minor > last) throw novaDialect.absent!(minor);
}
