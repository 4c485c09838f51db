import pg from 'pg';
import { until } from '#cli/bench/measure';
import type { TestCloud } from './clouds.js';

/** The operations of a server or volume, oldest first: their ids are their workflows'. */
export async function operationsOf(
  cloud: TestCloud,
  resourceId: string,
): Promise<{ id: string; kind: string; state: string }[]> {
  const db = new pg.Client({ connectionString: cloud.databaseUrl });
  await db.connect();
  try {
    const { rows } = await db.query<{ id: string; kind: string; state: string }>(
      'SELECT id, kind, state FROM operations.operations WHERE resource_id = $1 ORDER BY requested_at',
      [resourceId],
    );
    return rows;
  } finally {
    await db.end();
  }
}

/** The workflow that did something last to a server or volume. */
export async function workflowOf(cloud: TestCloud, kind: string, resourceId: string): Promise<string> {
  const id = (await operationsOf(cloud, resourceId)).findLast((o) => o.kind === kind)?.id;
  if (id === undefined) throw new Error(`There is no ${kind} of ${resourceId}.`);
  return id;
}

/** Waits until nothing works on a server or volume any more. */
export async function idle(cloud: TestCloud, resourceId: string, limitMs = 60_000): Promise<void> {
  const open = new Set(['requested', 'held', 'running', 'cancelling', 'undoing']);
  await until(
    async () => ((await operationsOf(cloud, resourceId)).some((o) => open.has(o.state)) ? undefined : true),
    50,
    limitMs,
  );
}
