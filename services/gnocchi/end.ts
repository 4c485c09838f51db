import type { Sql } from '../kernel/database.js';

/** A resource that is there no more. */
export interface Ended {
  readonly type: string;
  /** A UUID. */
  readonly id: string;
  readonly at: Date;
}

/** What is there only with its instance, by its attribute instance_id (gnocchi_resources.yaml: event_associated_resources). */
const PARTS_OF_INSTANCES = ['instance_disk', 'instance_network_interface'];

/**
 * Notes of resources when they ended; those of an instance's disks and cards with it. What was measured of them stays. What they were
 * goes into their history. Those that have ended before, and those of which nothing was ever measured, are left as they are.
 */
export async function end(sql: Sql, ended: readonly Ended[]): Promise<void> {
  if (ended.length === 0) return;
  await sql.$executeRaw`
    WITH given AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(ended)}::jsonb) AS g(type text, id uuid, at timestamptz)),
    found AS MATERIALIZED (
      SELECT r.id, g.at FROM given g JOIN gnocchi.resources r ON r.id = g.id AND r.type = g.type
      UNION ALL
      SELECT r.id, g.at FROM given g JOIN gnocchi.resources r ON r.type = ANY(${PARTS_OF_INSTANCES}::text[])
        AND r.attributes @> jsonb_build_object('instance_id', g.id::text)
      WHERE g.type = 'instance'),
    locked AS MATERIALIZED (
      SELECT r.*, f.at FROM gnocchi.resources r JOIN found f USING (id) WHERE r.ended_at IS NULL
      ORDER BY r.id FOR NO KEY UPDATE OF r),
    kept AS (
      INSERT INTO gnocchi.resource_history (id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at,
        revision_start, revision_end, attributes)
      SELECT id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at, revision_start, now(), attributes
      FROM locked)
    UPDATE gnocchi.resources r SET ended_at = GREATEST(l.at, r.started_at), revision_start = now()
    FROM locked l WHERE r.id = l.id`;
}
