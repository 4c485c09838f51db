import type { Database, Prisma } from '../../kernel/database.js';
import type { CredentialStore, SealedBlob } from '../credentials-store.js';
import { SENSITIVE } from './options.js';

/** What a domain sets and nobody is shown, as the database keeps it. */
export const sealOption = (store: CredentialStore, value: unknown): SealedBlob =>
  store.encryptBlob(JSON.stringify(value));

/** Those that another key sealed. Of what can be shown, any value may look like a sealed one. */
export const staleOptions = (keyHash: string) =>
  ({
    OR: [...SENSITIVE],
    NOT: { value: { path: ['key_hash'], equals: keyHash } },
  }) satisfies Prisma.DomainOptionWhereInput;

/**
 * Seals again those that another key sealed. They are read at once: a domain has one, and a cloud has not so many domains.
 * @returns how many @throws 500 for one that no key of ours opens
 */
export async function resealOptions(db: Database, store: CredentialStore, keyHash: string): Promise<number> {
  let count = 0;
  for (const { value, ...key } of await db.domainOption.findMany({ where: staleOptions(keyHash) })) {
    // What has no key's hash is not among the stale ones, so that this is as `sealOption` made it.
    const { blob } = value as unknown as SealedBlob;
    const data = { value: { ...store.encryptBlob(store.decryptBlob(blob)) } };
    const where = { ...key, value: { path: ['blob'], equals: blob } };
    count += (await db.domainOption.updateMany({ where, data })).count;
  }
  return count;
}
