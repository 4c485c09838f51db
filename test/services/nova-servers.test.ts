import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newOperation, operationKind } from '#services/kernel/operations';
import { ServiceApi } from '../setup/service-api.js';

interface Page {
  readonly servers: readonly { readonly id: string }[];
  readonly servers_links?: readonly { readonly href: string }[];
}
interface ActionPage {
  readonly instanceActions: readonly { readonly request_id: string }[];
  readonly links?: readonly { readonly href: string }[];
}

/** What a server keeps of its flavor. */
const FLAVOR = { name: 'f', vcpus: 1, ram: 1, disk: 0, ephemeral: 0, swap: 0, extra_specs: {} };

describe('Nova’s servers', () => {
  let api: ServiceApi;
  let projectId: string;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    projectId = (await api.services.db.project.findFirst({ where: { name: 'admin' } }))!.id;
  });
  afterAll(() => api.stop());

  const makeServer = async (name: string, more: object = {}): Promise<string> => {
    const row = { id: randomUUID(), project_id: projectId, user_id: 'u', name, hostname: name, vm_state: 'active' };
    const sized = { flavor_id: 'f', flavor: FLAVOR, vcpus: 1, ram: 1, reservation_id: 'r' };
    return (await api.services.db.server.create({ data: { ...row, ...sized, ...more } })).id;
  };
  const get = async <T>(path: string): Promise<T> => {
    const version = { 'openstack-api-version': 'compute 2.96' };
    return (await api.admin.request<T>('GET', `/compute/v2.1${path}`, undefined, version)).body;
  };
  /** Every page of a list of servers, by its links. */
  const follow = async (path: string): Promise<string[]> => {
    const { servers, servers_links: links = [] } = await get<Page>(path);
    const next = links[0]?.href.split('/compute/v2.1')[1];
    return [...servers.map(({ id }) => id), ...(next === undefined ? [] : await follow(next))];
  };

  it('are listed behind a deleted one where deleted ones are asked for', async () => {
    const ids: string[] = [];
    for (const name of ['gone-1', 'gone-2', 'gone-3'])
      ids.push(await makeServer(name, { vm_state: 'deleted', deleted_at: new Date() }));
    expect(await follow('/servers?deleted=true&limit=1')).toEqual(ids.toReversed());
    expect(await follow('/servers/detail?deleted=true&limit=1')).toEqual(ids.toReversed());
  });

  it('are all listed though the one before them has left the list between two pages', async () => {
    const [first, second, third] = [await makeServer('on-1'), await makeServer('on-2'), await makeServer('on-3')];
    const page = await get<Page>('/servers?name=on-&status=ACTIVE&limit=1');
    expect(page.servers.map(({ id }) => id)).toEqual([third]);
    await api.services.db.server.update({ where: { id: third }, data: { vm_state: 'stopped' } });
    expect(await follow(page.servers_links![0]!.href.split('/compute/v2.1')[1]!)).toEqual([second, first]);
  });

  it('get and lose a security group on all of their ports, and show those that they have', async () => {
    const id = await makeServer('guarded', { host: 'h', security_groups: ['default'] });
    const { network } = await api.admin.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    const subnet = { network_id: network.id, ip_version: 4, cidr: '198.51.100.0/24' };
    await api.admin.call('POST', '/network/v2.0/subnets', { subnet });
    const port = { network_id: network.id, device_id: id, 'binding:host_id': 'h' };
    const group = { name: 'web' };
    const { security_group: web } = await api.admin.call<{ security_group: { id: string } }>(
      'POST',
      '/network/v2.0/security-groups',
      { security_group: group },
    );
    const act = async (action: string, name: string): Promise<unknown[]> => {
      const { status, body } = await api.admin.request<Record<string, { message: string }> | undefined>(
        'POST',
        `/compute/v2.1/servers/${id}/action`,
        { [action]: { name } },
      );
      return [status, Object.values(body ?? {})[0]?.message];
    };
    const shown = async (): Promise<unknown> =>
      (await get<{ server: { security_groups?: object[] } }>(`/servers/${id}`)).server.security_groups;
    expect(await act('addSecurityGroup', 'web')).toEqual([
      404,
      `instance_id ${id} could not be found as device id on any ports`,
    ]);
    await api.admin.call('POST', '/network/v2.0/ports', { port });
    expect(await act('addSecurityGroup', 'web')).toEqual([202, undefined]);
    expect(await shown()).toEqual([{ name: 'default' }, { name: 'web' }]);
    expect(await act('removeSecurityGroup', 'default')).toEqual([202, undefined]);
    expect(await shown()).toEqual([{ name: 'web' }]);
    expect(await act('removeSecurityGroup', 'default')).toEqual([
      404,
      `Security group default not associated with the instance ${id}`,
    ]);
    expect(await act('removeSecurityGroup', web.id)).toEqual([202, undefined]);
    expect(await shown()).toBeUndefined();
    expect(await act('addSecurityGroup', 'other')).toEqual([
      404,
      `Security group other is not found for project ${projectId}`,
    ]);
  });

  it('have their actions in pages, the newest first, each behind the request that the page before ends with', async () => {
    const id = await makeServer('acted');
    const requests = ['req-1', 'req-2', 'req-3'];
    for (const requestId of requests) {
      const kind = operationKind({ kind: 'lock', resource: 'server', action: 'lock' });
      const asker = { projectId, userId: 'u', requestId };
      const operation = newOperation(kind, id, {}, asker, { summary: '', details: '' });
      await api.services.operations.add(api.services.db, [operation]);
    }
    const path = `/servers/${id}/os-instance-actions`;
    const first = await get<ActionPage>(`${path}?limit=2`);
    expect(first.instanceActions.map((a) => a.request_id)).toEqual(['req-3', 'req-2']);
    const second = await get<ActionPage>(first.links![0]!.href.split('/compute/v2.1')[1]!);
    expect(second.instanceActions.map((a) => a.request_id)).toEqual(['req-1']);
    expect(second.links).toBeUndefined();
    expect(await get<object>(`${path}?marker=req-9`)).toMatchObject({
      badRequest: { message: 'marker [req-9] not found' },
    });
  });

  it('do not detach a volume that has become another one’s meanwhile', async () => {
    const [mine, other] = [await makeServer('mine'), await makeServer('other')];
    const volume = { id: randomUUID(), project_id: projectId, user_id: 'u', size: 1, status: 'in-use' };
    await api.services.db.volume.create({
      data: { ...volume, attachments: { create: { id: randomUUID(), server_id: other, mountpoint: '/dev/vdb' } } },
    });
    const { attachments } = api.services.cinder;
    const held = { volumeId: volume.id, operationId: randomUUID() };
    await expect(api.services.db.$transaction((tx) => attachments.beginDetaching(tx, held, mine))).rejects.toThrow(
      'Unable to detach volume.',
    );
    await api.services.db.$transaction((tx) => attachments.beginDetaching(tx, held, other));
    expect((await api.services.db.volume.findUnique({ where: { id: volume.id } }))!.status).toBe('detaching');
  });
});
