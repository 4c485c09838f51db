import { Controller, Inject, type Type } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { badRequest } from '#services/kernel/errors';
import type { Condition } from '#services/kernel/resource/query';
import type { Action, AnySpec } from '#services/kernel/resource/spec';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Bodies } from './bodies.js';
import { declareRoutes } from './declare.js';
import { hasBrief, isEnveloped, pathOf, type Row } from './dialect.js';
import { answerPage, queryOf } from './page.js';
import type { Resource, Store } from './resource.js';
import { contextOf, placeOf, revisionOf, unless, unwrap } from './requests.js';
import { Views, type ViewForm } from './view.js';

/**
 * Makes the Nest controller of a resource: one handler per verb that its description has. They are ordinary handlers
 * with ordinary decorators, so guards, filters and what walks the routes see no difference to those written by hand.
 */
export function controllerOf({ dialect, spec, store, expansion }: Resource): Type {
  const bodies = new Bodies(dialect, spec);
  const short = hasBrief(dialect, spec);

  /** Refuses an action that the microversion does not have. @returns the key of what the path names */
  const begin = ({ microversion, body }: ApiRequest, action: Action, id = ''): string => {
    const served = microversion >= (spec.since?.[action] ?? 0) && microversion <= (spec.until ?? Infinity);
    if (!served && dialect.absent) throw dialect.absent(microversion, spec, body);
    return dialect.keyOf?.(spec, id, microversion) ?? id;
  };
  const besideOf = (request: ApiRequest): Condition[] => [
    ...(dialect.beside?.(spec, queryOf(request), request.microversion) ?? []),
    ...placeOf(spec, request),
  ];
  const answerWith = (reply: FastifyReply, { microversion }: ApiRequest, action: Action): void => {
    const status = dialect.status?.(spec, action, microversion);
    if (status !== undefined) void reply.status(status);
  };
  /** Answers an action with records: its status, their headers, and no body where the service sends none. */
  const respond = (
    reply: FastifyReply,
    request: ApiRequest,
    action: Action,
    rows: readonly Row[],
    body: object,
  ): object | undefined => {
    answerWith(reply, request, action);
    const { microversion } = request;
    if (dialect.headers !== undefined) void reply.headers(dialect.headers(spec, action, rows, microversion));
    return dialect.bare?.(spec, action, microversion) ? undefined : body;
  };

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

    async list(request: ApiRequest, reply: FastifyReply): Promise<object | undefined> {
      return this.page(request, reply, short);
    }

    async detail(request: ApiRequest, reply: FastifyReply): Promise<object | undefined> {
      return this.page(request, reply, false);
    }

    async show(request: ApiRequest, id: string, reply: FastifyReply): Promise<object | undefined> {
      const key = begin(request, 'get', id);
      const query = queryOf(request);
      const ctx = contextOf(request);
      const row = await this.store.get(ctx, key, besideOf(request));
      const view = this.view(request, row, {
        action: 'get',
        fields: dialect.picksFields ? query['fields'] : undefined,
      });
      const more = await expansion?.of({ services: this.services, ctx, query }, row, (other) =>
        dialect.one(spec, this.view(request, other, { action: 'get' })),
      );
      return respond(reply, request, 'get', [row], dialect.one(spec, { ...view, ...more }));
    }

    async create(request: ApiRequest, body: unknown, reply: FastifyReply): Promise<object | undefined> {
      return this.make(request, body, reply, {});
    }

    async createAs(request: ApiRequest, id: string, body: unknown, reply: FastifyReply): Promise<object | undefined> {
      return this.make(request, body, reply, { [spec.key ?? 'id']: id });
    }

    private async make(
      request: ApiRequest,
      body: unknown,
      reply: FastifyReply,
      named: Row,
    ): Promise<object | undefined> {
      begin(request, 'create');
      const { items, several } = this.items(request, body);
      const place = Object.fromEntries(placeOf(spec, request).map(({ field, values }) => [field, values[0]]));
      const rows = await this.store.create(contextOf(request), items, { ...place, ...named });
      const views = rows.map((row) => this.view(request, row, { action: 'create' }));
      if (!several) this.locate(reply, keyOf(spec, rows[0]!));
      return respond(
        reply,
        request,
        'create',
        rows,
        several ? { [spec.names[1]]: views } : dialect.one(spec, views[0]!),
      );
    }

    private locate(reply: FastifyReply, key: string): void {
      if (dialect.location !== undefined)
        void reply.header('Location', dialect.location(spec, key, this.config.publicUrl));
    }

    async update(request: ApiRequest, id: string, body: unknown, reply: FastifyReply): Promise<object | undefined> {
      if (request.microversion >= (spec.ensured ?? Infinity)) return this.ensure(request, id, reply);
      const key = begin(request, 'update', id);
      const change = this.change(request, body);
      const row = await this.store.update(
        contextOf(request),
        key,
        change,
        revisionOf(dialect, request),
        undefined,
        placeOf(spec, request),
      );
      return respond(reply, request, 'update', [row], dialect.one(spec, this.view(request, row, { action: 'update' })));
    }

    /** Makes what the path names, unless it is there. */
    private async ensure(request: ApiRequest, id: string, reply: FastifyReply): Promise<undefined> {
      const ctx = contextOf(request);
      const item = { [spec.key ?? 'id']: id };
      dialect.check(
        bodies.of('post', request.microversion),
        isEnveloped(dialect, spec) ? { [spec.names[0]]: item } : item,
      );
      const there = await this.store.get(ctx, id).then(() => true, unless(404));
      // Another request may have made it meanwhile.
      const made = !there && (await this.store.create(ctx, [item]).then(() => true, unless(409)));
      this.locate(reply, id);
      respond(reply, request, 'update', [], {});
      void reply.status(made ? 201 : 204);
    }

    private change({ microversion, headers }: ApiRequest, body: unknown): Row | ((row: Row) => Row) {
      const schema = bodies.of('put', microversion);
      if (dialect.patch) return dialect.patch(spec, { contentType: headers['content-type'], body, schema });
      return bodies.values(unwrap(dialect, spec, dialect.check(schema, body, { spec, write: 'put' })));
    }

    async remove(request: ApiRequest, id: string, reply: FastifyReply): Promise<void> {
      const key = begin(request, 'delete', id);
      await this.store.delete(contextOf(request), key, revisionOf(dialect, request), besideOf(request));
      answerWith(reply, request, 'delete');
    }

    private async page(request: ApiRequest, reply: FastifyReply, brief: boolean): Promise<object | undefined> {
      begin(request, 'list');
      if (dialect.slash !== undefined && request.url.split('?')[0]!.endsWith('/')) throw dialect.slash();
      const { adminRule, service } = spec.words;
      const { policies } = this.services;
      const ctx = contextOf(request);
      const admin = policies.has(service, adminRule) && policies.allows(service, adminRule, ctx.credentials, {});
      const read = dialect.read(spec, queryOf(request), request.microversion, admin);
      const place = placeOf(spec, request);
      const page = await this.store.list(ctx, { ...read, brief, conditions: [...read.conditions, ...place] });
      const asked = { request, base: this.config.publicUrl, read, brief };
      return respond(reply, request, 'list', page.rows, answerPage({ dialect, spec }, this.views, asked, page));
    }

    private view(request: ApiRequest, row: Row, form: ViewForm) {
      const { microversion: minor } = request;
      return this.views.of(row, { ctx: contextOf(request), minor, base: this.config.publicUrl, ...form });
    }

    private items({ microversion }: ApiRequest, body: unknown): { items: Record<string, unknown>[]; several: boolean } {
      const [one, many] = spec.names;
      const several =
        spec.madeInLists === true ||
        (dialect.bulk !== undefined &&
          typeof body === 'object' &&
          body !== null &&
          Object.hasOwn(body, many) &&
          (one !== many || Array.isArray((body as Record<string, unknown>)[many])));
      const checked = dialect.check(bodies.of('post', microversion, several), body, { spec, write: 'post' });
      const items = several
        ? (checked as Record<string, Record<string, unknown>[]>)[many]!
        : [unwrap(dialect, spec, checked)];
      if (items.length === 0) throw badRequest(dialect.bulk ?? '');
      return { items: items.map((item) => bodies.values(item)), several };
    }
  }

  declareRoutes(ResourceController, { dialect, spec, expansion, bodies });
  Object.defineProperty(ResourceController, 'name', { value: `${spec.title ?? spec.names[0]}Controller` });
  return ResourceController;
}

const keyOf = (spec: AnySpec, row: Row): string => String(row[spec.key ?? 'id']);
