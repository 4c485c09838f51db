import { Prisma, type Database, type Queries } from '../../kernel/database.js';
import { forbidden } from '../../kernel/errors.js';
import type { FederatedBy } from '../tokens/token.js';
import { endTokensOfUsers } from '../grants.js';
import { missing, missingProtocol } from '../words.js';

/** A protocol of an identity provider by which users log in, with its rules. @throws 404, 403 while the provider is disabled */
export async function findProvider(db: Database, idpId: string, protocolId: string) {
  const provider = await db.identityProvider.findUnique({ where: { id: idpId } });
  if (provider === null) throw missing('identity_provider', idpId);
  if (!provider.enabled) throw forbidden(`Identity Provider ${idpId} is disabled`);
  const protocol = await db.federationProtocol.findUnique({
    where: { idp_id_id: { idp_id: idpId, id: protocolId } },
    include: { mapping: true },
  });
  if (protocol === null) throw missingProtocol(idpId, protocolId);
  return { provider, protocol };
}

/**
 * Whether a token that a log-in by an identity provider gave may become another one: not while the provider is disabled, or when
 * it or the protocol is gone (keystone/auth/plugins/mapped.py: handle_scoped_token).
 * @throws 403, 404
 */
export async function checkProvider(db: Database, { provider, protocol }: FederatedBy): Promise<void> {
  await findProvider(db, provider, protocol);
}

/**
 * Forgets the users whom an identity provider knows, by one of its protocols or by all. Those that nobody else knows and who have no
 * password are gone with it; the tokens of the others end, since they carry groups that it named.
 */
export async function forgetUsers(tx: Queries, idpId: string, protocolId?: string): Promise<void> {
  const theirs = Prisma.sql`idp_id = ${idpId} AND protocol_id = COALESCE(${protocolId ?? null}, protocol_id)`;
  await endTokensOfUsers(tx, Prisma.sql`SELECT user_id FROM keystone.federated_users WHERE ${theirs}`);
  const leaving = Prisma.sql`
    SELECT id FROM keystone.users u WHERE password_hash IS NULL
      AND id IN (SELECT user_id FROM keystone.federated_users WHERE ${theirs})
      AND NOT EXISTS (SELECT 1 FROM keystone.federated_users WHERE user_id = u.id AND NOT (${theirs}))`;
  // First: a rule that an application credential uses is not deleted with its user.
  await tx.$executeRaw`DELETE FROM keystone.application_credentials WHERE user_id IN (${leaving})`;
  await tx.$executeRaw`DELETE FROM keystone.users WHERE id IN (${leaving})`;
  await tx.$executeRaw`DELETE FROM keystone.federated_users WHERE ${theirs}`;
}
