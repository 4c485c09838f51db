import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Tenant } from './tenant.js';

/** A token that opens the display of a simulated guest, which has none and for which Nova makes no token. */
export async function consoleToken({ cloud, userId, api }: Tenant, serverId: string): Promise<string> {
  const token = randomUUID();
  const client = new pg.Client({ connectionString: cloud.databaseUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `INSERT INTO nova.console_auth_tokens
         (token_hash, server_id, host, user_id, project_id, audit_id, user_generation, project_generation, expires_at)
       SELECT $1, s.id, s.host, u.id, p.id, $1, u.token_generation, p.token_generation, now() + interval '1 hour'
       FROM nova.servers s, keystone.users u, keystone.projects p WHERE s.id = $2 AND u.id = $3 AND p.id = $4`,
      [createHash('sha256').update(token).digest('base64url'), serverId, userId, api.projectId],
    );
    if (rowCount !== 1) throw new Error(`Server ${serverId} has no host yet, so no token is for it.`);
  } finally {
    await client.end();
  }
  return token;
}
