import type { Credentials } from './policy/index.js';

/** Who asks, for which project, and under which request id: what every service call of a request gets. */
export interface RequestContext {
  /** req-<uuid>, as OpenStack writes it. */
  readonly requestId: string;
  readonly userId: string;
  readonly userDomainId?: string | undefined;
  /** Empty for a token that is scoped to nothing, which only Keystone's own resources are open to. */
  readonly projectId: string;
  readonly projectDomainId?: string | undefined;
  readonly roles: readonly string[];
  /** The audit id of the token: names it in workflows without being usable as one. */
  readonly auditId: string;
  /** What the token carries against being used after its user's or project's tokens were ended. */
  readonly tokenGenerations: readonly [user: number, project: number];
}

export const isAdmin = (ctx: RequestContext): boolean => ctx.roles.includes('admin');

/** The project that a query is confined to; an admin who asks for all is confined to none. */
export const scopeOf = (ctx: RequestContext, allProjects = false): { project_id?: string } =>
  allProjects && isAdmin(ctx) ? {} : { project_id: ctx.projectId };

/** What policies look at of who asks. */
export const credentialsOf = (ctx: RequestContext): Credentials => ({
  user_id: ctx.userId,
  user_domain_id: ctx.userDomainId ?? null,
  project_id: ctx.projectId || null,
  project_domain_id: ctx.projectDomainId ?? null,
  domain_id: null,
  system_scope: null,
  roles: ctx.roles,
  is_admin_project: true,
  service_roles: [],
});
