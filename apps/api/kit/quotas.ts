import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put, type Type } from '@nestjs/common';
import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import type { QuotaStore } from '#services/kernel/hard-limits';
import type { RuleName, Service } from '#services/kernel/policy/index';
import { ANYBODY } from '#services/kernel/resource/spec';
import { RulePolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
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
  readonly service: Service;
  /** `own`: of looking at the quota of the asker's own project, where it is another rule than `show`. */
  readonly rules: Readonly<Record<'show' | 'defaults' | 'update' | 'delete', string>> & {
    readonly own?: string;
    readonly detail?: string;
  };
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
  /** @throws 400 in the service's words */
  read(body: unknown, minor: number, store: QuotaStore): QuotaChange;
}

/** Makes the controller of a service's quotas. */
export function quotasControllerOf(spec: QuotaSpec): Type {
  const { name, rules, parts, service } = spec;
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
      return this.answer(request, this.store.defaults, id(projectId));
    }

    async update(request: ApiRequest, projectId: string, body: unknown): Promise<object> {
      const { limits, force } = spec.read(body, request.microversion, this.store);
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

    private async look(request: ApiRequest, projectId: string, rule: string): Promise<void> {
      const own = projectId === request.context?.projectId;
      this.allow(request, own ? (rules.own ?? rule) : rule, projectId);
      if (!own) await spec.check?.(this.services, projectId);
    }

    private allow({ context }: ApiRequest, rule: string, projectId = ''): void {
      const ctx = context as RequestContext;
      const target = { project_id: projectId, tenant_id: projectId };
      if (rule !== ANYBODY) this.services.policies.enforce(service, rule as RuleName, ctx.credentials, target);
    }
  }

  const project = Param('projectId');
  const looking = RulePolicy(service, rules.own ?? ANYBODY);
  const changing = (rule: string): MethodDecorator => RulePolicy(service, rule);
  if (spec.listed) route(QuotasController, 'list', [Get(), looking], []);
  route(QuotasController, 'show', [Get(':projectId'), looking], [project]);
  route(QuotasController, 'detail', [Get(`:projectId/${parts.detail}`), looking], [project]);
  route(QuotasController, 'defaults', [Get(`:projectId/${parts.defaults}`), looking], [project]);
  route(QuotasController, 'update', [Put(':projectId'), changing(rules.update)], [project, Body()]);
  const deleted = HttpCode(spec.statuses.delete);
  route(QuotasController, 'reset', [Delete(':projectId'), deleted, changing(rules.delete)], [project]);
  Object.defineProperty(QuotasController, 'name', { value: `${service}QuotasController` });
  return QuotasController;
}
