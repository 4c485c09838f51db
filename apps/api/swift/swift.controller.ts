import { Controller, Delete, Get, Head, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { RequestContext } from '#services/kernel/context';
import { Type } from 'typebox';
import { OpenStackError, forbidden } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { LIMITS, type ListQuery } from '#services/swift/index';
import { Answers, Described, Query } from '../http/described.js';
import { Policy, Public } from '../http/policy.js';
import { Ctx, type ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { EMPTY, containerItem, listFormat, metadataHeaders, objectItem, timestamp, writeList } from './answers.js';
import { STORAGE_POLICY, metadataOf, refuseHeaders, refuseQueries } from './requests.js';

type Asked = Record<string, string | undefined>;

const FORMAT = { format: '`json`, `xml` or `plain`; the header Accept says it otherwise.' };
const LISTING = {
  ...FORMAT,
  limit: { schema: Type.Integer({ minimum: 0 }) },
  marker: 'Names after this one.',
  end_marker: 'Names before this one.',
  prefix: 'Names that begin with this.',
  delimiter: 'What names have in common up to this is one entry, a `subdir`.',
  path: 'What is at this path, as in a directory.',
  reverse: { schema: Type.Boolean() },
};
const Subdir = Type.Object({ subdir: Type.String() });
const whole = Type.Integer();
const Containers = Type.Array(
  Type.Union([
    Subdir,
    Type.Object(
      { name: Type.String(), count: whole, bytes: whole, last_modified: Type.String() },
      { title: 'Container' },
    ),
  ]),
);
const Objects = Type.Array(
  Type.Union([
    Subdir,
    Type.Object(
      {
        name: Type.String(),
        hash: Type.String(),
        bytes: whole,
        content_type: Type.String(),
        last_modified: Type.String(),
      },
      { title: 'Object' },
    ),
  ]),
);

/** Swift's accounts and containers: accounts are projects, and a token's own is the only one there is. */
@Controller('object-store')
export class SwiftController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get swift() {
    return this.services.swift;
  }

  /** What Swift has in place of a versions document: what is here, and every limit. */
  @Get('info')
  @Public()
  @Answers(Type.Object({ swift: Type.Record(Type.String(), Type.Unknown()) }))
  info() {
    return {
      swift: {
        version: '2.30.0',
        ...LIMITS,
        valid_api_versions: ['v1'],
        allow_account_management: false,
        account_autocreate: true,
        policies: [{ name: STORAGE_POLICY, aliases: STORAGE_POLICY, default: true }],
      },
    };
  }

  @Get('v1/:account')
  @Policy('object-store:read')
  @Described({ answers: { 200: Containers, 204: null } })
  async account(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Query(LISTING) query: Asked,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    const format = listFormat(query['format'], request.headers.accept);
    const list = listQuery(query, LIMITS.account_listing_limit);
    await this.describeAccount(ctx, reply);
    const { type, body } = writeList(format, await this.swift.listContainers(ctx.projectId, list), containerItem, {
      element: 'account',
      name: account,
    });
    void reply
      .status(body === undefined ? 204 : 200)
      .header('content-type', type)
      .send(body);
  }

  @Head('v1/:account')
  @HttpCode(204)
  @Policy('object-store:read')
  async headAccount(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Query(FORMAT) query: Asked,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    await this.describeAccount(ctx, reply);
    void reply.header('content-type', listType(query, request));
  }

  @Post('v1/:account')
  @HttpCode(204)
  @Policy('object-store:write')
  async postAccount(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    refuseHeaders(request, 'account');
    await this.swift.updateAccount(ctx.projectId, metadataOf(request, 'account'));
    void reply.headers(EMPTY);
  }

  @Put('v1/:account/:container')
  @Policy('object-store:write')
  @Described({ answers: { 201: null, 202: null } })
  async putContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    refuseHeaders(request, 'container');
    const isNew = await this.swift.putContainer(ctx.projectId, name, metadataOf(request, 'container'));
    void reply.status(isNew ? 201 : 202).headers(EMPTY);
  }

  @Post('v1/:account/:container')
  @HttpCode(204)
  @Policy('object-store:write')
  async postContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    refuseHeaders(request, 'container');
    await this.swift.updateContainer(ctx.projectId, name, metadataOf(request, 'container'));
    void reply.headers(EMPTY);
  }

  @Get('v1/:account/:container')
  @Policy('object-store:read')
  @Described({ answers: { 200: Objects, 204: null } })
  async container(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Query(LISTING) query: Asked,
    @Req() request: ApiRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    const format = listFormat(query['format'], request.headers.accept);
    const list = listQuery(query, LIMITS.container_listing_limit);
    await this.describeContainer(ctx, name, reply);
    const { type, body } = writeList(format, await this.swift.listObjects(ctx.projectId, name, list), objectItem, {
      element: 'container',
      name,
    });
    void reply
      .status(body === undefined ? 204 : 200)
      .header('content-type', type)
      .send(body);
  }

  @Head('v1/:account/:container')
  @HttpCode(204)
  @Policy('object-store:read')
  async headContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Query(FORMAT) query: Asked,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    await this.describeContainer(ctx, name, reply);
    void reply.header('content-type', listType(query, request));
  }

  @Delete('v1/:account/:container')
  @HttpCode(204)
  @Policy('object-store:write')
  async deleteContainer(
    @Ctx() ctx: RequestContext,
    @Param('account') account: string,
    @Param('container') name: string,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    own(ctx, account, request);
    await this.swift.deleteContainer(ctx.projectId, name);
    void reply.headers(EMPTY);
  }

  private async describeAccount(ctx: RequestContext, reply: FastifyReply): Promise<void> {
    const { metadata, containers, count, bytes, created_at } = await this.swift.account(ctx.projectId);
    void reply.headers({
      ...metadataHeaders('account', metadata),
      'x-account-container-count': containers,
      'x-account-object-count': count,
      'x-account-bytes-used': bytes,
      'accept-ranges': 'bytes',
      ...(created_at === null ? {} : { 'x-timestamp': timestamp(created_at) }),
    });
  }

  private async describeContainer(ctx: RequestContext, name: string, reply: FastifyReply): Promise<void> {
    const { metadata, count, bytes, created_at } = await this.swift.getContainer(ctx.projectId, name);
    void reply.headers({
      ...metadataHeaders('container', metadata),
      'x-container-object-count': count,
      'x-container-bytes-used': bytes,
      'x-storage-policy': STORAGE_POLICY,
      'accept-ranges': 'bytes',
      'x-timestamp': timestamp(created_at),
    });
  }
}

/** @throws 403 for another project's account, 501 for a query that means something that is not here */
export function own(ctx: RequestContext, account: string, request: ApiRequest): void {
  if (account !== `AUTH_${ctx.projectId}`) throw forbidden('Access was denied to this resource.');
  refuseQueries(request);
}

const listType = (query: Asked, request: ApiRequest): string =>
  writeList(listFormat(query['format'], request.headers.accept), [], () => ({}), { element: 'account', name: '' }).type;

/** @throws 412 for a limit that is over Swift's; one that is no number is left out of account, as Swift does */
function listQuery(query: Asked, most: number): ListQuery {
  const { prefix, marker, delimiter, path, end_marker: endMarker } = query;
  const limit = /^\d+$/.test(query['limit'] ?? '') ? Number(query['limit']) : most;
  if (limit > most) throw new OpenStackError(412, 'PreconditionFailed', `Maximum limit is ${most}`);
  return {
    limit,
    reverse: ['true', '1', 'yes', 'on', 't', 'y'].includes((query['reverse'] ?? '').toLowerCase()),
    ...(prefix === undefined ? {} : { prefix }),
    ...(marker === undefined ? {} : { marker }),
    ...(endMarker === undefined ? {} : { endMarker }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(path === undefined ? {} : { path }),
  };
}
