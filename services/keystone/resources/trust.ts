import { Type } from 'typebox';
import type { RequestContext } from '../../kernel/context.js';
import type { Action } from '../../kernel/resource/fields.js';
import { always, bool, computed, int, json, shownAs, text } from '../../kernel/resource/fields.js';
import type { Columns } from '../../kernel/resource/spec.js';
import { forbiddenAction, isDelegatedBy } from '../delegated.js';
import { rolesById, type PassedRole, type RoleRef } from '../given-roles.js';
import { planTrust, redelegationOf } from '../trusts/plan-trust.js';
import { newId, resource, seenByTokens, target } from '../words.js';
import { extra, extraOf, idString } from './standard.js';

const post = { write: ['post'] } as const;
const asked = { ...post, column: '' } as const;
const alone = { answers: ['get', 'create'] } as const;
const Id = Type.String({ minLength: 1, maxLength: 64, pattern: idString.pattern });
const Role = Type.Object(
  {
    id: Type.Optional(Id),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` })),
  },
  { minProperties: 1, maxProperties: 1, additionalProperties: false },
);
const Link = Type.Object({ self: Type.String() });
const ShownRole = Type.Object({
  id: Type.String(),
  name: Type.String(),
  domain_id: Type.Union([Type.String(), Type.Null()]),
  description: Type.Union([Type.String(), Type.Null()]),
  options: Type.Object({}),
  links: Link,
});

/** The roles that a trust passes on, and where they are. */
export interface PassedOn {
  readonly passed: readonly (PassedRole & { readonly links: { readonly self: string } })[];
  readonly roles_links: { readonly self: string; readonly next: null; readonly previous: null };
}
interface Row extends Partial<PassedOn> {
  readonly expires_at: Date | null;
}

const fields = {
  id: text({}),
  trustor_user_id: text({ ...idString, required: true, ...post, filter: true }),
  trustee_user_id: text({ ...idString, required: true, ...post, filter: true }),
  impersonation: bool({ required: true, ...post }),
  project_id: text({ ...idString, nullable: true, ...post }),
  expires_at: computed<string | null, Row, typeof asked>(
    Type.Union([Type.String(), Type.Null()]),
    (row) => row.expires_at?.toISOString().replace('Z', '000Z') ?? null,
    asked,
  ),
  remaining_uses: int({ nullable: true, min: 1, max: 2 ** 31 - 1, ...post }),
  redelegation_count: int({ nullable: true, min: 0, max: 2 ** 31 - 1, ...post }),
  allow_redelegation: json<boolean | null, typeof asked & { hidden: true }>(Type.Union([Type.Boolean(), Type.Null()]), {
    ...asked,
    hidden: true,
  }),
  redelegated_trust_id: text({ nullable: true }),
  deleted_at: always(null, Type.Null()),
  roles: shownAs(
    json<readonly (RoleRef | PassedRole)[], typeof asked & typeof alone>(Type.Array(Role, { maxItems: 100 }), {
      ...asked,
      ...alone,
    }),
    Type.Array(ShownRole),
    ({ passed = [] }: Row) => passed,
  ),
  roles_links: computed<object | undefined, Row, typeof alone>(
    Type.Object({ self: Type.String(), next: Type.Null(), previous: Type.Null() }),
    (row) => row.roles_links,
    alone,
  ),
  extra,
};

/** Tokens of application credentials and EC2 keys see and make no trusts; those of trusts do (keystone/api/trusts.py). @throws 403 */
export function refuseForTrusts({ token }: RequestContext, _action?: Action): void {
  if (isDelegatedBy(token?.methods ?? [])) throw forbiddenAction('Delegated tokens cannot manage trusts.');
}

/** A user lets another one act with some of his roles in a project (keystone/trust/schema.py, keystone/api/trusts.py). */
export const trust = resource({
  names: ['trust', 'trusts'],
  path: 'OS-TRUST/trusts',
  record: 'trust',
  table: 'keystone.trusts',
  only: { deleted_at: null },
  actions: ['get', 'create', 'delete'],
  order: [{ created_at: 'asc' }],
  newId,
  fields,
  target: (row) => target('trust', row),
  newTarget: (_at, input) => target('trust', input),
  permit: refuseForTrusts,
  async opened({ db, config }, rows) {
    const base = `${config.publicUrl}/identity/v3`;
    const roles = await rolesById(
      db,
      rows.flatMap((row) => row.roles),
    );
    return rows.map((row) => ({
      passed: row.roles.flatMap((id) => {
        const role = roles.get(id);
        return role === undefined ? [] : [{ ...role, links: { self: `${base}/roles/${id}` } }];
      }),
      roles_links: { self: `${base}/OS-TRUST/trusts/${row.id}/roles`, next: null, previous: null },
    }));
  },
  async plan(at, input): Promise<Columns> {
    return { ...(await planTrust(at, input)), ...extraOf(fields, input) };
  },
  beforeCreate: ({ ctx, tx }, data, input) => redelegationOf(ctx, tx, data, input),
  /** It is kept, and so are those that were made by it: they are deleted with it. */
  async remove({ tx }, { id }) {
    await tx.$executeRaw`
      WITH RECURSIVE below AS (
        SELECT id FROM keystone.trusts WHERE id = ${id}
        UNION ALL SELECT t.id FROM below JOIN keystone.trusts t ON t.redelegated_trust_id = below.id)
      UPDATE keystone.trusts SET deleted_at = now() WHERE id IN (SELECT id FROM below) AND deleted_at IS NULL`;
  },
  ...seenByTokens,
});
