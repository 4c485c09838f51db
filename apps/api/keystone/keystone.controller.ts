import {
  Body,
  Controller,
  Delete,
  Get,
  Head,
  Headers,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Put,
  Res,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import { badRequest, forbidden, unauthorized } from '#services/errors';
import type { Services } from '#services/index';
import type { Proof, Scope, TokenInfo } from '#services/keystone/index';
import { Policy } from '../common/policy.js';
import { Params, Token } from '../common/request.js';
import { CONFIG, SERVICES } from '../common/tokens.js';
import { validateSaying } from '../common/validation.js';
import { AuthSchema, CreateProjectSchema, CreateUserSchema, UpdateUserSchema, type AuthBody } from './schemas.js';
import { domainView, projectView, roleView, tokenView, userView } from './views.js';

@Controller('identity/v3')
export class KeystoneController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get keystone() {
    return this.services.keystone;
  }
  private get base(): string {
    return `${this.config.publicUrl}/identity/v3`;
  }

  @Post('auth/tokens')
  @Policy('identity:authenticate')
  async authenticate(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const { auth } = validateSaying(AuthSchema, body, '');
    const { token, info } = await this.keystone.authenticate(proofOf(auth), scopeOf(auth));
    void reply.header('X-Subject-Token', token).header('Vary', 'X-Auth-Token');
    return tokenView(info, this.keystone.catalog(info.project?.id ?? ''));
  }

  @Get('auth/tokens')
  @Policy('identity:validate_token')
  async validate(
    @Headers('x-subject-token') subject: string | undefined,
    @Token() asker: TokenInfo,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const info = await this.subject(subject, asker);
    void reply.header('X-Subject-Token', subject).header('Vary', 'X-Auth-Token');
    return tokenView(info, this.keystone.catalog(info.project?.id ?? ''));
  }

  @Head('auth/tokens')
  @Policy('identity:validate_token')
  async check(@Headers('x-subject-token') subject: string | undefined, @Token() asker: TokenInfo): Promise<void> {
    await this.subject(subject, asker);
  }

  @Delete('auth/tokens')
  @HttpCode(204)
  @Policy('identity:revoke_token')
  async revoke(@Headers('x-subject-token') subject: string | undefined, @Token() asker: TokenInfo): Promise<void> {
    await this.subject(subject, asker);
    await this.keystone.revoke(subject ?? '');
  }

  @Get('auth/catalog')
  @Policy('identity:get_auth_catalog')
  catalog(@Token() { project }: TokenInfo) {
    return {
      catalog: this.keystone.catalog(project?.id ?? ''),
      links: { next: null, self: `${this.base}/auth/catalog`, previous: null },
    };
  }

  @Get('auth/projects')
  @Policy('identity:get_auth_projects')
  async authProjects(@Token() { user }: TokenInfo) {
    return this.collection(
      'projects',
      'auth/projects',
      (await this.keystone.listProjects({ userId: user.id })).map((p) => projectView(this.base, p)),
    );
  }

  @Get('projects')
  @Policy('identity:list_projects')
  async projects(@Params() { name, domain_id }: Record<string, string | undefined>) {
    return this.collection(
      'projects',
      'projects',
      (await this.keystone.listProjects(given({ name, domain_id }))).map((p) => projectView(this.base, p)),
    );
  }

  @Get('projects/:id')
  @Policy('identity:get_project')
  async project(@Param('id') id: string, @Token() asker: TokenInfo) {
    if (asker.project?.id !== id) requireAdmin(asker, 'identity:get_project');
    return { project: projectView(this.base, await this.keystone.getProject(id)) };
  }

  @Post('projects')
  @Policy('identity:create_project')
  async createProject(@Body() body: unknown) {
    const { project } = validateSaying(CreateProjectSchema, body, '');
    const { domain_id: domainId, name, description, enabled } = project;
    return {
      project: projectView(this.base, await this.keystone.createProject({ name, description, domainId, enabled })),
    };
  }

  @Get('users')
  @Policy('identity:list_users')
  async users(@Params() { name, domain_id }: Record<string, string | undefined>) {
    return this.collection(
      'users',
      'users',
      (await this.keystone.listUsers(given({ name, domain_id }))).map((u) => userView(this.base, u)),
    );
  }

  @Get('users/:id')
  @Policy('identity:get_user')
  async user(@Param('id') id: string, @Token() asker: TokenInfo) {
    if (asker.user.id !== id) requireAdmin(asker, 'identity:get_user');
    return { user: userView(this.base, await this.keystone.getUser(id)) };
  }

  @Get('users/:id/projects')
  @Policy('identity:list_user_projects')
  async userProjects(@Param('id') id: string, @Token() asker: TokenInfo) {
    if (asker.user.id !== id) requireAdmin(asker, 'identity:list_user_projects');
    return this.collection(
      'projects',
      `users/${id}/projects`,
      (await this.keystone.listProjects({ userId: id })).map((p) => projectView(this.base, p)),
    );
  }

  @Post('users')
  @Policy('identity:create_user')
  async createUser(@Body() body: unknown) {
    const { user } = validateSaying(CreateUserSchema, body, '');
    const { name, password, domain_id: domainId, default_project_id: defaultProjectId, enabled } = user;
    return {
      user: userView(
        this.base,
        await this.keystone.createUser({ name, password, domainId, defaultProjectId, enabled }),
      ),
    };
  }

  @Patch('users/:id')
  @Policy('identity:update_user')
  async updateUser(@Param('id') id: string, @Body() body: unknown) {
    const { user } = validateSaying(UpdateUserSchema, body, '');
    return { user: userView(this.base, await this.keystone.updateUser(id, user)) };
  }

  @Get('roles')
  @Policy('identity:list_roles')
  async roles(@Params() { name }: Record<string, string | undefined>) {
    return this.collection(
      'roles',
      'roles',
      (await this.keystone.listRoles(given({ name }))).map((r) => roleView(this.base, r)),
    );
  }

  @Put('projects/:projectId/users/:userId/roles/:roleId')
  @HttpCode(204)
  @Policy('identity:create_grant')
  async grant(
    @Param('projectId') projectId: string,
    @Param('userId') userId: string,
    @Param('roleId') roleId: string,
  ): Promise<void> {
    await this.keystone.grantRole(projectId, userId, roleId);
  }

  @Get('domains')
  @Policy('identity:list_domains')
  async domains(@Params() { name }: Record<string, string | undefined>) {
    return this.collection(
      'domains',
      'domains',
      (await this.keystone.listDomains(given({ name }))).map((d) => domainView(this.base, d)),
    );
  }

  @Get('domains/:id')
  @Policy('identity:get_domain')
  async domain(@Param('id') id: string) {
    return { domain: domainView(this.base, await this.keystone.getDomain(id)) };
  }

  /** The token in X-Subject-Token: one's own, or any for an administrator or a service. */
  private async subject(subject: string | undefined, asker: TokenInfo): Promise<TokenInfo> {
    if (!subject) throw badRequest('X-Subject-Token is required.');
    const info = await this.keystone.validate(subject).catch(() => Promise.reject(notValid()));
    if (info.user.id !== asker.user.id && !asker.roles.some((r) => r.name === 'admin' || r.name === 'service'))
      throw forbidden('You are not authorized to perform the requested action: identity:validate_token.');
    return info;
  }

  private collection<T>(key: string, path: string, items: T[]) {
    return { [key]: items, links: { next: null, self: `${this.base}/${path}`, previous: null } };
  }
}

const notValid = () => Object.assign(unauthorized('Failed to validate token'), { status: 404 });

function requireAdmin(asker: TokenInfo, rule: string): void {
  if (!asker.roles.some((r) => r.name === 'admin'))
    throw forbidden(`You are not authorized to perform the requested action: ${rule}.`);
}

function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as { [K in keyof T]?: string };
}

function proofOf({ identity }: AuthBody): Proof {
  if (identity.methods.includes('password') && identity.password)
    return { method: 'password', user: identity.password.user };
  if (identity.methods.includes('token') && identity.token) return { method: 'token', token: identity.token.id };
  throw unauthorized();
}

function scopeOf({ scope }: AuthBody): Scope | 'unscoped' | undefined {
  if (scope === undefined) return undefined;
  if (scope === 'unscoped' || 'unscoped' in scope) return 'unscoped';
  return scope.project;
}
