import { Controller, Delete, Get, HttpCode, Inject, Param, Put, type Type as Class } from '@nestjs/common';
import { Type, type TProperties, type TSchema } from 'typebox';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import type { QuotaStore } from '#services/kernel/hard-limits';
import { Described, ValidBody, type Schema } from '../http/described.js';
import { Policy, PolicyOfHandler, ruleOf, type Rule } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { schemaLike } from './example.js';
import { route } from './route.js';

/** What a request sets. */
interface QuotaChange {
  readonly limits: Readonly<Record<string, number>>;
  /** Also below what is in use. */
  readonly force: boolean;
}
type Amounts = Readonly<Record<string, number>>;
type Query = Readonly<Record<string, string | string[]>>;

/** The quota of a project as one service has it: one thing for each project, which is there without being made. */
export interface QuotaSpec {
  /** Where it is, without a slash at either end. */
  readonly path: string;
  /** What it is called in a body. */
  readonly name: string;
  readonly rules: Readonly<Record<'show' | 'defaults' | 'update' | 'delete', Rule>> & { readonly detail?: Rule };
  /** A project's own quota is for all of its users to see: the rules of looking are for those of others. */
  readonly ownOpen?: true;
  /** The last part of the paths of the defaults, and of the limits with what is in use. */
  readonly parts: { readonly defaults: string; readonly detail: string };
  /** The quotas that were set can be listed. */
  readonly listed?: true;
  /** Answers to GET say whose quota it is. */
  readonly named?: true;
  readonly statuses: { readonly delete: number };
  readonly store: (services: Services) => QuotaStore;
  /** The resources that a microversion shows; all of them when left out. */
  shown?(minor: number): readonly string[];
  /** A resource's limit with what is in use of it. */
  inUse(limit: number, used: number): object;
  /** Whether a query of the limits themselves asks for what is in use. */
  asksUsage?(query: Query): boolean;
  /** @throws what the service answers for a project that is not there */
  check?(services: Services, projectId: string): Promise<void>;
  /** @throws what it answers for a query that a change does not take */
  refuse?(query: Query): void;
  readonly schema: Schema;
  /** Checks a body in the service's words; Nova's when left out. @throws 400 */
  readonly checkBody?: (schema: TSchema, body: unknown) => unknown;
  /** Reads a body that its schema lets through. @throws 400 in the service's words */
  read(body: unknown, store: QuotaStore): QuotaChange;
}

/** Makes the controller of a service's quotas. */
export function quotasControllerOf(spec: QuotaSpec): Class {
  const { name, rules, parts } = spec;
  const id = (projectId: string): object => (spec.named ? { id: projectId } : {});

  @Controller(spec.path)
  class QuotasController {
    private readonly store: QuotaStore;

    constructor(@Inject(SERVICES) private readonly services: Services) {
      this.store = spec.store(services);
    }

    async list(request: ApiRequest): Promise<object> {
      this.allow(request, rules.show);
      const all = await this.store.all();
      return { [`${name}s`]: all.map((one) => ({ ...one, tenant_id: one.project_id })) };
    }

    async show(request: ApiRequest, projectId: string): Promise<object> {
      await this.look(request, projectId, rules.show);
      const limits = await this.store.limits(projectId);
      const asked = spec.asksUsage?.(request.query as Query) === true;
      return this.answer(request, asked ? await this.used(projectId, limits) : limits, id(projectId));
    }

    async detail(request: ApiRequest, projectId: string): Promise<object> {
      await this.look(request, projectId, rules.detail ?? rules.show);
      const limits = await this.store.limits(projectId);
      return this.answer(request, await this.used(projectId, limits), id(projectId));
    }

    async defaults(request: ApiRequest, projectId: string): Promise<object> {
      await this.look(request, projectId, rules.defaults);
      return this.answer(request, await this.store.defaults(), id(projectId));
    }

    async update(request: ApiRequest, projectId: string, body: unknown): Promise<object> {
      const { limits, force } = spec.read(body, this.store);
      this.allow(request, rules.update, projectId);
      spec.refuse?.(request.query as Query);
      await spec.check?.(this.services, projectId);
      await this.store.set(projectId, limits, force);
      return this.answer(request, await this.store.limits(projectId), {});
    }

    async reset(request: ApiRequest, projectId: string): Promise<void> {
      this.allow(request, rules.delete, projectId);
      spec.refuse?.(request.query as Query);
      await this.store.reset(projectId);
    }

    private async used(projectId: string, limits: Amounts): Promise<Readonly<Record<string, object>>> {
      // What is counted by request or by user has no use of a project's: 0, as in OpenStack.
      const used = await this.store.usage(projectId);
      return Object.fromEntries(
        Object.entries(limits).map(([resource, limit]) => [resource, spec.inUse(limit, used[resource] ?? 0)]),
      );
    }

    private answer({ microversion }: ApiRequest, quota: Readonly<Record<string, unknown>>, more: object): object {
      const shown = spec.shown?.(microversion);
      const fields = shown === undefined ? quota : Object.fromEntries(shown.map((one) => [one, quota[one]]));
      return { [name]: { ...more, ...fields } };
    }

    private async look(request: ApiRequest, projectId: string, rule: Rule): Promise<void> {
      const own = projectId === request.context?.projectId;
      if (!(own && spec.ownOpen)) this.allow(request, rule, projectId);
      if (!own) await spec.check?.(this.services, projectId);
    }

    private allow({ context }: ApiRequest, rule: Rule, projectId = ''): void {
      const { credentials } = context as RequestContext;
      const [service, one] = ruleOf(rule);
      this.services.policies.enforce(service, one, credentials, { project_id: projectId, tenant_id: projectId });
    }
  }

  const project = Param('projectId');
  const limit = Type.Integer({ minimum: -1 });
  const inUse = schemaLike([spec.inUse(1, 1)]);
  const usage = spec.asksUsage === undefined ? limit : Type.Union([limit, inUse]);
  /** A resource is the name of each member, in every answer. */
  const amounts = (amount: TSchema, more: TProperties = {}) => Type.Object(more, { additionalProperties: amount });
  const answered = (summary: string, amount: TSchema, whose = spec.named === true) =>
    Described({
      summary,
      answer: Type.Object(
        { [name]: amounts(amount, whose ? { id: Type.String() } : {}) },
        { additionalProperties: false },
      ),
    });
  const owned = amounts(limit, { project_id: Type.String(), tenant_id: Type.String() });
  const all = Described({
    summary: 'List quotas',
    answer: Type.Object({ [`${name}s`]: Type.Array(owned) }, { additionalProperties: false }),
  });
  if (spec.listed) route(QuotasController, 'list', [Get(), PolicyOfHandler(rules.show), all], []);
  route(
    QuotasController,
    'show',
    [Get(':projectId'), PolicyOfHandler(rules.show), answered('Show quotas', usage)],
    [project],
  );
  route(
    QuotasController,
    'detail',
    [
      Get(`:projectId/${parts.detail}`),
      PolicyOfHandler(rules.detail ?? rules.show),
      answered('Show quotas with usage', inUse),
    ],
    [project],
  );
  route(
    QuotasController,
    'defaults',
    [Get(`:projectId/${parts.defaults}`), PolicyOfHandler(rules.defaults), answered('Show default quotas', limit)],
    [project],
  );
  route(
    QuotasController,
    'update',
    [Put(':projectId'), Policy(rules.update), answered('Update quotas', limit, false)],
    [project, ValidBody(spec.schema, spec.checkBody === undefined ? {} : { check: spec.checkBody })],
  );
  const deleted = HttpCode(spec.statuses.delete);
  route(
    QuotasController,
    'reset',
    [Delete(':projectId'), deleted, Policy(rules.delete), Described({ summary: 'Reset quotas', answer: null })],
    [project],
  );
  Object.defineProperty(QuotasController, 'name', { value: `QuotasOf${ruleOf(rules.show)[0]}Controller` });
  return QuotasController;
}
