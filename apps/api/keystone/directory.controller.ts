import { Body, Controller, Delete, Get, Head, HttpCode, Inject, Param, Patch, Post, Put } from '@nestjs/common';
import type { Config } from '#config';
import { OpenStackError, badRequest, forbidden } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Policy, Public, type TargetOf } from '../http/policy.js';
import { Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateSaying } from '../http/validation.js';
import { filtered, filteredByTags } from './filters.js';
import {
  ChangePasswordSchema,
  CreateProjectSchema,
  CreateUserSchema,
  UpdateProjectSchema,
  UpdateUserSchema,
} from './schemas.js';
import { collection, domainView, projectView, roleView, userView } from './views.js';

type Query = Record<string, string | undefined>;

/** Users, projects, roles, and who has which role where. */
@Controller('identity/v3')
export class DirectoryController {
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

  @Get('projects')
  @Policy('identity:list_projects')
  async projects(@Params() query: Query) {
    const { name, domain_id } = query;
    const found = filtered(await this.keystone.listProjects(given({ name, domain_id })), query, (p) => ({
      name: p.name,
      enabled: p.enabled,
      parent_id: p.domain_id,
      is_domain: false,
    }));
    return this.collection(
      'projects',
      filteredByTags(found, query).map((p) => projectView(this.base, p)),
    );
  }

  @Get('projects/:id')
  @Policy('identity:get_project', byId('target.project.id'))
  async project(@Param('id') id: string) {
    return { project: projectView(this.base, await this.keystone.getProject(id)) };
  }

  @Post('projects')
  @Policy('identity:create_project')
  async createProject(@Body() body: unknown) {
    const { project } = validateSaying(CreateProjectSchema, body, '');
    const { name, description, domain_id, enabled, tags, parent_id, is_domain } = project;
    if (is_domain) throw notImplemented('There are no domains but the default one yet: is_domain must be false.');
    if (parent_id && parent_id !== (domain_id ?? 'default'))
      throw notImplemented('There are no projects within projects yet: parent_id must be the domain.');
    const made = await this.keystone.createProject({ name, description, domain_id, enabled, tags });
    return { project: projectView(this.base, made) };
  }

  @Patch('projects/:id')
  @Policy('identity:update_project')
  async updateProject(@Param('id') id: string, @Body() body: unknown) {
    const { project } = validateSaying(UpdateProjectSchema, body, '');
    const { name, description, enabled, tags } = project;
    const known = await this.keystone.getProject(id);
    keepsId(project, id);
    keepsDomain(project, known);
    if (project.is_domain) throw badRequest('Update of `is_domain` is not allowed.');
    if (project.parent_id !== undefined && project.parent_id !== known.domain_id)
      throw forbidden('Update of `parent_id` is not allowed.');
    const changed = await this.keystone.updateProject(id, { name, description, enabled, tags });
    return { project: projectView(this.base, changed) };
  }

  @Delete('projects/:id')
  @HttpCode(204)
  @Policy('identity:delete_project')
  async deleteProject(@Param('id') id: string): Promise<void> {
    await this.keystone.deleteProject(id);
  }

  @Get('users')
  @Policy('identity:list_users')
  async users(@Params() query: Query) {
    const { name, domain_id } = query;
    const found = filtered(await this.keystone.listUsers(given({ name, domain_id })), query, (u) => ({
      name: u.name,
      enabled: u.enabled,
    }));
    return this.collection(
      'users',
      found.map((u) => userView(this.base, u)),
    );
  }

  @Get('users/:id')
  @Policy('identity:get_user', byId('target.user.id'))
  async user(@Param('id') id: string) {
    return { user: userView(this.base, await this.keystone.getUser(id)) };
  }

  @Get('users/:id/projects')
  @Policy('identity:list_user_projects', byId('target.user.id'))
  async userProjects(@Param('id') id: string) {
    const projects = await this.keystone.listProjects({ userId: id });
    return collection(
      this.base,
      'projects',
      `users/${id}/projects`,
      projects.map((p) => projectView(this.base, p)),
    );
  }

  @Post('users')
  @Policy('identity:create_user')
  async createUser(@Body() body: unknown) {
    const { user } = validateSaying(CreateUserSchema, body, '');
    const { name, password, domain_id, default_project_id, enabled, email, description } = user;
    const fields = { name, password, domain_id, default_project_id, enabled, email, description };
    return { user: userView(this.base, await this.keystone.createUser(fields)) };
  }

  @Patch('users/:id')
  @Policy('identity:update_user')
  async updateUser(@Param('id') id: string, @Body() body: unknown) {
    const { user } = validateSaying(UpdateUserSchema, body, '');
    const { name, password, default_project_id, enabled, email, description } = user;
    keepsId(user, id);
    keepsDomain(user, await this.keystone.getUser(id));
    const change = { name, password, default_project_id, enabled, email, description };
    return { user: userView(this.base, await this.keystone.updateUser(id, change)) };
  }

  @Delete('users/:id')
  @HttpCode(204)
  @Policy('identity:delete_user')
  async deleteUser(@Param('id') id: string): Promise<void> {
    await this.keystone.deleteUser(id);
  }

  /** The old password is all that a user needs, as in Keystone: his token may have ended with a password that expired. */
  @Post('users/:id/password')
  @HttpCode(204)
  @Public()
  async changePassword(@Param('id') id: string, @Body() body: unknown): Promise<void> {
    const { user } = validateSaying(ChangePasswordSchema, body, '');
    await this.keystone.changePassword(id, user.original_password, user.password);
  }

  @Get('roles')
  @Policy('identity:list_roles')
  async roles(@Params() query: Query) {
    const { name } = query;
    const found = filtered(await this.keystone.listRoles(given({ name })), query, (r) => ({ name: r.name }));
    return this.collection(
      'roles',
      found.map((r) => roleView(this.base, r)),
    );
  }

  @Get('projects/:projectId/users/:userId/roles')
  @Policy('identity:list_grants')
  async grants(@Param('projectId') projectId: string, @Param('userId') userId: string) {
    const roles = await this.keystone.listGrants(projectId, userId);
    return collection(
      this.base,
      'roles',
      `projects/${projectId}/users/${userId}/roles`,
      roles.map((r) => roleView(this.base, r)),
    );
  }

  @Get('projects/:projectId/users/:userId/roles/:roleId')
  @HttpCode(204)
  @Policy('identity:check_grant')
  async checkGrant(
    @Param('projectId') projectId: string,
    @Param('userId') userId: string,
    @Param('roleId') roleId: string,
  ): Promise<void> {
    await this.keystone.checkGrant(projectId, userId, roleId);
  }

  @Head('projects/:projectId/users/:userId/roles/:roleId')
  @HttpCode(204)
  @Policy('identity:check_grant')
  async hasGrant(
    @Param('projectId') projectId: string,
    @Param('userId') userId: string,
    @Param('roleId') roleId: string,
  ): Promise<void> {
    await this.keystone.checkGrant(projectId, userId, roleId);
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

  @Delete('projects/:projectId/users/:userId/roles/:roleId')
  @HttpCode(204)
  @Policy('identity:revoke_grant')
  async revokeGrant(
    @Param('projectId') projectId: string,
    @Param('userId') userId: string,
    @Param('roleId') roleId: string,
  ): Promise<void> {
    await this.keystone.revokeGrant(projectId, userId, roleId);
  }

  @Get('domains')
  @Policy('identity:list_domains')
  async domains(@Params() query: Query) {
    const { name } = query;
    const found = filtered(await this.keystone.listDomains(given({ name })), query, (d) => ({
      name: d.name,
      enabled: d.enabled,
    }));
    return this.collection(
      'domains',
      found.map((d) => domainView(this.base, d)),
    );
  }

  @Get('domains/:id')
  @Policy('identity:get_domain', byId('target.domain.id'))
  async domain(@Param('id') id: string) {
    return { domain: domainView(this.base, await this.keystone.getDomain(id)) };
  }

  private collection<T>(key: string, items: T[]) {
    return collection(this.base, key, key, items);
  }
}

/** In Keystone's words (keystone/exception.py: NotImplemented), with what is missing. */
const notImplemented = (what: string) =>
  new OpenStackError(501, 'NotImplemented', `The action you have requested has not been implemented. ${what}`, {
    verdict: 'abort',
  });

/** What the id in the path is to Keystone's rules. */
function byId(name: string): TargetOf {
  return ({ params }) => ({ [name]: (params as { id: string }).id });
}

function keepsId(input: { id?: string | undefined }, id: string): void {
  if (input.id !== undefined && input.id !== id) throw badRequest('Cannot change ID');
}

function keepsDomain(input: { domain_id?: string | null | undefined }, known: { domain_id: string }): void {
  if (input.domain_id !== undefined && input.domain_id !== known.domain_id) throw badRequest('Cannot change Domain ID');
}

function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as { [K in keyof T]?: string };
}
