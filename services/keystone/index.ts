import { createHash, randomBytes } from 'node:crypto';
import { verify } from '@node-rs/argon2';
import { LRUCache } from 'lru-cache';
import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import { OpenStackError, unauthorized } from '../kernel/errors.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { bool, nullable, rowType, rowsOf } from '../kernel/rows.js';
import { bootstrap, removeSharedHostUsers, type FirstUser } from './bootstrap.js';
import { catalogOf, type CatalogEntry } from './catalog.js';
import { DECOY } from './decoy.js';
import { Fernet } from './fernet.js';
import { Grants } from './grants.js';
import { changePassword } from './passwords.js';
import { domain as domainResource } from './resources/domain.js';
import { project as projectResource } from './resources/project.js';
import { role as roleResource } from './resources/role.js';
import { user as userResource } from './resources/user.js';
import { readToken } from './read-token.js';
import {
  allOf,
  infoOf,
  type DomainRef,
  type Named,
  type Payload,
  type Proof,
  type Proven,
  type Reference,
  type Scope,
  type TokenGenerations,
  type TokenInfo,
  type TokenRow,
} from './token.js';
import { UserProjects } from './user-projects.js';
import { missing } from './words.js';

export { ACTORS, TARGETS, grantRules, type GrantOn } from './grants.js';
export { domain } from './resources/domain.js';
export { project } from './resources/project.js';
export { role } from './resources/role.js';
export { user } from './resources/user.js';
export { userProjectRules } from './user-projects.js';
export type { Proof, Reference, Scope, TokenGenerations, TokenInfo } from './token.js';
export { Fernet };

const newAuditId = (): string => randomBytes(16).toString('base64url');

/**
 * How long a validation is used again, in ms: the longest that another api process's change goes unseen. A busy client's
 * token costs one statement a second.
 */
const VALIDATION_TTL_MS = 1_000;
/** Whether a token was revoked, and whether its user and its project are still what they were; null is gone. */
const HOLDS = rowType({ revoked: bool, user: nullable(bool), project: nullable(bool) });

/** Keystone: users, projects, roles, and Fernet tokens that are stored nowhere. */
export class Keystone {
  readonly projects;
  readonly users;
  readonly roles;
  readonly domains;
  readonly grants: Grants;
  readonly userProjects;
  private readonly validated = new LRUCache<string, TokenInfo>({ max: 10_000, ttl: VALIDATION_TTL_MS });
  /** Validations under way: requests that come at once with one token share one. */
  private readonly reading = new Map<string, Promise<TokenInfo>>();
  /** What was read before a change must not be kept after it. */
  private changes = 0;

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly fernet: Fernet,
    private readonly config: Config,
    policies: Policies,
  ) {
    const parts = { db, forgetTokens: () => this.forgetTokens() };
    this.projects = new Records(projectResource, parts, policies);
    this.users = new Records(userResource, parts, policies);
    this.roles = new Records(roleResource, parts, policies);
    this.domains = new Records(domainResource, parts, policies);
    this.grants = new Grants(parts, policies);
    this.userProjects = new UserProjects(db, this.projects, policies);
  }

  /** A project, whoever asks. @throws 404 */
  async getProject(id: string): Promise<Named> {
    const found = await this.db.project.findUnique({ where: { id }, select: { id: true, name: true } });
    if (found === null) throw missing('project', id);
    return found;
  }

  /** A user changes the own password. @throws 401, 400 */
  async changePassword(id: string, original: string, password: string): Promise<void> {
    await changePassword(this.db, id, original, password);
    this.forgetTokens();
  }

  catalog(projectId: string): CatalogEntry[] {
    return catalogOf(this.config.publicUrl, this.config.cloud.region, projectId);
  }

  /** What a cloud starts with; runs as often as one likes. @returns the users of older versions that were removed */
  async bootstrap(users: readonly FirstUser[], sharedHostUsers: readonly string[]): Promise<string[]> {
    await bootstrap(this.db, users);
    const removed = await removeSharedHostUsers(this.db, sharedHostUsers);
    this.forgetTokens();
    return removed;
  }

  /**
   * Issues a token for proofs, which must all hold and show one user, and a scope. Without a scope it is for the user's
   * default project, and unscoped where that gives him no role.
   * @throws 401 for whatever does not match, without saying what did not
   */
  async authenticate(proofs: readonly Proof[], scope: Scope | undefined): Promise<{ token: string; info: TokenInfo }> {
    const from = await this.proveAll(proofs);
    const projectId = await this.resolveScope(scope, from.defaultProjectId);
    const now = Math.floor(Date.now() / 1000);
    const wanted = { u: from.userId, p: projectId, a: [newAuditId(), ...from.chain] };
    const row = await readToken(this.db, wanted, from.generation, null);
    if (!row) throw unauthorized();
    const opens = projectId !== null && row.project_domain_id !== null && row.roles !== null;
    if (projectId !== null && !opens && scope !== undefined) throw unauthorized();
    const payload: Payload = {
      ...wanted,
      p: opens ? projectId : null,
      m: from.methods,
      i: now,
      // A token made from a token lives no longer than the first one.
      e: Math.min(now + this.config.keystone.token_expiration, from.expiresAt),
      g: [from.generation, opens ? (row.project_generation ?? 0) : 0],
    };
    return { token: this.fernet.seal(Buffer.from(JSON.stringify(payload))), info: infoOf(payload, row) };
  }

  /** @throws 401 unless the token is ours, unexpired, not revoked, and its user and project may still use it */
  async validate(token: string): Promise<TokenInfo> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.validated.get(key);
    if (known && known.expiresAt.getTime() > Date.now()) return known;
    const underWay = this.reading.get(key);
    if (underWay) return underWay;
    const before = this.changes;
    const reading = this.describe(this.decode(token));
    this.reading.set(key, reading);
    try {
      const info = await reading;
      if (before === this.changes) this.validated.set(key, info);
      return info;
    } finally {
      if (this.reading.get(key) === reading) this.reading.delete(key);
    }
  }

  async revoke(token: string): Promise<void> {
    const payload = this.decode(token);
    const expires_at = new Date(payload.e * 1000);
    await this.db.revocation.createMany({ data: [{ audit_id: payload.a[0]!, expires_at }], skipDuplicates: true });
    // Tokens expire by the clocks of the api processes: an hour more than any of those is wrong by.
    await this.db.$executeRaw`DELETE FROM keystone.revocations WHERE expires_at < now() - interval '1 hour'`;
    this.forgetTokens();
  }

  private forgetTokens(): void {
    this.changes++;
    this.validated.clear();
    this.reading.clear();
  }

  /**
   * Whether a request that was accepted with this token may still begin. Expiry does not count: an accepted boot may wait
   * longer than its token lives. What ends tokens does, also another password: most often one is changed since it may be
   * known to somebody, and what he asked for a moment ago must not begin. A user who changes it as a routine asks again.
   * (A real nova-compute is refused by Neutron and Glance then.)
   * @throws 401 (verdict abort) when the token was revoked or its user or project is disabled or gone
   */
  async checkToken(ref: {
    auditId: string;
    userId: string;
    projectId: string;
    /** Absent in boots that 0.3.0 accepted. */
    generations?: TokenGenerations | undefined;
  }): Promise<void> {
    const [ofUser, ofProject] = ref.generations ?? [null, null];
    const rows = await rowsOf(this.sql, HOLDS)`
      SELECT EXISTS (SELECT 1 FROM keystone.revocations WHERE audit_id = ${ref.auditId}) AS revoked,
        (SELECT token_generation = COALESCE(${ofUser}::int, token_generation)
         FROM keystone.users WHERE id = ${ref.userId} AND enabled) AS user,
        (SELECT token_generation = COALESCE(${ofProject}::int, token_generation)
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

  /** @throws 401 for whatever is not the text of an unexpired token of ours */
  private decode(token: string): Payload {
    const plain = this.fernet.open(token)?.toString();
    // Our keys also seal what is no token.
    if (!plain?.startsWith('{')) throw unauthorized();
    const payload = JSON.parse(plain) as Payload;
    if (payload.e * 1000 <= Date.now()) throw unauthorized();
    return payload;
  }

  private async proveAll(proofs: readonly Proof[]): Promise<Proven> {
    if (proofs.includes('unsupported')) throw unauthorized();
    const proven: Proven[] = [];
    for (const proof of proofs) if (proof !== 'unsupported') proven.push(await this.prove(proof));
    const all = allOf(proven);
    if (!all) throw unauthorized();
    return all;
  }

  private prove(proof: Exclude<Proof, 'unsupported'>): Promise<Proven> {
    return proof.method === 'password' ? this.byPassword(proof.user) : this.byToken(proof.token);
  }

  private async byPassword(user: Reference & { password: string }): Promise<Proven> {
    const domain = user.id ? undefined : await this.findDomain(user.domain);
    const record = user.id
      ? await this.db.user.findUnique({ where: { id: user.id } })
      : domain &&
        (await this.db.user.findUnique({ where: { domain_id_name: { domain_id: domain.id, name: user.name ?? '' } } }));
    const matches = await verify(record?.password_hash ?? (await DECOY), user.password);
    if (!record?.enabled || !matches) throw unauthorized();
    return {
      userId: record.id,
      generation: record.token_generation,
      methods: ['password'],
      chain: [],
      expiresAt: Infinity,
      defaultProjectId: record.default_project_id,
    };
  }

  private async byToken(token: string): Promise<Proven> {
    const payload = this.decode(token);
    const row = await this.readValid(payload);
    return {
      userId: payload.u,
      generation: payload.g?.[0] ?? 0,
      methods: [...new Set([...payload.m, 'token'])],
      chain: payload.a.slice(-1),
      expiresAt: payload.e,
      defaultProjectId: row.default_project_id,
    };
  }

  private async findDomain(ref: DomainRef | undefined): Promise<Named | null> {
    if (ref?.id) return this.db.project.findFirst({ where: { id: ref.id, is_domain: true } });
    return ref?.name ? this.db.project.findFirst({ where: { name: ref.name, is_domain: true } }) : null;
  }

  private async resolveScope(scope: Scope | undefined, fallback: string | null): Promise<string | null> {
    if (scope === undefined) return fallback;
    if (scope === 'unscoped') return null;
    if (scope === 'nobody') throw unauthorized();
    if (scope.project.id) return scope.project.id;
    const domain = await this.findDomain(scope.project.domain);
    const project =
      domain &&
      (await this.db.project.findUnique({
        where: { domain_id_name: { domain_id: domain.id, name: scope.project.name ?? '' } },
      }));
    if (!project) throw unauthorized();
    return project.id;
  }

  private async describe(payload: Payload): Promise<TokenInfo> {
    return infoOf(payload, await this.readValid(payload));
  }

  /** @throws 401 when the token no longer holds */
  private async readValid(payload: Payload): Promise<TokenRow> {
    const [ofUser, ofProject] = payload.g ?? [0, 0];
    const row = await readToken(this.db, payload, ofUser, ofProject);
    if (!row || (payload.p && (row.project_domain_id === null || row.roles === null))) throw unauthorized();
    return row;
  }
}
