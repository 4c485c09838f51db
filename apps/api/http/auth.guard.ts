import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isAdmin, type RequestContext, type TokenOrigin } from '#services/kernel/context';
import { OpenStackError, badRequest, forbidden, unauthorized } from '#services/kernel/errors';
import { ownTarget, policies, type Credentials } from '#services/kernel/policy/index';
import { checkAtAll } from '#services/kernel/resource/access';
import type { Keystone, TokenInfo } from '#services/keystone/index';
import { checkAccessRules } from './access-rules.js';
import { takesSecrets } from './log-ins.js';
import { POLICY, isPublic, ruleOf, type Stated, type StatedByResource } from './policy.js';
import type { RateLimits } from './rate-limits.js';
import type { ApiRequest } from './request.js';
import { tokenTextOf } from './session-cookie.js';

/** Steps 4 and 5 of the flow at the API: the token is validated, and the endpoint's policy applied. */
@Injectable()
export class AuthGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(
    private readonly keystone: Keystone,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const stated = this.reflector.getAllAndOverride<Stated | StatedByResource | undefined>(POLICY, [
      execution.getHandler(),
      execution.getClass(),
    ]);
    if (stated === undefined) throw forbidden('This endpoint states no policy, so nobody may use it.');
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    if (request.versionError !== undefined) throw request.versionError;
    const { address, method, routeOptions } = request;
    if (takesSecrets(method, routeOptions.url ?? '')) await this.limits.logIn(address);
    if (isPublic(stated.rule)) {
      await this.limits.anonymous(address);
      return true;
    }
    const info = await this.tokenOf(request);
    checkAccessRules(request, info);
    await this.limits.project(info.project?.id ?? info.user.id);
    const credentials = credentialsOf(info);
    request.tokenInfo = info;
    request.credentials = credentials;
    request.context = contextOf(request, info, credentials);
    if ('spec' in stated) enforceResource(request.context, stated);
    else enforce(request, credentials, stated);
    checkUrlProject(request);
    return true;
  }

  /** @throws 401 without a token that holds, and 429 for whoever has none too often */
  private async tokenOf(request: ApiRequest): Promise<TokenInfo> {
    const token = tokenTextOf(request);
    try {
      if (!token) throw unauthorized();
      return await this.keystone.tokens.validate(token);
    } catch (error) {
      // A database that is away makes nobody anonymous.
      if (error instanceof OpenStackError && error.status === 401) await this.limits.anonymous(request.address);
      throw error;
    }
  }
}

/** @throws 403 in the words of the service that is asked */
function enforce(request: ApiRequest, credentials: Credentials, { rule, target }: Stated): void {
  if (isPublic(rule)) return;
  const [service, name] = ruleOf(rule);
  if (rule !== 'novaflow:internal' && !policies.allows('novaflow', 'novaflow:openstack', credentials, {}))
    throw policies.refusal(service, name, credentials);
  if (service !== 'keystone' && credentials.project_id === null)
    throw forbidden('This request needs a token that is scoped to a project.');
  if (target === 'later') return;
  const checked = target?.(request, credentials) ?? (service === 'keystone' ? {} : ownTarget(credentials));
  policies.enforce(service, name, credentials, checked);
}

/** The same for a route of the kit. @throws 403 */
function enforceResource(context: RequestContext, { spec, action, rule }: StatedByResource): void {
  const { service, unscoped } = spec.words;
  if (!policies.allows('novaflow', 'novaflow:openstack', context.credentials, {}))
    throw spec.words.refused([{ rule, parts: [] }], action, spec.names);
  if (context.credentials.project_id === null && !unscoped)
    throw forbidden(`This request of ${service} needs a token that is scoped to a project.`);
  checkAtAll(spec, policies, context, rule, action);
}

/** The project in the path of Nova's and Cinder's old URLs is that of the token. */
function checkUrlProject({ urlProjectId, context }: ApiRequest): void {
  if (urlProjectId === undefined || urlProjectId === context?.projectId) return;
  if (context !== undefined && isAdmin(context, 'nova')) return;
  throw badRequest(
    `Malformed request URL: URL's project_id '${urlProjectId}' doesn't match Context's project_id '${context?.projectId ?? ''}'`,
  );
}

/** What the policies know of a token. */
export const credentialsOf = ({ user, project, domain, system, roles }: TokenInfo): Credentials => ({
  user_id: user.id,
  user_domain_id: user.domain.id,
  project_id: project?.id ?? null,
  project_domain_id: project?.domain.id ?? null,
  domain_id: domain?.id ?? null,
  system_scope: system ? 'all' : null,
  roles: roles.map((r) => r.name),
  is_admin_project: true,
  service_roles: [],
});

function contextOf(request: ApiRequest, info: TokenInfo, credentials: Credentials): RequestContext {
  return {
    requestId: request.requestId,
    userId: info.user.id,
    projectId: info.project?.id ?? '',
    credentials,
    microversion: request.microversion,
    auditId: info.auditIds[0]!,
    tokenGenerations: info.generations,
    token: originOf(info),
  };
}

const originOf = ({ methods, roles, trust, applicationCredential }: TokenInfo): TokenOrigin => ({
  methods,
  roles,
  ...(trust === undefined ? {} : { trust: trust.id }),
  ...(applicationCredential === undefined ? {} : { applicationCredential }),
});
