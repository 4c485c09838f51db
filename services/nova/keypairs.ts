import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { RequestContext } from '../context.js';
import { isConflict, type Database } from '../database.js';
import { badRequest, conflict, forbidden, notFound } from '../errors.js';

export class Keypairs {
  constructor(
    private readonly db: Database,
    private readonly limit: number,
  ) {}

  list(userId: string) {
    return this.db.keypair.findMany({ where: { user_id: userId }, orderBy: { name: 'asc' } });
  }

  async get(userId: string, name: string) {
    const keypair = await this.db.keypair.findUnique({ where: { user_id_name: { user_id: userId, name } } });
    if (!keypair) throw notFound('KeypairNotFound', `Keypair ${name} not found for user ${userId}`);
    return keypair;
  }

  /** Imports a public key, or makes a pair and hands the private half out this once; it is stored nowhere. */
  async create(
    ctx: RequestContext,
    input: { name: string; public_key?: string | undefined; type?: string | undefined },
  ) {
    if (this.limit >= 0 && (await this.db.keypair.count({ where: { user_id: ctx.userId } })) >= this.limit)
      throw forbidden('Quota exceeded, too many key pairs.');
    const pair =
      input.public_key === undefined ? generateRsa() : { publicKey: input.public_key.trim(), privateKey: undefined };
    const data = {
      user_id: ctx.userId,
      name: input.name,
      type: input.type ?? 'ssh',
      public_key: pair.publicKey,
      fingerprint: fingerprintOf(pair.publicKey),
    };
    try {
      return { keypair: await this.db.keypair.create({ data }), privateKey: pair.privateKey };
    } catch (error) {
      if (isConflict(error)) throw conflict('KeyPairExists', `Key pair '${input.name}' already exists.`);
      throw error;
    }
  }

  async delete(userId: string, name: string): Promise<void> {
    const { count } = await this.db.keypair.deleteMany({ where: { user_id: userId, name } });
    if (count === 0) throw notFound('KeypairNotFound', `Keypair ${name} not found for user ${userId}`);
  }
}

/** MD5 of the key's bytes in colon-separated pairs: what Nova shows. */
function fingerprintOf(publicKey: string): string {
  const [type, blob] = publicKey.split(/\s+/);
  const bytes = Buffer.from(blob ?? '', 'base64');
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  if (!type || length !== type.length || bytes.subarray(4, 4 + length).toString() !== type)
    throw badRequest('Keypair data is invalid: failed to generate fingerprint');
  return createHash('md5').update(bytes).digest('hex').match(/../g)!.join(':');
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
