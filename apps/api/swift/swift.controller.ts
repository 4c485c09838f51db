import { Readable } from 'node:stream';
import { Controller, Delete, Get, Head, HttpCode, Inject, Param, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { RequestContext } from '#services/context';
import { badRequest, forbidden } from '#services/errors';
import type { Services } from '#services/index';
import type { ListQuery } from '#services/swift/index';
import { micros } from '../common/links.js';
import { Policy } from '../common/policy.js';
import { Ctx, Params, type ApiRequest } from '../common/request.js';
import { SERVICES } from '../common/tokens.js';

type Query = Record<string, string | undefined>;
type StoredObject = Awaited<ReturnType<Services['swift']['getObject']>>;

/** Swift's ceiling for one page (container_listing_limit). */
const LISTING_LIMIT = 10_000;
const META = 'x-object-meta-';

/** Swift: accounts are projects, and a token's own is the only one there is. */
@Controller('object-store')
export class SwiftController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get swift() {
    return this.services.swift;
  }

  /** What Swift has in place of a versions document. */
  @Get('info')
  @Policy('novaflow:versions')
  info() {
    return {
      swift: { version: '2.30.0', container_listing_limit: LISTING_LIMIT, account_listing_limit: LISTING_LIMIT },
    };
  }

  @Get('v1/:account')
  @Policy('object-store:read')
  async account(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Params() query: Query,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    const containers = await this.swift.listContainers(ctx.projectId, listQuery(query));
    void reply.header('x-account-container-count', containers.length);
    sendList(request, reply, query, containers, (c) => c.name);
  }

  @Head('v1/:account')
  @HttpCode(204)
  @Policy('object-store:read')
  async headAccount(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    const containers = await this.swift.listContainers(ctx.projectId, { limit: LISTING_LIMIT });
    const total = (key: 'count' | 'bytes'): number => containers.reduce((sum, c) => sum + c[key], 0);
    void reply.headers({
      'x-account-container-count': containers.length,
      'x-account-object-count': total('count'),
      'x-account-bytes-used': total('bytes'),
    });
  }

  @Put('v1/:account/:container')
  @Policy('object-store:write')
  async putContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    void reply.status((await this.swift.putContainer(ctx.projectId, name)) ? 201 : 202);
  }

  @Get('v1/:account/:container')
  @Policy('object-store:read')
  async container(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Params() query: Query,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    void reply.headers(usage(await this.swift.getContainer(ctx.projectId, name)));
    const found = await this.swift.listObjects(ctx.projectId, name, listQuery(query));
    const items = found.map((o) => ({
      name: o.name,
      bytes: Number(o.size),
      hash: o.etag,
      content_type: o.content_type,
      last_modified: micros(o.updated_at),
    }));
    sendList(request, reply, query, items, (o) => o.name);
  }

  @Head('v1/:account/:container')
  @HttpCode(204)
  @Policy('object-store:read')
  async headContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    void reply.headers(usage(await this.swift.getContainer(ctx.projectId, name)));
  }

  @Delete('v1/:account/:container')
  @HttpCode(204)
  @Policy('object-store:write')
  async deleteContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
  ): Promise<void> {
    own(ctx, account);
    await this.swift.deleteContainer(ctx.projectId, name);
  }

  @Put('v1/:account/:container/*')
  @Policy('object-store:write')
  async putObject(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') container: string,
    @Param('*') name: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    const body = request.body instanceof Readable ? request.body : Readable.from([]);
    const etag = request.headers['etag']?.replaceAll('"', '');
    const metadata = Object.fromEntries(
      Object.entries(request.headers).flatMap(([key, value]) =>
        key.startsWith(META) ? [[key.slice(META.length), String(value)]] : [],
      ),
    );
    const stored = await this.swift.putObject(ctx.projectId, container, name, body, {
      contentType: request.bodyType ?? 'application/octet-stream',
      metadata,
      ...(etag === undefined ? {} : { etag }),
    });
    void reply.status(201).header('etag', stored.etag);
  }

  @Get('v1/:account/:container/*')
  @Policy('object-store:read')
  async object(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') container: string,
    @Param('*') name: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    const object = await this.swift.getObject(ctx.projectId, container, name);
    void reply.headers(describe(object)).send(await this.swift.read(object.location));
  }

  @Head('v1/:account/:container/*')
  @Policy('object-store:read')
  async headObject(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') container: string,
    @Param('*') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account);
    void reply.headers(describe(await this.swift.getObject(ctx.projectId, container, name)));
  }

  @Delete('v1/:account/:container/*')
  @HttpCode(204)
  @Policy('object-store:write')
  async deleteObject(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') container: string,
    @Param('*') name: string,
  ): Promise<void> {
    own(ctx, account);
    await this.swift.deleteObject(ctx.projectId, container, name);
  }
}

function own(ctx: RequestContext, account: string): void {
  if (account !== `AUTH_${ctx.projectId}`) throw forbidden('Access was denied to this resource.');
}

function listQuery({ prefix, marker, limit }: Query): ListQuery {
  if (limit !== undefined && (!/^\d+$/.test(limit) || Number(limit) > LISTING_LIMIT))
    throw badRequest(`limit must be a number up to ${LISTING_LIMIT}.`);
  return {
    limit: limit === undefined ? LISTING_LIMIT : Number(limit),
    ...(prefix === undefined ? {} : { prefix }),
    ...(marker === undefined ? {} : { marker }),
  };
}

/** JSON when it is asked for by query or by header, else one name a line, as Swift answers. */
function sendList<T extends object>(
  request: ApiRequest,
  reply: FastifyReply,
  query: Query,
  items: T[],
  name: (item: T) => string,
): void {
  const json = query['format'] === 'json' || (request.headers.accept ?? '').includes('application/json');
  if (json) void reply.type('application/json; charset=utf-8').send(items);
  else if (items.length === 0) void reply.status(204).send();
  else void reply.type('text/plain; charset=utf-8').send(items.map((item) => `${name(item)}\n`).join(''));
}

const usage = ({ count, bytes }: { count: number; bytes: number }) => ({
  'x-container-object-count': count,
  'x-container-bytes-used': bytes,
});

const describe = (o: StoredObject): Record<string, string> => ({
  'content-type': o.content_type,
  'content-length': o.size.toString(),
  etag: o.etag,
  'last-modified': o.updated_at.toUTCString(),
  ...Object.fromEntries(
    Object.entries(o.metadata as Record<string, string>).map(([key, value]) => [META + key, value]),
  ),
});
