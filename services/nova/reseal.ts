import type { Database } from '../kernel/database.js';
import type { Fernet } from '../keystone/index.js';

/**
 * Seals Nova's secrets again with the newest key: the keys of hosts' own APIs, which hold until the host's role starts
 * again, and passwords of servers that are being made. Keys are rotated for tokens, which live for an hour. A secret that
 * lives longer is sealed again before a rotation removes its key. One that changes meanwhile is left alone, since it was
 * sealed a moment ago.
 * @returns how many were sealed again
 */
export async function resealSecrets(db: Database, fernet: Fernet): Promise<number> {
  // What is sealed by a key that another process has rotated away a moment ago would be lost at the next rotation.
  fernet.refresh();
  const again = (sealed: string | null): string | undefined => {
    const opened = sealed === null ? undefined : fernet.open(sealed);
    return opened && fernet.seal(opened);
  };
  let count = 0;
  const hosts = await db.computeService.findMany({
    where: { api_key: { not: null } },
    select: { host: true, api_key: true },
  });
  for (const where of hosts) {
    const api_key = again(where.api_key);
    if (api_key !== undefined) count += (await db.computeService.updateMany({ where, data: { api_key } })).count;
  }
  const servers = await db.server.findMany({
    where: { admin_pass: { not: null } },
    select: { id: true, admin_pass: true },
  });
  for (const where of servers) {
    const admin_pass = again(where.admin_pass);
    if (admin_pass !== undefined) count += (await db.server.updateMany({ where, data: { admin_pass } })).count;
  }
  return count;
}
