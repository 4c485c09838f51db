import type { Database } from '../kernel/database.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { onProject } from './tokens/read-token.js';

const ROLE = rowType({ role_id: text });

/** All roles that some roles stand for: themselves, and those that they imply (keystone/assignment/core.py: add_implied_roles). */
export async function withImplied(db: Database, roles: readonly string[]): Promise<string[]> {
  const rows = await rowsOf(db, ROLE)`
    WITH RECURSIVE held AS (
      SELECT unnest(${[...roles]}::text[]) AS role_id
      UNION SELECT i.implied_role_id FROM held JOIN keystone.role_inferences i ON i.prior_role_id = held.role_id)
    SELECT role_id FROM held`;
  return rows.map(({ role_id }) => role_id);
}

/** The roles of a user on a project, by whichever way: his own or his groups', inherited or implied; those of domains, too. */
export async function rolesOn(db: Database, userId: string, projectId: string): Promise<string[]> {
  const rows = await rowsOf(db, ROLE)`
    WITH RECURSIVE
    up AS (
      SELECT id, parent_id, domain_id, false AS above FROM keystone.projects WHERE id = ${projectId}
      UNION ALL SELECT p.id, p.parent_id, p.domain_id, true FROM up JOIN keystone.projects p ON p.id = up.parent_id),
    held AS (
      SELECT a.role_id FROM keystone.role_assignments a
      WHERE (a.user_id = ${userId} OR a.group_id IN (SELECT group_id FROM keystone.group_members
          WHERE user_id = ${userId} AND COALESCE(expires_at > now(), true)))
        AND ${onProject(projectId)}
      UNION SELECT i.implied_role_id FROM held JOIN keystone.role_inferences i ON i.prior_role_id = held.role_id)
    SELECT role_id FROM held`;
  return rows.map(({ role_id }) => role_id);
}
