import type { Readable } from 'node:stream';
import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { RequestContext } from '#services/kernel/context';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { parsePage } from '#services/kernel/paging';
import { seconds } from '../http/links.js';
import { Policy } from '../http/policy.js';
import { parseRange } from '../http/ranges.js';
import { Ctx, ParamLists, Params, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validateSaying } from '../http/validation.js';
import { CreateImageSchema } from './schemas.js';

type ImageRecord = Awaited<ReturnType<Services['glance']['get']>>;

@Controller('image/v2')
export class GlanceController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get glance() {
    return this.services.glance;
  }

  @Get('images')
  @Policy('image:get_images')
  async list(
    @Ctx() ctx: RequestContext,
    @ParamLists() query: Record<string, string[] | undefined>,
    @Params() single: Record<string, string | undefined>,
    @Req() request: ApiRequest,
  ) {
    // The router takes a slash off the end; behind it Glance expects an image's id, and finds none.
    if (request.url.split('?')[0]?.endsWith('/'))
      throw new OpenStackError(404, 'HTTPNotFound', 'The resource could not be found.');
    const { limit, marker } = single;
    if (limit !== undefined && !/^[+-]?\d+$/.test(limit)) throw badRequest('limit param must be an integer');
    if (Number(limit) < 0) throw badRequest('limit param must be positive');
    const page = parsePage({ ...single, limit: limit?.replace('+', ''), marker });
    const { items, more } = await this.glance.list(ctx, query, page);
    const self = '/v2/images';
    return {
      images: items.map((i) => imageView(i)),
      ...(more ? { next: nextPage(self, query, page.limit, items.at(-1)!.id) } : {}),
      schema: '/v2/schemas/images',
      first: `${self}${firstPage(query)}`,
    };
  }

  @Get('images/:id')
  @Policy('image:get_image')
  async get(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    return imageView(await this.glance.get(ctx, id));
  }

  @Post('images')
  @Policy('image:add_image')
  async create(@Ctx() ctx: RequestContext, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const input = validateSaying(CreateImageSchema, body, "Provided object does not match schema 'image': ");
    const known = new Set(Object.keys(CreateImageSchema.properties));
    const properties = Object.fromEntries(Object.entries(input).filter(([key]) => !known.has(key))) as Record<
      string,
      string
    >;
    const reserved = Object.keys(properties).find((key) => RESERVED.has(key));
    if (reserved !== undefined) throw new OpenStackError(403, 'Forbidden', `Attribute '${reserved}' is read-only.`);
    const { id, name, owner, disk_format, container_format, visibility, min_disk, min_ram, os_hidden, tags } = input;
    const image = await this.glance.create(ctx, {
      id,
      name: name ?? undefined,
      owner: owner ?? undefined,
      disk_format,
      container_format,
      visibility,
      min_disk,
      min_ram,
      protected: input.protected,
      os_hidden,
      tags,
      properties,
    });
    void reply.header('Location', `/v2/images/${image.id}`);
    return imageView(image);
  }

  @Put('images/:id/file')
  @HttpCode(204)
  @Policy('image:upload_image')
  async upload(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Headers('content-type') type: string | undefined,
    @Req() request: ApiRequest,
  ): Promise<void> {
    if (type !== 'application/octet-stream')
      throw new OpenStackError(415, 'HTTPUnsupportedMediaType', 'Image data must be sent as application/octet-stream.');
    if (request.body === undefined) throw badRequest('The image data is missing.');
    await this.glance.upload(ctx, id, request.body as Readable);
  }

  @Get('images/:id/file')
  @Policy('image:download_image')
  async download(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Req() { headers }: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const file = await this.glance.download(ctx, id, (size) => {
      const range = parseRange(headers.range, size);
      if (range === 'unsatisfiable')
        throw new OpenStackError(416, 'HTTPRequestRangeNotSatisfiable', 'The Range requested is not available.', {
          headers: { 'content-range': `bytes */${size}` },
        });
      return range;
    });
    if (!file) return void reply.status(204).send();
    const { body, size, part, checksum } = file;
    void reply.header('content-type', 'application/octet-stream');
    if (part)
      void reply.status(206).headers({
        'content-length': String(part.end - part.start + 1),
        'content-range': `bytes ${part.start}-${part.end}/${size}`,
      });
    else void reply.headers({ 'content-length': String(size), 'content-md5': checksum });
    void reply.send(body);
  }

  @Delete('images/:id')
  @HttpCode(204)
  @Policy('image:delete_image')
  async delete(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.glance.delete(ctx, id);
  }
}

/** Attributes that Glance sets itself. */
const RESERVED = new Set([
  'status',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'direct_url',
  'locations',
  'deleted',
  'deleted_at',
]);

/** The same query, from its beginning and from behind an image. */
const firstPage = (query: Record<string, string[] | undefined>): string => {
  const params = new URLSearchParams(
    Object.entries(query).flatMap(([name, values = []]) =>
      name === 'marker' ? [] : values.map((value): [string, string] => [name, value]),
    ),
  ).toString();
  return params === '' ? '' : `?${params}`;
};
const nextPage = (
  self: string,
  { limit: _limit, ...query }: Record<string, string[] | undefined>,
  limit: number,
  marker: string,
): string => {
  const rest = firstPage({ ...query, limit: [String(limit)] });
  return `${self}${rest}&marker=${marker}`;
};

function imageView(image: ImageRecord) {
  const {
    id,
    name,
    disk_format,
    container_format,
    visibility,
    status,
    checksum,
    min_disk,
    min_ram,
    owner,
    os_hidden,
    os_hash_value,
    tags,
  } = image;
  return {
    ...(image.properties as Record<string, string>),
    name,
    disk_format,
    container_format,
    visibility,
    size: image.size === null ? null : Number(image.size),
    virtual_size: image.virtual_size === null ? null : Number(image.virtual_size),
    status,
    checksum,
    protected: image.protected,
    min_ram,
    min_disk,
    owner,
    os_hidden,
    os_hash_algo: os_hash_value === null ? null : 'sha512',
    os_hash_value,
    id,
    created_at: seconds(image.created_at),
    updated_at: seconds(image.updated_at),
    tags,
    self: `/v2/images/${id}`,
    file: `/v2/images/${id}/file`,
    schema: '/v2/schemas/image',
  };
}
