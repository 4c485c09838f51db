import type { Database } from '../kernel/database.js';
import type { CredentialStore } from './credentials-store.js';

/** Credentials that are sealed again by one round trip to read them: some hundred kilobytes. */
const BATCH = 100;

/** How many credentials are sealed by another key than the one that writes: a rotation would take the key of some away. */
export const unmigrated = (db: Database, store: CredentialStore): Promise<number> =>
  db.credential.count({ where: { key_hash: { not: store.primaryHash } } });

/**
 * Seals credentials by the key that writes, as `keystone-manage credential_migrate`. One that is changed meanwhile is sealed by that.
 * @returns how many were sealed again @throws 500 for one that no key of ours opens
 */
export async function migrateCredentials(db: Database, store: CredentialStore): Promise<number> {
  const not = store.primaryHash;
  let count = 0;
  for (let last = ''; ;) {
    const rows = await db.credential.findMany({
      where: { key_hash: { not }, id: { gt: last } },
      select: { id: true, blob: true },
      orderBy: { id: 'asc' },
      take: BATCH,
    });
    for (const where of rows) {
      const data = store.encryptBlob(store.decryptBlob(where.blob));
      count += (await db.credential.updateMany({ where, data })).count;
    }
    const end = rows.at(-1);
    if (end === undefined) return count;
    last = end.id;
  }
}
