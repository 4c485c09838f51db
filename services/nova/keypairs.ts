import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { RequestContext } from '../kernel/context.js';
import { isConflict, type Database } from '../kernel/database.js';
import { badRequest, conflict, forbidden, notFound } from '../kernel/errors.js';
import { cutPage, type Page } from '../kernel/paging.js';
import type { Quotas } from './quotas.js';
import { sshFingerprint, x509Fingerprint } from './ssh-key.js';

export class Keypairs {
  constructor(
    private readonly db: Database,
    private readonly quotas: Quotas,
  ) {}

  /** @throws 400 for a marker that is none of the user's key pairs; it is a name */
  async list(userId: string, page: Page) {
    const { marker } = page;
    if (marker !== undefined)
      await this.get(userId, marker).catch(() => Promise.reject(badRequest(`marker [${marker}] not found`)));
    const found = await this.db.keypair.findMany({
      where: { user_id: userId, ...(marker === undefined ? {} : { name: { gt: marker } }) },
      orderBy: { name: 'asc' },
      take: page.limit + 1,
    });
    return cutPage(found, page);
  }

  async get(userId: string, name: string) {
    const keypair = await this.db.keypair.findUnique({ where: { user_id_name: { user_id: userId, name } } });
    if (!keypair) throw notFound('KeypairNotFound', `Keypair ${name} not found for user ${userId}`);
    return keypair;
  }

  /**
   * Imports a public key or a certificate, or makes a pair and hands the private half out this once; it is stored
   * nowhere. The quota is counted in the transaction that inserts it, under the user's lock.
   * @throws 400 for what is no key, 403 over the quota, 409 for a name that is taken
   */
  async create(
    ctx: RequestContext,
    input: { name: string; public_key?: string | undefined; type?: string | undefined },
  ) {
    const { name, type = 'ssh' } = input;
    if (type === 'x509' && input.public_key === undefined)
      throw badRequest('Key pairs of type x509 are imported only: send a certificate in PEM as public_key.');
    const pair =
      input.public_key === undefined ? generateRsa() : { publicKey: input.public_key, privateKey: undefined };
    const fingerprint = type === 'x509' ? x509Fingerprint(pair.publicKey) : sshFingerprint(pair.publicKey);
    const data = { user_id: ctx.userId, name, type, public_key: pair.publicKey, fingerprint };
    const { key_pairs: limit } = await this.quotas.limits(ctx.projectId);
    try {
      const keypair = await this.db.$transaction(async (tx) => {
        await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`quota/key_pairs/${ctx.userId}`}, 0))`;
        if (limit >= 0 && (await tx.keypair.count({ where: { user_id: ctx.userId } })) >= limit)
          throw forbidden('Quota exceeded, too many key pairs.');
        return tx.keypair.create({ data });
      });
      return { keypair, privateKey: pair.privateKey };
    } catch (error) {
      if (isConflict(error)) throw conflict('KeyPairExists', `Key pair '${name}' already exists.`);
      throw error;
    }
  }

  async delete(userId: string, name: string): Promise<void> {
    const { count } = await this.db.keypair.deleteMany({ where: { user_id: userId, name } });
    if (count === 0) throw notFound('KeypairNotFound', `Keypair ${name} not found for user ${userId}`);
  }
}

function generateRsa(): { publicKey: string; privateKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const { e, n } = createPublicKey(publicKey).export({ format: 'jwk' }) as { e: string; n: string };
  const fields = [Buffer.from('ssh-rsa'), mpint(e), mpint(n)];
  const blob = Buffer.concat(fields.flatMap((f) => [uint32(f.length), f]));
  return { publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`, privateKey };
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** An SSH mpint (RFC 4251): a leading zero keeps a positive number positive. */
const mpint = (base64url: string): Buffer => {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
};
