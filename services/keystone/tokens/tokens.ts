import { createHash, randomBytes } from 'node:crypto';
import type { Database, Statements } from '../../kernel/database.js';
import { OpenStackError, unauthorized } from '../../kernel/errors.js';
import type { HeardCache } from '../../kernel/heard-cache.js';
import type { Listener } from '../../kernel/listen.js';
import { bool, nullable, rowType, rowsOf } from '../../kernel/rows.js';
import { checkProvider } from '../federation/provider.js';
import { byApplicationCredential, noScopeOfItsOwn } from '../methods/application-credential.js';
import { byPassword } from '../methods/password.js';
import { byTotp, type TotpParts } from '../methods/totp.js';
import { findDomain } from '../methods/find-user.js';
import { notOpened, refuseToPassOn, scopeOfTrust, useTrust } from '../trusts/token-scope.js';
import { tellOfTokens } from '../words.js';
import { allOf, type DomainRef, type Proof, type Proven, type Reference } from '../methods/proof.js';
import { tokenCache } from './cache.js';
import type { Fernet } from './fernet.js';
import { pack, unpack } from './pack.js';
import { readToken, type TokenOf } from './read-token.js';
import { Receipts, type Receipt } from './receipts.js';
import { USED_PASSCODE, revokeUntil } from './revocations.js';
import {
  infoOf,
  opens,
  type Payload,
  type TokenGenerations,
  type TokenInfo,
  type TokenRow,
  type TokenTarget,
} from './token.js';

/** What a token is asked for. */
export type Scope =
  { readonly project: Reference } | { readonly domain: DomainRef } | { readonly trust: string } | 'system' | 'unscoped';

/** A token, and what it says. */
export interface Issued {
  readonly token: string;
  readonly info: TokenInfo;
}

/** What tokens stand on. */
interface TokenParts extends TotpParts {
  readonly sql: Statements;
  readonly fernet: Fernet;
  readonly listener: Listener;
  /** Seconds that a token lives, and a receipt. */
  readonly lifetime: number;
  readonly receiptLifetime: number;
}

/** Whether a token was revoked, and whether its user and its project are still what they were; null is gone. */
const HOLDS = rowType({ revoked: bool, user: nullable(bool), project: nullable(bool) });
const secondsNow = (): number => Math.floor(Date.now() / 1000);
/** Whether somebody was at it, and not a token that goes on by itself. */
const isLogin = (proof: Proof): boolean =>
  proof !== 'unsupported' && (proof.method === 'password' || proof.method === 'totp');
const newAuditId = (): string => randomBytes(16).toString('base64url');

/** Fernet tokens, which are stored nowhere. */
export class Tokens {
  private readonly cache: HeardCache<TokenInfo>;
  private readonly receipts: Receipts;

  constructor(private readonly parts: TokenParts) {
    this.cache = tokenCache(parts.listener);
    this.receipts = new Receipts(parts.fernet, parts.receiptLifetime);
  }

  private get db(): Database {
    return this.parts.db;
  }

  /** Forgets in this process what is known of tokens; the others hear of it from the change itself. */
  forget(): void {
    this.cache.forget();
  }

  /**
   * Issues a token for proofs, which must all hold and show one user, and a scope. Without a scope it is for the user's
   * default project, and unscoped where that gives him no role.
   * @param receipt what an earlier request has proven
   * @returns a receipt where the user's own rules ask for more
   * @throws 401 for whatever does not match, without saying what did not; 403 for a token that may be used for no other
   */
  async authenticate(proofs: readonly Proof[], scope: Scope | undefined, receipt?: string): Promise<Issued | Receipt> {
    const from = await this.proveAll(proofs, receipt);
    const owed = await this.receiptFor(from);
    if (owed !== undefined) return owed;
    if (proofs.some(isLogin)) await this.parts.logins.succeeded(from.userId);
    return this.issue(from, scope);
  }

  /** Issues a token for whom an identity provider has shown, or a receipt. @throws as `authenticate` */
  async issueIfEnough(from: Proven, scope: Scope | undefined): Promise<Issued | Receipt> {
    return (await this.receiptFor(from)) ?? this.issue(from, scope);
  }

  /** Issues a token, whatever the user's own rules ask for. @throws as `authenticate` */
  async issue(from: Proven, scope: Scope | undefined): Promise<Issued> {
    const wanted = await this.wantedOf(from, scope);
    const row = await readToken(this.db, wanted, wanted.trust === undefined ? from.generation : null, null);
    if (!row) throw unauthorized();
    const opened = opens(wanted, row);
    if (!opened && (scope !== undefined || from.applicationCredential !== undefined)) throw notOpened(row);
    if (wanted.trust !== undefined) await useTrust(this.db, wanted.trust, row, from.generation);
    const now = secondsNow();
    const payload: Payload = {
      ...wanted,
      target: opened ? wanted.target : { kind: 'unscoped' },
      methods: from.methods,
      issuedAt: now,
      // A token made from a token lives no longer than the first one, and none longer than what it was made by.
      expiresAt: Math.min(now + this.parts.lifetime, from.expiresAt, row.trust?.expires_at ?? Infinity),
      generations: [row.user_generation, opened ? row.target_generation : 0],
    };
    return { token: this.parts.fernet.seal(pack(payload)), info: infoOf(payload, row) };
  }

  /** @throws 401 unless the token is ours, unexpired, not revoked, and its user and what it is for may still use it */
  async validate(token: string): Promise<TokenInfo> {
    const key = createHash('sha256').update(token).digest('base64');
    return this.cache.get(key, async () => {
      const payload = this.decode(token);
      return infoOf(payload, await this.readValid(payload));
    });
  }

  async revoke(token: string): Promise<void> {
    const { auditIds, expiresAt } = this.decode(token);
    const expires_at = new Date(expiresAt * 1000);
    await this.db.$transaction(async (tx) => {
      await revokeUntil(tx, auditIds[0]!, expires_at);
      await tellOfTokens(tx);
    });
    this.forget();
  }

  /** The tokens that were revoked each by itself and would not have expired yet; passcodes that were used are none. */
  revoked(): Promise<{ audit_id: string; expires_at: Date }[]> {
    return this.db.revocation.findMany({
      where: { expires_at: { gt: new Date() }, NOT: { audit_id: { startsWith: USED_PASSCODE } } },
      orderBy: [{ expires_at: 'asc' }, { audit_id: 'asc' }],
    });
  }

  /**
   * Whether a request that was accepted with this token may still begin. Expiry does not count: an accepted boot may wait
   * longer than its token lives. What ends tokens does, also another password: most often one is changed since it may be
   * known to somebody, and what he asked for a moment ago must not begin. A user who changes it as a routine asks again.
   * (A real nova-compute is refused by Neutron and Glance then.)
   * @throws 401 (verdict abort) when the token was revoked or its user or project is disabled or gone
   */
  async check(ref: {
    auditId: string;
    userId: string;
    projectId: string;
    /** Absent in boots that 0.3.0 accepted. */
    generations?: TokenGenerations | undefined;
  }): Promise<void> {
    const [ofUser, ofProject] = ref.generations ?? [null, null];
    const rows = await rowsOf(this.parts.sql, HOLDS)`
      SELECT EXISTS (SELECT 1 FROM keystone.revocations WHERE audit_id = ${ref.auditId}) AS revoked,
        (SELECT token_generation = COALESCE(${ofUser}::int, token_generation)
         FROM keystone.users WHERE id = ${ref.userId} AND enabled) AS user,
        (SELECT COALESCE(${ofProject}::int = token_generation + COALESCE((
           SELECT generation FROM keystone.ended_grants
           WHERE user_id = ${ref.userId} AND target_id = ${ref.projectId}), 0), true)
         FROM keystone.projects WHERE id = ${ref.projectId} AND enabled) AS project`;
    const { revoked, user, project } = rows[0]!;
    const why =
      user === null
        ? 'the user is disabled or gone'
        : project === null
          ? 'the project is disabled or gone'
          : revoked || !user || !project
            ? 'the token was revoked'
            : undefined;
    if (why) throw new OpenStackError(401, 'Unauthorized', `The request is no longer authorized: ${why}.`);
  }

  /** What was proven so far; undefined where that is enough by the user's own rules. */
  private async receiptFor(from: Proven): Promise<Receipt | undefined> {
    const missing = await this.parts.logins.missing(from);
    return missing && this.receipts.issue(from, missing, secondsNow());
  }

  /** @throws 401 for whatever is not the text of an unexpired token of ours */
  private decode(token: string): Payload {
    const sealed = this.parts.fernet.open(token);
    const payload = sealed && unpack(sealed);
    if (payload === undefined || payload.expiresAt * 1000 <= Date.now()) throw unauthorized();
    return payload;
  }

  private async proveAll(proofs: readonly Proof[], receipt: string | undefined): Promise<Proven> {
    if (proofs.includes('unsupported')) throw unauthorized();
    const proven: Proven[] = [];
    for (const proof of proofs) if (proof !== 'unsupported') proven.push(await this.prove(proof));
    const earlier = receipt === undefined || proven.length === 0 ? [] : [this.receipts.open(receipt, secondsNow())];
    const all = allOf([...proven, ...earlier]);
    if (!all) throw unauthorized();
    return all;
  }

  private prove(proof: Exclude<Proof, 'unsupported'>): Promise<Proven> {
    switch (proof.method) {
      case 'password':
        return byPassword(this.parts.logins, proof.user);
      case 'totp':
        return byTotp(this.parts, proof.user);
      case 'token':
        return this.byToken(proof.token);
      case 'application_credential':
        return byApplicationCredential(this.db, proof);
      default:
        throw unauthorized();
    }
  }

  private async byToken(token: string): Promise<Proven> {
    const payload = this.decode(token);
    const row = await this.readValid(payload);
    refuseToPassOn(payload);
    if (payload.federated !== undefined) await checkProvider(this.db, payload.federated);
    return {
      userId: payload.user,
      generation: payload.generations[0],
      methods: [...new Set([...payload.methods, 'token'])],
      chain: payload.auditIds.slice(-1),
      expiresAt: payload.expiresAt,
      defaultProjectId: row.default_project_id,
      federated: payload.federated,
    };
  }

  /** @throws 401 when the token no longer holds */
  private async readValid(payload: Payload): Promise<TokenRow> {
    const row = await readToken(this.db, payload, ...payload.generations);
    if (!row || !opens(payload, row)) throw unauthorized();
    return row;
  }

  /** Whom and what the token is for. */
  private async wantedOf(from: Proven, scope: Scope | undefined): Promise<TokenOf> {
    const { userId: user, federated } = from;
    const own = { user, auditIds: [newAuditId(), ...from.chain] };
    const wanted = { ...own, federated };
    const { applicationCredential: credential } = from;
    if (credential !== undefined) {
      if (scope !== undefined) throw noScopeOfItsOwn();
      return { ...wanted, target: { kind: 'project', id: credential.projectId }, applicationCredential: credential.id };
    }
    // The trustor's roles are what counts: the groups that an identity provider named are the trustee's.
    if (typeof scope === 'object' && 'trust' in scope)
      return { ...own, ...(await scopeOfTrust(this.db, from.userId, scope.trust)) };
    return { ...wanted, target: await this.targetOf(scope, from.defaultProjectId) };
  }

  private async targetOf(
    scope: Exclude<Scope, { trust: string }> | undefined,
    fallback: string | null,
  ): Promise<TokenTarget> {
    if (scope === 'unscoped') return { kind: 'unscoped' };
    if (scope === 'system') return { kind: 'system' };
    if (scope === undefined) return fallback === null ? { kind: 'unscoped' } : { kind: 'project', id: fallback };
    if ('domain' in scope) {
      const domain = await findDomain(this.db, scope.domain);
      if (domain === null) throw unauthorized();
      return { kind: 'domain', id: domain.id };
    }
    return { kind: 'project', id: await this.projectOf(scope.project) };
  }

  private async projectOf({ id, name, domain: of }: Reference): Promise<string> {
    if (id) return id;
    const domain = await findDomain(this.db, of);
    const project =
      domain &&
      (await this.db.project.findUnique({ where: { domain_id_name: { domain_id: domain.id, name: name ?? '' } } }));
    if (!project) throw unauthorized();
    return project.id;
  }
}
