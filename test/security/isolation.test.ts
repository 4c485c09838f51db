import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { workflowOf } from '../setup/operations.js';

const cloud = provided('fake');

describe('projects cannot see each other', () => {
  let mine: Tenant;
  let other: Tenant;
  const made: Record<string, string> = {};
  beforeAll(async () => {
    [mine, other] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud)]);
    const { network } = await mine.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: { name: 'mine' },
    });
    const { subnet } = await mine.api.call<{ subnet: { id: string } }>('POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '192.0.2.0/24' },
    });
    const { port } = await mine.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
      port: { network_id: network.id },
    });
    const { address_group } = await mine.api.call<{ address_group: { id: string } }>(
      'POST',
      '/network/v2.0/address-groups',
      { address_group: { addresses: ['192.0.2.0/24'] } },
    );
    const { router } = await mine.api.call<{ router: { id: string } }>('POST', '/network/v2.0/routers', { router: {} });
    const { security_group } = await mine.api.call<{
      security_group: { id: string; security_group_rules: { id: string }[] };
    }>('POST', '/network/v2.0/security-groups', { security_group: {} });
    const { address_scope } = await mine.api.call<{ address_scope: { id: string } }>(
      'POST',
      '/network/v2.0/address-scopes',
      { address_scope: { ip_version: 4 } },
    );
    const { subnetpool } = await mine.api.call<{ subnetpool: { id: string } }>('POST', '/network/v2.0/subnetpools', {
      subnetpool: { name: 'mine', prefixes: ['10.40.0.0/16'] },
    });
    const { rbac_policy } = await mine.api.call<{ rbac_policy: { id: string } }>(
      'POST',
      '/network/v2.0/rbac-policies',
      {
        rbac_policy: {
          object_type: 'address_scope',
          object_id: address_scope.id,
          action: 'access_as_shared',
          target_tenant: randomUUID(),
        },
      },
    );
    const admin = await Tenant.make(cloud, 'admin');
    const outside = await admin.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: { 'router:external': true },
    });
    await admin.api.call('POST', '/network/v2.0/subnets', {
      subnet: { network_id: outside.network.id, ip_version: 4, cidr: '203.0.113.0/24' },
    });
    const { floatingip } = await mine.api.call<{ floatingip: { id: string } }>('POST', '/network/v2.0/floatingips', {
      floatingip: { floating_network_id: outside.network.id },
    });
    const { policy } = await admin.api.call<{ policy: { id: string } }>('POST', '/network/v2.0/qos/policies', {
      policy: { name: 'mine', project_id: mine.api.projectId },
    });
    const { port: trunked } = await mine.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
      port: { network_id: network.id },
    });
    const { trunk } = await mine.api.call<{ trunk: { id: string } }>('POST', '/network/v2.0/trunks', {
      trunk: { port_id: trunked.id },
    });
    const volume = await mine.postVolume();
    const image = await mine.api.call<{ id: string }>('POST', '/image/v2/images', {
      name: 'mine',
      disk_format: 'raw',
      container_format: 'bare',
      visibility: 'private',
    });
    const alarm = await mine.api.call<{ alarm_id: string }>('POST', '/alarming/v2/alarms', {
      name: 'mine',
      type: 'event',
      event_rule: {},
    });
    const { id: metric } = await mine.api.call<{ id: string }>('POST', '/metric/v1/metric', {
      archive_policy_name: 'low',
    });
    const { id: resource } = await mine.api.call<{ id: string }>('POST', '/metric/v1/resource/generic', {
      id: metric,
      project_id: mine.api.projectId,
    });
    const server = await mine.post();
    await mine.settled(server);
    Object.assign(made, {
      network: `/network/v2.0/networks/${network.id}`,
      subnet: `/network/v2.0/subnets/${subnet.id}`,
      port: `/network/v2.0/ports/${port.id}`,
      'address group': `/network/v2.0/address-groups/${address_group.id}`,
      'address scope': `/network/v2.0/address-scopes/${address_scope.id}`,
      'RBAC policy': `/network/v2.0/rbac-policies/${rbac_policy.id}`,
      'subnet pool': `/network/v2.0/subnetpools/${subnetpool.id}`,
      'floating IP': `/network/v2.0/floatingips/${floatingip.id}`,
      trunk: `/network/v2.0/trunks/${trunk.id}`,
      'QoS policy': `/network/v2.0/qos/policies/${policy.id}`,
      router: `/network/v2.0/routers/${router.id}`,
      'security group': `/network/v2.0/security-groups/${security_group.id}`,
      'security group rule': `/network/v2.0/security-group-rules/${security_group.security_group_rules[0]!.id}`,
      volume: `/volume/v3/volumes/${volume}`,
      image: `/image/v2/images/${image.id}`,
      alarm: `/alarming/v2/alarms/${alarm.alarm_id}`,
      metric: `/metric/v1/metric/${metric}`,
      'measured resource': `/metric/v1/resource/generic/${resource}`,
      server: `/compute/v2.1/servers/${server}`,
    });
  });

  it.each([
    'network',
    'subnet',
    'port',
    'address group',
    'router',
    'security group',
    'security group rule',
    'floating IP',
    'volume',
    'image',
    'alarm',
    'metric',
    'measured resource',
    'server',
  ])("another project's %s is not there, to look at or to delete", async (kind) => {
    expect((await mine.api.request('GET', made[kind]!)).status).toBe(200);
    expect((await other.api.request('GET', made[kind]!)).status).toBe(404);
    expect((await other.api.request('DELETE', made[kind]!)).status).toBe(404);
    const list = await other.api.call<Record<string, { id: string }[]>>('GET', made[kind]!.replace(/\/[^/]+$/, ''));
    expect(JSON.stringify(list)).not.toContain(made[kind]!.split('/').at(-1));
  });

  it("another project's port, volume, network and image cannot be booted with", async () => {
    const id = (kind: string): string => made[kind]!.split('/').at(-1)!;
    for (const body of [
      other.server({ networks: [{ port: id('port') }] }),
      other.server({ networks: [{ uuid: id('network') }] }),
      other.server({ imageRef: id('image') }),
      other.server({
        imageRef: '',
        block_device_mapping_v2: [
          { uuid: id('volume'), boot_index: 0, source_type: 'volume', destination_type: 'volume' },
        ],
      }),
    ]) {
      expect((await other.api.request('POST', '/compute/v2.1/servers', body)).status).toBe(400);
    }
  });

  it("a user's old-style URL with another project's id is refused", async () => {
    const { status, body } = await mine.api.request<{ badRequest: { message: string } }>(
      'GET',
      `/compute/v2.1/${other.api.projectId}/servers`,
    );
    expect(status).toBe(400);
    expect(body.badRequest.message).toContain("doesn't match Context's project_id");
    expect((await mine.api.request('GET', `/compute/v2.1/${mine.api.projectId}/servers`)).status).toBe(200);
  });

  it("another project's roles, and what is above and below it, are not told", async () => {
    const [project, user] = [other.api.projectId, other.userId];
    for (const url of [
      `role_assignments?scope.project.id=${project}`,
      `role_assignments?include_subtree&scope.project.id=${project}`,
      `role_assignments?effective&user.id=${user}`,
      `projects/${project}?parents_as_ids&subtree_as_ids`,
      `projects/${project}/users/${user}/roles`,
      `users/${user}/projects`,
      'role_inferences',
    ])
      expect([url, (await mine.api.request('GET', `/identity/v3/${url}`)).status]).toEqual([url, 403]);
    const { projects } = await mine.api.call<{ projects: { id: string }[] }>('GET', '/identity/v3/auth/projects');
    expect(projects.map(({ id }) => id)).toEqual([mine.api.projectId]);
  });

  it("another project's account is closed", async () => {
    await mine.api.call('PUT', `/object-store/v1/AUTH_${mine.api.projectId}/box`);
    for (const below of ['', '/box', '/box/object']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        if (below === '' && method !== 'GET') continue;
        expect((await other.api.request(method, `/object-store/v1/AUTH_${mine.api.projectId}${below}`)).status).toBe(
          403,
        );
      }
    }
  });

  it("another user's credentials and trusts are nobody's to look at or to delete", async () => {
    const own = `/identity/v3/users/${mine.userId}`;
    const make = async (where: string, body: object): Promise<string> => {
      const [answer] = Object.values(
        await mine.api.call<Record<string, { id?: string; access?: string }>>('POST', where, body),
      );
      return `${where}/${answer!.id ?? answer!.access!}`;
    };
    const all = [
      await make('/identity/v3/credentials', { credential: { type: 'cert', user_id: mine.userId, blob: 'b' } }),
      await make(`${own}/credentials/OS-EC2`, { tenant_id: mine.api.projectId }),
      await make(`${own}/application_credentials`, { application_credential: { name: 'mine' } }),
      await make('/identity/v3/OS-TRUST/trusts', {
        trust: {
          trustor_user_id: mine.userId,
          trustee_user_id: mine.userId,
          impersonation: false,
          project_id: mine.api.projectId,
          roles: [{ name: 'member' }],
        },
      }),
    ];
    for (const where of all)
      for (const method of ['GET', 'DELETE']) {
        expect([where, (await other.api.request(method, where)).status]).toEqual([where, 403]);
        expect((await mine.api.request('GET', where)).status).toBe(200);
      }
  });

  it('groups, and who is in them, are told to no member of a project but those of the user who asks', async () => {
    const { group } = await mine.admin.call<{ group: { id: string } }>('POST', '/identity/v3/groups', {
      group: { name: `of-${mine.userName}` },
    });
    const [at, member] = [`/identity/v3/groups/${group.id}`, `/identity/v3/groups/${group.id}/users/${mine.userId}`];
    await mine.admin.call('PUT', member);
    const own = `/identity/v3/users/${mine.userId}/groups`;
    expect((await mine.api.request<{ groups: { id: string }[] }>('GET', own)).body.groups[0]!.id).toBe(group.id);
    for (const url of [at, `${at}/users`, member, own, '/identity/v3/groups'])
      expect((await other.api.request('GET', url)).status).toBe(403);
    for (const [method, url] of [
      ['DELETE', at],
      ['DELETE', member],
      ['PUT', member],
    ] as const)
      expect((await other.api.request(method, url)).status).toBe(403);
  });

  it('where an image lies is told to hosts alone', async () => {
    const image = await mine.api.call<object>('GET', `/image/v2/images/${mine.image}`);
    expect(image).not.toHaveProperty('direct_url');
  });
});

/** All text of a value, with that of the bytes in it: a payload's data are bytes. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textOf).join('\n');
}

describe('no secret shows', () => {
  it('in workflow histories, logs or process arguments', async () => {
    const tenant = await Tenant.make(cloud);
    const secrets = {
      adminPass: 'correct-horse-battery',
      userData: Buffer.from('#cloud-config secret-of-the-guest').toString('base64'),
    };
    const id = await tenant.post(tenant.server({ adminPass: secrets.adminPass, user_data: secrets.userData }));
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const client = new Client({ connection: await Connection.connect({ address: cloud.temporalAddress }) });
    const history = textOf(await client.workflow.getHandle(await workflowOf(cloud, 'bootServer', id)).fetchHistory());
    await client.connection.close();
    expect(history).toContain(id);
    const logs = await readdir(path.join(cloud.home, 'logs'));
    const texts = await Promise.all(logs.map((f) => readFile(path.join(cloud.home, 'logs', f), 'utf8')));
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    const databasePassword = await readFile(path.join(cloud.home, 'secrets', 'database-password'), 'utf8');
    for (const secret of [
      secrets.adminPass,
      secrets.userData,
      'secret-of-the-guest',
      tenant.password,
      databasePassword,
      ...Object.values(cloud.passwords),
    ]) {
      for (const text of [history, processes, ...texts]) expect(text.includes(secret)).toBe(false);
    }
    await tenant.delete(id);
  });

  it('to other users of the machine: the files with credentials are readable by their owner alone', () => {
    const files = execFileSync(
      'find',
      [
        cloud.home,
        '-maxdepth',
        '4',
        '-type',
        'f',
        '(',
        '-path',
        '*/secrets/*',
        '-o',
        '-name',
        'clouds.yaml',
        '-o',
        '-name',
        'openrc*',
        '-o',
        '-name',
        'ready.json',
        ')',
        '-printf',
        '%m %p\n',
      ],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n');
    expect(files.length).toBeGreaterThan(7);
    for (const file of files) expect(file).toMatch(/^600 /);
  });
});
