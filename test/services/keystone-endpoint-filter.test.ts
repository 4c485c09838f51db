import { describe, expect, it } from 'vitest';
import { withCatalog } from '../setup/catalog.js';
import { answerOf, bodyOf, newName, v3, type Item } from '../setup/identity.js';

const { world, ask, groups, catalogOf, newService } = withCatalog();

describe('endpoint filtering', () => {
  const given = (project: string): string => `/OS-EP-FILTER/projects/${project}/endpoints`;

  it('confines a project’s catalog to the endpoints that it was given, by themselves and by groups', async () => {
    const { service, endpoint } = await newService('http://a.example');
    const other = await newService('http://b.example');
    const path = `${given(world.member.project)}/${endpoint.id}`;
    expect(await ask('GET', path)).toEqual([
      404,
      `Endpoint ${endpoint.id} not found in project ${world.member.project}`,
    ]);
    expect(await ask('PUT', path)).toEqual([204, '']);
    expect(await ask('PUT', path)).toEqual([
      409,
      'Conflict occurred attempting to store project_endpoint - Duplicate entry.',
    ]);
    expect(await ask('GET', path)).toEqual([204, '']);
    expect((await catalogOf()).map(({ id }) => id)).toEqual([service.id]);
    const group = await groups().make({ name: newName(), filters: { service_id: other.service.id } });
    expect(group).toEqual({
      id: group.id,
      name: group['name'],
      description: null,
      filters: { service_id: other.service.id },
      links: { self: `${world.cloud.admin.base}${v3}/OS-EP-FILTER/endpoint_groups/${group.id}` },
    });
    const ofGroup = `/OS-EP-FILTER/endpoint_groups/${group.id}`;
    expect(await ask('PUT', `${ofGroup}/projects/${world.member.project}`)).toEqual([204, '']);
    expect((await ask('PUT', `${ofGroup}/projects/${world.member.project}`))[0]).toBe(409);
    expect((await catalogOf()).map(({ id }) => id).toSorted()).toEqual([service.id, other.service.id].toSorted());
    expect(await bodyOf(world.cloud.admin, 'GET', `${ofGroup}/projects/${world.member.project}`)).toMatchObject({
      project_endpoint_group: { endpoint_group_id: group.id, project_id: world.member.project },
    });
    const ids = async (at: string, many: string): Promise<string[]> =>
      (await bodyOf<Record<string, Item[]>>(world.cloud.admin, 'GET', at))[many]!.map(({ id }) => id).toSorted();
    expect(await ids(`${ofGroup}/endpoints`, 'endpoints')).toEqual([other.endpoint.id]);
    expect(await ids(`${ofGroup}/projects`, 'projects')).toEqual([world.member.project]);
    expect(await ids(given(world.member.project), 'endpoints')).toEqual([endpoint.id, other.endpoint.id].toSorted());
    expect(await ids(`/OS-EP-FILTER/projects/${world.member.project}/endpoint_groups`, 'endpoint_groups')).toEqual([
      group.id,
    ]);
    expect(await ids(`/OS-EP-FILTER/endpoints/${endpoint.id}/projects`, 'projects')).toEqual([world.member.project]);
    await groups().change(group.id, { filters: { region_id: 'nowhere' } });
    expect((await catalogOf()).map(({ id }) => id)).toEqual([service.id]);
    expect(await ask('DELETE', `${ofGroup}/projects/${world.member.project}`)).toEqual([204, '']);
    expect(await ask('DELETE', `${ofGroup}/projects/${world.member.project}`)).toEqual([
      404,
      'Endpoint Group Project Association not found',
    ]);
    expect(await ask('DELETE', path)).toEqual([204, '']);
    expect((await catalogOf()).length).toBeGreaterThan(6);
    expect(await groups().remove(group.id)).toEqual([204, '']);
  });

  it('is refused for what is not there, for filters that are none, and to who is no administrator', async () => {
    const { endpoint } = await newService();
    expect(await ask('PUT', `${given(world.member.project)}/nothing`)).toEqual([
      404,
      'Could not find endpoint: nothing.',
    ]);
    expect(await ask('PUT', `${given('nobody')}/${endpoint.id}`)).toEqual([404, 'Could not find project: nobody.']);
    expect(await ask('GET', '/OS-EP-FILTER/endpoint_groups/nothing')).toEqual([
      404,
      'Could not find Endpoint Group: nothing.',
    ]);
    expect((await ask('GET', '/OS-EP-FILTER/endpoint_groups/nothing/endpoints'))[0]).toBe(404);
    expect(await groups().refusesToMake({ name: 'n', filters: {} })).toEqual([
      400,
      'filters field is required and cannot be empty',
    ]);
    const [status, message] = await groups().refusesToMake({ name: 'n', filters: { enabled: true } });
    expect([status, message]).toEqual([
      400,
      expect.stringContaining('Expecting to find service_id or region_id or interface in endpoint_group.'),
    ]);
    expect((await groups().refusesToMake({ name: 'n', filters: { interface: 'public' }, own: 1 }))[0]).toBe(400);
    expect((await answerOf(world.member.api, 'GET', given(world.member.project)))[0]).toBe(403);
  });
});
