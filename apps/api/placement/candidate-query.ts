import { Type, type TSchema } from 'typebox';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import { UUID_LIKE, dashed, type CandidatesRequest, type Group } from '#services/placement/index';
import { byMinor } from '../http/by-minor.js';
import type { Parameters } from '../http/described.js';
import { pythonRepr } from '../http/python-repr.js';
import { validateAtLength } from '../http/validation.js';
import type { QueryLists } from '../kit/dialect.js';
import { PREFIX, aggregatesOf, amountsOf, traitsIn, traitsOf } from './query.js';

/** The microversion that brought allocation candidates, and those that brought what they may be asked for. */
export const CANDIDATES = 10;
const LIMIT = 16;
const TRAITS = 17;
const AGGREGATES = 21;
const FORBIDDEN_TRAITS = 22;
const GROUPS = 25;
const NESTED = 29;
const IN_TREE = 31;
const NAMED_GROUPS = 33;
const ROOT_TRAITS = 35;
const SAME_SUBTREE = 36;

const GROUPED = 'Of a group of its own with a suffix: digits since 1.25, `[a-zA-Z0-9_-]{1,64}` since 1.33.';
/** The parameters, for the document. */
export const CANDIDATES_QUERY: Parameters = {
  resources: { description: `Amounts by class, as VCPU:2,MEMORY_MB:1024. ${GROUPED}` },
  limit: { description: 'How many allocation requests at most.', since: LIMIT },
  required: {
    description: `Traits to have, with \`!\` not to have, with \`in:\` one of several to have. ${GROUPED}`,
    since: TRAITS,
    many: true,
  },
  member_of: {
    description: `Aggregates to be in, with \`in:\` one of several, with \`!\` not to be in. ${GROUPED}`,
    since: AGGREGATES,
    many: true,
  },
  group_policy: {
    description: 'Whether groups with a suffix may be of the same provider. Required for several.',
    schema: Type.Unsafe({ enum: ['none', 'isolate'] }),
    since: GROUPS,
  },
  in_tree: { description: `A provider in whose tree to be. ${GROUPED}`, since: IN_TREE },
  root_required: {
    description: 'Traits that the root of the tree has to have, with `!` not to have.',
    since: ROOT_TRAITS,
  },
  same_subtree: {
    description: 'Suffixes of groups, with commas between: one of their providers has to be above all others.',
    since: SAME_SUBTREE,
    many: true,
  },
};

const suffixAt = (minor: number): string =>
  minor < GROUPS ? '' : minor < NAMED_GROUPS ? '([1-9][0-9]*)?' : '([a-zA-Z0-9_-]{1,64})?';
const text = { type: 'string' };
/** What the query may be (placement/schemas/allocation_candidate.py). */
const querySchema = byMinor(
  (minor): TSchema => {
    const grouped = { resources: 0, required: TRAITS, member_of: AGGREGATES, in_tree: IN_TREE };
    const names = Object.entries(grouped).flatMap(([name, since]) => (minor >= since ? [name] : []));
    const properties = {
      ...(minor < GROUPS ? Object.fromEntries(names.map((name) => [name, text])) : {}),
      ...(minor < LIMIT ? {} : { limit: { ...text, pattern: '^[1-9][0-9]*$', minLength: 1 } }),
      ...(minor < GROUPS ? {} : { group_policy: { ...text, enum: ['none', 'isolate'] } }),
      ...(minor < ROOT_TRAITS ? {} : { root_required: text }),
      ...(minor < SAME_SUBTREE ? {} : { same_subtree: text }),
    };
    const patterns = names.map((name) => [`^${name}${suffixAt(minor)}$`, text]);
    return Type.Unsafe<Record<string, string>>({
      type: 'object',
      properties,
      ...(minor < GROUPS ? { required: ['resources'] } : { patternProperties: Object.fromEntries(patterns) }),
      additionalProperties: false,
    });
  },
  [0, LIMIT, TRAITS, AGGREGATES, GROUPS, IN_TREE, NAMED_GROUPS, ROOT_TRAITS, SAME_SUBTREE],
);

/** What a request for allocation candidates asks for (placement/lib.py). @throws 400 */
export function candidatesRequestOf(query: QueryLists, minor: number): CandidatesRequest {
  for (const which of [0, -1])
    validateAtLength(
      querySchema(minor),
      Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values?.at(which)])),
      `${PREFIX} `,
    );
  const root = rootTraitsOf(query['root_required'] ?? []);
  const sameSubtrees = (query['same_subtree'] ?? []).map(suffixesIn);
  const groups = groupsOf(query, minor);
  if (minor < SAME_SUBTREE) checkOrphans(groups);
  else checkSubtrees(groups, sameSubtrees);
  if (minor >= FORBIDDEN_TRAITS) checkConflicts(groups);
  const policy = query['group_policy']?.[0];
  if (policy === undefined && groups.filter(({ suffix }) => suffix !== '').length > 1)
    throw badRequest(
      'The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.',
    );
  const limit = query['limit']?.[0];
  return {
    groups,
    root,
    sameSubtrees,
    isolate: policy === 'isolate',
    limit: limit === undefined ? undefined : Number(limit),
    nested: minor >= NESTED,
  };
}

const badValue = (message: string): OpenStackError => new OpenStackError(400, 'placement.query.bad_value', message);

function rootTraitsOf(values: readonly string[]): CandidatesRequest['root'] {
  const [value] = values;
  if (value === undefined) return { required: [], forbidden: [] };
  if (values.length > 1)
    throw new OpenStackError(
      400,
      'placement.query.duplicate_key',
      "Query parameter 'root_required' may be specified only once.",
    );
  const { required, forbidden } = traitsIn(value, true, false);
  const names = required.flat();
  const conflicts = names.filter((name) => forbidden.includes(name));
  if (conflicts.length > 0)
    throw badValue(`Conflicting required and forbidden traits found in root_required: ${conflicts.join(', ')}`);
  return { required: names, forbidden };
}

function suffixesIn(value: string): string[] {
  const suffixes = value.split(',').map((one) => one.trim());
  if (suffixes.includes('')) throw badValue('Empty string (unsuffixed group) can not be specified in `same_subtree` ');
  return suffixes;
}

/** The groups in the order in which the query first names them. */
function groupsOf(query: QueryLists, minor: number): Group[] {
  const pattern = new RegExp(`^(?:resources|required|member_of|in_tree)(${suffixAt(minor)})$`);
  const suffixes = new Set(Object.keys(query).flatMap((name) => pattern.exec(name)?.[1] ?? []));
  return [...suffixes].map((suffix) => {
    const values = (name: string): readonly string[] => query[`${name}${suffix}`] ?? [];
    const resources = values('resources').map(amountsOf).at(-1) ?? [];
    return {
      suffix,
      resources: Object.fromEntries(resources.map(([name, amount]) => [name, Number(amount)])),
      ...traitsOf(values('required'), minor),
      ...aggregatesOf(values('member_of'), minor, suffix),
      inTree: values('in_tree').map(providerIn).at(-1),
    };
  });
}

function providerIn(value: string): string {
  if (!new RegExp(UUID_LIKE).test(value.trim()))
    throw badRequest(`${PREFIX} Expected 'in_tree' parameter to be a format of uuid. Got: ${value}`);
  return dashed(value.trim());
}

const asksNothing = ({ resources }: Group): boolean => Object.keys(resources).length === 0;

/** Until 1.35 each group has to ask for resources. */
function checkOrphans(groups: readonly Group[]): void {
  const orphans = groups.filter(asksNothing);
  const named = (name: string, of: readonly Group[]): string => of.map(({ suffix }) => `${name}${suffix}`).join(', ');
  const traits = orphans.filter(({ required }) => required.length > 0);
  if (traits.length > 0)
    throw badRequest(
      `All traits parameters must be associated with resources.  Found the following orphaned traits keys: ${named('required', traits)}`,
    );
  const aggregates = orphans.filter(({ memberOf, notMemberOf }) => memberOf.length + notMemberOf.length > 0);
  if (aggregates.length > 0)
    throw badRequest(
      `All member_of parameters must be associated with resources. Found the following orphaned member_of keys: ${named('member_of', aggregates)}`,
    );
  if (orphans.length > 0) throw badRequest('All request groups must specify resources.');
  if (groups.length === 0) throw badRequest('At least one request group (`resources` or `resources{$S}`) is required.');
}

/** Since then a group may ask for none, where it has to be in a subtree with others. */
function checkSubtrees(groups: readonly Group[], sameSubtrees: readonly (readonly string[])[]): void {
  const orphans = groups.filter(asksNothing).map(({ suffix }) => suffix);
  if (orphans.length === groups.length)
    throw new OpenStackError(
      400,
      'placement.query.missing_value',
      'There must be at least one resources or resources[$S] parameter.',
    );
  const named = new Set(sameSubtrees.flat());
  const bad = orphans.filter((suffix) => !named.has(suffix));
  if (bad.length > 0)
    throw badValue(
      `Resourceless suffixed group request should be specified in \`same_subtree\` query param: bad group(s) - ${pythonRepr(bad)}.`,
    );
  const suffixes = groups.map(({ suffix }) => suffix);
  const unknown = [...named].filter((suffix) => !suffixes.includes(suffix));
  if (unknown.length > 0)
    throw badValue(
      `Real suffixes should be specified in \`same_subtree\`: ${pythonRepr(unknown)} not found in ${pythonRepr(suffixes)}.`,
    );
}

function checkConflicts(groups: readonly Group[]): void {
  const conflicts = groups.flatMap(({ suffix, required, forbidden }) =>
    required
      .filter((any) => any.every((name) => forbidden.includes(name)))
      .map((any) => `required${suffix}: (${any.toSorted().join(', ')})`),
  );
  if (conflicts.length > 0)
    throw badRequest(
      `Conflicting required and forbidden traits found in the following traits keys: ${conflicts.toSorted().join(', ')}`,
    );
}
