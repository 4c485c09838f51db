import { policies, type Credentials } from './policy/index.js';

/** What Keystone looks at beside the rules where a token could reach further than what it was made of. */
export interface TokenOrigin {
  readonly methods: readonly string[];
  readonly roles: readonly { readonly id: string; readonly name: string }[];
  /** The id of the trust that it was issued by. */
  readonly trust?: string;
  readonly applicationCredential?: { readonly id: string; readonly restricted: boolean };
}

/** Who asks, for which project, and under which request id: what every service call of a request gets. */
export interface RequestContext {
  /** req-<uuid>, as OpenStack writes it. */
  readonly requestId: string;
  readonly userId: string;
  /** Empty for a token that is scoped to nothing, which only Keystone is open to. */
  readonly projectId: string;
  /** What the token says of the caller: what policies are asked about. */
  readonly credentials: Credentials;
  /** The minor microversion that the request asked for: a few rules changed with one. */
  readonly microversion: number;
  /** How the token was come by: what it may not do whatever its roles. */
  readonly token?: TokenOrigin;
  /** The audit id of the token: names it in workflows without being usable as one. */
  readonly auditId: string;
  /** What the token carries against being used after its user's or project's tokens were ended. */
  readonly tokenGenerations: readonly [user: number, project: number];
}

/** The services whose rules say who is an administrator to them. */
type WithAdmins = 'nova' | 'glance' | 'neutron' | 'cinder';

/** Whether the caller is an administrator to a service (its rule `context_is_admin`), and sees what all projects have. */
export const isAdmin = (ctx: RequestContext, service: WithAdmins): boolean =>
  policies.allows(service, 'context_is_admin', ctx.credentials, {});

/** The project that a query is confined to; an administrator who asks for all is confined to none. */
export const scopeOf = (ctx: RequestContext, service: WithAdmins, allProjects = false): { project_id?: string } =>
  allProjects && isAdmin(ctx, service) ? {} : { project_id: ctx.projectId };
