import type { OpenStackError } from '../errors.js';
import type { Check } from './check.js';
import { tokenScope, type Credentials, type Target } from './credentials.js';
import { DEFAULTS, SERVICES, type RuleName, type Service } from './defaults/index.js';
import { evaluate } from './evaluate.js';
import { parseRule, type RuleText } from './parse.js';
import { notAllowed } from './refusals.js';
import type { RuleTable, Scopes } from './rules.js';

/** A rule as it is in force. */
export interface Rule {
  readonly service: Service;
  readonly name: string;
  /** The check in oslo.policy's language. */
  readonly text: RuleText;
  readonly check: Check;
  /** The scopes that a token may have; none named is any. */
  readonly scopes: Scopes;
  /** Whether the operator's policy file says so, and not the release. */
  readonly overridden: boolean;
}

/** What an operator says differently: by service, the rules and their checks. */
export type Overrides = Partial<Record<Service, Readonly<Record<string, RuleText>>>>;

/** What a service's rules fall back on for a name that it does not have (oslo.policy's policy_default_rule). */
const FALLBACK = 'default';

/** The policies of all services: OpenStack's defaults, and what the operator says differently. */
export class Policies {
  private rules = allRules({});
  private readonly reported = new Set<string>();

  /**
   * Puts an operator's changes in force, and those of earlier calls out of it. The api does so once, before it listens.
   * @throws PolicySyntaxError for a rule that is no check; then everything stays as it was
   */
  override(overrides: Overrides): void {
    this.rules = allRules(overrides);
  }

  /**
   * Whether the caller may do what the rule is for: the token has a scope that the rule takes, and the check holds for
   * the target. A name that the service does not have is decided by its rule `default`, and refused where it has none.
   * @param target what is worked on; for a creation where it is to be, such as `{ project_id }`
   */
  allows<S extends Service>(service: S, name: RuleName<S>, credentials: Credentials, target: Target): boolean {
    const rule = this.rule(service, name);
    if (rule === undefined) return this.unknown(service, name);
    return inScope(rule, credentials) && this.holds(rule, credentials, target);
  }

  /**
   * The same, for whom refuses.
   * @throws OpenStackError 403 in the service's words
   */
  enforce<S extends Service>(service: S, name: RuleName<S>, credentials: Credentials, target: Target): void {
    if (!this.allows(service, name, credentials, target)) throw this.refusal(service, name, credentials);
  }

  /** What the service answers to whom the rule refuses. */
  refusal<S extends Service>(service: S, name: RuleName<S>, credentials: Credentials): OpenStackError {
    const rule = this.rule(service, name);
    const scope = rule === undefined || inScope(rule, credentials) ? undefined : tokenScope(credentials);
    return notAllowed(service, name, scope === undefined ? undefined : { needs: rule!.scopes, has: scope });
  }

  /** Whether the service has such a rule: for names that are put together, such as `create_network:shared`. */
  has<S extends Service>(service: S, name: string): name is RuleName<S> {
    return this.rules.get(service)!.has(name);
  }

  /** The rule that decides for a name; undefined where none does, which refuses. */
  rule(service: Service, name: string): Rule | undefined {
    const rules = this.rules.get(service)!;
    return rules.get(name) ?? rules.get(FALLBACK);
  }

  /** The rules of a service, in the order of OpenStack's own tables. */
  of(service: Service): Rule[] {
    return [...this.rules.get(service)!.values()];
  }

  /** A name that was put together and is no rule's refuses, and the process's log says so once. */
  private unknown(service: Service, name: string): false {
    const text = `Policies of ${service} have no rule ${name}: whoever asked was refused.`;
    if (!this.reported.has(text)) process.emitWarning(text);
    this.reported.add(text);
    return false;
  }

  private holds(rule: Rule, credentials: Credentials, target: Target): boolean {
    return evaluate(rule.check, credentials, target, (name) => this.rule(rule.service, name)?.check);
  }
}

/**
 * What a request is checked against before anything is looked up: the caller's own, and all that it hangs on as well. Who
 * is refused even then may not do it to anything.
 */
export const ownTarget = ({ user_id, project_id }: Credentials): Target => ({
  user_id,
  project_id,
  owner: project_id,
  'network:project_id': project_id,
  'ext_parent:project_id': project_id,
  'security_group:project_id': project_id,
});

const inScope = ({ scopes }: Rule, credentials: Credentials): boolean =>
  scopes.length === 0 || scopes.includes(tokenScope(credentials));

function allRules(overrides: Overrides): ReadonlyMap<Service, ReadonlyMap<string, Rule>> {
  // The thousand rules have some 170 texts, and each process that starts reads them.
  const parsed = new Map<RuleText, Check>();
  const parseOnce = (text: RuleText): Check => {
    const check = parsed.get(text) ?? parseRule(text);
    parsed.set(text, check);
    return check;
  };
  return new Map(SERVICES.map((service) => [service, rulesOf(service, overrides[service] ?? {}, parseOnce)]));
}

function rulesOf(
  service: Service,
  overrides: Readonly<Record<string, RuleText>>,
  parse: (text: RuleText) => Check,
): Map<string, Rule> {
  const table: RuleTable = DEFAULTS[service];
  const rules = new Map<string, Rule>();
  for (const name of [...Object.keys(table), ...Object.keys(overrides)]) {
    const [ofRelease, scopes = []] = table[name] ?? [];
    const text = overrides[name] ?? ofRelease ?? '!';
    rules.set(name, {
      service,
      name,
      text,
      check: parse(text),
      scopes,
      overridden: Object.hasOwn(overrides, name),
    });
  }
  return rules;
}

/** The policies of this process. */
export const policies = new Policies();
