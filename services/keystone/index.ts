import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { LRUCache } from 'lru-cache';
import type { Config } from '#config';
import type { Database, Statements } from '../database.js';
import { isConflict } from '../database.js';
import { OpenStackError, badRequest, conflict, notFound, unauthorized } from '../errors.js';
import { catalogOf, type CatalogEntry } from './catalog.js';
import { Fernet } from './fernet.js';

export { Fernet };

/** Keystone ids are 32 hexadecimal digits. */
const newId = (): string => randomUUID().replaceAll('-', '');
const newAuditId = (): string => randomBytes(16).toString('base64url');

/** A role and those it implies: `admin` may what `member` may, and that what `reader` may (Keystone's implied roles). */
const IMPLIED = JSON.stringify({
  admin: 'admin member reader',
  member: 'member reader',
  reader: 'reader',
  service: 'service',
});

interface TokenRow {
  user_id: string;
  user_name: string;
  user_domain_id: string;
  user_domain_name: string;
  project_id: string | null;
  project_name: string | null;
  project_domain_id: string | null;
  project_domain_name: string | null;
  roles: Named[] | null;
}
interface Named {
  id: string;
  name: string;
}
/** What a valid token says. */
export interface TokenInfo {
  methods: string[];
  auditIds: string[];
  issuedAt: Date;
  expiresAt: Date;
  user: Named & { domain: Named };
  project?: Named & { domain: Named };
  roles: Named[];
}

/** Where a name is looked up. */
export interface DomainRef {
  id?: string | undefined;
  name?: string | undefined;
}
export interface Scope {
  id?: string | undefined;
  name?: string | undefined;
  domain?: DomainRef | undefined;
}
/** How a client proves who it is. */
export type Proof = { method: 'password'; user: Scope & { password: string } } | { method: 'token'; token: string };

/** The token itself: short names, since it travels with each request. */
interface Payload {
  u: string;
  p: string | null;
  m: string[];
  a: string[];
  i: number;
  e: number;
}

/** How long a validation may be reused: the longest that a revocation in another api process goes unseen. */
const VALIDATION_TTL_MS = 5_000;

/** Keystone: users, projects, roles, and Fernet tokens that are stored nowhere. */
export class Keystone {
  private readonly validated = new LRUCache<string, TokenInfo>({ max: 10_000, ttl: VALIDATION_TTL_MS });
  /** Verified when the user is unknown, so that the time taken does not tell which users exist. */
  private readonly decoy = hash(randomBytes(16));

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly fernet: Fernet,
    private readonly config: Config,
  ) {}

  catalog(projectId: string): CatalogEntry[] {
    return catalogOf(this.config.publicUrl, this.config.NOVAFLOW_REGION, projectId);
  }

  /**
   * Issues a token for a proof and a scope. Without a scope it is for the user's default project, or unscoped.
   * @throws 401 for whatever does not match, without saying what did not
   */
  async authenticate(proof: Proof, scope: Scope | 'unscoped' | undefined): Promise<{ token: string; info: TokenInfo }> {
    const from = proof.method === 'password' ? await this.byPassword(proof.user) : await this.byToken(proof.token);
    const projectId = await this.resolveScope(scope, from.defaultProjectId);
    const now = Math.floor(Date.now() / 1000);
    const payload: Payload = {
      u: from.userId,
      p: projectId,
      m: from.methods,
      a: [newAuditId(), ...from.chain],
      i: now,
      // A token made from a token lives no longer than the first one.
      e: Math.min(now + this.config.NOVAFLOW_TOKEN_EXPIRATION, from.expiresAt ?? Infinity),
    };
    const token = this.fernet.seal(Buffer.from(JSON.stringify(payload)));
    return { token, info: await this.describe(payload) };
  }

  /** @throws 401 unless the token is ours, unexpired, not revoked, and its user and project may still use it */
  async validate(token: string): Promise<TokenInfo> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.validated.get(key);
    if (known && known.expiresAt.getTime() > Date.now()) return known;
    const info = await this.describe(this.decode(token));
    this.validated.set(key, info);
    return info;
  }

  async revoke(token: string): Promise<void> {
    const payload = this.decode(token);
    const expires_at = new Date(payload.e * 1000);
    await this.db.revocation.createMany({ data: [{ audit_id: payload.a[0]!, expires_at }], skipDuplicates: true });
    await this.db.revocation.deleteMany({ where: { expires_at: { lt: new Date() } } });
    this.validated.clear();
  }

  /**
   * Whether a request that was accepted under this audit id may still go on. Expiry does not count: an accepted boot
   * may run long after its token.
   * @throws 401 (verdict abort) when the token was revoked or its user or project is disabled or gone
   */
  async checkAuditId(ref: { auditId: string; userId: string; projectId: string }): Promise<void> {
    const rows = await this.sql.$queryRaw<{ revoked: boolean; user: boolean; project: boolean }[]>`
      SELECT EXISTS (SELECT 1 FROM keystone.revocations WHERE audit_id = ${ref.auditId}) AS revoked,
        EXISTS (SELECT 1 FROM keystone.users WHERE id = ${ref.userId} AND enabled) AS user,
        EXISTS (SELECT 1 FROM keystone.projects WHERE id = ${ref.projectId} AND enabled) AS project`;
    const { revoked, user, project } = rows[0]!;
    const why = revoked
      ? 'the token was revoked'
      : !user
        ? 'the user is disabled or gone'
        : !project
          ? 'the project is disabled or gone'
          : undefined;
    if (why) throw new OpenStackError(401, 'Unauthorized', `The request is no longer authorized: ${why}.`);
  }

  private decode(token: string): Payload {
    const plain = this.fernet.open(token);
    if (!plain) throw unauthorized();
    const payload = JSON.parse(plain.toString()) as Payload;
    if (payload.e * 1000 <= Date.now()) throw unauthorized();
    return payload;
  }

  private async byPassword(user: Scope & { password: string }) {
    const domain = user.id ? undefined : await this.findDomain(user.domain);
    const record = user.id
      ? await this.db.user.findUnique({ where: { id: user.id } })
      : domain &&
        (await this.db.user.findUnique({ where: { domain_id_name: { domain_id: domain.id, name: user.name ?? '' } } }));
    const matches = await verify(record ? record.password_hash : await this.decoy, user.password);
    if (!record?.enabled || !matches) throw unauthorized();
    return {
      userId: record.id,
      methods: ['password'],
      chain: [],
      expiresAt: undefined,
      defaultProjectId: record.default_project_id,
    };
  }

  private async byToken(token: string) {
    const payload = this.decode(token);
    await this.describe(payload);
    const methods = [...new Set([...payload.m, 'token'])];
    return {
      userId: payload.u,
      methods,
      chain: payload.a.slice(-1),
      expiresAt: payload.e,
      defaultProjectId: payload.p,
    };
  }

  private async findDomain(ref: DomainRef | undefined): Promise<Named | null> {
    if (ref?.id) return this.db.domain.findUnique({ where: { id: ref.id } });
    return ref?.name ? this.db.domain.findUnique({ where: { name: ref.name } }) : null;
  }

  private async resolveScope(scope: Scope | 'unscoped' | undefined, fallback: string | null): Promise<string | null> {
    if (scope === 'unscoped') return null;
    if (scope === undefined) return fallback;
    if (scope.id) return scope.id;
    const domain = await this.findDomain(scope.domain);
    const project =
      domain &&
      (await this.db.project.findUnique({
        where: { domain_id_name: { domain_id: domain.id, name: scope.name ?? '' } },
      }));
    if (!project) throw unauthorized();
    return project.id;
  }

  /** One statement, since every request that comes with a new token waits for it. */
  private async describe(payload: Payload): Promise<TokenInfo> {
    const rows = await this.db.$queryRaw<TokenRow[]>`
      SELECT u.id AS user_id, u.name AS user_name, ud.id AS user_domain_id, ud.name AS user_domain_name,
        p.id AS project_id, p.name AS project_name, pd.id AS project_domain_id, pd.name AS project_domain_name,
        (SELECT jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name) ORDER BY r.name) FROM keystone.roles r
         WHERE r.name IN (SELECT unnest(string_to_array(${IMPLIED}::jsonb ->> g.name, ' ')) FROM keystone.role_assignments a
           JOIN keystone.roles g ON g.id = a.role_id WHERE a.user_id = u.id AND a.project_id = p.id)) AS roles
      FROM keystone.users u
      JOIN keystone.domains ud ON ud.id = u.domain_id AND ud.enabled
      LEFT JOIN keystone.projects p ON p.id = ${payload.p} AND p.enabled
      LEFT JOIN keystone.domains pd ON pd.id = p.domain_id AND pd.enabled
      WHERE u.id = ${payload.u} AND u.enabled
        AND NOT EXISTS (SELECT 1 FROM keystone.revocations WHERE audit_id = ANY(${payload.a}))`;
    const row = rows[0];
    if (!row) throw unauthorized();
    if (payload.p && (row.project_domain_id === null || row.roles === null)) throw unauthorized();
    const named = (id: string | null, name: string | null): Named => ({ id: id ?? '', name: name ?? '' });
    const project = {
      ...named(row.project_id, row.project_name),
      domain: named(row.project_domain_id, row.project_domain_name),
    };
    return {
      methods: payload.m,
      auditIds: payload.a,
      issuedAt: new Date(payload.i * 1000),
      expiresAt: new Date(payload.e * 1000),
      user: { ...named(row.user_id, row.user_name), domain: named(row.user_domain_id, row.user_domain_name) },
      ...(payload.p ? { project } : {}),
      roles: row.roles ?? [],
    };
  }

  listProjects(where: { name?: string; domain_id?: string; userId?: string }) {
    const { userId, ...fields } = where;
    return this.db.project.findMany({
      where: { ...fields, ...(userId ? { assignments: { some: { user_id: userId } } } : {}) },
      orderBy: { name: 'asc' },
    });
  }

  async getProject(id: string) {
    const project = await this.db.project.findUnique({ where: { id } });
    if (!project) throw notFound('NotFound', `Could not find project: ${id}.`);
    return project;
  }

  async createProject(input: {
    name: string;
    description?: string | undefined;
    domainId?: string | undefined;
    enabled?: boolean | undefined;
  }) {
    const domain_id = input.domainId ?? 'default';
    if (!(await this.db.domain.findUnique({ where: { id: domain_id } })))
      throw notFound('NotFound', `Could not find domain: ${domain_id}.`);
    return this.unique('project', input.name, () =>
      this.db.project.create({
        data: {
          id: newId(),
          name: input.name,
          description: input.description ?? '',
          domain_id,
          enabled: input.enabled ?? true,
        },
      }),
    );
  }

  listUsers(where: { name?: string; domain_id?: string }) {
    return this.db.user.findMany({ where, orderBy: { name: 'asc' } });
  }

  async getUser(id: string) {
    const user = await this.db.user.findUnique({ where: { id } });
    if (!user) throw notFound('NotFound', `Could not find user: ${id}.`);
    return user;
  }

  async createUser(input: {
    name: string;
    password: string;
    domainId?: string | undefined;
    defaultProjectId?: string | undefined;
    enabled?: boolean | undefined;
  }) {
    const password_hash = await hash(input.password);
    return this.unique('user', input.name, () =>
      this.db.user.create({
        data: {
          id: newId(),
          name: input.name,
          domain_id: input.domainId ?? 'default',
          password_hash,
          enabled: input.enabled ?? true,
          default_project_id: input.defaultProjectId ?? null,
        },
      }),
    );
  }

  async updateUser(id: string, change: { enabled?: boolean | undefined; password?: string | undefined }) {
    await this.getUser(id);
    const password = change.password === undefined ? {} : { password_hash: await hash(change.password) };
    const user = await this.db.user.update({
      where: { id },
      data: { ...password, ...(change.enabled === undefined ? {} : { enabled: change.enabled }) },
    });
    this.validated.clear();
    return user;
  }

  listRoles(where: { name?: string }) {
    return this.db.role.findMany({ where, orderBy: { name: 'asc' } });
  }

  listDomains(where: { name?: string }) {
    return this.db.domain.findMany({ where, orderBy: { name: 'asc' } });
  }

  async getDomain(id: string) {
    const domain = await this.db.domain.findUnique({ where: { id } });
    if (!domain) throw notFound('NotFound', `Could not find domain: ${id}.`);
    return domain;
  }

  async grantRole(projectId: string, userId: string, roleId: string): Promise<void> {
    await Promise.all([this.getProject(projectId), this.getUser(userId)]);
    const role = await this.db.role.findUnique({ where: { id: roleId } });
    if (!role) throw notFound('NotFound', `Could not find role: ${roleId}.`);
    const data = { project_id: projectId, user_id: userId, role_id: roleId };
    await this.db.roleAssignment.createMany({ data: [data], skipDuplicates: true });
    this.validated.clear();
  }

  /**
   * Makes the domain, the roles, the projects and the users that a new cloud starts with; what is there stays as it
   * is (as `keystone-manage bootstrap`).
   */
  async bootstrap(users: { name: string; password: string; project: string; role: string }[]): Promise<void> {
    await this.db.domain.createMany({ data: [{ id: 'default', name: 'Default' }], skipDuplicates: true });
    const roles = ['admin', 'member', 'reader', 'service'];
    await this.db.role.createMany({ data: roles.map((name) => ({ id: newId(), name })), skipDuplicates: true });
    const projects = [...new Set(users.map((u) => u.project))];
    await this.db.project.createMany({
      data: projects.map((name) => ({ id: newId(), name, domain_id: 'default' })),
      skipDuplicates: true,
    });
    for (const wanted of users) {
      const project = await this.db.project.findUniqueOrThrow({
        where: { domain_id_name: { domain_id: 'default', name: wanted.project } },
      });
      const role = await this.db.role.findUniqueOrThrow({ where: { name: wanted.role } });
      const known = await this.db.user.findUnique({
        where: { domain_id_name: { domain_id: 'default', name: wanted.name } },
      });
      const user =
        known ??
        (await this.createUser({ name: wanted.name, password: wanted.password, defaultProjectId: project.id }));
      await this.grantRole(project.id, user.id, role.id);
    }
  }

  private async unique<T>(kind: string, name: string, create: () => Promise<T>): Promise<T> {
    if (name.trim() === '') throw badRequest(`A ${kind} needs a name.`);
    try {
      return await create();
    } catch (error) {
      if (isConflict(error))
        throw conflict(
          'Conflict',
          `Conflict occurred attempting to store ${kind} - Duplicate entry found with name ${name} at domain ID default.`,
        );
      throw error;
    }
  }
}
