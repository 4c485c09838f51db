import { Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import type { Services } from '#services/index';
import { ATTACHMENTS } from '#workflows/server-actions';
import { AnswersNothing, Described, ValidBody } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { byMinor } from '../http/by-minor.js';
import { interfaceSchema, interfacesSchema } from './attachment-answers.js';

const strict = { additionalProperties: false };
const uuid = Type.Optional(Type.String({ format: 'uuid' }));
const address = Type.Object(
  { ip_address: Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })]) },
  strict,
);
/** nova/api/openstack/compute/schemas/attach_interfaces.py */
const asked = {
  net_id: uuid,
  port_id: uuid,
  fixed_ips: Type.Optional(Type.Array(address, { minItems: 1, maxItems: 1 })),
};
const tag = { tag: Type.Optional(Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' })) };
const AttachBody = Type.Object(
  { interfaceAttachment: Type.Optional(Type.Object({ ...asked, ...tag }, strict)) },
  strict,
);
const attachSchema = byMinor(
  (minor) =>
    minor >= 49 ? AttachBody : Type.Object({ interfaceAttachment: Type.Optional(Type.Object(asked, strict)) }, strict),
  [1, 49],
);

type Card = Awaited<ReturnType<Services['nova']['interfaceAttachments']['get']>>;

@Controller('compute/v2.1/servers/:id/os-interface')
export class InterfacesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get interfaces() {
    return this.services.nova.interfaceAttachments;
  }

  @Get()
  @Policy('os_compute_api:os-attach-interfaces:list')
  @Described({ answer: interfacesSchema })
  async list(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') id: string) {
    return { interfaceAttachments: (await this.interfaces.list(ctx, id)).map((card) => cardView(card, minor)) };
  }

  @Get(':portId')
  @Policy('os_compute_api:os-attach-interfaces:show')
  @Described({ answer: interfaceSchema })
  async show(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @Param('portId') portId: string,
  ) {
    return { interfaceAttachment: cardView(await this.interfaces.get(ctx, id, portId), minor) };
  }

  /** Answers when the port is there: Nova waits for the guest, too; here `port_state` becomes ACTIVE when it has the card. */
  @Post()
  @HttpCode(200)
  @Policy(ATTACHMENTS.attach_interface.rules.policy)
  @Described({ answer: interfaceSchema })
  async attach(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @ValidBody(attachSchema, { optional: true }) { interfaceAttachment: request = {} }: Static<typeof AttachBody>,
  ) {
    const portId = await this.interfaces.attach(ctx, id, ATTACHMENTS.attach_interface.rules, {
      portId: request.port_id,
      networkId: request.net_id,
      fixedIp: request.fixed_ips?.[0]?.ip_address,
      tag: request.tag,
    });
    return this.show(ctx, minor, id, portId);
  }

  @Delete(':portId')
  @HttpCode(202)
  @Policy(ATTACHMENTS.detach_interface.rules.policy)
  @AnswersNothing()
  async detach(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('portId') portId: string): Promise<void> {
    await this.interfaces.detach(ctx, id, ATTACHMENTS.detach_interface.rules, portId);
  }
}

const cardView = (card: Card, minor: number) => ({
  net_id: card.network_id,
  port_id: card.id,
  mac_addr: card.mac_address,
  port_state: card.status,
  fixed_ips: card.fixed_ips,
  ...(minor >= 70 ? { tag: card.device_tag } : {}),
});
