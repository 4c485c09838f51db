import type { RequestContext } from '../context.js';
import type { Policies } from '../policy/index.js';
import {
  ANYBODY,
  type Action,
  type AnyField,
  type AnySpec,
  type AskedRule,
  type Columns,
  type ServiceWords,
  type SomeRules,
} from './spec.js';

/** What rules are asked of, as far as asking needs it: a resource, or what is like one. */
export interface Ruled {
  readonly names: readonly [one: string, many: string];
  readonly rules?: Partial<Record<Action, string>>;
  readonly some?: SomeRules;
  readonly words: ServiceWords;
  readonly owner?: string;
  readonly fields?: Readonly<Record<string, AnyField>>;
  readonly below?: unknown;
  judged?(input: Columns): Columns;
}

/** Who may do what with a resource: its rules, asked in the service's order and refused in its words. */
export class Access {
  constructor(
    private readonly spec: Ruled,
    private readonly policies: Policies,
  ) {}

  isAdmin(ctx: RequestContext): boolean {
    return this.permits(ctx, this.spec.words.adminRule, {});
  }

  /** @throws 403, or 404 where the service hides that the thing is there */
  check(ctx: RequestContext, action: Action, target: Columns, id?: string): void {
    this.checkRule(ctx, this.ruleOf(action, target), action, target, id);
  }

  /** The same by a rule that is not the action's usual one. */
  checkRule(ctx: RequestContext, rule: string, action: Action, target: Columns, id?: string): void {
    if (!this.permits(ctx, rule, target))
      throw this.spec.words.refused([{ rule, parts: [] }], action, this.spec.names, this.of(ctx, target, id));
  }

  /**
   * Checks a create or an update with the rules of the attributes that it gives: an attribute that has a rule of its own
   * (`create_network:shared`) is subject to it, and so are the parts of a list (`create_port:fixed_ips:ip_address`) and
   * of a dictionary (`create_router:external_gateway_info:enable_snat`). A create that gives what the attribute is without
   * it gives nothing (neutron/policy.py: _is_attribute_explicitly_set).
   */
  checkInput(
    ctx: RequestContext,
    action: 'create' | 'update',
    input: object,
    target: Columns,
    id?: string,
    rule = this.ruleOf(action, target),
  ): void {
    const full = { ...target, ...input, ...this.spec.judged?.(input as Columns) };
    const rules = [{ rule, parts: [] }, ...this.rulesOf(rule, action === 'create' ? this.chosen(input) : input)];
    if (rules.some((asked) => [asked.rule, ...asked.parts].some((one) => !this.permits(ctx, one, full))))
      throw this.spec.words.refused(rules, action, this.spec.names, this.of(ctx, target, id));
  }

  /** Those of the rows that the rule of reading one lets the asker see. */
  filter<R>(ctx: RequestContext, rows: readonly R[], target: (row: R) => Columns): R[] {
    return rows.filter((row) => {
      const of = target(row);
      return this.permits(ctx, this.ruleOf('get', of), of);
    });
  }

  private of(ctx: RequestContext, target: Columns, id: string | undefined): { id: string; own: boolean } | undefined {
    return id === undefined ? undefined : { id, own: target[this.spec.owner ?? 'project_id'] === ctx.projectId };
  }

  private chosen(input: object): object {
    const { fields = {} } = this.spec;
    const chosen = Object.entries(input).filter(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return field?.options.default === undefined || field.options.default !== value;
    });
    return Object.fromEntries(chosen);
  }

  private rulesOf(rule: string, input: object): AskedRule[] {
    return Object.entries(input).flatMap(([attribute, value]) => {
      if (value === undefined) return [];
      const own = `${rule}:${attribute}`;
      if (!this.has(own)) return [];
      const values: unknown[] = Array.isArray(value) ? value : [value];
      const parts = [...new Set(values.flatMap((v) => (typeof v === 'object' && v !== null ? Object.keys(v) : [])))];
      return [{ rule: own, parts: parts.map((part) => `${own}:${part}`).filter((one) => this.has(one)) }];
    });
  }

  /** @param of the attributes of what it is done with, as far as they are known */
  ruleOf(action: Action, of: Columns = {}): string {
    const { some, rules, words, names } = this.spec;
    if (some?.are(of)) return some.rules[action];
    return rules?.[action] ?? words.ruleOf(action, names);
  }

  permits(ctx: RequestContext, rule: string, target: Columns): boolean {
    const { service } = this.spec.words;
    if (rule === ANYBODY) return true;
    return this.policies.has(service, rule) && this.policies.allows(service, rule, ctx.credentials, target);
  }

  private has(rule: string): boolean {
    return this.policies.has(this.spec.words.service, rule);
  }
}

/** A record as its rules look at it: under the names of its attributes beside those of its columns. */
export function targetOf(
  spec: Pick<AnySpec, 'fields' | 'target' | 'ownerless'>,
  row: Columns,
  ctx: RequestContext,
): Columns {
  const renamed = Object.entries(spec.fields).flatMap(([name, { options }]) =>
    options.column ? [[name, row[options.column]] as const] : [],
  );
  const asker = spec.ownerless ? { project_id: ctx.projectId, user_id: ctx.userId } : {};
  return { ...row, ...Object.fromEntries(renamed), ...asker, ...spec.target?.(row as never, ctx) };
}

/** Whether a caller could do it at least with something of their own. */
export function permitsAtAll(
  spec: Ruled,
  policies: Policies,
  ctx: RequestContext,
  rule: string,
  action: Action,
): boolean {
  const access = new Access(spec, policies);
  const own = { project_id: ctx.projectId, user_id: ctx.userId, ...spec.words.own?.(ctx) };
  // Which of the two rules holds is known when the thing is.
  return [...(spec.some === undefined ? [] : [spec.some.rules[action]]), rule].some((one) =>
    access.permits(ctx, one, own),
  );
}

/**
 * Refuses at once a caller who could not do it even with something of their own: before the body is read, and whether
 * or not what the request names exists. Where a service hides what somebody may not see, its list is empty instead.
 * @throws 403 in the service's words, or 404 where it hides the thing
 */
export function checkAtAll(spec: Ruled, policies: Policies, ctx: RequestContext, rule: string, action: Action): void {
  if (permitsAtAll(spec, policies, ctx, rule, action)) return;
  const { words, below } = spec;
  // Who may not look at a thing is told the same of what lies below it, whether or not the thing is there.
  if (words.hidden !== undefined && action !== 'create' && below === undefined) {
    if (action === 'list') return;
    const shown = spec.rules?.get ?? words.ruleOf('get', spec.names);
    if (action === 'get' || !permitsAtAll(spec, policies, ctx, shown, 'get')) throw words.hidden();
  }
  throw words.refused([{ rule, parts: [] }], action, spec.names);
}
