import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import { Type } from 'typebox';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import { isAdmin, type RequestContext } from '#services/kernel/context';
import { badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { SchedulerHints } from '#services/nova/index';
import { parsePage, type Page } from '#services/kernel/paging';
import { ownTarget, policies } from '#services/kernel/policy/index';
import { Described, ValidBody } from '../http/described.js';
import { micros, nextLink } from '../http/links.js';
import { integerText, isTrue } from '../http/parameter-types.js';
import { Policy, PolicyOfHandler } from '../http/policy.js';
import { Ctx, Minor, Params } from '../http/request.js';
import { timeOfQuery } from '../http/times.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';
import { createRequest, shortest } from './create-request.js';
import {
  createServerSchema,
  updateServerSchema,
  type CreateServerBody,
  type UpdateServerBody,
} from './server-schemas.js';
import { Actions } from '../http/routes.js';
import { ACTION_ROUTES, actionBodies, actionRoute, checkAction, checkActionBody } from './server-actions.js';
import {
  actionSchema,
  actionsSchema,
  changedServerSchema,
  createdSchema,
  serverRefsSchema,
  serverSchema,
  serversSchema,
} from './server-answers.js';
import { CONSOLE_ACTIONS, ConsoleAnswer, consoleAction } from './remote-consoles.js';
import { serverFilters } from './server-filters.js';
import {
  changedServerView,
  hostIdOf,
  serverLinks,
  serverRef,
  serverView,
  singleServerView,
  type ViewOptions,
} from './server-views.js';

type Query = Record<string, string | undefined>;

const ConsoleOutputSchema = Type.Object(
  {
    length: Type.Optional(Type.Union([integerText(-1), Type.Null()])),
  },
  { additionalProperties: false },
);

const ConsoleOutput = Type.Object({ output: Type.String() }, { additionalProperties: false });
/** Consoles are asked for like an action, and answered with a body. */
const ActionBodies = actionBodies({
  ...CONSOLE_ACTIONS,
  'os-getConsoleOutput': {
    policy: 'os_compute_api:os-console-output',
    schema: Type.Union([ConsoleOutputSchema, Type.Null()]),
  },
});

/** Since 2.98 a server shows the properties that its image had, and since 2.100 the hints of its request. */
const SHOWS_REQUEST = 98;
/** Since 2.3 an administrator sees the images of its kernel and its ramdisk. */
const SHOWS_KERNEL = 3;

/** Nova's actions that a server in BUILD refuses, with the word that the refusal uses for each. */
const LIFECYCLE_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['rebuild', 'rebuild'],
  ['resize', 'resize'],
  ['shelve', 'shelve'],
  ['createImage', 'create_image'],
]);

@Controller('compute/v2.1/servers')
export class ServersController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get servers() {
    return this.services.nova.servers;
  }

  @Post()
  @HttpCode(202)
  @Policy('os_compute_api:servers:create')
  @Described({ summary: 'Create server', answer: createdSchema })
  async create(
    @Ctx() ctx: RequestContext,
    @ValidBody(createServerSchema) { server, ...hints }: { readonly server: CreateServerBody },
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = createRequest(server, Object.values<SchedulerHints>(hints)[0] ?? {});
    const { ids, adminPass, reservationId } = await this.servers.create(ctx, request);
    if (isTrue(server.return_reservation_id)) return { reservation_id: reservationId };
    const id = ids[0]!;
    const links = serverLinks(this.config.publicUrl, id);
    void reply.header('Location', links[0]!.href);
    const security_groups = (server.security_groups ?? [{ name: 'default' }]).map((g) => ({
      name: g.name ?? 'default',
    }));
    return { server: { id, links, 'OS-DCF:diskConfig': request.diskConfig, security_groups, adminPass } };
  }

  @Get()
  @Policy('os_compute_api:servers:index')
  @Described({ answer: serverRefsSchema })
  async list(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    const page = parsePage(query, 0);
    const found = await this.servers.listRefs(ctx, serverFilters(ctx, query, minor, 'index'), page);
    return {
      servers: found.items.map((s) => serverRef(this.options(ctx, minor), s)),
      ...this.links('servers', query, page, found),
    };
  }

  @Get('detail')
  @Policy('os_compute_api:servers:detail')
  @Described({ summary: 'List servers with details', answer: serversSchema })
  async detail(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    const page = parsePage(query, 0);
    const found = await this.servers.list(ctx, serverFilters(ctx, query, minor, 'detail'), page);
    const items = await this.servers.withParts(found.items, this.showsRequest(ctx, minor));
    return {
      servers: items.map((s) => serverView(this.options(ctx, minor), s)),
      ...this.links('servers/detail', query, page, found),
    };
  }

  @Get(':id')
  @Policy('os_compute_api:servers:show')
  @Described({ summary: 'Show server details', answer: serverSchema })
  async show(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') id: string) {
    const [server] = await this.servers.withParts([await this.servers.get(ctx, id)], this.showsRequest(ctx, minor));
    return { server: singleServerView(this.options(ctx, minor), server!) };
  }

  @Put(':id')
  @Policy('os_compute_api:servers:update')
  @Described({ summary: 'Update server', answer: changedServerSchema })
  async update(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @ValidBody(updateServerSchema) { server: input }: { readonly server: UpdateServerBody },
  ) {
    const { name, description, hostname, pinned_availability_zone } = input;
    const updated = await this.servers.update(ctx, id, {
      name,
      description,
      hostname,
      pinned_availability_zone,
      access_ipv4: input.accessIPv4,
      access_ipv6: shortest(input.accessIPv6),
      disk_config: input['OS-DCF:diskConfig'],
    });
    const [server] = await this.servers.withParts([updated], this.showsRequest(ctx, minor));
    return { server: changedServerView(this.options(ctx, minor), server!) };
  }

  @Delete(':id')
  @HttpCode(204)
  @Policy('os_compute_api:servers:delete')
  async delete(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.servers.delete(ctx, id);
  }

  @Post(':id/action')
  @HttpCode(200)
  @PolicyOfHandler('os_compute_api:os-console-output')
  @Actions([...Object.keys(ACTION_ROUTES), 'os-getConsoleOutput', ...Object.keys(CONSOLE_ACTIONS)])
  @Described({
    summary: 'Run an action',
    body: { schema: ActionBodies },
    answer: Type.Union([ConsoleOutput, ConsoleAnswer]),
    answers: { 202: null },
  })
  async action(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const actions = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.entries(body) : [];
    if (actions.length !== 1) throw badRequest('Malformed request body');
    const [name, input] = actions[0]! as [string, unknown];
    const route = actionRoute(name, minor);
    if (route) {
      checkAction(route, ctx);
      const value = checkActionBody(route, input, minor);
      await route.begin(this.services.nova.serverActions, { ctx, id, body: value, minor });
      void reply.status(202);
      return undefined;
    }
    if (LIFECYCLE_ACTIONS.has(name)) await this.servers.refuseWhileBuilding(ctx, id, LIFECYCLE_ACTIONS.get(name)!);
    const shown = consoleAction(name, minor);
    if (shown) return { console: await shown(this.services, ctx, id, input) };
    if (name !== 'os-getConsoleOutput') throw badRequest(`There is no such action: ${name}`);
    policies.enforce('nova', 'os_compute_api:os-console-output', ctx.credentials, ownTarget(ctx.credentials));
    const { length } = validate(ConsoleOutputSchema, input ?? {});
    const lines = length === undefined || length === null || Number(length) < 0 ? undefined : Number(length);
    return { output: await this.servers.consoleOutput(ctx, id, lines) };
  }

  @Get(':id/os-instance-actions')
  @Policy('os_compute_api:os-instance-actions:list')
  @Described({ answer: actionsSchema })
  async actions(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') id: string, @Params() query: Query) {
    await this.visible(ctx, minor, id);
    const since = minor >= 58 ? timeOfQuery('changes-since', query['changes-since']) : undefined;
    const before = minor >= 66 ? timeOfQuery('changes-before', query['changes-before']) : undefined;
    if (since && before && before < since)
      throw badRequest('The value of changes-since must be less than or equal to changes-before.');
    // Before 2.58 there are no pages in Nova. Here the longest page is all that it shows, since a server may have any number
    // of actions.
    const page = parsePage(minor < 58 ? {} : query, 0);
    const found = await this.services.nova.actions.list(id, page, { since, before });
    if (minor < 58) return { instanceActions: found.items.map((a) => actionView(a, minor)) };
    const items = found.items.map((a) => ({ ...actionView(a, minor), id: a.request_id }));
    const { more } = found;
    const { servers_links: links } = this.links(`servers/${id}/os-instance-actions`, query, page, { items, more });
    return {
      instanceActions: items.map(({ id: _id, ...action }) => action),
      ...(links === undefined ? {} : { links }),
    };
  }

  @Get(':id/os-instance-actions/:requestId')
  @Policy('os_compute_api:os-instance-actions:show')
  @Described({ answer: actionSchema })
  async showAction(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @Param('requestId') requestId: string,
  ) {
    await this.visible(ctx, minor, id);
    const { events, ...action } = await this.services.nova.actions.get(id, requestId);
    // Since 2.51 everybody sees the events, and the rule is about their details.
    const all = policies.allows('nova', 'os_compute_api:os-instance-actions:events', ctx.credentials, {
      project_id: action.project_id,
    });
    const shown = minor >= 51 || all ? { events: events.map((e) => eventView(e, minor, all, action.project_id)) } : {};
    return { instanceAction: { ...actionView(action, minor), ...shown } };
  }

  private showsRequest(ctx: RequestContext, minor: number): boolean {
    return minor >= SHOWS_REQUEST || (minor >= SHOWS_KERNEL && this.options(ctx, minor).hostAttributes);
  }

  private options(ctx: RequestContext, minor: number): ViewOptions {
    const { credentials } = ctx;
    const target = ownTarget(credentials);
    return {
      base: this.config.publicUrl,
      minor,
      admin: isAdmin(ctx, 'nova'),
      hostAttributes: policies.allows('nova', 'os_compute_api:os-extended-server-attributes', credentials, target),
      hostStatus: policies.allows('nova', 'os_compute_api:servers:show:host_status', credentials, target),
    };
  }

  /** The link to the next page, where there is one. */
  private links(
    path: string,
    query: Query,
    { limit }: Page,
    found: { items: readonly { id: string }[]; more: boolean },
  ): { servers_links?: object[] } {
    const last = found.items.at(-1);
    return found.more && last
      ? { servers_links: [nextLink(`${this.config.publicUrl}/compute/v2.1/${path}`, query, limit, last.id)] }
      : {};
  }

  /** A deleted server's actions can be read since 2.21. */
  private async visible(ctx: RequestContext, minor: number, id: string): Promise<void> {
    const server = await this.servers.getEvenDeleted(ctx, id);
    if (server.deleted_at !== null && minor < 21) await this.servers.get(ctx, id);
  }
}

type ActionRecord = Awaited<ReturnType<Services['nova']['actions']['list']>>['items'][number];
type EventRecord = Awaited<ReturnType<Services['nova']['actions']['get']>>['events'][number];

const actionView = (a: ActionRecord, minor: number) => ({
  action: a.action,
  instance_uuid: a.server_id,
  request_id: a.request_id,
  user_id: a.user_id,
  project_id: a.project_id,
  start_time: micros(a.start_time),
  message: a.message,
  ...(minor >= 58 ? { updated_at: micros(a.updated_at) } : {}),
});

/** A step of the control plane has no host; Nova's schema wants a text. */
const eventView = (e: EventRecord, minor: number, admin: boolean, project_id: string) => ({
  event: e.event,
  start_time: micros(e.start_time),
  finish_time: e.finish_time === null ? null : micros(e.finish_time),
  result: e.result,
  ...(admin ? { traceback: null } : {}),
  ...(minor >= 62 ? { hostId: hostIdOf({ host: e.host, project_id }), ...(admin ? { host: e.host ?? '' } : {}) } : {}),
  ...(minor >= 84 ? { details: e.details } : {}),
});
