import type { RequestContext } from '../../kernel/context.js';
import { notFound, unauthorized } from '../../kernel/errors.js';
import type { Policies } from '../../kernel/policy/index.js';
import { bool, rowType, rowsOf } from '../../kernel/rows.js';
import { timeOf } from '../expiry.js';
import type { Proven } from '../methods/proof.js';
import { ec2BlobOf, ec2CredentialId, refuseDelegated, type Ec2Blob } from '../resources/credential.js';
import type { TokenInfo } from '../tokens/token.js';
import type { Scope, Tokens } from '../tokens/tokens.js';
import { rolesOn } from '../effective-roles.js';
import { missing, newId, target, type KeystoneParts } from '../words.js';
import { checkEc2Signature, checkS3Signature, type Ec2Request } from './signatures.js';

export type { Ec2Request } from './signatures.js';

/** How old a signed request may be, in minutes (keystone.conf: credential.auth_ttl). */
const OLDEST_MINUTES = 15;
const FRESH = rowType({ fresh: bool });

interface Sealed {
  readonly id: string;
  readonly user_id: string;
  readonly project_id: string | null;
  readonly blob: string;
}
type Rule =
  | 'identity:ec2_list_credentials'
  | 'identity:ec2_get_credential'
  | 'identity:ec2_create_credential'
  | 'identity:ec2_delete_credential';

/** Access keys as EC2 and S3 know them, and tokens for requests that were signed by them (keystone/api/_shared/EC2_S3_Resource.py). */
export class Ec2 {
  constructor(
    private readonly parts: KeystoneParts,
    private readonly tokens: Tokens,
    private readonly policies: Policies,
  ) {}

  /** Those of a user. @throws 403, 404 without the user */
  async list(ctx: RequestContext, userId: string) {
    this.policies.enforce('keystone', 'identity:ec2_list_credentials', ctx.credentials, { user_id: userId });
    refuseDelegated(ctx);
    await this.checkUser(userId);
    const rows = await this.parts.db.credential.findMany({
      where: { user_id: userId, type: 'ec2' },
      orderBy: { id: 'asc' },
    });
    return rows.map((row) => this.shown(row));
  }

  /** @throws 403 and 404 */
  async get(ctx: RequestContext, userId: string, access: string) {
    return this.shown(await this.find(ctx, userId, access, 'identity:ec2_get_credential'));
  }

  /** Makes a key of a user for a project. @throws 403, 404 without the user or the project */
  async create(ctx: RequestContext, userId: string, projectId: string) {
    const { db, store } = this.parts;
    const of = target('credential', { user_id: userId });
    this.policies.enforce('keystone', 'identity:ec2_create_credential', ctx.credentials, of);
    await this.checkUser(userId);
    await this.checkProject(ctx, userId, projectId);
    refuseDelegated(ctx);
    const blob = { access: newId(), secret: newId(), trust_id: null };
    const sealed = store.encryptBlob(JSON.stringify(blob));
    const id = ec2CredentialId(blob.access);
    return this.shown(
      await db.credential.create({ data: { id, user_id: userId, project_id: projectId, type: 'ec2', ...sealed } }),
    );
  }

  /**
   * A project in which the user has no role is answered as one that is not there: the key would open nothing, and Keystone's
   * 201 would tell everybody which ids are projects. An administrator may give the role later.
   * @throws 404
   */
  private async checkProject(ctx: RequestContext, userId: string, projectId: string): Promise<void> {
    const { db } = this.parts;
    const known = this.policies.allows('keystone', 'admin_required', ctx.credentials, {})
      ? await db.project.findUnique({ where: { id: projectId }, select: { id: true } })
      : (await rolesOn(db, userId, projectId))[0];
    if (!known) throw missing('project', projectId);
  }

  /** @throws 403 and 404 */
  async delete(ctx: RequestContext, userId: string, access: string): Promise<void> {
    const { id } = await this.find(ctx, userId, access, 'identity:ec2_delete_credential');
    await this.parts.db.credential.deleteMany({ where: { id } });
  }

  /** A token for a request that was signed as for EC2. @throws 401, and 404 for a key that is not there */
  authenticateEc2(request: Ec2Request): Promise<{ token: string; info: TokenInfo }> {
    return this.authenticate(request, checkEc2Signature);
  }

  /** The same as for S3. @throws likewise */
  authenticateS3(request: Ec2Request): Promise<{ token: string; info: TokenInfo }> {
    return this.authenticate(request, checkS3Signature);
  }

  private async authenticate(
    request: Ec2Request,
    check: (secret: string, request: Ec2Request) => void,
  ): Promise<{ token: string; info: TokenInfo }> {
    const { access } = request;
    if (typeof access !== 'string') throw unauthorized();
    const { db, store } = this.parts;
    const found = await db.credential.findUnique({
      where: { id: ec2CredentialId(access) },
      include: { user: { select: { enabled: true, token_generation: true, default_project_id: true } } },
    });
    if (found?.type !== 'ec2') throw notFound('NotFound', 'EC2 access key not found.');
    const blob = ec2BlobOf(store.decryptBlob(found.blob));
    if (typeof blob.secret !== 'string' || found.project_id === null) throw unauthorized();
    check(blob.secret, request);
    await this.checkTime(request);
    if (!found.user.enabled) throw unauthorized();
    const from = {
      userId: found.user_id,
      generation: found.user.token_generation,
      methods: ['ec2credential'],
      chain: [],
      expiresAt: Infinity,
      defaultProjectId: null,
    };
    return this.tokens.issue(...(await this.scoped(from, blob, found.project_id)));
  }

  /** What the key is confined to: a project, and there what a trust or an application credential passes on. */
  private async scoped(from: Proven, blob: Ec2Blob, projectId: string): Promise<[Proven, Scope | undefined]> {
    if (blob.trust_id) return [await this.trusteeOf(from, blob.trust_id, projectId), { trust: blob.trust_id }];
    if (blob.app_cred_id) return [{ ...from, applicationCredential: { id: blob.app_cred_id, projectId } }, undefined];
    return [from, { project: { id: projectId } }];
  }

  /**
   * The trustee, where the key is of a trust that he used as the trustor: then the trustor is whose it is.
   * @throws 401 for a key of anybody else: a key says itself which trust it is of
   */
  private async trusteeOf(from: Proven, trustId: string, projectId: string): Promise<Proven> {
    const trust = await this.parts.db.trust.findFirst({
      where: { id: trustId, project_id: projectId, deleted_at: null },
      include: { trustee: { select: { enabled: true, token_generation: true } } },
    });
    if (trust === null || !trust.trustee.enabled) throw unauthorized();
    if (trust.trustee_user_id === from.userId) return from;
    if (!trust.impersonation || trust.trustor_user_id !== from.userId) throw unauthorized();
    return { ...from, userId: trust.trustee_user_id, generation: trust.trustee.token_generation };
  }

  /** A request says when it was signed, unless the signer left it out (v1 and v2: Timestamp; v4: X-Amz-Date). @throws 401 */
  private async checkTime({ params, headers }: Ec2Request): Promise<void> {
    const said = params?.['Timestamp'] ?? headers?.['X-Amz-Date'] ?? params?.['X-Amz-Date'];
    if (said === undefined || said === '') return;
    const basic = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(said);
    const time = timeOf(basic ? `${basic.slice(1, 4).join('-')}T${basic.slice(4).join(':')}Z` : said);
    if (time === undefined) throw unauthorized();
    const [row] = await rowsOf(this.parts.db, FRESH)`
      SELECT now() <= ${time}::timestamptz + make_interval(mins => ${OLDEST_MINUTES}) AS fresh`;
    if (!row?.fresh) throw unauthorized();
  }

  private async find(ctx: RequestContext, userId: string, access: string, rule: Rule): Promise<Sealed> {
    const id = ec2CredentialId(access);
    // One of another user is not there, and only who may look at this user's learns that one is not.
    const found = await this.parts.db.credential.findFirst({ where: { id, user_id: userId } });
    this.policies.enforce('keystone', rule, ctx.credentials, target('credential', { user_id: userId }));
    if (found === null) throw missing('credential', id);
    await this.checkUser(userId);
    if (found.type !== 'ec2') throw unauthorized();
    refuseDelegated(ctx);
    return found;
  }

  private async checkUser(id: string): Promise<void> {
    if (!(await this.parts.db.user.findUnique({ where: { id }, select: { id: true } }))) throw missing('user', id);
  }

  private shown({ user_id, project_id, blob }: Sealed) {
    const { access, secret = null, trust_id = null } = ec2BlobOf(this.parts.store.decryptBlob(blob));
    return { user_id, tenant_id: project_id, access, secret, trust_id };
  }
}
