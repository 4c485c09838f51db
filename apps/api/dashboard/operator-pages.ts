import type { Config } from '#config';
import { ownTarget, type Credentials, type Policies, type RuleName, type Service } from '#services/kernel/policy/index';

type Permits = (policies: Policies, credentials: Credentials) => boolean;
const rule =
  <S extends Service>(service: S, name: RuleName<S>): Permits =>
  (policies, credentials) =>
    policies.allows(service, name, credentials, ownTarget(credentials));

/** Pages of operators, each with the rules of all that it asks for. */
const RULES = {
  hosts: [rule('nova', 'os_compute_api:os-hypervisors:list-detail')],
  health: [rule('novaflow', 'novaflow:operations'), rule('novaflow', 'novaflow:audit')],
  faults: [rule('novaflow', 'novaflow:faults')],
  chaos: [rule('novaflow', 'novaflow:faults')],
} as const satisfies Record<string, readonly Permits[]>;
type Page = keyof typeof RULES;
export const PAGES = Object.keys(RULES) as readonly Page[];

/** Pages of what the api has in development mode alone. */
const DEVELOPMENT: ReadonlySet<Page> = new Set(['faults', 'chaos']);

/** The pages of operators that the policies open to somebody; none without a project, as all that they ask for needs one. */
export const operatorPages = (policies: Policies, credentials: Credentials, mode: Config['cloud']['mode']): Page[] =>
  credentials.project_id === null
    ? []
    : PAGES.filter(
        (page) =>
          (mode === 'development' || !DEVELOPMENT.has(page)) &&
          RULES[page].every((permits) => permits(policies, credentials)),
      );
