import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Res,
  type Type,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import { badRequest } from '#services/kernel/errors';
import type { Action, AnySpec } from '#services/kernel/resource/spec';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Bodies } from './bodies.js';
import { hasBrief, pathOf, type Dialect } from './dialect.js';
import { answerPage, queryOf } from './page.js';
import type { Resource, Row, Store } from './resource.js';
import { route } from './route.js';
import { Views } from './view.js';

/**
 * Makes the Nest controller of a resource: one handler per verb that its description has. They are ordinary handlers
 * with ordinary decorators, so guards, filters and what walks the routes see no difference to those written by hand.
 */
export function controllerOf({ dialect, spec, store }: Resource): Type {
  const bodies = new Bodies(dialect, spec);
  const short = hasBrief(dialect, spec);

  /** Refuses an action that the microversion does not have. @returns the key of what the path names */
  const begin = ({ microversion }: ApiRequest, action: Action, id = ''): string => {
    if (microversion < (spec.since?.[action] ?? 0) && dialect.absent) throw dialect.absent(microversion);
    return dialect.keyOf?.(spec, id, microversion) ?? id;
  };
  const answerWith = (reply: FastifyReply, { microversion }: ApiRequest, action: Action): void => {
    const status = dialect.status?.(spec, action, microversion);
    if (status !== undefined) void reply.status(status);
  };

  @Controller(`${dialect.prefix}/${pathOf(spec)}`)
  class ResourceController {
    private readonly views: Views;
    private readonly store: Store;

    constructor(
      @Inject(SERVICES) services: Services,
      @Inject(CONFIG) private readonly config: Config,
    ) {
      this.views = new Views(dialect, spec, services.policies);
      this.store = store(services);
    }

    async list(request: ApiRequest): Promise<object> {
      return this.page(request, short);
    }

    async detail(request: ApiRequest): Promise<object> {
      return this.page(request, false);
    }

    async show(request: ApiRequest, id: string): Promise<object> {
      const key = begin(request, 'get', id);
      const query = queryOf(request);
      const row = await this.store.get(contextOf(request), key, dialect.beside?.(spec, query, request.microversion));
      return dialect.one(spec, this.view(request, row, 'get', query['fields']));
    }

    async create(request: ApiRequest, body: unknown, reply: FastifyReply): Promise<object> {
      begin(request, 'create');
      const { items, several } = this.items(request, body);
      const rows = await this.store.create(contextOf(request), items);
      const views = rows.map((row) => this.view(request, row, 'create'));
      answerWith(reply, request, 'create');
      return several ? { [spec.names[1]]: views } : dialect.one(spec, views[0]!);
    }

    async update(request: ApiRequest, id: string, body: unknown): Promise<object> {
      const key = begin(request, 'update', id);
      const checked = dialect.check(bodies.of('put', request.microversion), body);
      const change = bodies.values(unwrap(dialect, spec, checked));
      const row = await this.store.update(contextOf(request), key, change, revisionOf(dialect, request));
      return dialect.one(spec, this.view(request, row, 'update'));
    }

    async remove(request: ApiRequest, id: string, reply: FastifyReply): Promise<void> {
      const key = begin(request, 'delete', id);
      const beside = dialect.beside?.(spec, queryOf(request), request.microversion);
      await this.store.delete(contextOf(request), key, revisionOf(dialect, request), beside);
      answerWith(reply, request, 'delete');
    }

    private async page(request: ApiRequest, brief: boolean): Promise<object> {
      begin(request, 'list');
      const read = dialect.read(spec, queryOf(request), request.microversion);
      const page = await this.store.list(contextOf(request), read);
      return answerPage({ dialect, spec }, this.views, { request, base: this.config.publicUrl, read, brief }, page);
    }

    private view(request: ApiRequest, row: Row, action: Action, fields?: readonly string[], brief = false) {
      const { microversion: minor } = request;
      return this.views.of(row, { ctx: contextOf(request), minor, base: this.config.publicUrl, fields, brief, action });
    }

    private items({ microversion }: ApiRequest, body: unknown): { items: Record<string, unknown>[]; several: boolean } {
      const [, many] = spec.names;
      const several =
        dialect.bulk !== undefined && typeof body === 'object' && body !== null && Object.hasOwn(body, many);
      const checked = dialect.check(bodies.of('post', microversion, several), body);
      const items = several
        ? (checked as Record<string, Record<string, unknown>[]>)[many]!
        : [unwrap(dialect, spec, checked)];
      if (items.length === 0) throw badRequest(dialect.bulk ?? '');
      return { items: items.map((item) => bodies.values(item)), several };
    }
  }

  const answer = Res({ passthrough: true });
  const actions: readonly Action[] = spec.actions ?? ['list', 'get', 'create', 'update', 'delete'];
  const { create, update, delete: deleted } = dialect.statuses;
  const change = dialect.update === 'PUT' ? Put : Patch;
  if (actions.includes('list')) {
    route(ResourceController, 'list', [Get(), KitPolicy(spec, 'list')], []);
    if (short && spec.brief !== 'only')
      route(ResourceController, 'detail', [Get('detail'), KitPolicy(spec, 'list')], []);
  }
  if (actions.includes('get')) route(ResourceController, 'show', [Get(':id'), KitPolicy(spec, 'get')], [Param('id')]);
  if (actions.includes('create'))
    route(ResourceController, 'create', [Post(), HttpCode(create), KitPolicy(spec, 'create')], [Body(), answer]);
  if (actions.includes('update'))
    route(
      ResourceController,
      'update',
      [change(':id'), HttpCode(update), KitPolicy(spec, 'update')],
      [Param('id'), Body()],
    );
  if (actions.includes('delete'))
    route(
      ResourceController,
      'remove',
      [Delete(':id'), HttpCode(deleted), KitPolicy(spec, 'delete')],
      [Param('id'), answer],
    );
  Object.defineProperty(ResourceController, 'name', { value: `${spec.names[0]}Controller` });
  return ResourceController;
}

/** The guard has made sure that there is one. */
const contextOf = (request: ApiRequest): RequestContext => request.context!;

const unwrap = (dialect: Dialect, spec: AnySpec, body: unknown): Record<string, unknown> =>
  (dialect.enveloped ? (body as Record<string, unknown>)[spec.names[0]] : body) as Record<string, unknown>;

const revisionOf = (dialect: Dialect, { headers }: ApiRequest): number | undefined =>
  dialect.revisionOf?.(headers['if-match']);
