import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { Type } from '@sinclair/typebox';
import { countByClass, type AuditReport } from '#services/audit/index';
import type { RequestContext } from '#services/context';
import { notFound } from '#services/errors';
import type { Services } from '#services/index';
import { Policy } from '../common/policy.js';
import { Ctx } from '../common/request.js';
import { OPERATIONS, SERVICES } from '../common/tokens.js';
import { validate } from '../common/validation.js';
import type { TemporalOperations } from '#apps/temporal/index';

const Facts = Type.Record(Type.String(), Type.String());
const Inventory = Type.Record(
  Type.String(),
  Type.Object(
    {
      total: Type.Integer(),
      reserved: Type.Optional(Type.Integer()),
      max_unit: Type.Optional(Type.Integer()),
      allocation_ratio: Type.Optional(Type.Number()),
    },
    { additionalProperties: false },
  ),
);
const ComputeReport = Type.Object(
  {
    hosts: Type.Optional(
      Type.Array(
        Type.Object({ host: Type.String({ minLength: 1, maxLength: 255 }), facts: Facts, inventory: Inventory }),
      ),
    ),
  },
  { additionalProperties: false },
);
const RoleReport = Type.Object({ facts: Type.Optional(Facts) }, { additionalProperties: false });

const AuditBody = Type.Object(
  { heal: Type.Optional(Type.Boolean()), min_age: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })) },
  { additionalProperties: false },
);

/** What the host roles and the operator's tools ask of the control plane: no OpenStack API, and no user's. */
@Controller('internal')
export class InternalController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(OPERATIONS) private readonly operations: TemporalOperations,
  ) {}

  /** A full report of a host role, or with an empty body a sign of life. 404 asks for the full one. */
  @Put('services/:binary/:machine')
  @HttpCode(204)
  @Policy('novaflow:internal')
  async report(
    @Param('binary') binary: string,
    @Param('machine') machine: string,
    @Body() body: unknown,
  ): Promise<void> {
    const { nova, cinder, neutron } = this.services;
    const unknown = notFound('HostNotFound', `${binary} on ${machine} has not reported in full yet.`);
    if (binary === 'nova-compute') {
      const { hosts } = validate(ComputeReport, body);
      if (hosts) return nova.hosts.report(hosts.map((h) => ({ ...h, machine })));
      if ((await nova.hosts.heartbeat(machine)) === 0) throw unknown;
      return;
    }
    const { facts } = validate(RoleReport, body);
    if (binary === 'cinder-volume') return cinder.reportService(machine, facts ?? {});
    if (binary === 'neutron-agent') return neutron.reportAgent(machine, facts ?? {});
    throw notFound('ServiceNotFound', `There is no service ${binary}.`);
  }

  @Get('servers/:id/guest-data')
  @Policy('novaflow:internal')
  guestData(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    return this.services.nova.servers.guestData(ctx, id);
  }

  /** What the newest audit found; the scheduled one runs every NOVAFLOW_AUDIT_INTERVAL seconds. */
  @Get('audit')
  @Policy('novaflow:audit')
  async lastAudit() {
    const run = await this.services.audit.latest();
    if (!run) throw notFound('AuditNotFound', 'No audit has run yet. POST /internal/audit runs one.');
    const { startedAt, finishedAt, trigger, ...report } = run;
    return { started_at: startedAt, finished_at: finishedAt, trigger, ...reportView(report) };
  }

  /** Compares all records, hosts and workflows now, names what nobody owns, and repairs it if `heal` is true. */
  @Post('audit')
  @HttpCode(200)
  @Policy('novaflow:audit')
  async audit(@Body() body: unknown) {
    const { heal = false, min_age } = validate(AuditBody, body ?? {});
    return reportView(
      await this.operations.audit({ heal, ...(min_age === undefined ? {} : { minAgeSeconds: min_age }) }),
    );
  }

  /** Operations that something keeps from ending, with what it is. */
  @Get('operations/stuck')
  @Policy('novaflow:operations')
  async stuck() {
    return { operations: await this.operations.stuck() };
  }
}

function reportView({ orphans, healed, unreachable }: AuditReport) {
  return { counts: countByClass(orphans), orphans, healed, unreachable };
}
