import type { Database } from '../kernel/database.js';
import { rowsOf } from '../kernel/rows.js';
import { TOKEN_ROW, type Payload, type TokenRow } from './token.js';

/** A role and those that it implies, as `keystone-manage bootstrap` makes them: admin, manager, member, reader. */
const IMPLIED = JSON.stringify({
  admin: 'admin manager member reader',
  manager: 'manager member reader',
  member: 'member reader',
  reader: 'reader',
  service: 'service',
});

/**
 * One statement, since every request that comes with a new token waits for it.
 * @param ofProject the project's generation, or null for whichever it has
 */
export async function readToken(
  db: Database,
  { u, p, a }: Pick<Payload, 'u' | 'p' | 'a'>,
  ofUser: number,
  ofProject: number | null,
): Promise<TokenRow | undefined> {
  const rows = await rowsOf(db, TOKEN_ROW)`
    SELECT u.id AS user_id, u.name AS user_name, ud.id AS user_domain_id, ud.name AS user_domain_name,
      u.default_project_id, p.id AS project_id, p.name AS project_name, p.token_generation AS project_generation,
      pd.id AS project_domain_id, pd.name AS project_domain_name,
      (SELECT jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name) ORDER BY r.name) FROM keystone.roles r
       WHERE r.name IN (SELECT unnest(string_to_array(${IMPLIED}::jsonb ->> g.name, ' ')) FROM keystone.role_assignments a
         JOIN keystone.roles g ON g.id = a.role_id WHERE a.user_id = u.id AND a.project_id = p.id)) AS roles
    FROM keystone.users u
    JOIN keystone.projects ud ON ud.id = u.domain_id AND ud.enabled
    LEFT JOIN keystone.projects p ON p.id = ${p} AND p.enabled
      AND p.token_generation = COALESCE(${ofProject}::int, p.token_generation)
    LEFT JOIN keystone.projects pd ON pd.id = p.domain_id AND pd.enabled
    WHERE u.id = ${u} AND u.enabled AND u.token_generation = ${ofUser}
      AND NOT EXISTS (SELECT 1 FROM keystone.revocations WHERE audit_id = ANY(${a}))`;
  return rows[0];
}
