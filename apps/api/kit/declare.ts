import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Res, type Type } from '@nestjs/common';
import type { Action } from '#services/kernel/resource/spec';
import { Described, type Description, type SchemaAt } from '../http/described.js';
import { KitPolicy } from '../http/policy.js';
import { Answers } from './answers.js';
import { changesOf, type Bodies } from './bodies.js';
import { hasBrief } from './dialect.js';
import { summaryOf } from './requests.js';
import type { Resource } from './resource.js';
import { route } from './route.js';

const ALL: readonly Action[] = ['list', 'get', 'create', 'update', 'delete'];
const answer = Res({ passthrough: true });

/** What routes are declared of. */
type Declared = Pick<Resource, 'dialect' | 'spec' | 'expansion'> & { readonly bodies: Bodies };

/** Makes routes of a controller's methods: those that the resource's description has, each with its rule and its schemas. */
export function declareRoutes(controller: Type, resource: Declared): void {
  const { spec } = resource;
  const actions = spec.actions ?? ALL;
  const routes = new Routes(controller, resource);
  if (actions.includes('list')) routes.list();
  if (actions.includes('get')) routes.get();
  if (actions.includes('create')) routes.create();
  if (actions.includes('update') || spec.ensured !== undefined) routes.update();
  if (actions.includes('delete')) routes.delete();
}

/** The routes of one resource, by action. */
class Routes {
  private readonly answers: Answers;

  constructor(
    private readonly controller: Type,
    private readonly resource: Declared,
  ) {
    this.answers = new Answers(resource.dialect, resource.spec);
  }

  list(): void {
    const { dialect, spec } = this.resource;
    const short = hasBrief(dialect, spec);
    const listing = (brief: boolean, more: Description = {}) =>
      this.described('list', 200, this.answers.many(brief), { query: dialect.parameters(spec), ...more });
    this.route('list', [Get(), KitPolicy(spec, 'list'), listing(short)], [answer]);
    if (!short || spec.brief === 'only') return;
    const whole = listing(false, { summary: `${summaryOf(spec, 'list')} with details` });
    this.route('detail', [Get('detail'), KitPolicy(spec, 'list', spec.detailRule), whole], [answer]);
  }

  get(): void {
    const { spec, expansion } = this.resource;
    const query = expansion === undefined ? {} : { query: expansion.query };
    const shown = this.described('get', 200, this.answers.one('get'), query);
    this.route('show', [Get(':id'), KitPolicy(spec, 'get'), shown], [Param('id'), answer]);
  }

  create(): void {
    const { dialect, spec, bodies } = this.resource;
    const { create: status } = dialect.statuses;
    const one = dialect.bulk === undefined ? this.answers.one('create') : this.answers.oneOrSeveral();
    const made = this.described('create', status, spec.madeInLists ? this.answers.several() : one, {
      body: { schema: bodies.versions('post') },
    });
    const decorators = [HttpCode(status), KitPolicy(spec, 'create'), made];
    const madeBy = spec.madeBy ?? ['POST'];
    if (madeBy.includes('POST')) this.route('create', [Post(), ...decorators], [Body(), answer]);
    if (madeBy.includes('PUT')) this.route('createAs', [Put(':id'), ...decorators], [Param('id'), Body(), answer]);
  }

  update(): void {
    const { dialect, spec, bodies } = this.resource;
    const { update: status } = dialect.statuses;
    const change = dialect.update === 'PUT' ? Put : Patch;
    const changed = this.described('update', status, this.answers.one('update'), {
      body: dialect.patches ?? { schema: bodies.versions('put') },
    });
    const decorators = [change(':id'), HttpCode(status), KitPolicy(spec, 'update'), changed];
    this.route('update', decorators, [Param('id'), Body(), answer]);
  }

  delete(): void {
    const { dialect, spec } = this.resource;
    const { delete: status } = dialect.statuses;
    const deleted = this.described('delete', status, null);
    this.route('remove', [Delete(':id'), HttpCode(status), KitPolicy(spec, 'delete'), deleted], [Param('id'), answer]);
  }

  private route(
    method: string,
    decorators: readonly MethodDecorator[],
    parameters: readonly ParameterDecorator[],
  ): void {
    route(this.controller, method, decorators, parameters);
  }

  /** What a route answers, at every status that it has at some microversion, and which those are. */
  private described(action: Action, usual: number, schema: SchemaAt | null, more: Description = {}): MethodDecorator {
    const { dialect, spec } = this.resource;
    const changes = changesOf(dialect, spec);
    const versions = changes.map((minor, i) => ({
      status: dialect.status?.(spec, action, minor) ?? usual,
      answer: dialect.bare?.(spec, action, minor) ? null : schema,
      first: minor,
      last: (changes[i + 1] ?? Infinity) - 1,
    }));
    const statuses = [...new Set(versions.map(({ status }) => status))];
    const since = spec.since?.[action];
    return Described({
      summary: summaryOf(spec, action),
      ...more,
      answers: Object.fromEntries(versions.map(({ status, answer: body }) => [status, body])),
      spans: Object.fromEntries(statuses.map((one) => [one, versions.filter(({ status }) => status === one)])),
      ...(since === undefined ? {} : { since }),
      ...(spec.until === undefined ? {} : { until: spec.until }),
    });
  }
}
