import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { RequestContext } from '../kernel/context.js';
import { isConflict, type Database } from '../kernel/database.js';
import { badRequest, conflict, notFound } from '../kernel/errors.js';
import { takeTurn } from '../kernel/hard-limits.js';
import { cutPage } from '../kernel/paging.js';
import type { Policies } from '../kernel/policy/index.js';
import { Access } from '../kernel/resource/access.js';
import type { Condition, ListQuery } from '../kernel/resource/query.js';
import type { Action } from '../kernel/resource/spec.js';
import type { Quotas } from './quotas.js';
import { keypair } from './resources/keypair.js';
import { sshFingerprint, x509Fingerprint } from './ssh-key.js';
import { novaWords } from './words.js';

interface KeypairInput {
  readonly name: string;
  readonly public_key?: string;
  readonly type?: string;
  readonly user_id?: string;
}

/** The key pairs of users. A name is unique within its user only, so a request may also name the user. */
export class Keypairs {
  private readonly access: Access;

  constructor(
    private readonly db: Database,
    private readonly quotas: Quotas,
    policies: Policies,
  ) {
    this.access = new Access(keypair, policies);
  }

  /** @throws 400 for a marker that is none of the user's key pairs; it is a name */
  async list(ctx: RequestContext, { conditions, limit, marker }: ListQuery) {
    const user_id = this.userOf(ctx, 'list', conditions);
    if (marker !== undefined)
      await this.find(user_id, marker).catch(() =>
        Promise.reject(novaWords.noMarker!(marker, ['keypair', 'keypairs'])),
      );
    const found = await this.db.keypair.findMany({
      where: { user_id, ...(marker === undefined ? {} : { name: { gt: marker } }) },
      orderBy: { name: 'asc' },
      take: limit + 1,
    });
    const { items, more } = cutPage(found, { limit });
    return { rows: items, more };
  }

  get(ctx: RequestContext, name: string, beside: readonly Condition[] = []) {
    return this.find(this.userOf(ctx, 'get', beside), name);
  }

  /** @throws 404 */
  async find(user_id: string, name: string) {
    const found = await this.db.keypair.findUnique({ where: { user_id_name: { user_id, name } } });
    if (!found) throw missing(user_id, name);
    return found;
  }

  /**
   * Imports a public key or a certificate, or makes a pair and hands the private half out this once; it is stored
   * nowhere. The quota is counted in the transaction that inserts it, under the user's lock.
   * @throws 400 for what is no key, 403 over the quota, 409 for a name that is taken
   */
  async create(ctx: RequestContext, inputs: readonly KeypairInput[]) {
    return Promise.all(inputs.map((input) => this.createOne(ctx, input)));
  }

  private async createOne(ctx: RequestContext, input: KeypairInput) {
    const { name, public_key, type = 'ssh', user_id = ctx.userId } = input;
    this.access.check(ctx, 'create', { user_id });
    if (type === 'x509' && public_key === undefined)
      throw badRequest('Key pairs of type x509 are imported only: send a certificate in PEM as public_key.');
    const pair = public_key === undefined ? await generateRsa() : { publicKey: public_key, privateKey: undefined };
    const fingerprint = type === 'x509' ? x509Fingerprint(pair.publicKey) : sshFingerprint(pair.publicKey);
    const data = { user_id, name, type, public_key: pair.publicKey, fingerprint };
    const checkQuota = await this.quotas.keypairs(ctx.projectId);
    try {
      const made = await this.db.$transaction(async (tx) => {
        await takeTurn(tx, `quota/key_pairs/${user_id}`);
        checkQuota(await tx.keypair.count({ where: { user_id } }));
        return tx.keypair.create({ data });
      });
      return { ...made, private_key: pair.privateKey };
    } catch (error) {
      if (isConflict(error)) throw conflict('KeyPairExists', `Key pair '${name}' already exists.`);
      throw error;
    }
  }

  async delete(
    ctx: RequestContext,
    name: string,
    _revision?: number,
    beside: readonly Condition[] = [],
  ): Promise<void> {
    const user_id = this.userOf(ctx, 'delete', beside);
    const { count } = await this.db.keypair.deleteMany({ where: { user_id, name } });
    if (count === 0) throw missing(user_id, name);
  }

  /** Whose key pairs are meant: those of the user whom the query names, else the asker's own. @throws 403 */
  private userOf(ctx: RequestContext, action: Action, conditions: readonly Condition[]): string {
    const named = conditions.find(({ field }) => field === 'user_id')?.values.at(-1);
    const user_id = typeof named === 'string' ? named : ctx.userId;
    this.access.check(ctx, action, { user_id });
    return user_id;
  }
}

const missing = (userId: string, name: string) =>
  notFound('KeypairNotFound', `Keypair ${name} not found for user ${userId}`);

/** On a thread of Node's pool: the search for the primes takes a tenth of a second, in which no other request would be answered. */
async function generateRsa(): Promise<{ publicKey: string; privateKey: string }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
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
