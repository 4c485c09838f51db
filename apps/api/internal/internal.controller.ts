import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { FastifyReply } from 'fastify';
import { countByClass, type AuditReport } from '#services/audit/index';
import { forbidden, notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { HostRole } from '#services/keystone/host-users';
import { ANY, Answers, BYTES, Described, Query, ValidBody } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { OPERATIONS, SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';
import type { TemporalEngine } from '#apps/temporal/index';
import { AuditRun, GuestData, GuestMetadata, HostImage, Operations, Report, ServerDevices, Stuck } from './answers.js';
import { Asker } from './asker.js';

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
    api: Type.Optional(
      Type.Object(
        {
          url: Type.String({ maxLength: 255, pattern: '^https?://[^/?#@]+(/[^?#@]*)?$' }),
          key: Type.String({ minLength: 32, maxLength: 128 }),
        },
        { additionalProperties: false },
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

/** More are not asked about at once: an operator looks at the oldest. */
const MOST_OPERATIONS = 500;

/** What the host roles and the operator's tools ask of the control plane: no OpenStack API, and no user's. */
@Controller('internal')
export class InternalController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(OPERATIONS) private readonly operations: TemporalEngine,
  ) {}

  /** A full report of the host role that asks, or with an empty body a sign of life. 404 asks for the full one. */
  @Put('services/:binary/:machine')
  @HttpCode(204)
  @Policy('novaflow:internal')
  @Described({ body: { schema: Type.Union([ComputeReport, RoleReport]) } })
  async report(
    @Asker() asker: HostRole,
    @Param('binary') binary: string,
    @Param('machine') machine: string,
    @Body() body: unknown,
  ): Promise<void> {
    if (binary !== asker.binary || machine !== asker.machine)
      throw forbidden(`${asker.binary} of ${asker.machine} reports for itself alone.`);
    const { nova, cinder, neutron } = this.services;
    const unknown = notFound('HostNotFound', `${binary} on ${machine} has not reported in full yet.`);
    if (binary === 'nova-compute') {
      const { hosts, api } = validate(ComputeReport, body);
      if (hosts) return nova.hosts.report(machine, hosts, api);
      if ((await nova.hosts.heartbeat(machine)) === 0) throw unknown;
      return;
    }
    const { facts } = validate(RoleReport, body);
    if (binary === 'cinder-volume') return cinder.reportService(machine, facts ?? {});
    if (facts) return neutron.agentReports.report(machine, facts);
    if (!(await neutron.agentReports.heartbeat(machine))) throw unknown;
  }

  @Get('servers/:id/guest-data')
  @Policy('novaflow:internal')
  @Answers(GuestData)
  guestData(@Asker() asker: HostRole, @Param('id') id: string) {
    return this.services.nova.guestDataOf.server(asker, id);
  }

  /** What the metadata service tells the guest that has an address on a network, for the agent of a machine that answers it. */
  @Get('networks/:id/guest-data')
  @Policy('novaflow:internal')
  @Answers(GuestMetadata)
  guestMetadata(
    @Asker() asker: HostRole,
    @Param('id') id: string,
    @Query({ ip: 'The address that the guest asks from.' }) { ip = '' }: { ip?: string },
  ) {
    return this.services.nova.guestDataOf.at(asker, id, ip);
  }

  /** The devices that the records name of a server, which its host asks before it takes one away. */
  @Get('servers/:id/devices')
  @Policy('novaflow:internal')
  @Answers(ServerDevices)
  devices(@Asker() asker: HostRole, @Param('id') id: string) {
    return this.services.audit.devicesFor(asker, id);
  }

  /** An image that the host role copies, with where its bytes are in the object store. */
  @Get('images/:id')
  @Policy('novaflow:internal')
  @Answers(HostImage)
  async image(@Asker() asker: HostRole, @Param('id') id: string) {
    const { location, size, virtual_size, ...rest } = await this.services.hostImages.get(asker, id);
    return {
      ...rest,
      size: size === null ? null : Number(size),
      virtual_size: virtual_size === null ? null : Number(virtual_size),
      ...(location === null ? {} : { direct_url: location }),
    };
  }

  /** Its bytes, for a host that does not reach the object store itself. */
  @Get('images/:id/file')
  @Policy('novaflow:internal')
  @Described({ answer: ANY, answerType: BYTES })
  async imageFile(@Asker() asker: HostRole, @Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const { body, size } = await this.services.hostImages.download(asker, id);
    void reply.header('content-type', 'application/octet-stream').header('content-length', size).send(body);
  }

  /** What the newest audit found; the scheduled one runs every NOVAFLOW_AUDIT_INTERVAL seconds. */
  @Get('audit')
  @Policy('novaflow:audit')
  @Described({ answer: AuditRun })
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
  @Answers(Report)
  async audit(@ValidBody(AuditBody, { optional: true }) { heal = false, min_age }: Static<typeof AuditBody>) {
    return reportView(
      await this.operations.audit({ heal, ...(min_age === undefined ? {} : { minAgeSeconds: min_age }) }),
    );
  }

  /** Every operation that has not ended, the oldest first, with why it does not go on. */
  @Get('operations')
  @Policy('novaflow:operations')
  @Described({ answer: Operations })
  async operationsNow() {
    return { operations: await this.operations.diagnose(await this.services.operations.openNow(0, MOST_OPERATIONS)) };
  }

  /** Operations that something keeps from ending, with what it is. */
  @Get('operations/stuck')
  @Policy('novaflow:operations')
  @Answers(Stuck)
  async stuck() {
    return { operations: await this.operations.stuck() };
  }
}

function reportView({ orphans, healed, unreachable }: AuditReport) {
  return { counts: countByClass(orphans), orphans, healed, unreachable };
}
