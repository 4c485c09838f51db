import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import type { Listener } from '../kernel/listen.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { bootstrap, removeSharedHostUsers, type FirstUser } from './bootstrap.js';
import { catalogOf, type CatalogEntry } from './catalog.js';
import { Grants } from './grants.js';
import { changePassword } from './change-password.js';
import { Logins } from './logins.js';
import { Members } from './members.js';
import { domain } from './resources/domain.js';
import { group } from './resources/group.js';
import { project } from './resources/project.js';
import { role } from './resources/role.js';
import { user } from './resources/user.js';
import type { Fernet } from './tokens/fernet.js';
import type { Named } from './tokens/token.js';
import { Tokens } from './tokens/tokens.js';
import { UserProjects } from './user-projects.js';
import { missing, type KeystoneParts } from './words.js';

export { ACTORS, TARGETS, rulesOf, type GrantOn } from './grants.js';
export type { Proof, Reference } from './methods/proof.js';
export { domain } from './resources/domain.js';
export { group, userGroup } from './resources/group.js';
export { project } from './resources/project.js';
export { role } from './resources/role.js';
export { user } from './resources/user.js';
export { groupUserRules, userGroupRules } from './members.js';
export { Fernet } from './tokens/fernet.js';
export type { Receipt } from './tokens/receipts.js';
export type { TokenInfo } from './tokens/token.js';
export type { Scope } from './tokens/tokens.js';
export { userProjectRules } from './user-projects.js';
export { TOKEN_CHANNEL } from './words.js';

/** Keystone: who there is, who may do what where, and the tokens that say so. */
export class Keystone {
  readonly tokens: Tokens;
  readonly projects;
  readonly users;
  readonly roles;
  readonly domains;
  readonly grants: Grants;
  readonly userProjects;
  readonly groups;
  readonly members;
  private readonly parts: KeystoneParts;
  private readonly logins: Logins;

  constructor(
    private readonly db: Database,
    sql: Statements,
    fernet: Fernet,
    listener: Listener,
    private readonly config: Config,
    policies: Policies,
  ) {
    const { token_expiration, receipt_expiration, included_previous_windows } = config.keystone;
    this.logins = new Logins(db, config.keystone);
    this.tokens = new Tokens({
      db,
      sql,
      fernet,
      listener,
      logins: this.logins,
      lifetime: token_expiration,
      receiptLifetime: receipt_expiration,
      windows: included_previous_windows,
      openBlob: (blob) => fernet.open(blob)?.toString(),
    });
    const parts: KeystoneParts = { db, config, forgetTokens: () => this.tokens.forget() };
    this.parts = parts;
    this.projects = new Records(project, parts, policies);
    this.users = new Records(user, parts, policies);
    this.roles = new Records(role, parts, policies);
    this.domains = new Records(domain, parts, policies);
    this.grants = new Grants(parts, policies);
    this.groups = new Records(group, parts, policies);
    this.members = new Members(parts, this.users, this.groups, policies);
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
    await changePassword(this.parts, this.logins, id, { original, password });
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
