/**
 * What a token says of the caller, under oslo.context's names (RequestContext.to_policy_values). A token is scoped to
 * one of a project, a domain and the system, or to nothing; what it is not scoped to is null.
 */
export interface Credentials {
  readonly user_id: string;
  readonly user_domain_id: string | null;
  readonly project_id: string | null;
  readonly project_domain_id: string | null;
  readonly domain_id: string | null;
  readonly system_scope: 'all' | null;
  /** With the roles that these imply: Keystone expands admin to manager, member and reader when it issues a token. */
  readonly roles: readonly string[];
  /** Whether the project is the one of the cloud's administrators; true unless a deployment names one. */
  readonly is_admin_project: boolean;
  /** The roles of the service that passes the request on (X-Service-Token). */
  readonly service_roles: readonly string[];
}

/** What a request works on: OpenStack's names of its attributes, flat, as a rule writes them in `%(name)s`. */
export type Target = Readonly<Record<string, unknown>>;

export type TokenScope = 'project' | 'domain' | 'system';

/** The scope of a token as oslo.policy sees it: one without any passes for a project's. */
export function tokenScope(credentials: Credentials): TokenScope {
  if (credentials.system_scope !== null) return 'system';
  return credentials.domain_id !== null ? 'domain' : 'project';
}

/** An attribute of the caller by the path that a rule writes; undefined where there is no such thing. */
export function credential(credentials: Credentials, path: string): unknown {
  const { user_id, project_id } = credentials;
  switch (path) {
    // Gnocchi's name for who made a thing.
    case 'user':
      return `${user_id}:${project_id ?? ''}`;
    // Keystone's rules look into the token. A part that the token does not have is missing, and not null.
    case 'token.user.id':
      return user_id;
    case 'token.user.domain.id':
      return credentials.user_domain_id ?? undefined;
    case 'token.project.id':
      return project_id ?? undefined;
    case 'token.project.domain.id':
      return credentials.project_domain_id ?? undefined;
    case 'token.domain.id':
      return credentials.domain_id ?? undefined;
    // oslo.policy's own second name.
    case 'system':
      return credentials.system_scope ?? undefined;
    default:
      return Object.hasOwn(credentials, path) ? credentials[path as keyof Credentials] : undefined;
  }
}

/** What Python's str() makes of a value: rules compare text. */
export function pythonText(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
