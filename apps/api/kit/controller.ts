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
  Req,
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
import { pathOf, type Dialect, type QueryLists, type ReadQuery } from './dialect.js';
import type { Resource, Row, Store } from './resource.js';
import { Views, type ViewForm } from './view.js';

/**
 * Makes the Nest controller of a resource: one handler per verb that its description has. They are ordinary handlers
 * with ordinary decorators, so guards, filters and what walks the routes see no difference to those written by hand.
 */
export function controllerOf({ dialect, spec, store }: Resource): Type {
  const bodies = new Bodies(dialect, spec);

  @Controller(`${dialect.prefix}/${pathOf(spec)}`)
  class ResourceController {
    private readonly views: Views;
    private readonly store: Store;

    constructor(
      @Inject(SERVICES) private readonly services: Services,
      @Inject(CONFIG) private readonly config: Config,
    ) {
      this.views = new Views(dialect, spec, services.policies);
      this.store = store(services);
    }

    async list(request: ApiRequest): Promise<object> {
      return this.page(request, dialect.details === true);
    }

    async detail(request: ApiRequest): Promise<object> {
      return this.page(request, false);
    }

    async show(request: ApiRequest, id: string): Promise<object> {
      const { fields } = queryOf(request);
      return dialect.one(spec, this.view(request, await this.store.get(contextOf(request), id), { fields }));
    }

    async create(request: ApiRequest, body: unknown, reply: FastifyReply): Promise<object> {
      const { items, several } = this.items(request, body);
      const rows = await this.store.create(contextOf(request), items);
      const views = rows.map((row) => this.view(request, row, { written: true }));
      if (!several && dialect.location !== undefined)
        void reply.header('Location', dialect.location(spec, keyOf(spec, rows[0]!)));
      return several ? { [spec.names[1]]: views } : dialect.one(spec, views[0]!);
    }

    async update(request: ApiRequest, id: string, body: unknown): Promise<object> {
      const row = await this.store.update(
        contextOf(request),
        id,
        this.change(request, body),
        revisionOf(dialect, request),
      );
      return dialect.one(spec, this.view(request, row, { written: true }));
    }

    private change({ microversion, headers }: ApiRequest, body: unknown): Row | ((row: Row) => Row) {
      const schema = bodies.of('put', microversion);
      if (dialect.patch) return dialect.patch(spec, { contentType: headers['content-type'], body, schema });
      return bodies.values(unwrap(dialect, spec, dialect.check(schema, body)));
    }

    async remove(request: ApiRequest, id: string): Promise<void> {
      await this.store.delete(contextOf(request), id, revisionOf(dialect, request));
    }

    private async page(request: ApiRequest, brief: boolean): Promise<object> {
      const [path = ''] = request.url.split('?');
      if (dialect.slash !== undefined && path.endsWith('/')) throw dialect.slash();
      const query = queryOf(request);
      const { adminRule, service } = spec.words;
      const { policies } = this.services;
      const admin =
        policies.has(service, adminRule) && policies.allows(service, adminRule, contextOf(request).credentials, {});
      const read: ReadQuery = dialect.read(spec, query, request.microversion, admin);
      const { rows, more, count } = await this.store.list(contextOf(request), read);
      const views = rows.map((row) => this.view(request, row, { fields: read.fields, brief }));
      const key = (row: Row | undefined): string | undefined => (row === undefined ? undefined : keyOf(spec, row));
      return dialect.many(spec, views, {
        url: `${this.config.publicUrl}${path}`,
        query,
        limit: read.limit,
        more,
        marker: read.marker,
        reverse: read.reverse ?? false,
        first: key(rows[0]),
        last: key(rows.at(-1)),
        count,
      });
    }

    private view(request: ApiRequest, row: Row, form: ViewForm = {}) {
      const { microversion: minor } = request;
      return this.views.of(row, { ctx: contextOf(request), minor, base: this.config.publicUrl, ...form });
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

  const actions: readonly Action[] = spec.actions ?? ['list', 'get', 'create', 'update', 'delete'];
  const { create, update, delete: deleted } = dialect.statuses;
  const change = dialect.update === 'PUT' ? Put : Patch;
  if (actions.includes('list')) {
    route(ResourceController, 'list', [Get(), KitPolicy(spec, 'list')], []);
    if (dialect.details) route(ResourceController, 'detail', [Get('detail'), KitPolicy(spec, 'list')], []);
  }
  if (actions.includes('get')) route(ResourceController, 'show', [Get(':id'), KitPolicy(spec, 'get')], [Param('id')]);
  if (actions.includes('create'))
    route(
      ResourceController,
      'create',
      [Post(), HttpCode(create), KitPolicy(spec, 'create')],
      [Body(), Res({ passthrough: true })],
    );
  if (actions.includes('update'))
    route(
      ResourceController,
      'update',
      [change(':id'), HttpCode(update), KitPolicy(spec, 'update')],
      [Param('id'), Body()],
    );
  if (actions.includes('delete'))
    route(ResourceController, 'remove', [Delete(':id'), HttpCode(deleted), KitPolicy(spec, 'delete')], [Param('id')]);
  Object.defineProperty(ResourceController, 'name', { value: `${spec.names[0]}Controller` });
  return ResourceController;
}

/** Decorates a method as decorators in the source would. The request is always its first parameter. */
function route(
  of: Type,
  method: string,
  decorators: readonly MethodDecorator[],
  parameters: readonly ParameterDecorator[],
): void {
  const prototype = of.prototype as object;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method)!;
  [Req(), ...parameters].forEach((decorate, index) => decorate(prototype, method, index));
  for (const decorate of decorators) decorate(prototype, method, descriptor);
}

const keyOf = (spec: AnySpec, row: Row): string => String(row[spec.key ?? 'id']);

/** The guard has made sure that there is one. */
const contextOf = (request: ApiRequest): RequestContext => request.context!;

function queryOf(request: ApiRequest): QueryLists {
  const query = request.query as Readonly<Record<string, string | string[]>>;
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value].flat()]));
}

const unwrap = (dialect: Dialect, spec: AnySpec, body: unknown): Record<string, unknown> =>
  (dialect.enveloped ? (body as Record<string, unknown>)[spec.names[0]] : body) as Record<string, unknown>;

const revisionOf = (dialect: Dialect, { headers }: ApiRequest): number | undefined =>
  dialect.revisionOf?.(headers['if-match']);
