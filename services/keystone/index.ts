import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import type { Listener } from '../kernel/listen.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { Assignments } from './assignments/assignments.js';
import { OwnScopes } from './assignments/own-scopes.js';
import { bootstrap, removeSharedHostUsers, type FirstUser } from './bootstrap.js';
import { catalogOf, type CatalogEntry } from './catalog.js';
import { FederatedLogIn } from './federation/log-in.js';
import { Grants } from './grants.js';
import { ImpliedRoles } from './implied-roles.js';
import { migrateCredentials, unmigrated } from './credential-migration.js';
import type { CredentialStore } from './credentials-store.js';
import { Ec2 } from './ec2/index.js';
import { accessRule } from './resources/access-rule.js';
import { applicationCredential } from './resources/application-credential.js';
import { credential } from './resources/credential.js';
import { ProjectTree } from './project-tree.js';
import { domain } from './resources/domain.js';
import { identityProvider } from './resources/identity-provider.js';
import { mapping } from './resources/mapping.js';
import { changePassword } from './change-password.js';
import { Logins } from './logins.js';
import { Members } from './members.js';
import { group } from './resources/group.js';
import { project } from './resources/project.js';
import { protocol } from './resources/protocol.js';
import { role } from './resources/role.js';
import { serviceProvider } from './resources/service-provider.js';
import { user } from './resources/user.js';
import type { Fernet } from './tokens/fernet.js';
import type { Named } from './tokens/token.js';
import { Tokens } from './tokens/tokens.js';
import { Trusts } from './trusts/trusts.js';
import { missing, type KeystoneParts } from './words.js';

export type { Assignment } from './assignments/assignments.js';
export { userProjectRules } from './assignments/own-scopes.js';
export { ACTORS, TARGETS, rulesOf, type GrantOn } from './grants.js';
export { inferenceRules } from './implied-roles.js';
export type { Proof, Reference } from './methods/proof.js';
export { CredentialStore } from './credentials-store.js';
export { CREDENTIAL_KEYS, FERNET_KEYS } from './keys/repository.js';
export { KeyRing, lazyKeyRing } from './keys/key-ring.js';
export { accessRule } from './resources/access-rule.js';
export { applicationCredential } from './resources/application-credential.js';
export { ec2Credential, ec2Rules } from './ec2/credentials.js';
export type { Ec2Request } from './ec2/index.js';
export { trustRoleRules } from './trusts/trusts.js';
export { trust } from './resources/trust.js';
export { credential } from './resources/credential.js';
export { domain } from './resources/domain.js';
export { identityProvider } from './resources/identity-provider.js';
export { mapping } from './resources/mapping.js';
export { group, userGroup } from './resources/group.js';
export { project } from './resources/project.js';
export { protocol } from './resources/protocol.js';
export { role } from './resources/role.js';
export { serviceProvider } from './resources/service-provider.js';
export { user } from './resources/user.js';
export { groupUserRules, userGroupRules } from './members.js';
export { Fernet } from './tokens/fernet.js';
export type { Receipt } from './tokens/receipts.js';
export type { TokenInfo } from './tokens/token.js';
export type { Scope } from './tokens/tokens.js';
export { TOKEN_CHANNEL, missing } from './words.js';

/** Keystone: who there is, who may do what where, and the tokens that say so. */
export class Keystone {
  readonly tokens: Tokens;
  readonly projects;
  readonly users;
  readonly roles;
  readonly domains;
  readonly identityProviders;
  readonly protocols;
  readonly mappings;
  readonly serviceProviders;
  readonly federatedLogIn: FederatedLogIn;
  readonly credentials;
  readonly applicationCredentials;
  readonly accessRules;
  readonly trusts: Trusts;
  readonly ec2: Ec2;
  readonly grants: Grants;
  readonly assignments: Assignments;
  readonly impliedRoles: ImpliedRoles;
  readonly ownScopes;
  readonly projectTree: ProjectTree;
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
    readonly credentialStore: CredentialStore,
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
      openBlob: (blob) => credentialStore.openBlob(blob),
    });
    const parts: KeystoneParts = { db, config, store: credentialStore, forgetTokens: () => this.tokens.forget() };
    this.parts = parts;
    this.projects = new Records(project, parts, policies);
    this.users = new Records(user, parts, policies);
    this.roles = new Records(role, parts, policies);
    this.domains = new Records(domain, parts, policies);
    this.identityProviders = new Records(identityProvider, parts, policies);
    this.protocols = new Records(protocol, parts, policies);
    this.mappings = new Records(mapping, parts, policies);
    this.serviceProviders = new Records(serviceProvider, parts, policies);
    this.federatedLogIn = new FederatedLogIn(parts, this.tokens);
    this.credentials = new Records(credential, parts, policies);
    this.applicationCredentials = new Records(applicationCredential, parts, policies);
    this.accessRules = new Records(accessRule, parts, policies);
    this.trusts = new Trusts(parts, policies);
    this.ec2 = new Ec2(parts, this.tokens, policies);
    this.grants = new Grants(parts, policies);
    this.assignments = new Assignments(db, policies);
    this.impliedRoles = new ImpliedRoles(parts, policies);
    this.ownScopes = new OwnScopes(db, { projects: this.projects, domains: this.domains }, policies);
    this.projectTree = new ProjectTree(db, this.ownScopes);
    this.groups = new Records(group, parts, policies);
    this.members = new Members(parts, this.users, this.groups, policies);
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

  /** How many credentials are not sealed by the key that writes. */
  unmigratedCredentials(): Promise<number> {
    return unmigrated(this.db, this.credentialStore);
  }

  /** Seals credentials by the key that writes. @returns how many */
  migrateCredentials(): Promise<number> {
    return migrateCredentials(this.db, this.credentialStore);
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
