import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { badRequest, forbidden, unauthorized } from '#services/kernel/errors';
import type { Keystone, TokenInfo } from '#services/keystone/index';
import { policies } from '#services/kernel/policy/index';
import { checkAtAll } from '#services/kernel/resource/access';
import { POLICY, allows, isPublic, needsProject, type ResourceRule, type Rule } from './policy.js';
import type { ApiRequest } from './request.js';

/** Steps 4 and 5 of the flow at the API: the token is validated, and the endpoint's policy applied. */
@Injectable()
export class AuthGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(private readonly keystone: Keystone) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<Rule | ResourceRule | undefined>(POLICY, [
      execution.getHandler(),
      execution.getClass(),
    ]);
    if (rule === undefined) throw forbidden('This endpoint states no policy, so nobody may use it.');
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    if (request.versionError !== undefined) throw request.versionError;
    if (typeof rule === 'string' && isPublic(rule)) return true;
    const token = [request.headers['x-auth-token']].flat()[0];
    if (!token) throw unauthorized();
    const info = await this.keystone.validate(token);
    request.tokenInfo = info;
    if (info.project) request.context = contextOf(request, info, info.project.id);
    else if (typeof rule !== 'string' || needsProject(rule))
      throw forbidden('This request needs a token that is scoped to a project.');
    const roles = info.roles.map((r) => r.name);
    if (typeof rule === 'string' && !allows(rule, roles))
      throw forbidden(`Policy doesn't allow ${rule} to be performed.`);
    if (typeof rule !== 'string') checkAtAll(rule.spec, policies, request.context!, rule.action, rule.rule);
    const urlProject = request.urlProjectId;
    if (urlProject !== undefined && urlProject !== info.project?.id && !roles.includes('admin'))
      throw badRequest(
        `Malformed request URL: URL's project_id '${urlProject}' doesn't match Context's project_id '${info.project?.id ?? ''}'`,
      );
    return true;
  }
}

function contextOf(request: ApiRequest, info: TokenInfo, projectId: string): NonNullable<ApiRequest['context']> {
  return {
    requestId: request.requestId,
    userId: info.user.id,
    projectId,
    roles: info.roles.map((r) => r.name),
    auditId: info.auditIds[0]!,
    tokenGenerations: info.generations,
  };
}
