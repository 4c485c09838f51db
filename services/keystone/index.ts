import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import type { Listener } from '../kernel/listen.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { Assignments } from './assignments/assignments.js';
import { OwnScopes } from './assignments/own-scopes.js';
import { bootstrap, removeSharedHostUsers, type FirstUser } from './bootstrap.js';
import { catalogOf, type CatalogEntry } from './catalog.js';
import { Grants } from './grants.js';
import { ImpliedRoles } from './implied-roles.js';
import { changePassword } from './passwords.js';
import { ProjectTree } from './project-tree.js';
import { domain } from './resources/domain.js';
import { project } from './resources/project.js';
import { role } from './resources/role.js';
import { user } from './resources/user.js';
import type { Fernet } from './tokens/fernet.js';
import type { Named } from './tokens/token.js';
import { Tokens } from './tokens/tokens.js';
import { missing, type KeystoneParts } from './words.js';

export type { Assignment } from './assignments/assignments.js';
export { userProjectRules } from './assignments/own-scopes.js';
export { ACTORS, TARGETS, rulesOf, type GrantOn } from './grants.js';
export { inferenceRules } from './implied-roles.js';
export type { Proof, Reference } from './methods/proof.js';
export { domain } from './resources/domain.js';
export { project } from './resources/project.js';
export { role } from './resources/role.js';
export { user } from './resources/user.js';
export { Fernet } from './tokens/fernet.js';
export type { TokenInfo } from './tokens/token.js';
export type { Scope } from './tokens/tokens.js';
export { TOKEN_CHANNEL } from './words.js';

/** Keystone: who there is, who may do what where, and the tokens that say so. */
export class Keystone {
  readonly tokens: Tokens;
  readonly projects;
  readonly users;
  readonly roles;
  readonly domains;
  readonly grants: Grants;
  readonly assignments: Assignments;
  readonly impliedRoles: ImpliedRoles;
  readonly ownScopes;
  readonly projectTree: ProjectTree;

  constructor(
    private readonly db: Database,
    sql: Statements,
    fernet: Fernet,
    listener: Listener,
    private readonly config: Config,
    policies: Policies,
  ) {
    this.tokens = new Tokens({ db, sql, fernet, listener, lifetime: config.keystone.token_expiration });
    const parts: KeystoneParts = { db, config, forgetTokens: () => this.tokens.forget() };
    this.projects = new Records(project, parts, policies);
    this.users = new Records(user, parts, policies);
    this.roles = new Records(role, parts, policies);
    this.domains = new Records(domain, parts, policies);
    this.grants = new Grants(parts, policies);
    this.assignments = new Assignments(db, policies);
    this.impliedRoles = new ImpliedRoles(parts, policies);
    this.ownScopes = new OwnScopes(db, { projects: this.projects, domains: this.domains }, policies);
    this.projectTree = new ProjectTree(db, this.ownScopes);
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
    this.tokens.forget();
  }

  catalog(projectId: string): CatalogEntry[] {
    return catalogOf(this.config.publicUrl, this.config.cloud.region, projectId);
  }

  /** What a cloud starts with; runs as often as one likes. @returns the users of older versions that were removed */
  async bootstrap(users: readonly FirstUser[], sharedHostUsers: readonly string[]): Promise<string[]> {
    await bootstrap(this.db, users);
    const removed = await removeSharedHostUsers(this.db, sharedHostUsers);
    this.tokens.forget();
    return removed;
  }
}
