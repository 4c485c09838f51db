import type { Config } from '#config';
import type { Database, Statements } from '../kernel/database.js';
import type { Listener } from '../kernel/listen.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { bootstrap, removeSharedHostUsers, type FirstUser } from './bootstrap.js';
import { Catalog, type CatalogEntry } from './catalog/catalog.js';
import { makeCatalog } from './catalog/make.js';
import { DomainConfig } from './domain-config/domain-config.js';
import { EndpointFilter } from './endpoint-filter.js';
import { EndpointPolicy } from './endpoint-policy.js';
import { Grants } from './grants.js';
import { changePassword } from './passwords.js';
import { domain } from './resources/domain.js';
import { endpointGroup } from './resources/endpoint-group.js';
import { endpoint } from './resources/endpoint.js';
import { limit } from './resources/limit.js';
import { policy } from './resources/policy.js';
import { project } from './resources/project.js';
import { region } from './resources/region.js';
import { registeredLimit } from './resources/registered-limit.js';
import { role } from './resources/role.js';
import { service } from './resources/service.js';
import { user } from './resources/user.js';
import type { Fernet } from './tokens/fernet.js';
import type { Named, TokenInfo } from './tokens/token.js';
import { Tokens } from './tokens/tokens.js';
import { UserProjects } from './user-projects.js';
import { missing, type KeystoneParts } from './words.js';

export { ACTORS, TARGETS, rulesOf, type GrantOn } from './grants.js';
export type { Proof, Reference } from './methods/proof.js';
export type { Part } from './domain-config/domain-config.js';
export type { PolicyPlace } from './endpoint-policy.js';
export { LIMIT_MODEL } from './limit-model.js';
export { domain } from './resources/domain.js';
export { endpointGroup } from './resources/endpoint-group.js';
export { endpoint } from './resources/endpoint.js';
export { limit } from './resources/limit.js';
export { policy } from './resources/policy.js';
export { project } from './resources/project.js';
export { region } from './resources/region.js';
export { registeredLimit } from './resources/registered-limit.js';
export { role } from './resources/role.js';
export { service } from './resources/service.js';
export { user } from './resources/user.js';
export { Fernet } from './tokens/fernet.js';
export type { TokenInfo } from './tokens/token.js';
export type { Scope } from './tokens/tokens.js';
export { userProjectRules } from './user-projects.js';
export { TOKEN_CHANNEL, expecting } from './words.js';

/** Keystone: who there is, who may do what where, and the tokens that say so. */
export class Keystone {
  readonly tokens: Tokens;
  readonly projects;
  readonly users;
  readonly roles;
  readonly domains;
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
  readonly grants: Grants;
  readonly userProjects;
  private readonly catalogs: Catalog;

  constructor(
    private readonly db: Database,
    sql: Statements,
    fernet: Fernet,
    listener: Listener,
    private readonly config: Config,
    policies: Policies,
  ) {
    this.tokens = new Tokens({ db, sql, fernet, listener, lifetime: config.keystone.token_expiration });
    this.catalogs = new Catalog(sql, listener, config.publicUrl);
    const parts: KeystoneParts = { db, config, forgetTokens: () => this.forget() };
    this.projects = new Records(project, parts, policies);
    this.users = new Records(user, parts, policies);
    this.roles = new Records(role, parts, policies);
    this.domains = new Records(domain, parts, policies);
    this.regions = new Records(region, parts, policies);
    this.catalogServices = new Records(service, parts, policies);
    this.endpoints = new Records(endpoint, parts, policies);
    this.endpointGroups = new Records(endpointGroup, parts, policies);
    this.policies = new Records(policy, parts, policies);
    this.registeredLimits = new Records(registeredLimit, parts, policies);
    this.limits = new Records(limit, parts, policies);
    this.endpointFilter = new EndpointFilter(parts);
    this.endpointPolicy = new EndpointPolicy(parts);
    this.domainConfig = new DomainConfig({ db, config, fernet });
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
    this.tokens.forget();
  }

  /** What a token's services are, and where. */
  catalog(token: TokenInfo): Promise<CatalogEntry[]> {
    return this.catalogs.of({ userId: token.user.id, projectId: token.project?.id });
  }

  private forget(): void {
    this.tokens.forget();
    this.catalogs.forget();
  }

  /** What a cloud starts with; runs as often as one likes. @returns the users of older versions that were removed */
  async bootstrap(users: readonly FirstUser[], sharedHostUsers: readonly string[]): Promise<string[]> {
    await bootstrap(this.db, users);
    await makeCatalog(this.db, this.config.publicUrl, this.config.cloud.region);
    const removed = await removeSharedHostUsers(this.db, sharedHostUsers);
    this.forget();
    return removed;
  }
}
