import { unauthorized } from '../../kernel/errors.js';
import { PatternRun } from './patterns.js';
import {
  CONDITIONS,
  type Condition,
  type DomainOf,
  type Local,
  type Remote,
  type Rule,
  type Version,
} from './rules.js';
import { elementsOf, filled, filledList, type Found } from './substitute.js';

/** What an identity provider says of a user: attributes, each with its values. */
export type Assertion = Readonly<Record<string, readonly string[]>>;

/** What rules make of that. */
export interface Mapped {
  readonly user: {
    /** A user who is known by his identity provider alone, or one who is in Keystone anyway. */
    readonly type: 'ephemeral' | 'local';
    readonly id?: string | undefined;
    readonly name?: string | undefined;
    readonly email?: string | undefined;
    readonly domain?: DomainOf | undefined;
  };
  readonly groupIds: readonly string[];
  readonly groupNames: readonly { readonly name: string; readonly domain: DomainOf }[];
  /** Projects that are made for the user where they are not there, and his roles on them. */
  readonly projects: readonly {
    readonly name: string;
    readonly roles: readonly string[];
    readonly domain?: DomainOf;
  }[];
}

/**
 * Makes a user, groups and projects of what an identity provider says (keystone/federation/utils.py: RuleProcessor). Every rule
 * counts whose conditions all hold; of several users the first one does, of several lists of projects the last.
 *
 * Other than in Keystone, a value stays one value whatever it looks like: there, who may choose a text that a rule takes as a
 * list of groups (`['admins']`) chooses groups.
 * @throws 401 when no rule counts, and where rules do not go together with what is said
 */
export function mapIdentity(rules: readonly Rule[], version: Version, assertion: Assertion): Mapped {
  const patterns = new PatternRun();
  const locals = rules.flatMap(({ local, remote }) => {
    const found = matching(remote, assertion, patterns);
    return found === undefined ? [] : local.map((one): Filled => fill(one, found));
  });
  if (locals.length === 0) throw unauthorized('Could not map any federated user properties to identity values.');
  const projects = locals.findLast((one) => one.projects !== undefined);
  const fallback = version === '2.0' ? locals.at(-1)?.domain : undefined;
  const user = locals.find((one) => one.user !== undefined)?.user ?? {};
  return {
    user: { ...user, type: user.type ?? 'ephemeral', domain: user.domain ?? fallback },
    groupIds: [
      ...new Set(
        locals.flatMap(({ group, group_ids = [] }) => [...(group && 'id' in group ? [group.id] : []), ...group_ids]),
      ),
    ],
    groupNames: locals.flatMap((one) => [...(one.group && 'name' in one.group ? [one.group] : []), ...namedIn(one)]),
    projects: (projects?.projects ?? []).map(
      ({ name, roles, domain = version === '2.0' ? projects?.domain : undefined }) => ({
        name,
        roles: roles.map((role) => role.name),
        ...(domain === undefined ? {} : { domain }),
      }),
    ),
  };
}

/** A rule's local part with values in place of `{0}`. */
type Filled = Omit<Local, 'groups' | 'group_ids'> & {
  readonly groups?: readonly string[];
  readonly group_ids?: readonly string[];
};

function fill({ groups, group_ids, ...others }: Local, found: Found): Filled {
  return {
    ...filled(others, found),
    ...(groups === undefined ? {} : { groups: elementsOf(groups).flatMap((one) => filledList(one, found)) }),
    ...(group_ids === undefined ? {} : { group_ids: elementsOf(group_ids).flatMap((one) => filledList(one, found)) }),
  };
}

/** Groups by their names: in the domain that the rule says, or each as `JSON:{"name": …, "domain": …}`. */
function namedIn({ groups = [], domain }: Filled): { name: string; domain: DomainOf }[] {
  return groups.map((text) => {
    const own = text.startsWith('JSON:') ? groupOf(text.slice('JSON:'.length)) : undefined;
    if (own !== undefined) return own;
    if (domain === undefined || text.startsWith('JSON:'))
      throw unauthorized("Invalid rule. Both 'groups' and 'domain' keywords must be specified.");
    return { name: text, domain };
  });
}

function groupOf(json: string): { name: string; domain: DomainOf } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { name, domain } = Object(value) as { name?: unknown; domain?: { id?: unknown; name?: unknown } };
  if (typeof name !== 'string' || typeof domain !== 'object' || domain === null) return undefined;
  if (typeof domain.id === 'string') return { name, domain: { id: domain.id } };
  return typeof domain.name === 'string' ? { name, domain: { name: domain.name } } : undefined;
}

/**
 * Looks at whether a rule counts, and finds the values that its local part refers to by number: those of the attributes of which
 * it asks no more than that they are there, or filters.
 * @returns undefined for a rule that does not count
 */
function matching(remotes: readonly Remote[], assertion: Assertion, patterns: PatternRun): Found | undefined {
  const found: (readonly string[])[] = [];
  for (const remote of remotes) {
    const values = Object.hasOwn(assertion, remote.type) ? assertion[remote.type]! : [];
    if (values.length === 0) return undefined;
    const [condition, matched] = conditionOf(remote, values, patterns);
    if (condition === 'any_one_of' && matched.size === 0) return undefined;
    if (condition === 'not_any_of' && matched.size > 0) return undefined;
    if (condition === 'whitelist') found.push(values.filter((value) => matched.has(value)));
    else if (condition === 'blacklist') found.push(values.filter((value) => !matched.has(value)));
    else if (condition === undefined) found.push(values);
  }
  return found;
}

/** What a rule asks of an attribute, and the values that it names. */
function conditionOf(
  remote: Remote,
  values: readonly string[],
  patterns: PatternRun,
): [condition: Condition | undefined, matched: ReadonlySet<string>] {
  const condition = CONDITIONS.find((one) => remote[one]);
  if (condition === undefined) return [undefined, new Set()];
  const named = (remote[condition] ?? []).filter((one) => typeof one === 'string');
  return [condition, new Set(remote.regex ? patterns.search(named, values) : values.filter((v) => named.includes(v)))];
}
