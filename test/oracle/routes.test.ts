import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { consoleToken } from '../setup/console-token.js';
import { allRoutes } from '../setup/routes.js';
import { floatingIpOf } from '../setup/floating-ips.js';
import { Tenant } from '../setup/tenant.js';
import { KEY, MINORS, PREFIX, Walk } from './walk.js';

const cloud = provided('fake');
const routes = allRoutes()
  .filter((r) => r.method === 'GET' && r.path.startsWith(PREFIX))
  .map((r) => r.path.slice(PREFIX.length));

/** Every route with ids of things that are there, in each state in which they look different. */
describe('every GET route of compute, at every microversion that is offered,', () => {
  let tenant: Tenant;
  /** What each parameter of a path is filled with, by the part of the path before it. */
  let values: Record<string, string[]>;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    const { api, admin } = tenant;
    const name = `walk-${tenant.userName}`;
    await api.call('POST', `${PREFIX}/os-keypairs`, { keypair: { name, public_key: KEY } });
    const { flavor } = await admin.call<{ flavor: { id: string } }>('POST', `${PREFIX}/flavors`, {
      flavor: { name, ram: 64, vcpus: 1, disk: 1, swap: 64, description: 'walked over' },
    });
    await admin.call('POST', `${PREFIX}/flavors/${flavor.id}/os-extra_specs`, { extra_specs: { 'a:b': 'c' } });
    const { flavor: huge } = await admin.call<{ flavor: { id: string } }>('POST', `${PREFIX}/flavors`, {
      flavor: { name: `${name}-huge`, ram: 40_000_000, vcpus: 1, disk: 1 },
    });
    await admin.call('PUT', `${PREFIX}/os-quota-sets/${api.projectId}`, { quota_set: { ram: -1 } });
    const ids = [
      await tenant.post(tenant.server({ key_name: name, metadata: { a: 'b' }, tags: ['t'], description: 'd' })),
      await tenant.post(tenant.volumeServer()),
      // No host has this much memory: it ends in ERROR, with a fault and without a host.
      await tenant.post(tenant.server({ flavorRef: huge.id })),
    ];
    await Promise.all(ids.map((id) => tenant.settled(id)));
    const { hypervisors } = await admin.call<{ hypervisors: { id: string }[] }>(
      'GET',
      `${PREFIX}/os-hypervisors`,
      undefined,
      { 'openstack-api-version': 'compute 2.53' },
    );
    const requests = await Promise.all(ids.map((id) => requestOf(api, id)));
    const { interfaceAttachments } = await api.call<{ interfaceAttachments: { port_id: string }[] }>(
      'GET',
      `${PREFIX}/servers/${ids[0]!}/os-interface`,
    );
    const { security_groups } = await api.call<{ security_groups: { id: string }[] }>(
      'GET',
      '/network/v2.0/security-groups',
    );
    const [volume] = (await tenant.show(ids[1]!))['os-extended-volumes:volumes_attached'];
    values = {
      servers: ids,
      'os-instance-actions': requests,
      // Of the first server, and of the second: of the others they are not there.
      'os-interface': [interfaceAttachments[0]!.port_id],
      'os-volume_attachments': [ids[0]!, volume!.id],
      'os-console-auth-tokens': [await consoleToken(tenant, ids[0]!)],
      flavors: [flavor.id, '42'],
      'os-extra_specs': ['a:b'],
      'os-keypairs': [name],
      // By number until 2.52, which is also a part of the hosts' names, and by UUID since.
      'os-hypervisors': ['1', hypervisors[0]!.id],
      'os-quota-sets': [api.projectId],
      'os-quota-class-sets': ['default'],
      'os-networks': [tenant.network],
      'os-tenant-networks': [tenant.network],
      'os-security-groups': [security_groups[0]!.id],
      'os-floating-ips': [(await floatingIpOf(tenant)).id],
      extensions: ['NMN'],
    };
  });

  /** The paths of a route: its parameters filled in, with the same choice for all of a path's. */
  const pathsOf = (route: string): string[] => {
    const parts = route.split('/');
    const choices = Math.max(1, ...parts.map((part, i) => (part.startsWith(':') ? values[parts[i - 1]!]!.length : 1)));
    return Array.from({ length: choices }, (_, choice) =>
      parts
        .map((part, i) =>
          part.startsWith(':') ? values[parts[i - 1]!]![choice % values[parts[i - 1]!]!.length]! : part,
        )
        .join('/'),
    );
  };

  it.each(routes)('%s: answers what Nova’s schema says, to a member and to an administrator', async (route) => {
    const walk = await Walk.start();
    for (const [api, query] of [
      [tenant.api, ''],
      [tenant.admin, route.startsWith('/servers') && !route.includes(':') ? '?all_tenants=1' : ''],
    ] as const)
      for (const path of pathsOf(route)) for (const minor of MINORS) await walk.ask(api, minor, 'GET', path + query);
    expect(walk.report.wrong()).toBe('');
  });
});

async function requestOf(api: Api, server: string): Promise<string> {
  const { instanceActions } = await api.call<{ instanceActions: { request_id: string }[] }>(
    'GET',
    `${PREFIX}/servers/${server}/os-instance-actions`,
  );
  return instanceActions[0]!.request_id;
}
