import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, makeSubnet, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

type FloatingIp = Item & {
  readonly floating_ip_address: string;
  readonly port_id: string | null;
  readonly fixed_ip_address: string | null;
  readonly router_id: string | null;
  readonly status: string;
};
type Forwarding = Item & { readonly external_port: number | null };

/** What nobody is given who does not ask for it, is free for those who do. */
const RANGE = { allocation_pools: [{ start: '203.0.113.100', end: '203.0.113.254' }] };

let cloud: ServiceApi;
let member: Member;
let other: Member;
let outside: { network: string; subnet: string };
let inside: { network: string; subnet: string };
let router: string;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  [member, other] = await Promise.all([newMember(cloud.admin), newMember(cloud.admin)]);
  await cloud.admin.call('PUT', `${V2}/quotas/${member.project}`, { quota: { router: -1, floatingip: -1 } });
  outside = await makeNetwork(cloud.admin, '203.0.113.0/24', { 'router:external': true }, RANGE);
  inside = await makeNetwork(member.api, '10.1.0.0/24');
  router = await newRouter(inside.subnet);
});
afterAll(() => cloud.stop());

async function newRouter(subnet_id: string, network_id = outside.network): Promise<string> {
  const made = await member.api.call<{ router: Item }>('POST', `${V2}/routers`, {
    router: { external_gateway_info: { network_id } },
  });
  await member.api.call('PUT', `${V2}/routers/${made.router.id}/add_router_interface`, { subnet_id });
  return made.router.id;
}
const newPort = async (
  fields: object = {},
  api = member.api,
): Promise<Item & { fixed_ips: { ip_address: string }[] }> =>
  (
    await api.call<{ port: Item & { fixed_ips: { ip_address: string }[] } }>('POST', `${V2}/ports`, {
      port: { network_id: inside.network, ...fields },
    })
  ).port;
const post = (fields: object = {}, api = member.api) =>
  api.request<{ floatingip: FloatingIp } & Refused>('POST', `${V2}/floatingips`, {
    floatingip: { floating_network_id: outside.network, ...fields },
  });
const make = async (fields: object = {}): Promise<FloatingIp> => {
  const { status, body } = await post(fields);
  expect([status, body.NeutronError]).toEqual([201, undefined]);
  return body.floatingip;
};
const put = (id: string, floatingip: object, api = member.api) =>
  api.request<{ floatingip: FloatingIp } & Refused>('PUT', `${V2}/floatingips/${id}`, { floatingip });
const show = async (id: string): Promise<FloatingIp> =>
  (await member.api.call<{ floatingip: FloatingIp }>('GET', `${V2}/floatingips/${id}`)).floatingip;
const del = (path: string, api = member.api) => api.request<Refused>('DELETE', `${V2}/${path}`);
const routerPut = (action: string, body: object) =>
  member.api.request<Refused>('PUT', `${V2}/routers/${router}${action}`, body);
const forward = (id: string, port_forwarding: object, api = member.api) =>
  api.request<{ port_forwarding: Forwarding } & Refused>('POST', `${V2}/floatingips/${id}/port_forwardings`, {
    port_forwarding: { protocol: 'tcp', ...port_forwarding },
  });

describe('A floating IP', () => {
  it('is an address of an external network, held by a port that no project sees', async () => {
    const made = await make({ description: 'd', dns_name: 'n', dns_domain: 'example.org.' });
    expect(made).toEqual({
      id: made.id,
      project_id: member.project,
      tenant_id: member.project,
      description: 'd',
      floating_network_id: outside.network,
      floating_ip_address: expect.stringMatching(/^203\.0\.113\./) as string,
      port_id: null,
      fixed_ip_address: null,
      router_id: null,
      status: 'DOWN',
      port_details: null,
      port_forwardings: [],
      dns_name: 'n',
      dns_domain: 'example.org.',
      qos_policy_id: null,
      qos_network_policy_id: null,
      tags: [],
      revision_number: 0,
      created_at: expect.any(String) as string,
      updated_at: expect.any(String) as string,
    });
    const ports = async (api = member.api) =>
      (await api.call<{ ports: Item[] }>('GET', `${V2}/ports?device_id=${made.id}`)).ports;
    expect(await ports()).toEqual([]);
    const [port] = await ports(cloud.admin);
    expect(port).toMatchObject({ device_owner: 'network:floatingip', project_id: '', status: 'N/A' });
    expect(refusalOf(await del(`ports/${port!.id}`, cloud.admin))[1]).toBe('ServicePortInUse');
    const { floatingips } = await member.api.call<{ floatingips: Item[] }>(
      'GET',
      `${V2}/floatingips?floating_ip_address=${made.floating_ip_address}`,
    );
    expect(floatingips.map(({ id }) => id)).toEqual([made.id]);
    expect((await put(made.id, { description: 'e' })).body.floatingip).toMatchObject({
      description: 'e',
      revision_number: 1,
    });
    expect((await del(`floatingips/${made.id}`)).status).toBe(204);
    expect(await ports(cloud.admin)).toEqual([]);
    expect(refusalOf(await del(`floatingips/${made.id}`))).toEqual([
      404,
      'FloatingIPNotFound',
      `Floating IP ${made.id} could not be found`,
    ]);
  });

  it('stands for a port’s address by the router between them, moves to another, and is free when its port goes', async () => {
    const [first, second] = [await newPort({ name: 'first' }), await newPort()];
    const made = await make({ port_id: first.id });
    expect(made).toMatchObject({
      port_id: first.id,
      fixed_ip_address: first.fixed_ips[0]!.ip_address,
      router_id: router,
      status: 'DOWN',
      port_details: { name: 'first', network_id: inside.network, device_id: '', status: 'DOWN' },
    });
    await cloud.database.query(`UPDATE neutron.floating_ips SET status = 'ACTIVE' WHERE id = $1`, [made.id]);
    expect((await put(made.id, { port_id: first.id })).body.floatingip).toMatchObject({ status: 'ACTIVE' });
    const moved = (await put(made.id, { port_id: second.id })).body.floatingip;
    expect(moved).toMatchObject({ port_id: second.id, router_id: router, status: 'DOWN' });
    const list = await member.api.call<{ floatingips: Item[] }>('GET', `${V2}/floatingips?port_id=${second.id}`);
    expect(list.floatingips.map(({ id }) => id)).toEqual([made.id]);
    expect((await del(`ports/${second.id}`)).status).toBe(204);
    const free = { port_id: null, fixed_ip_address: null, router_id: null, status: 'DOWN', port_details: null };
    expect(await show(made.id)).toMatchObject(free);
    await put(made.id, { port_id: first.id });
    expect((await put(made.id, { port_id: null })).body.floatingip).toMatchObject(free);
  });

  it('is refused in Neutron’s words for what it cannot stand for', async () => {
    const { id } = await make();
    const lonely = await makeNetwork(member.api, '10.2.0.0/24');
    const alone = await newPort({ network_id: lonely.network });
    const bare = await newPort({ fixed_ips: [] });
    const second = await makeSubnet(member.api, inside.network, '10.1.1.0/24');
    const double = await newPort({ fixed_ips: [{ subnet_id: inside.subnet }, { subnet_id: second }] });
    const dhcp = await newPort({ device_owner: 'network:dhcp' });
    const bad = (why: string) => [400, 'BadRequest', `Bad floatingip request: ${why}.`];
    for (const [change, refusal] of [
      [
        { port_id: alone.id },
        [
          404,
          'ExternalGatewayForFloatingIPNotFound',
          `External network ${outside.network} is not reachable from subnet ${lonely.subnet}.  Therefore, cannot associate Port ${alone.id} with a Floating IP.`,
        ],
      ],
      [{ port_id: bare.id }, bad(`Cannot add floating IP to port ${bare.id} that has no fixed IPv4 addresses`)],
      [
        { port_id: double.id },
        bad(
          `Port ${double.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
        ),
      ],
      [{ port_id: dhcp.id }, bad(`Port ${dhcp.id} is unable to be assigned a floating IP`)],
      [{ port_id: double.id, fixed_ip_address: '10.9.9.9' }, bad(`Port ${double.id} does not have fixed ip 10.9.9.9`)],
      [
        { port_id: double.id, fixed_ip_address: '::1' },
        bad('Cannot process floating IP association with ::1, since that is not an IPv4 address'),
      ],
      [{ fixed_ip_address: '10.1.0.9' }, bad('fixed_ip_address cannot be specified without a port_id')],
      [{ port_id: router }, [404, 'PortNotFound', `Port ${router} could not be found.`]],
    ] as const)
      expect(refusalOf(await put(id, change))).toEqual(refusal);
    const at = double.fixed_ips.find(({ ip_address }) => ip_address.startsWith('10.1.0.'))!.ip_address;
    expect((await put(id, { port_id: double.id, fixed_ip_address: at })).body.floatingip.fixed_ip_address).toBe(at);
    const more = await make();
    expect(refusalOf(await put(more.id, { port_id: double.id, fixed_ip_address: at }))).toEqual([
      409,
      'FloatingIPPortAlreadyAssociated',
      `Cannot associate floating IP ${more.floating_ip_address} (${more.id}) with port ${double.id} using fixed IP ${at}, as that fixed IP already has a floating IP on external network ${outside.network}.`,
    ]);
    const change = { port: { fixed_ips: [{ subnet_id: second }] } };
    expect(refusalOf(await member.api.request<Refused>('PUT', `${V2}/ports/${double.id}`, change))[2]).toBe(
      `Bad port request: Cannot update the fixed_ips of the port ${double.id}, because its original fixed_ip has been associated to a floating ip.`,
    );
    for (const port of [alone, bare, double, dhcp]) await del(`ports/${port.id}`);
    await del(`subnets/${second}`);
  });

  it('has its address chosen by administrators alone, from a subnet that anybody chooses', async () => {
    const floating_ip_address = '203.0.113.77';
    expect((await post({ floating_ip_address })).status).toBe(403);
    const { body } = await post({ floating_ip_address }, cloud.admin);
    expect(body.floatingip.floating_ip_address).toBe(floating_ip_address);
    expect(refusalOf(await post({ floating_ip_address }, cloud.admin))[1]).toBe('IpAddressAlreadyAllocated');
    const second = await makeSubnet(cloud.admin, outside.network, '198.51.100.0/24');
    expect((await make({ subnet_id: second })).floating_ip_address).toMatch(/^198\.51\.100\./);
    const six = await makeNetwork(cloud.admin, '2001:db8::/64', { 'router:external': true });
    for (const [network, why] of [
      [inside.network, `Network ${inside.network} is not a valid external network`],
      [six.network, `Network ${six.network} does not contain any IPv4 subnet`],
    ])
      expect(refusalOf(await post({ floating_network_id: network }))[2]).toBe(`Bad floatingip request: ${why}.`);
    const hidden = await makeNetwork(other.api, '10.3.0.0/24');
    expect(refusalOf(await post({ floating_network_id: hidden.network }))[1]).toBe('NetworkNotFound');
  });

  it('keeps its router’s interface and gateway, and its port, where another project’s stands for it', async () => {
    const port = await newPort();
    const made = await make({ port_id: port.id });
    expect(refusalOf(await routerPut('/remove_router_interface', { subnet_id: inside.subnet }))).toEqual([
      409,
      'RouterInterfaceInUseByFloatingIP',
      `Router interface for subnet ${inside.subnet} on router ${router} cannot be deleted, as it is required by one or more floating IPs.`,
    ]);
    expect(refusalOf(await routerPut('', { router: { external_gateway_info: null } }))).toEqual([
      409,
      'RouterExternalGatewayInUseByFloatingIp',
      `Gateway cannot be updated for router ${router}, since a gateway to external network ${outside.network} is required by one or more floating IPs.`,
    ]);
    await del(`floatingips/${made.id}`);
    const { body } = await post({ port_id: port.id }, cloud.admin);
    expect(refusalOf(await del(`ports/${port.id}`))[1]).toBe('FipAssociated');
    await del(`floatingips/${body.floatingip.id}`, cloud.admin);
    expect((await del(`ports/${port.id}`)).status).toBe(204);
  });

  it('is its project’s alone, and counts against its quota', async () => {
    const { id } = await make();
    const port = await newPort();
    expect((await put(id, { description: 'x' }, other.api)).status).toBe(404);
    expect(refusalOf(await post({ port_id: port.id }, other.api))[1]).toBe('PortNotFound');
    await cloud.admin.call('PUT', `${V2}/quotas/${other.project}`, { quota: { floatingip: 1 } });
    expect((await post({}, other.api)).status).toBe(201);
    expect(refusalOf(await post({}, other.api))[2]).toBe("Quota exceeded for resources: ['floatingip'].");
  });

  it('goes with its network when it stands for nothing', async () => {
    const { network } = await makeNetwork(cloud.admin, '192.0.2.0/24', { 'router:external': true });
    const { id } = await make({ floating_network_id: network });
    expect((await del(`networks/${network}`, cloud.admin)).status).toBe(204);
    expect((await member.api.request('GET', `${V2}/floatingips/${id}`)).status).toBe(404);
  });

  it('is never that of two, however many ask for one port or take a router away at once', async () => {
    const port = await newPort();
    const ips = await Promise.all(Array.from({ length: 6 }, () => make()));
    expect(new Set(ips.map((one) => one.floating_ip_address)).size).toBe(ips.length);
    const answers = await Promise.all(ips.map((one) => put(one.id, { port_id: port.id })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const won = ips[answers.findIndex(({ status }) => status === 200)]!;
    await put(won.id, { port_id: null });
    const [taken, removed] = await Promise.all([
      put(won.id, { port_id: port.id }),
      routerPut('/remove_router_interface', { subnet_id: inside.subnet }),
    ]);
    expect([taken.status, removed.status].filter((status) => status === 200)).toHaveLength(1);
    if (removed.status === 200) await routerPut('/add_router_interface', { subnet_id: inside.subnet });
  });
});

describe('Pools of floating IPs', () => {
  it('are the IPv4 subnets of external networks, to everybody as his own', async () => {
    for (const { api, project } of [member, other]) {
      const { floatingip_pools } = await api.call<{ floatingip_pools: Record<string, unknown>[] }>(
        'GET',
        `${V2}/floatingip_pools`,
      );
      expect(floatingip_pools).toContainEqual({
        subnet_id: outside.subnet,
        subnet_name: '',
        network_id: outside.network,
        cidr: '203.0.113.0/24',
        project_id: project,
      });
      expect(floatingip_pools.some(({ subnet_id }) => subnet_id === inside.subnet)).toBe(false);
    }
  });
});

describe('A port forwarding', () => {
  it('leads from a port of a floating IP to one of a port, and gives the floating IP its router', async () => {
    const [ip, port] = [await make(), await newPort()];
    const { status, body } = await forward(ip.id, {
      internal_port_id: port.id,
      internal_port: 22,
      external_port: 2222,
      description: 'ssh',
    });
    const made = body.port_forwarding;
    expect([status, made]).toEqual([
      201,
      {
        id: made.id,
        description: 'ssh',
        internal_port_id: port.id,
        internal_ip_address: port.fixed_ips[0]!.ip_address,
        protocol: 'tcp',
        external_port: 2222,
        external_port_range: '2222:2222',
        internal_port: 22,
        internal_port_range: '22:22',
      },
    ]);
    expect(await show(ip.id)).toMatchObject({
      router_id: router,
      port_id: null,
      port_forwardings: [
        { id: made.id, external_port: 2222, internal_port: 22, internal_port_id: port.id, protocol: 'tcp' },
      ],
    });
    expect(refusalOf(await put(ip.id, { port_id: port.id }))).toEqual([
      409,
      'FipInUseByPortForwarding',
      `Floating IP ${ip.id} in use by Port Forwarding resources.`,
    ]);
    expect(refusalOf(await del(`floatingips/${ip.id}`))[1]).toBe('FipInUseByPortForwarding');
    expect(refusalOf(await routerPut('/remove_router_interface', { subnet_id: inside.subnet }))[1]).toBe(
      'RouterInterfaceInUseByFloatingIP',
    );
    const path = `${V2}/floatingips/${ip.id}/port_forwardings`;
    const changed = await member.api.call<{ port_forwarding: Forwarding }>('PUT', `${path}/${made.id}`, {
      port_forwarding: { external_port_range: '3000:3001', internal_port_range: '80:81', protocol: 'udp' },
    });
    expect(changed.port_forwarding).toMatchObject({
      protocol: 'udp',
      external_port: null,
      external_port_range: '3000:3001',
      internal_port_range: '80:81',
    });
    expect(await member.api.call('GET', `${path}?protocol=udp`)).toEqual({
      port_forwardings: [changed.port_forwarding],
    });
    expect(await member.api.call('GET', `${path}/${made.id}`)).toEqual(changed);
    for (const method of ['GET', 'POST'] as const)
      expect(
        refusalOf(
          await other.api.request<Refused>(
            method,
            path,
            method === 'GET'
              ? undefined
              : { port_forwarding: { internal_port_id: port.id, protocol: 'tcp', external_port: 1, internal_port: 1 } },
          ),
        )[1],
      ).toBe('FloatingIPNotFound');
    expect((await del(`floatingips/${ip.id}/port_forwardings/${made.id}`)).status).toBe(204);
    expect(await show(ip.id)).toMatchObject({ router_id: null, port_forwardings: [] });
  });

  it('has its ports to itself, outside and inside', async () => {
    const [ip, port] = [await make(), await newPort()];
    const internal_port_id = port.id;
    const at = (external: object, internal: object) => forward(ip.id, { internal_port_id, ...external, ...internal });
    expect((await at({ external_port_range: '100:110' }, { internal_port_range: '100:110' })).status).toBe(201);
    for (const [external, internal, why] of [
      [
        { external_port: 105 },
        { internal_port: 5 },
        'There is a port collision with the external_port_range. The following ranges collide: 100:110 and 105:105',
      ],
      [
        { external_port: 5 },
        { internal_port: 110 },
        'There is a port collision with the internal_port_range. The following ranges collide: 100:110 and 110:110',
      ],
      [
        { external_port: 5 },
        { internal_port_range: '1:3' },
        'Invalid ranges of internal and/or external ports. The relation between internal and external ports must be N-N or 1-N',
      ],
    ] as const)
      expect(refusalOf(await at(external, internal))).toEqual([
        400,
        'BadRequest',
        `Bad port_forwarding request: ${why}.`,
      ]);
    expect((await at({ external_port: 70_000 }, { internal_port: 1 })).status).toBe(400);
    const same = { external_port: 7, internal_port: 7 };
    const answers = await Promise.all([at(same, {}), at(same, {}), at(same, {})]);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const bound = await make({ port_id: (await newPort()).id });
    expect(
      refusalOf(await forward(ip.id, { internal_port_id: bound.port_id, external_port: 9, internal_port: 9 }))[1],
    ).toBe('PortHasBindingFloatingIP');
    expect(refusalOf(await forward(bound.id, { internal_port_id, external_port: 9, internal_port: 9 }))[1]).toBe(
      'FloatingIPPortAlreadyAssociated',
    );
    expect((await del(`ports/${port.id}`)).status).toBe(204);
    expect(await show(ip.id)).toMatchObject({ router_id: null, port_forwardings: [] });
  });
});
