import { Controller, Get, HttpCode, Inject, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import { forbidden } from '#services/kernel/errors';
import type { HostRole } from '#services/keystone/host-users';
import { ANY, Described, ValidBody } from '../http/described.js';
import { Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { Asker } from './asker.js';

const Parts = Type.Array(
  Type.Object({ id: Type.String({ format: 'uuid' }), up: Type.Boolean() }, { additionalProperties: false }),
  // All ports of the largest host.
  { maxItems: 20_000 },
);
/** Guests of one host that do something for the first time within the seconds in which the control plane is away. */
const Seen = Type.Array(
  Type.Object(
    {
      event: Type.Enum(['plugged', 'leased', 'asked']),
      networkId: Type.String({ maxLength: 64 }),
      /** The port that was plugged; of the others, the address. */
      key: Type.String({ maxLength: 64 }),
      agoMs: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
    },
    { additionalProperties: false },
  ),
  { maxItems: 20_000 },
);
const StateReport = Type.Object(
  { ports: Parts, floatingIps: Parts, seen: Type.Optional(Seen) },
  { additionalProperties: false },
);

/** What a host's network role asks for and says of its network. */
@Controller('internal/network')
export class HostNetworkController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** What the network of the asker's host is to be, as soon as that is another than the one it knows; 204 when it is not for a while. */
  @Get('state')
  @Policy('novaflow:internal')
  @Described({
    query: { since: { description: 'The generation that the host knows.' } },
    answers: { 200: ANY, 204: null },
  })
  async state(
    @Asker() asker: HostRole,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query('since') since?: string,
  ): Promise<object | undefined> {
    const gone = new AbortController();
    request.raw.socket.once('close', () => gone.abort());
    const state = await this.services.neutron.hosts.next(agentOf(asker), since, gone.signal);
    if (state === undefined) void reply.status(204);
    return state;
  }

  /** What is as it is to be, and what is not: clients see it as the status of ports and floating IPs. */
  @Put('report')
  @HttpCode(204)
  @Policy('novaflow:internal')
  report(@Asker() asker: HostRole, @ValidBody(StateReport) report: Static<typeof StateReport>): Promise<void> {
    const { ports, floatingIps, seen = [] } = report;
    return this.services.neutron.hosts.reports.take(agentOf(asker), { ports, floatingIps, seen });
  }
}

function agentOf({ binary, machine }: HostRole): string {
  if (binary !== 'neutron-agent') throw forbidden(`${binary} has no network.`);
  return machine;
}
