import { Prisma, type Database } from '../../kernel/database.js';
import { rowsOf } from '../../kernel/rows.js';
import { TOKEN_ROW, type Payload, type TokenRow } from './token.js';

/** What a statement needs of a token, or of one that is about to be issued. */
export type TokenOf = Pick<Payload, 'user' | 'target' | 'trust' | 'applicationCredential' | 'federated' | 'auditIds'>;

/**
 * Reads all that a token says, and whether it still holds, in one statement: every request that comes with a new token waits for it.
 *
 * The roles of a user on a project are those that were given to him or to a group of his, on the project itself, or inherited from
 * a project above it or from its domain; and all that these imply. Roles of a domain stand for what they imply and are not shown
 * (keystone/assignment/core.py). A trust and an application credential pass on roles that their user must still have.
 * @param ofUser the user's generation that the token carries; null to read whichever it is
 * @param ofTarget the target's, likewise
 * @returns undefined when the user may not have a token any more, or this one was revoked
 */
export async function readToken(
  db: Database,
  token: TokenOf,
  ofUser: number | null,
  ofTarget: number | null,
): Promise<TokenRow | undefined> {
  const { user, target, trust = null, applicationCredential = null, federated } = token;
  const { kind } = target;
  const id = 'id' in target ? target.id : null;
  const rows = await rowsOf(db, TOKEN_ROW)`
    WITH RECURSIVE
    trusted AS (
      SELECT impersonation, trustor_user_id AS trustor, trustee_user_id AS trustee, roles FROM keystone.trusts t
      JOIN keystone.users one ON one.id = trustor_user_id AND one.enabled
      JOIN keystone.users other ON other.id = trustee_user_id AND other.enabled
      WHERE t.id = ${trust} AND t.project_id = ${id} AND deleted_at IS NULL AND COALESCE(t.expires_at > now(), true)),
    credential AS (
      SELECT id, name, unrestricted, roles FROM keystone.application_credentials
      WHERE id = ${applicationCredential} AND user_id = ${user} AND project_id = ${id} AND COALESCE(expires_at > now(), true)),
    passed_on AS (SELECT roles FROM trusted UNION ALL SELECT roles FROM credential),
    holder AS (SELECT COALESCE((SELECT trustor FROM trusted), ${user}) AS id),
    up AS (
      SELECT id, parent_id, domain_id, false AS above FROM keystone.projects WHERE id = ${id}
      UNION ALL SELECT p.id, p.parent_id, p.domain_id, true FROM up JOIN keystone.projects p ON p.id = up.parent_id),
    given AS (
      SELECT a.role_id FROM keystone.role_assignments a
      WHERE (a.user_id = (SELECT id FROM holder) OR a.group_id = ANY(${federated?.groups ?? []})
        OR a.group_id IN (SELECT group_id FROM keystone.group_members
          WHERE user_id = (SELECT id FROM holder) AND COALESCE(expires_at > now(), true)))
      AND ${GIVEN[kind](id)}),
    held AS (
      SELECT role_id FROM given
      UNION SELECT i.implied_role_id FROM held JOIN keystone.role_inferences i ON i.prior_role_id = held.role_id),
    begun AS (
      SELECT role_id FROM given WHERE NOT EXISTS (SELECT 1 FROM passed_on)
      UNION SELECT unnest(roles) FROM passed_on WHERE roles <@ ARRAY(SELECT role_id FROM held)),
    shown AS (
      SELECT role_id FROM begun
      UNION SELECT i.implied_role_id FROM shown JOIN keystone.role_inferences i ON i.prior_role_id = shown.role_id)
    SELECT u.id AS user_id, u.name AS user_name, ud.id AS user_domain_id, ud.name AS user_domain_name, u.password_expires_at,
      u.default_project_id, t.id AS target_id, t.name AS target_name, t.is_domain AS target_is_domain,
      td.id AS target_domain_id, td.name AS target_domain_name, ended.generation AS target_generation,
      (SELECT jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name) ORDER BY r.name)
       FROM keystone.roles r WHERE r.domain_id IS NULL AND r.id IN (SELECT role_id FROM shown)) AS roles,
      (SELECT jsonb_build_object('impersonation', impersonation, 'trustor', trustor, 'trustee', trustee) FROM trusted) AS trust,
      (SELECT jsonb_build_object('name', name, 'unrestricted', unrestricted,
         'limited', EXISTS (SELECT 1 FROM keystone.application_credential_rules WHERE application_credential_id = credential.id),
         'access_rules', COALESCE((
           SELECT jsonb_agg(jsonb_build_object('id', a.id, 'service', a.service, 'method', a.method, 'path', a.path))
           FROM keystone.application_credential_rules r JOIN keystone.access_rules a ON a.id = r.access_rule_id
           WHERE r.application_credential_id = credential.id), '[]'))
       FROM credential) AS application_credential
    FROM keystone.users u
    JOIN keystone.projects ud ON ud.id = u.domain_id AND ud.enabled
    CROSS JOIN LATERAL (
      SELECT COALESCE((SELECT token_generation FROM keystone.projects WHERE id = ${id}), 0) + COALESCE((
        SELECT generation FROM keystone.ended_grants
        WHERE user_id = (SELECT id FROM holder) AND target_id = ${id ?? kind}), 0) AS generation) ended
    LEFT JOIN keystone.projects t ON t.id = ${id} AND t.enabled AND (t.is_domain OR ${kind} = 'project')
      AND ended.generation = COALESCE(${ofTarget}::int, ended.generation)
      AND (t.domain_id IS NULL OR EXISTS (SELECT 1 FROM keystone.projects WHERE id = t.domain_id AND enabled))
    LEFT JOIN keystone.projects td ON td.id = t.domain_id
    WHERE u.id = ${user} AND u.enabled AND u.token_generation = COALESCE(${ofUser}::int, u.token_generation)
      AND (${kind} <> 'system' OR ended.generation = COALESCE(${ofTarget}::int, ended.generation))
      AND NOT EXISTS (SELECT 1 FROM keystone.revocations WHERE audit_id = ANY(${[...token.auditIds]}))`;
  return rows[0];
}

/** Which assignments count for what a token is scoped to. */
const GIVEN: Readonly<Record<Payload['target']['kind'], (id: string | null) => Prisma.Sql>> = {
  project: (id) => Prisma.sql`(
    (a.project_id = ${id} AND NOT a.inherited)
    OR (a.inherited AND (a.project_id IN (SELECT id FROM up WHERE above)
      OR a.domain_id = (SELECT domain_id FROM up WHERE NOT above))))`,
  domain: (id) => Prisma.sql`(a.domain_id = ${id} AND NOT a.inherited)`,
  system: () => Prisma.sql`(a.system AND NOT a.inherited)`,
  unscoped: () => Prisma.sql`false`,
};
