import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { outsideOf } from '../setup/floating-ips.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const MISSING = '11111111-2222-3333-4444-555555555555';
interface Answer {
  readonly [name: string]: unknown;
}
interface Group {
  readonly id: string;
  readonly name: string;
  readonly rules: readonly Answer[];
}

let tenant: Tenant;
let other: Tenant;
let outside: { name: string; id: string };
/** A server on a network that a router joins with the one outside. */
let server: string;
beforeAll(async () => {
  [tenant, other] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud)]);
  outside = await outsideOf(tenant);
  const network = await tenant.ownNetwork('inside', '198.51.100.0/24');
  const { subnets } = await tenant.api.call<{ subnets: { id: string }[] }>(
    'GET',
    `/network/v2.0/subnets?network_id=${network}`,
  );
  const { router } = await tenant.api.call<{ router: { id: string } }>('POST', '/network/v2.0/routers', {
    router: { external_gateway_info: { network_id: outside.id } },
  });
  await tenant.api.call('PUT', `/network/v2.0/routers/${router.id}/add_router_interface`, {
    subnet_id: subnets[0]!.id,
  });
  server = await tenant.post(tenant.server({ networks: [{ uuid: network }] }));
  await tenant.settled(server);
});

/** Asks compute, at the last microversion that answers for Neutron unless another one is said. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
const ask = <T = Answer>(method: string, path: string, body?: unknown, by: Api = tenant.api, minor = 35) =>
  by.request<T>(method, `/compute/v2.1/${path}`, body, { 'openstack-api-version': `compute 2.${minor}` });
const refusalOf = ({ status, body }: { status: number; body: object }): unknown[] => [
  status,
  ...Object.values(body).map((fault: { message: string }) => fault.message),
];
const newGroup = async (name: string): Promise<Group> =>
  (await ask<{ security_group: Group }>('POST', 'os-security-groups', { security_group: { name, description: 'd' } }))
    .body.security_group;
const newRule = (rule: object) =>
  ask<{ security_group_rule: Answer }>('POST', 'os-security-group-rules', { security_group_rule: rule });

describe('until 2.35 compute answers for what is Neutron’s', () => {
  it('and from 2.36 on it has none of it, as Nova', async () => {
    for (const path of [
      'os-networks',
      'os-tenant-networks',
      'os-security-groups',
      'os-floating-ips',
      'os-floating-ip-pools',
      `os-networks/${tenant.network}`,
    ]) {
      expect([path, (await ask('GET', path)).status]).toEqual([path, 200]);
      expect([path, (await ask('GET', path, undefined, tenant.api, 36)).status]).toEqual([path, 404]);
    }
  });

  it('networks by their names, and more nulls to an administrator', async () => {
    const { body } = await ask<{ network: Answer }>('GET', `os-networks/${outside.id}`);
    expect(body.network).toMatchObject({ id: outside.id, label: outside.name, cidr: null });
    expect(Object.keys(body.network)).toHaveLength(11);
    const shown = await ask<{ network: Answer }>('GET', `os-networks/${outside.id}`, undefined, tenant.admin);
    expect(Object.keys(shown.body.network)).toHaveLength(32);
    expect((await ask('GET', `os-tenant-networks/${outside.id}`)).body).toEqual({
      network: { id: outside.id, label: outside.name, cidr: 'None' },
    });
    expect(refusalOf(await ask('GET', `os-networks/${MISSING}`))).toEqual([404, 'Network not found']);
    const theirs = await other.ownNetwork('theirs', '198.51.100.0/24');
    expect((await ask('GET', `os-networks/${theirs}`)).status).toBe(404);
    expect(JSON.stringify((await ask('GET', 'os-networks')).body)).not.toContain(theirs);
  });

  it('security groups with their rules for what comes in, which Neutron has too', async () => {
    const group = await newGroup('ours');
    expect(group).toEqual({
      id: group.id,
      name: 'ours',
      description: 'd',
      tenant_id: tenant.api.projectId,
      rules: [],
    });
    const { body: made } = await newRule({
      parent_group_id: group.id,
      ip_protocol: 'TCP',
      from_port: 22,
      to_port: '23',
      cidr: '192.0.2.0%2F24',
    });
    expect(made.security_group_rule).toEqual({
      id: made.security_group_rule['id'],
      parent_group_id: group.id,
      ip_protocol: 'tcp',
      from_port: 22,
      to_port: 23,
      group: {},
      ip_range: { cidr: '192.0.2.0/24' },
    });
    const { security_group_rule: there } = await tenant.api.call<{ security_group_rule: Answer }>(
      'GET',
      `/network/v2.0/security-group-rules/${String(made.security_group_rule['id'])}`,
    );
    expect(there).toMatchObject({ direction: 'ingress', ethertype: 'IPv4', port_range_min: 22, port_range_max: 23 });
    const { body: fromGroup } = await newRule({ parent_group_id: group.id, group_id: group.id, ip_protocol: 'icmp' });
    expect(fromGroup.security_group_rule).toMatchObject({
      ip_protocol: 'icmp',
      from_port: -1,
      to_port: -1,
      group: { name: 'ours', tenant_id: tenant.api.projectId },
      ip_range: {},
    });
    const changed = { security_group: { name: 'renamed', description: 'e' } };
    expect((await ask('PUT', `os-security-groups/${group.id}`, changed)).body).toMatchObject(changed);
    const { body: shown } = await ask<{ security_group: Group }>('GET', `os-security-groups/${group.id}`);
    expect(shown.security_group.rules).toEqual([
      made.security_group_rule,
      { ...fromGroup.security_group_rule, group: { name: 'renamed', tenant_id: tenant.api.projectId } },
    ]);
    const list = (await ask<{ security_groups: Group[] }>('GET', 'os-security-groups?limit=1&offset=1')).body;
    expect(list.security_groups).toHaveLength(1);
    expect((await ask('DELETE', `os-security-group-rules/${String(made.security_group_rule['id'])}`)).status).toBe(202);
    expect((await ask('DELETE', `os-security-groups/${group.id}`)).status).toBe(202);
    expect(refusalOf(await ask('GET', `os-security-groups/${group.id}`))).toEqual([
      404,
      `Security group ${group.id} does not exist`,
    ]);
  });

  it.each([
    [{ ip_protocol: 'tcp', from_port: 22 }, 400, 'Not enough parameters to build a valid rule.'],
    [
      { ip_protocol: 'tcp', from_port: 'a', to_port: 1 },
      400,
      'Invalid input received: To and From ports must be integers',
    ],
    [
      { ip_protocol: 'icmp', from_port: [], to_port: 1 },
      400,
      'Invalid input received: Type and Code must be integers for ICMP protocol type',
    ],
    [{ ip_protocol: 'sctp', from_port: 1, to_port: 1 }, 400, 'Invalid IP protocol sctp.'],
    [
      { ip_protocol: 'udp', from_port: 2, to_port: 1 },
      400,
      'Invalid port range 2:1. Former value cannot be greater than the later',
    ],
    [
      { ip_protocol: 'tcp', from_port: 0, to_port: 1 },
      400,
      'Invalid port range 0:1. Valid TCP ports should be between 1-65535',
    ],
    [
      { ip_protocol: 'icmp', from_port: 0, to_port: 256 },
      400,
      'Invalid port range 0:256. For ICMP, the type:code must be valid',
    ],
    [{ ip_protocol: 'tcp', from_port: 1, to_port: 1, cidr: '192.0.2.0' }, 400, '192.0.2.0 is not a valid IP network.'],
    [
      { ip_protocol: 'tcp', from_port: 1, to_port: 1, cidr: '192.0.2.0/0' },
      400,
      'Bad prefix for network in cidr 192.0.2.0/0',
    ],
    [
      { ip_protocol: 'tcp', from_port: 1, to_port: 1, group_id: MISSING },
      404,
      `Security group ${MISSING} does not exist`,
    ],
    [{ parent_group_id: MISSING }, 404, `Security group ${MISSING} does not exist`],
  ])('and refuses a rule with %j in Nova’s words', async (rule, status, message) => {
    const { id } = await newGroup('refusing');
    expect(refusalOf(await newRule({ parent_group_id: id, ...rule }))).toEqual([status, message]);
    await ask('DELETE', `os-security-groups/${id}`);
  });

  it('and refuses security groups in Nova’s words', async () => {
    const group = await newGroup('refused');
    const rule = { parent_group_id: group.id, ip_protocol: 'udp', from_port: 53, to_port: 53 };
    await newRule(rule);
    expect(refusalOf(await newRule(rule))).toEqual([400, `This rule already exists in group ${group.id}`]);
    for (const path of ['os-security-groups/7', 'os-security-group-rules/7'])
      expect(refusalOf(await ask('DELETE', path))).toEqual([400, 'Security group id should be uuid']);
    expect((await ask('DELETE', `os-security-group-rules/${MISSING}`)).status).toBe(404);
    for (const method of ['GET', 'DELETE'])
      expect((await ask(method, `os-security-groups/${group.id}`, undefined, other.api)).status).toBe(404);
    await ask('POST', `servers/${server}/action`, { addSecurityGroup: { name: 'refused' } });
    expect(refusalOf(await ask('DELETE', `os-security-groups/${group.id}`))).toEqual([
      400,
      `Security Group ${group.id} in use.`,
    ]);
    await ask('POST', `servers/${server}/action`, { removeSecurityGroup: { name: 'refused' } });
    await ask('DELETE', `os-security-groups/${group.id}`);
    const taken = { security_group: { name: 'default', description: '' } };
    expect((await ask('POST', 'os-security-groups', taken)).status).toBe(403);
  });

  it('floating IPs from a pool, which stand for a server’s address until they are taken back', async () => {
    expect((await ask('GET', 'os-floating-ip-pools')).body).toMatchObject({
      floating_ip_pools: expect.arrayContaining([{ name: outside.name }]) as unknown,
    });
    const { body: made } = await ask<{ floating_ip: Answer & { id: string; ip: string } }>('POST', 'os-floating-ips', {
      pool: outside.name,
    });
    const { id, ip } = made.floating_ip;
    expect(made.floating_ip).toEqual({ id, ip, fixed_ip: null, instance_id: null, pool: outside.name });
    const [[name, [fixed]]] = Object.entries((await tenant.show(server)).addresses) as [[string, { addr: string }[]]];
    const act = (action: object, minor = 35) => ask('POST', `servers/${server}/action`, action, tenant.api, minor);
    expect((await act({ addFloatingIp: { address: ip } })).status).toBe(202);
    const shown = { ...made.floating_ip, fixed_ip: fixed!.addr, instance_id: server };
    expect((await ask('GET', `os-floating-ips/${id}`)).body).toEqual({ floating_ip: shown });
    expect((await ask('GET', 'os-floating-ips')).body).toEqual({ floating_ips: [shown] });
    expect((await tenant.show(server)).addresses[name]).toMatchObject([
      fixed,
      { addr: ip, version: 4, 'OS-EXT-IPS:type': 'floating' },
    ]);
    expect((await act({ addFloatingIp: { address: ip, fixed_address: fixed!.addr } })).status).toBe(202);
    expect(refusalOf(await act({ addFloatingIp: { address: ip, fixed_address: '192.0.2.9' } }))).toEqual([
      400,
      'Specified fixed address not assigned to instance',
    ]);
    expect(refusalOf(await act({ addFloatingIp: { address: '192.0.2.9' } }))).toEqual([404, 'floating IP not found']);
    expect((await act({ removeFloatingIp: { address: ip } }, 44)).status).toBe(404);
    expect((await act({ removeFloatingIp: { address: ip } }, 43)).status).toBe(202);
    expect((await tenant.show(server)).addresses[name]).toMatchObject([fixed]);
    // Who may remove what stands for nothing is the administrator alone, in Nova too.
    expect((await act({ removeFloatingIp: { address: ip } })).status).toBe(403);
    for (const method of ['GET', 'DELETE'])
      expect(refusalOf(await ask(method, `os-floating-ips/${id}`, undefined, other.api))).toEqual([
        404,
        `Floating IP not found for ID ${id}`,
      ]);
    expect((await ask('DELETE', `os-floating-ips/${id}`)).status).toBe(202);
    expect((await ask('GET', `os-floating-ips/${id}`)).status).toBe(404);
  });

  it('and refuses a floating IP in Nova’s words: of no such pool, and beyond the quota', async () => {
    for (const body of [{ pool: 'no such pool' }, null])
      expect(refusalOf(await ask('POST', 'os-floating-ips', body))).toEqual([404, 'Floating IP pool not found.']);
    await tenant.admin.call('PUT', `/network/v2.0/quotas/${tenant.api.projectId}`, { quota: { floatingip: 0 } });
    expect(refusalOf(await ask('POST', 'os-floating-ips', { pool: outside.name }))).toEqual([
      403,
      `IP allocation over quota in pool ${outside.name}.`,
    ]);
  });
});

it('the security groups of a server’s ports are shown at every microversion, to those who see the server', async () => {
  for (const minor of [1, 35, 104]) {
    const path = `servers/${server}/os-security-groups`;
    const { status, body } = await ask<{ security_groups: Group[] }>('GET', path, undefined, tenant.api, minor);
    expect([status, body.security_groups.map(({ name }) => name)]).toEqual([200, ['default']]);
    expect((await ask('GET', path, undefined, other.api, minor)).status).toBe(404);
  }
});
