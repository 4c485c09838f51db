import { beforeAll, describe, expect, it } from 'vitest';
import { consoleToken } from '../../setup/console-token.js';
import { DocumentWalk, type Made } from './walk.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmkXPpRh0xHn8sXyUJJVhtuwZ0WQTZ4kLPFQn0aGZxJ walker@test';

describe('What the documents say of Nova', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('compute');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const name = `described-${tenant.userName}`;
    // What compute shows of Neutron's.
    const { network } = await ask<Made<'network'>>(api, 'POST', '/network/v2.0/networks', { network: { name } });
    const pool = { name: `${name}-outside`, 'router:external': true };
    const { network: external } = await ask<Made<'network'>>(admin, 'POST', '/network/v2.0/networks', {
      network: pool,
    });
    await ask(admin, 'POST', '/network/v2.0/subnets', {
      subnet: { network_id: external.id, ip_version: 4, cidr: '203.0.113.0/24' },
    });
    await ask(api, 'POST', '/compute/v2.1/os-keypairs', { keypair: { name, type: 'ssh', public_key: KEY } });
    const { flavor } = await ask<Made<'flavor'>>(admin, 'POST', '/compute/v2.1/flavors', {
      flavor: { name, ram: 64, vcpus: 1, disk: 1, description: 'd', 'os-flavor-access:is_public': false },
    });
    await ask(admin, 'PUT', `/compute/v2.1/flavors/${flavor.id}`, { flavor: { description: 'changed' } });
    await ask(admin, 'POST', `/compute/v2.1/flavors/${flavor.id}/os-extra_specs`, { extra_specs: { 'a:b': 'c' } });
    await ask(admin, 'PUT', `/compute/v2.1/flavors/${flavor.id}/os-extra_specs/a:b`, { 'a:b': 'd' });
    await ask(admin, 'PUT', `/compute/v2.1/os-quota-sets/${api.projectId}`, { quota_set: { ram: -1 } });
    const { server } = await ask<Made<'server'>>(
      api,
      'POST',
      '/compute/v2.1/servers',
      tenant.volumeServer({ key_name: name, tags: ['t'], metadata: { a: 'b' } }),
    );
    const fromImage = await tenant.post();
    await Promise.all([server.id, fromImage].map((id) => tenant.settled(id)));
    await ask(api, 'PUT', `/compute/v2.1/servers/${server.id}`, { server: { description: 'changed' } });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { lock: { locked_reason: 'because' } });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { unlock: null });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { trigger_crash_dump: null });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { 'os-getConsoleOutput': { length: 5 } });
    // A simulated guest has no display: that is refused as the documents say.
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/remote-consoles`, {
      remote_console: { protocol: 'vnc', type: 'novnc' },
    });

    const old = { 'openstack-api-version': 'compute 2.35' };
    const described = { security_group: { name: `${name}-nova`, description: 'd' } };
    const novas = await ask<Made<'security_group'>>(api, 'POST', '/compute/v2.1/os-security-groups', described, old);
    const grouped = `/compute/v2.1/os-security-groups/${novas.security_group.id}`;
    await ask(api, 'PUT', grouped, described, old);
    await ask(
      api,
      'POST',
      '/compute/v2.1/os-security-group-rules',
      {
        security_group_rule: {
          parent_group_id: novas.security_group.id,
          ip_protocol: 'tcp',
          from_port: 22,
          to_port: '22',
        },
      },
      old,
    );
    const { floating_ip: pooled } = await ask<Made<'floating_ip'>>(
      api,
      'POST',
      '/compute/v2.1/os-floating-ips',
      { pool: pool.name },
      old,
    );
    const { hypervisors } = await ask<{ hypervisors: { id: string; hypervisor_hostname: string }[] }>(
      admin,
      'GET',
      '/compute/v2.1/os-hypervisors',
    );
    const { instanceActions } = await ask<{ instanceActions: { request_id: string }[] }>(
      api,
      'GET',
      `/compute/v2.1/servers/${server.id}/os-instance-actions`,
    );
    const { interfaceAttachments } = await ask<{ interfaceAttachments: { port_id: string }[] }>(
      api,
      'GET',
      `/compute/v2.1/servers/${server.id}/os-interface`,
    );
    const [attached] = (await tenant.show(server.id))['os-extended-volumes:volumes_attached'];
    const { extensions } = await ask<{ extensions: { alias: string }[] }>(api, 'GET', '/compute/v2.1/extensions');
    const { hypervisor_hostname: host } = hypervisors[0]!;
    for (const part of ['search', 'servers'])
      walk.knowsPaths([[`/compute/v2.1/os-hypervisors/{id}/${part}`, `/compute/v2.1/os-hypervisors/${host}/${part}`]]);
    walk.knows({
      servers: server.id,
      'os-instance-actions': instanceActions[0]!.request_id,
      'os-interface': interfaceAttachments[0]!.port_id,
      'os-console-auth-tokens': await consoleToken(tenant, server.id),
      'os-volume_attachments': attached!.id,
      extensions: extensions[0]!.alias,
      flavors: flavor.id,
      'os-extra_specs': 'a:b',
      'os-keypairs': name,
      'os-networks': network.id,
      'os-tenant-networks': network.id,
      'os-security-groups': novas.security_group.id,
      'os-floating-ips': pooled.id,
      'os-hypervisors': hypervisors[0]!.id,
      'os-quota-sets': api.projectId,
      'os-quota-class-sets': 'default',
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/compute/v2.1/servers/nothing');
    await walk.ask(walk.tenant.api, 'POST', '/compute/v2.1/servers', {});
    expect(walk.found()).toEqual([]);
  });
});
