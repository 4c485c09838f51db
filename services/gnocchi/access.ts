import type { OpenStackError } from '../kernel/errors.js';
import type { Credentials, Policies, RuleName, Target } from '../kernel/policy/index.js';
import type { Filter } from './search.js';

/** Who asks, and under which name what is made is known (gnocchi/rest/auth_helper.py: KeystoneAuthHelper). */
export interface Caller {
  readonly credentials: Credentials;
  /** `USER:PROJECT`. */
  readonly creator: string;
}

export const callerOf = (credentials: Credentials): Caller => ({
  credentials,
  creator: `${credentials.user_id}:${credentials.project_id ?? ''}`,
});

type Rule = RuleName<'gnocchi'>;

/** Who made a thing, in the parts that rules ask for. */
export function madeBy(creator: string | null): Target {
  const [user = null, project = null] =
    creator === null ? [] : [creator.split(':')[0], creator.slice(creator.indexOf(':') + 1)];
  return { creator, created_by_user_id: user, created_by_project_id: project };
}

/** What Gnocchi's rules allow whom. */
export class Access {
  constructor(private readonly policies: Policies) {}

  allows(caller: Caller, rule: Rule, target: Target): boolean {
    return this.policies.allows('gnocchi', rule, caller.credentials, target);
  }

  /** @throws 403 */
  enforce(caller: Caller, rule: Rule, target: Target): void {
    this.policies.enforce('gnocchi', rule, caller.credentials, target);
  }

  /**
   * The same of a thing that is there: to whom may not see it, it is as if it were not, so that nobody learns of others' things.
   * @param see the rule of those who may see it
   * @throws 403, and `missing` to whom may neither see it nor do what is asked
   */
  enforceOf(caller: Caller, rule: Rule, target: Target, see: Rule, missing: () => OpenStackError): void {
    if (this.allows(caller, rule, target)) return;
    if (!this.allows(caller, see, target)) throw missing();
    this.enforce(caller, rule, target);
  }

  /** What a caller sees of the resources of a type in a list. @returns undefined: all @throws 403 for whom may see none */
  resources(caller: Caller, rule: Rule, type: string): Filter | undefined {
    if (this.allows(caller, rule, { resource_type: type })) return undefined;
    const project = caller.credentials.project_id;
    const filters: Filter[] = [];
    if (this.allows(caller, rule, { resource_type: type, project_id: project }))
      filters.push({ op: '=', field: 'project_id', value: project });
    if (this.allows(caller, rule, { resource_type: type, created_by_project_id: project }))
      filters.push({ op: '=', field: 'created_by_project_id', value: project ?? '' });
    if (filters.length === 0) throw this.policies.refusal('gnocchi', rule, caller.credentials);
    return { op: 'or', of: filters };
  }

  /**
   * The same of metrics: those that the project made, and those of its resources.
   * @returns undefined: all
   */
  metrics(caller: Caller, rule: Rule): { readonly made: boolean; readonly ofResources: boolean } | undefined {
    if (this.allows(caller, rule, {})) return undefined;
    const project = caller.credentials.project_id;
    const made = this.allows(caller, rule, { created_by_project_id: project });
    const ofResources = this.allows(caller, rule, { 'resource.project_id': project });
    if (!made && !ofResources) throw this.policies.refusal('gnocchi', rule, caller.credentials);
    return { made, ofResources };
  }
}
