import type { Readable } from 'node:stream';
import { Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { OpenStackError, badRequest, notFound } from '#services/kernel/errors';
import { checkCount, image } from '#services/glance/index';
import type { Services } from '#services/index';
import { ANY, BYTES, Described } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import { parseRange } from '../http/ranges.js';
import { Ctx, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { glanceDialect } from './dialect.js';

const TagSchema = Type.Object({ tags: Type.Array(Type.String({ maxLength: 255 })) });

/** What an image has beside its record: bytes, tags one by one, and whether its bytes are given out. */
@Controller('image/v2/images/:id')
export class ImagesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get glance() {
    return this.services.glance;
  }

  @Put('file')
  @HttpCode(204)
  @KitPolicy(image, 'update', 'upload_image')
  @Described({ body: { schema: ANY, types: [BYTES] } })
  async upload(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Headers('content-type') type: string | undefined,
    @Req() request: ApiRequest,
  ): Promise<void> {
    if (type !== 'application/octet-stream')
      throw new OpenStackError(415, 'HTTPUnsupportedMediaType', 'Image data must be sent as application/octet-stream.');
    if (request.body === undefined) throw badRequest('The image data is missing.');
    const length = request.headers['content-length'];
    await this.glance.upload(ctx, id, request.body as Readable, length === undefined ? undefined : Number(length));
  }

  @Get('file')
  @KitPolicy(image, 'get', 'download_image')
  @Described({ answer: ANY, answerType: BYTES, answers: { 204: null, 206: ANY } })
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

  @Put('tags/:tag')
  @HttpCode(204)
  @KitPolicy(image, 'update')
  async addTag(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('tag') tag: string): Promise<void> {
    glanceDialect.check(TagSchema, { tags: [tag] });
    await this.glance.images.setTags(ctx, id, (tags) => {
      const next = [...new Set([...tags, tag])];
      checkCount('tags', next.length);
      return next;
    });
  }

  @Delete('tags/:tag')
  @HttpCode(204)
  @KitPolicy(image, 'update')
  async removeTag(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('tag') tag: string): Promise<void> {
    await this.glance.images.setTags(ctx, id, (tags) => {
      if (!tags.includes(tag)) throw notFound('HTTPNotFound', 'The resource could not be found.');
      return tags.filter((one) => one !== tag);
    });
  }

  @Post('actions/deactivate')
  @HttpCode(204)
  @KitPolicy(image, 'update', 'deactivate')
  async deactivate(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.glance.setActive(ctx, id, false);
  }

  @Post('actions/reactivate')
  @HttpCode(204)
  @KitPolicy(image, 'update', 'reactivate')
  async reactivate(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.glance.setActive(ctx, id, true);
  }
}
