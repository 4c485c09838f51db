import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import type { Listener } from '../kernel/listen.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { Assignments } from './assignments/assignments.js';
import { OwnScopes } from './assignments/own-scopes.js';
import { bootstrap, removeSharedHostUsers, type FirstUser } from './bootstrap.js';
import { FederatedLogIn } from './federation/log-in.js';
import { Catalog, type CatalogEntry } from './catalog/catalog.js';
import { makeCatalog } from './catalog/make.js';
import { DomainConfig } from './domain-config/domain-config.js';
import { EndpointFilter } from './endpoint-filter.js';
import { EndpointPolicy } from './endpoint-policy.js';
import { Grants } from './grants.js';
import { LIMIT_MODELS } from './limit-model.js';
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
import { endpointGroup } from './resources/endpoint-group.js';
import { endpoint } from './resources/endpoint.js';
import { limit } from './resources/limit.js';
import { policy } from './resources/policy.js';
import { region } from './resources/region.js';
import { registeredLimit } from './resources/registered-limit.js';
import { service } from './resources/service.js';
import { user } from './resources/user.js';
import type { Fernet } from './tokens/fernet.js';
import type { Named, TokenInfo } from './tokens/token.js';
import { Tokens } from './tokens/tokens.js';
import { checkDepth } from './tree.js';
import { Sessions } from './sessions.js';
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
export type { Part } from './domain-config/domain-config.js';
export type { PolicyPlace } from './endpoint-policy.js';
export { UnifiedLimits } from './unified-limits.js';
export { endpointGroup } from './resources/endpoint-group.js';
export { endpoint } from './resources/endpoint.js';
export { limit } from './resources/limit.js';
export { policy } from './resources/policy.js';
export { region } from './resources/region.js';
export { registeredLimit } from './resources/registered-limit.js';
export { service } from './resources/service.js';
export { user } from './resources/user.js';
export { groupUserRules, userGroupRules } from './members.js';
export { Fernet } from './tokens/fernet.js';
export type { Session } from './sessions.js';
export type { Receipt } from './tokens/receipts.js';
export type { TokenInfo } from './tokens/token.js';
export type { Issued, Scope } from './tokens/tokens.js';
export { TOKEN_CHANNEL, expecting, missing } from './words.js';

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
  readonly sessions: Sessions;
  readonly projectTree: ProjectTree;
  readonly groups;
  readonly members;
  private readonly parts: KeystoneParts;
  private readonly logins: Logins;
  readonly regions;
  readonly catalogServices;
  readonly endpoints;
  readonly endpointGroups;
  readonly policies;
  readonly registeredLimits;
  readonly limits;
  readonly endpointFilter: EndpointFilter;
  readonly endpointPolicy: EndpointPolicy;
  readonly domainConfig: DomainConfig;
  private readonly catalogs: Catalog;

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
    const parts: KeystoneParts = { db, config, store: credentialStore, forgetTokens: () => this.forget() };
    this.parts = parts;
    this.catalogs = new Catalog(sql, listener, config.publicUrl);
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
    this.regions = new Records(region, parts, policies);
    this.catalogServices = new Records(service, parts, policies);
    this.endpoints = new Records(endpoint, parts, policies);
    this.endpointGroups = new Records(endpointGroup, parts, policies);
    this.policies = new Records(policy, parts, policies);
    this.registeredLimits = new Records(registeredLimit, parts, policies);
    this.limits = new Records(limit, parts, policies);
    this.endpointFilter = new EndpointFilter(parts);
    this.endpointPolicy = new EndpointPolicy(parts);
    this.domainConfig = new DomainConfig(parts);
    this.grants = new Grants(parts, policies);
    this.assignments = new Assignments(db, policies);
    this.impliedRoles = new ImpliedRoles(parts, policies);
    this.ownScopes = new OwnScopes(db, sql, { projects: this.projects, domains: this.domains }, policies);
    this.sessions = new Sessions(this.tokens, this.ownScopes);
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

  /** How limits hold together. */
  get limitModel() {
    return LIMIT_MODELS[this.config.keystone.enforcement_model];
  }

  /** How many credentials are not sealed by the key that writes. */
  unmigratedCredentials(): Promise<number> {
    return unmigrated(this.db, this.credentialStore);
  }

  /** Seals credentials by the key that writes. @returns how many */
  migrateCredentials(): Promise<number> {
    return migrateCredentials(this.db, this.credentialStore);
  }

  /** What a token's services are, and where. */
  catalog(token: TokenInfo): Promise<CatalogEntry[]> {
    return this.catalogs.of({ userId: token.user.id, projectId: token.project?.id });
  }

  private forget(): void {
    this.tokens.forget();
    this.catalogs.forget();
  }

  /**
   * What a cloud starts with; runs as often as one likes.
   * @throws where projects lie deeper than the model of limits lets them
   * @returns the users of older versions that were removed
   */
  async bootstrap(users: readonly FirstUser[], sharedHostUsers: readonly string[]): Promise<string[]> {
    await checkDepth(this.db, this.config.keystone.enforcement_model);
    await bootstrap(this.db, users);
    await makeCatalog(this.db, this.config.publicUrl, this.config.cloud.region);
    const removed = await removeSharedHostUsers(this.db, sharedHostUsers);
    this.forget();
    return removed;
  }
}
