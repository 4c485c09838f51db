import { Readable } from 'node:stream';
import { Controller, Copy, Delete, Get, Head, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { RequestContext } from '#services/kernel/context';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { ObjectKey, ObjectRecord } from '#services/swift/index';
import { ANY, AnswersNothing, BYTES, Described } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { parseRange } from '../http/ranges.js';
import { Ctx, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { EMPTY, describeObject, isUnmodified, lastModified, metadataHeaders } from './answers.js';
import { keptHeaders, metadataOf, notImplemented, objectInHeader, objectOf, refuseHeaders } from './requests.js';
import { own } from './swift.controller.js';

/** An object's bytes, of any type. */
const UPLOAD = { schema: ANY, types: ['*/*'], optional: true } as const;

/** Swift's objects. */
@Controller('object-store')
export class SwiftObjectsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get objects() {
    return this.services.swift.objects;
  }

  @Put('v1/:account/:container/*')
  @Policy('object-store:write')
  @Described({ body: UPLOAD, answers: { 201: null } })
  async put(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    refuseHeaders(request, 'object');
    const key = objectOf(request, ctx.projectId);
    const { headers } = request;
    if (headers['x-copy-from'] !== undefined) {
      if (Number(headers['content-length'] ?? 0) > 0) throw badRequest('Copy requests require a zero byte body');
      return this.copyTo(objectInHeader(request, 'x-copy-from', ctx.projectId), key, request, reply);
    }
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined)
      throw new OpenStackError(411, 'LengthRequired', 'Missing Content-Length header.');
    const etag = headers.etag?.replaceAll('"', '').toLowerCase();
    const stored = await this.objects.put(key, request.body instanceof Readable ? request.body : Readable.from([]), {
      contentType: request.bodyType ?? 'application/octet-stream',
      metadata: metadataOf(request, 'object'),
      headers: keptHeaders(request),
      length: Number(headers['content-length'] ?? 0),
      onlyNew: mustBeNew(request),
      ...(etag === undefined ? {} : { etag }),
    });
    created(reply, stored);
  }

  @Copy('v1/:account/:container/*')
  @Policy('object-store:write')
  @Described({ headers: { Destination: '`container/object`' }, answers: { 201: null } })
  async copy(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    refuseHeaders(request, 'object');
    const { headers } = request;
    if (headers['destination-account'] !== undefined) throw notImplemented('the header Destination-Account');
    if (headers['destination'] === undefined)
      throw new OpenStackError(412, 'PreconditionFailed', 'Destination header required');
    const source = objectOf(request, ctx.projectId);
    return this.copyTo(source, objectInHeader(request, 'destination', ctx.projectId), request, reply);
  }

  @Get('v1/:account/:container/*')
  @Policy('object-store:read')
  @Described({ answer: ANY, answerType: BYTES, answers: { 206: ANY, 304: null } })
  async get(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    const key = objectOf(request, ctx.projectId);
    const seen = await this.objects.get(key);
    // Judged before the bytes are opened; the ETag of what is opened then is the one that is answered.
    if (isUnmodified(request.headers, seen)) return void unmodified(reply, seen).send();
    const { object, body } = await this.objects.open(key, (o) => rangeOf(request, o));
    void reply.headers(describeObject(object));
    const range = rangeOf(request, object);
    if (range !== undefined)
      void reply.status(206).headers({
        'content-length': String(range.end - range.start + 1),
        'content-range': `bytes ${range.start}-${range.end}/${object.size}`,
      });
    void reply.send(body);
  }

  @Head('v1/:account/:container/*')
  @Policy('object-store:read')
  async head(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    const object = await this.objects.get(objectOf(request, ctx.projectId));
    if (isUnmodified(request.headers, object)) return void unmodified(reply, object).send();
    void reply.headers(describeObject(object)).send();
  }

  @Post('v1/:account/:container/*')
  @HttpCode(202)
  @Policy('object-store:write')
  @AnswersNothing()
  async post(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    refuseHeaders(request, 'object');
    await this.objects.update(objectOf(request, ctx.projectId), {
      metadata: metadataOf(request, 'object'),
      headers: keptHeaders(request),
      ...(request.bodyType === undefined ? {} : { contentType: request.bodyType }),
    });
    void reply.headers(EMPTY);
  }

  @Delete('v1/:account/:container/*')
  @HttpCode(204)
  @Policy('object-store:write')
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    await this.objects.delete(objectOf(request, ctx.projectId));
    void reply.headers(EMPTY);
  }

  /** Copies within the store. What the request says of the copy comes over what the source has, unless it begins anew. */
  private async copyTo(source: ObjectKey, target: ObjectKey, request: ApiRequest, reply: FastifyReply): Promise<void> {
    const { headers } = request;
    if (headers.range !== undefined) throw notImplemented('a copy of a Range');
    const onlyNew = mustBeNew(request);
    const { object, body } = await this.objects.open(source);
    const fresh = (headers['x-fresh-metadata'] ?? '').toString().toLowerCase() === 'true';
    const before = fresh ? { metadata: {}, headers: {} } : object;
    const metadata = { ...(before.metadata as Record<string, string>), ...metadataOf(request, 'object') };
    try {
      const stored = await this.objects.put(target, body, {
        contentType: request.bodyType ?? object.content_type,
        metadata,
        headers: { ...(before.headers as Record<string, string>), ...keptHeaders(request) },
        // What was read must be what was written.
        etag: object.etag,
        length: Number(object.size),
        onlyNew,
      });
      created(reply, stored).headers({
        ...metadataHeaders('object', metadata),
        'x-copied-from-account': `AUTH_${source.project_id}`,
        'x-copied-from': `${encodeURIComponent(source.container)}/${source.name.split('/').map(encodeURIComponent).join('/')}`,
        'x-copied-from-last-modified': lastModified(object.updated_at),
      });
    } finally {
      body.destroy();
    }
  }
}

const created = (reply: FastifyReply, { etag, updated_at }: { etag: string; updated_at: Date }): FastifyReply =>
  reply.status(201).headers({ ...EMPTY, etag, 'last-modified': lastModified(updated_at) });

function unmodified(reply: FastifyReply, object: ObjectRecord): FastifyReply {
  const { etag, 'last-modified': modified, 'x-timestamp': at } = describeObject(object);
  return reply.status(304).headers({ etag, 'last-modified': modified, 'x-timestamp': at, 'accept-ranges': 'bytes' });
}

/** @throws 400 for any condition on a PUT but `If-None-Match: *`, which alone Swift knows there */
function mustBeNew({ headers }: ApiRequest): boolean {
  const condition = headers['if-none-match'];
  if (headers['if-match'] !== undefined) throw notImplemented('the header If-Match on a PUT');
  if (condition !== undefined && condition.trim() !== '*') throw badRequest('If-None-Match only supports *');
  return condition !== undefined;
}

/** The part that is asked for. @throws 416 when the object has none of it */
function rangeOf({ headers }: ApiRequest, object: ObjectRecord): { start: number; end: number } | undefined {
  const condition = headers['if-range'];
  const known = [object.etag, `"${object.etag}"`, lastModified(object.updated_at)];
  if (condition !== undefined && !known.includes(String(condition))) return undefined;
  const range = parseRange(headers.range, Number(object.size));
  if (range === 'unsatisfiable')
    throw new OpenStackError(416, 'RequestedRangeNotSatisfiable', 'The Range requested is not available.', {
      headers: { 'content-range': `bytes */${object.size}`, 'accept-ranges': 'bytes' },
    });
  return range;
}
