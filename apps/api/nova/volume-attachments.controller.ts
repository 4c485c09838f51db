import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, conflict } from '#services/kernel/errors';
import { policies } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { ATTACHMENTS } from '#workflows/server-actions';
import { AnswersNothing, Described, ValidBody } from '../http/described.js';
import { booleanText, isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor, Params } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { byMinor } from '../http/by-minor.js';
import { attachedSchema, volumeAttachmentSchema, volumeAttachmentsSchema } from './attachment-answers.js';
import { SLICE, sliceOf } from './slices.js';

const uuid = Type.String({ format: 'uuid' });
const tag = Type.Optional(Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' }));
// libvirt chooses the name itself, and so does this cloud: what is asked for is only checked (nova/virt/libvirt/driver.py).
const device = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    pattern: '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$',
  }),
);
const termination = { delete_on_termination: Type.Optional(booleanText) };
const strict = { additionalProperties: false };
/** nova/api/openstack/compute/schemas/volume_attachments.py */
const AttachBody = Type.Object({ volumeId: uuid, device, tag, ...termination }, strict);
const UpdateBody = Type.Object(
  { volumeId: uuid, device, tag, ...termination, serverId: Type.Optional(uuid), id: Type.Optional(uuid) },
  strict,
);
const attachSchema = byMinor(
  (minor) => {
    const tags = minor >= 49 ? { tag } : {};
    const asked = Type.Object({ volumeId: uuid, device, ...tags, ...(minor >= 79 ? termination : {}) }, strict);
    return Type.Object({ volumeAttachment: asked }, strict);
  },
  [1, 49, 79],
);
const updateSchema = byMinor(
  (minor) =>
    Type.Object({ volumeAttachment: minor >= 85 ? UpdateBody : Type.Object({ volumeId: uuid }, strict) }, strict),
  [1, 85],
);

type Attachment = Awaited<ReturnType<Services['nova']['volumeAttachments']['get']>>;

@Controller('compute/v2.1/servers/:id/os-volume_attachments')
export class VolumeAttachmentsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get attachments() {
    return this.services.nova.volumeAttachments;
  }

  @Get()
  @Policy('os_compute_api:os-volumes-attachments:index')
  @Described({ answer: volumeAttachmentsSchema, query: SLICE })
  async list(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @Params() query: Record<string, string | undefined>,
  ) {
    const found = sliceOf(await this.attachments.list(ctx, id), query);
    return { volumeAttachments: found.map((a) => attachmentView(a, minor)) };
  }

  @Get(':volumeId')
  @Policy('os_compute_api:os-volumes-attachments:show')
  @Described({ answer: volumeAttachmentSchema })
  async show(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @Param('volumeId') volumeId: string,
  ) {
    return { volumeAttachment: attachmentView(await this.attachments.get(ctx, id, volumeId), minor) };
  }

  /** Since 2.101 it says that it has begun, and no more. */
  @Post()
  @HttpCode(200)
  @Policy(ATTACHMENTS.attach_volume.rules.policy)
  @Described({ answers: { 200: attachedSchema, 202: null } })
  async attach(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @ValidBody(attachSchema) { volumeAttachment: asked }: { volumeAttachment: Static<typeof AttachBody> },
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { volumeId } = asked;
    const deleteOnTermination = isTrue(asked.delete_on_termination);
    const request = { volumeId, tag: asked.tag, deleteOnTermination };
    const name = await this.attachments.attach(ctx, id, ATTACHMENTS.attach_volume.rules, request);
    if (minor >= 101) return void reply.status(202);
    return {
      volumeAttachment: {
        id: volumeId,
        serverId: id,
        volumeId,
        device: name,
        ...(minor >= 70 ? { tag: asked.tag ?? null } : {}),
        ...(minor >= 79 ? { delete_on_termination: deleteOnTermination } : {}),
      },
    };
  }

  /** Until 2.84 it only swapped volumes, which Cinder alone asks for while it migrates one. */
  @Put(':volumeId')
  @HttpCode(202)
  @Policy('os_compute_api:os-volumes-attachments:update')
  @AnswersNothing()
  async update(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @Param('volumeId') volumeId: string,
    @ValidBody(updateSchema) { volumeAttachment: asked }: { volumeAttachment: Static<typeof UpdateBody> },
  ): Promise<void> {
    const { credentials } = ctx;
    const swaps = minor < 85 || asked.volumeId !== volumeId;
    if (swaps) policies.enforce('nova', 'os_compute_api:os-volumes-attachments:swap', credentials, {});
    const attachment = await this.attachments.get(ctx, id, volumeId);
    if (minor >= 85)
      checkKept(asked, { id: volumeId, serverId: id, device: attachment.device_name, tag: attachment.tag });
    if (minor >= 85 && asked.delete_on_termination !== undefined)
      await this.attachments.setDeleteOnTermination(ctx, id, volumeId, isTrue(asked.delete_on_termination));
    if (swaps)
      throw conflict('HTTPConflict', `volume ${volumeId} is not migrating; this API should only be called by Cinder`);
  }

  @Delete(':volumeId')
  @HttpCode(202)
  @Policy(ATTACHMENTS.detach_volume.rules.policy)
  @AnswersNothing()
  async detach(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Param('volumeId') volumeId: string,
  ): Promise<void> {
    await this.attachments.detach(ctx, id, ATTACHMENTS.detach_volume.rules, volumeId);
  }
}

/** @throws 400 in Nova's words when a property is to change that cannot */
function checkKept(asked: Static<typeof UpdateBody>, is: Record<'id' | 'serverId' | 'device' | 'tag', string | null>) {
  for (const property of ['id', 'serverId', 'device', 'tag'] as const)
    if (asked[property] !== undefined && asked[property] !== is[property])
      throw badRequest(`The ${property} property is not mutable`);
}

const attachmentView = (a: Attachment, minor: number) => ({
  ...(minor < 89 ? { id: a.volume_id } : {}),
  volumeId: a.volume_id,
  serverId: a.server_id,
  device: a.device_name,
  ...(minor >= 70 ? { tag: a.tag } : {}),
  ...(minor >= 79 ? { delete_on_termination: a.delete_on_termination } : {}),
  ...(minor >= 89 ? { attachment_id: a.attachment_id, bdm_uuid: a.id } : {}),
});
