import type { Queries } from '../../kernel/database.js';
import { bool, rowType, rowsOf } from '../../kernel/rows.js';

const CHANGED = rowType({ changed: bool });

/**
 * Makes a user a member of the groups that his identity provider names, for a time, and of no others that it named before
 * (keystone/identity/core.py: shadow_federated_user). What an administrator made him a member of stays.
 * @param minutes how long; with 0 the groups are those of the log-in's own token alone
 * @returns whether the groups are others than at the log-in before
 */
export async function joinGroups(
  tx: Queries,
  userId: string,
  groups: readonly string[],
  minutes: number,
): Promise<boolean> {
  const rows = await rowsOf(tx, CHANGED)`
    WITH given AS (SELECT unnest(${[...groups]}::text[]) AS group_id),
    gone AS (
      DELETE FROM keystone.group_members WHERE user_id = ${userId} AND expires_at IS NOT NULL
        AND group_id NOT IN (SELECT group_id FROM given) RETURNING group_id),
    come AS (
      SELECT group_id FROM given EXCEPT SELECT group_id FROM keystone.group_members WHERE user_id = ${userId}),
    joined AS (
      INSERT INTO keystone.group_members (group_id, user_id, expires_at)
      SELECT group_id, ${userId}, now() + make_interval(mins => ${minutes}::int) FROM given
      ON CONFLICT (group_id, user_id) DO UPDATE SET expires_at = EXCLUDED.expires_at
      WHERE group_members.expires_at IS NOT NULL)
    SELECT EXISTS (SELECT 1 FROM gone) OR EXISTS (SELECT 1 FROM come) AS changed`;
  return rows[0]!.changed;
}
