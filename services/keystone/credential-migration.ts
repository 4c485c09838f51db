import type { Database } from '../kernel/database.js';
import type { CredentialStore } from './credentials-store.js';
import { resealOptions, staleOptions } from './domain-config/sealed-options.js';

/** Credentials that are sealed again by one round trip to read them: some hundred kilobytes. */
const BATCH = 100;

/**
 * How many credentials and secret options of domains are sealed by another key than the one that writes: a rotation would take the
 * key of some away.
 */
export async function unmigrated(db: Database, store: CredentialStore): Promise<number> {
  const not = store.primaryHash;
  const credentials = await db.credential.count({ where: { key_hash: { not } } });
  return credentials + (await db.domainOption.count({ where: staleOptions(not) }));
}

/**
 * Seals credentials and secret options of domains by the key that writes, as `keystone-manage credential_migrate`. One that is
 * changed meanwhile is sealed by that.
 * @returns how many were sealed again @throws 500 for one that no key of ours opens
 */
export async function migrateCredentials(db: Database, store: CredentialStore): Promise<number> {
  const not = store.primaryHash;
  let count = await resealOptions(db, store, not);
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
