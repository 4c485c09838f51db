import { Type, type Static, type TSchema } from 'typebox';
import { badRequest } from '../../kernel/errors.js';
import { notImplemented } from '../words.js';
import { LONGEST_PATTERN, compile } from './patterns.js';

/** The rules of a mapping, as clients write them (keystone/federation/utils.py: IDP_ATTRIBUTE_MAPPING_SCHEMA_2_0). */

const closed = { additionalProperties: false };
const DomainSchema = Type.Object({ id: Type.Optional(Type.String()), name: Type.Optional(Type.String()) }, closed);
const ProjectSchema = Type.Object(
  {
    name: Type.String(),
    roles: Type.Array(Type.Object({ name: Type.String() }, closed)),
    domain: Type.Optional(DomainSchema),
  },
  closed,
);
const LocalSchema = Type.Object(
  {
    user: Type.Optional(
      Type.Object(
        {
          id: Type.Optional(Type.String()),
          name: Type.Optional(Type.String()),
          email: Type.Optional(Type.String()),
          domain: Type.Optional(DomainSchema),
          type: Type.Optional(Type.Enum(['ephemeral', 'local'])),
        },
        closed,
      ),
    ),
    projects: Type.Optional(Type.Array(ProjectSchema)),
    group: Type.Optional(
      Type.Union([
        Type.Object({ id: Type.String() }, closed),
        Type.Object({ name: Type.String(), domain: DomainSchema }, closed),
      ]),
    ),
    groups: Type.Optional(Type.String()),
    group_ids: Type.Optional(Type.String()),
    domain: Type.Optional(DomainSchema),
  },
  closed,
);

/** What may be asked of an attribute's values, beside that it is there; one of them. */
export const CONDITIONS = ['any_one_of', 'not_any_of', 'blacklist', 'whitelist'] as const;
export type Condition = (typeof CONDITIONS)[number];

const conditionSchema = (condition: Condition): TSchema =>
  Type.Object(
    { type: Type.String(), [condition]: Type.Array(Type.Unknown()), regex: Type.Optional(Type.Boolean()) },
    closed,
  );
const RemoteSchema = Type.Unsafe<Remote>(
  Type.Union([Type.Object({ type: Type.String() }, closed), ...CONDITIONS.map(conditionSchema)]),
);
const RuleSchema = Type.Object(
  { local: Type.Array(LocalSchema), remote: Type.Array(RemoteSchema, { minItems: 1 }) },
  closed,
);
export const RulesSchema = Type.Array(RuleSchema, { minItems: 1 });

export type DomainOf = Static<typeof DomainSchema>;
export type Local = Static<typeof LocalSchema>;
/** An attribute of what the identity provider says, and what must hold of its values. */
export type Remote = { readonly type: string; readonly regex?: boolean } & {
  readonly [C in Condition]?: readonly unknown[];
};
export interface Rule {
  readonly local: readonly Local[];
  readonly remote: readonly Remote[];
}

/** The versions of rules that are understood; the first is that of rules which name none. */
export const VERSIONS = ['1.0', '2.0'] as const;
export type Version = (typeof VERSIONS)[number];
/** Keystone keeps them in a TEXT column of MySQL, which ends here. */
const LONGEST = 65_535;

/**
 * Checks of rules what their schema does not say. Keystone finds patterns that are none at the log-in; here they are refused with
 * the mapping, since only who writes it can put them right.
 * @throws 400, and 501 for a version that is Keystone's and not understood here
 */
export function checkRules(rules: readonly Rule[], version: string): asserts version is Version {
  if (version === '3.0') throw notImplemented('Rules of schema_version 3.0 are not understood: 1.0 and 2.0 are.');
  if (version !== '1.0' && version !== '2.0')
    throw badRequest(`Invalid input for field/attribute schema_version. Value: ${version}. It is none of 1.0 and 2.0`);
  if (JSON.stringify(rules).length > LONGEST) throw badRequest(`The rules are longer than ${LONGEST} characters.`);
  const projects = rules.flatMap(({ local }) => local.flatMap((one) => one.projects ?? []));
  if (version === '1.0' && projects.some((one) => one.domain !== undefined))
    throw badRequest("Additional properties are not allowed ('domain' was unexpected)");
  for (const remote of rules.flatMap((rule) => rule.remote))
    if (remote.regex) for (const pattern of CONDITIONS.flatMap((one) => remote[one] ?? [])) checkPattern(pattern);
}

function checkPattern(pattern: unknown): void {
  if (typeof pattern === 'string' && pattern.length <= LONGEST_PATTERN && compile(pattern) !== undefined) return;
  throw badRequest(
    `${JSON.stringify(pattern)} is no regular expression of at most ${LONGEST_PATTERN} characters that is understood.`,
  );
}
