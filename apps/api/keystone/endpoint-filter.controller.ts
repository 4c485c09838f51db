import { Controller, Delete, Get, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { endpoint, endpointGroup, project } from '#services/keystone/index';
import { Answers } from '../http/described.js';
import { Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Lists, listOf } from './lists.js';

const closed = { additionalProperties: false };
const GivenSchema = Type.Object(
  {
    project_endpoint_group: Type.Object(
      {
        endpoint_group_id: Type.String(),
        project_id: Type.String(),
        links: Type.Object({ self: Type.String() }, closed),
      },
      closed,
    ),
  },
  closed,
);

/** Which endpoints a project sees (OS-EP-FILTER; keystone/api/os_ep_filter.py). */
@Controller('identity/v3/OS-EP-FILTER')
export class EndpointFilterController {
  private readonly endpoints: Lists;
  private readonly projects: Lists;
  private readonly groups: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.endpoints = new Lists(endpoint, services, config);
    this.projects = new Lists(project, services, config);
    this.groups = new Lists(endpointGroup, services, config);
  }

  private get filter() {
    return this.services.keystone.endpointFilter;
  }

  @Get('endpoints/:endpointId/projects')
  @Policy('identity:list_projects_for_endpoint')
  @listOf(project)
  async projectsOf(@Req() request: ApiRequest, @Param('endpointId') id: string) {
    return this.projects.of(request, await this.filter.projectsOf(id));
  }

  @Get('projects/:projectId/endpoints')
  @Policy('identity:list_endpoints_for_project')
  @listOf(endpoint)
  async endpointsOf(@Req() request: ApiRequest, @Param('projectId') id: string) {
    return this.endpoints.of(request, await this.filter.endpointsOf(id));
  }

  @Get('projects/:projectId/endpoint_groups')
  @Policy('identity:list_endpoint_groups_for_project')
  @listOf(endpointGroup)
  async groupsOf(@Req() request: ApiRequest, @Param('projectId') id: string) {
    return this.groups.of(request, await this.filter.groupsOf(id));
  }

  @Get('projects/:projectId/endpoints/:endpointId')
  @HttpCode(204)
  @Policy('identity:check_endpoint_in_project')
  async checkEndpoint(@Param('projectId') projectId: string, @Param('endpointId') id: string): Promise<void> {
    await this.filter.checkEndpoint(projectId, id);
  }

  @Put('projects/:projectId/endpoints/:endpointId')
  @HttpCode(204)
  @Policy('identity:add_endpoint_to_project')
  async addEndpoint(@Param('projectId') projectId: string, @Param('endpointId') id: string): Promise<void> {
    await this.filter.addEndpoint(projectId, id);
  }

  @Delete('projects/:projectId/endpoints/:endpointId')
  @HttpCode(204)
  @Policy('identity:remove_endpoint_from_project')
  async removeEndpoint(@Param('projectId') projectId: string, @Param('endpointId') id: string): Promise<void> {
    await this.filter.removeEndpoint(projectId, id);
  }

  @Get('endpoint_groups/:groupId/endpoints')
  @Policy('identity:list_endpoints_associated_with_endpoint_group')
  @listOf(endpoint)
  async endpointsOfGroup(@Req() request: ApiRequest, @Param('groupId') id: string) {
    return this.endpoints.of(request, await this.filter.endpointsOfGroup(id));
  }

  @Get('endpoint_groups/:groupId/projects')
  @Policy('identity:list_projects_associated_with_endpoint_group')
  @listOf(project)
  async projectsOfGroup(@Req() request: ApiRequest, @Param('groupId') id: string) {
    return this.projects.of(request, await this.filter.projectsOfGroup(id));
  }

  @Get('endpoint_groups/:groupId/projects/:projectId')
  @Policy('identity:get_endpoint_group_in_project')
  @Answers(GivenSchema)
  async checkGroup(@Param('groupId') id: string, @Param('projectId') projectId: string) {
    const { endpoint_group_id, project_id } = await this.filter.checkGroup(id, projectId);
    const self = `${this.config.publicUrl}/identity/v3/OS-EP-FILTER/endpoint_groups/${endpoint_group_id}/projects/${project_id}`;
    return { project_endpoint_group: { endpoint_group_id, project_id, links: { self } } };
  }

  @Put('endpoint_groups/:groupId/projects/:projectId')
  @HttpCode(204)
  @Policy('identity:add_endpoint_group_to_project')
  async addGroup(@Param('groupId') id: string, @Param('projectId') projectId: string): Promise<void> {
    await this.filter.addGroup(id, projectId);
  }

  @Delete('endpoint_groups/:groupId/projects/:projectId')
  @HttpCode(204)
  @Policy('identity:remove_endpoint_group_from_project')
  async removeGroup(@Param('groupId') id: string, @Param('projectId') projectId: string): Promise<void> {
    await this.filter.removeGroup(id, projectId);
  }
}
