import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import { volume } from '#services/cinder/index';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, notFound, type OpenStackError } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Answers, AnswersNothing, ValidBody } from '../http/described.js';
import { ownValue } from '../http/own.js';
import { KitPolicy } from '../http/policy.js';
import { Ctx } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';

type Metadata = Readonly<Record<string, string>>;

const pairs = (limits: object = {}) =>
  Type.Record(Type.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), Type.String({ maxLength: 255 }), {
    additionalProperties: false,
    ...limits,
  });
const MetadataSchema = Type.Object({ metadata: pairs() }, { additionalProperties: false });
const MetaSchema = Type.Object({ meta: pairs({ minProperties: 1 }) }, { additionalProperties: false });
const READ = 'volume:get_volume_metadata';
const CREATE = 'volume:create_volume_metadata';
const UPDATE = 'volume:update_volume_metadata';
const DELETE = 'volume:delete_volume_metadata';

/** A volume's metadata: all of it, and pair by pair (cinder/api/v3/volume_metadata.py). */
@Controller('volume/v3/volumes/:id/metadata')
export class VolumeMetadataController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @KitPolicy(volume, 'get', READ)
  @Answers(MetadataSchema)
  async list(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    return { metadata: await this.of(ctx, id) };
  }

  @Post()
  @HttpCode(200)
  @KitPolicy(volume, 'update', CREATE)
  @Answers(MetadataSchema)
  async add(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @ValidBody(MetadataSchema) { metadata }: Static<typeof MetadataSchema>,
  ) {
    return { metadata: await this.change(ctx, id, CREATE, (before) => ({ ...before, ...metadata })) };
  }

  @Put()
  @KitPolicy(volume, 'update', UPDATE)
  @Answers(MetadataSchema)
  async replace(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @ValidBody(MetadataSchema) { metadata }: Static<typeof MetadataSchema>,
  ) {
    return { metadata: await this.change(ctx, id, UPDATE, () => metadata) };
  }

  @Get(':key')
  @KitPolicy(volume, 'get', READ)
  @Answers(MetaSchema)
  async show(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('key') key: string) {
    const value = ownValue(await this.of(ctx, id), key);
    if (value === undefined) throw noPair(id, key);
    return { meta: { [key]: value } };
  }

  @Put(':key')
  @KitPolicy(volume, 'update', UPDATE)
  @Answers(MetaSchema)
  async set(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Param('key') key: string,
    @ValidBody(MetaSchema) { meta }: Static<typeof MetaSchema>,
  ) {
    if (!Object.hasOwn(meta, key)) throw badRequest('Request body and URI mismatch');
    if (Object.keys(meta).length > 1) throw badRequest('Request body contains too many items');
    await this.change(ctx, id, UPDATE, (before) => ({ ...before, ...meta }));
    return { meta };
  }

  @Delete(':key')
  @HttpCode(200)
  @KitPolicy(volume, 'update', DELETE)
  @AnswersNothing()
  async remove(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('key') key: string): Promise<void> {
    await this.change(ctx, id, DELETE, (before) => {
      if (!Object.hasOwn(before, key)) throw noPair(id, key);
      return Object.fromEntries(Object.entries(before).filter(([name]) => name !== key));
    });
  }

  private async of(ctx: RequestContext, id: string): Promise<Metadata> {
    return (await this.services.cinder.volumes.getFor(ctx, id, 'get', READ)).metadata as Metadata;
  }

  private async change(
    ctx: RequestContext,
    id: string,
    rule: string,
    next: (before: Metadata) => Metadata,
  ): Promise<Metadata> {
    const { volumes } = this.services.cinder;
    const changed = await volumes.update(
      ctx,
      id,
      (row) => ({ metadata: { ...next(row.metadata as Metadata) } }),
      undefined,
      rule,
    );
    return changed.metadata as Metadata;
  }
}

const noPair = (id: string, key: string): OpenStackError =>
  notFound('VolumeMetadataNotFound', `Volume ${id} has no metadata with key ${key}.`);
