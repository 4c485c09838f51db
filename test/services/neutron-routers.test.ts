import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';
import { V2, makeNetwork, makeSubnet, refusalOf, type Refused } from '../setup/neutron.js';

type Router = Item & {
  readonly revision_number: number;
  readonly external_gateway_info: null | {
    network_id: string;
    enable_snat: boolean;
    external_fixed_ips: { subnet_id: string; ip_address: string }[];
  };
};
interface Interface {
  readonly id: string;
  readonly port_id: string;
  readonly subnet_id: string;
  readonly subnet_ids: string[];
}

/** What nobody is given who does not ask for it, is free for those who do. */
const RANGE = { allocation_pools: [{ start: '203.0.113.100', end: '203.0.113.254' }] };

let cloud: ServiceApi;
let member: Member;
let other: Member;
let outside: { network: string; subnet: string };
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  [member, other] = await Promise.all([newMember(cloud.admin), newMember(cloud.admin)]);
  await cloud.admin.call('PUT', `${V2}/quotas/${member.project}`, { quota: { router: -1 } });
  outside = await newNetwork('203.0.113.0/24', { 'router:external': true }, cloud.admin, RANGE);
});
afterAll(() => cloud.stop());

const newNetwork = (cidr: string, fields: object = {}, api = member.api, ofSubnet: object = {}) =>
  makeNetwork(api, cidr, fields, ofSubnet);
const newRouter = async (fields: object = {}, api = member.api): Promise<Router> =>
  (await api.call<{ router: Router }>('POST', `${V2}/routers`, { router: fields })).router;
const show = async (id: string, api = member.api): Promise<Router> =>
  (await api.call<{ router: Router }>('GET', `${V2}/routers/${id}`)).router;
const put = (id: string, change: object, api = member.api) =>
  api.request<{ router: Router } & Refused>('PUT', `${V2}/routers/${id}`, { router: change });
const act = (id: string, action: string, body: object, api = member.api, headers = {}) =>
  api.request<Interface & { router: Router } & Refused>('PUT', `${V2}/routers/${id}/${action}`, body, headers);
const add = (id: string, body: object, api = member.api) => act(id, 'add_router_interface', body, api);
const remove = (id: string, body: object, api = member.api) => act(id, 'remove_router_interface', body, api);
const portOf = async (id: string, api = member.api) =>
  (await api.call<{ port: Item & { fixed_ips: object[] } }>('GET', `${V2}/ports/${id}`)).port;
const newPort = async (network_id: string, fields: object = {}): Promise<string> =>
  (await member.api.call<{ port: Item }>('POST', `${V2}/ports`, { port: { network_id, ...fields } })).port.id;
const del = (path: string, api = member.api) => api.request<Refused>('DELETE', `${V2}/${path}`);

describe('A router', () => {
  it('is made, listed, changed, tagged and deleted, with the attributes that Neutron shows its owner', async () => {
    const made = await newRouter({ name: 'r', description: 'd', admin_state_up: false });
    expect(made).toMatchObject({
      name: 'r',
      description: 'd',
      admin_state_up: false,
      status: 'ACTIVE',
      external_gateway_info: null,
      enable_snat: true,
      routes: [],
      availability_zone_hints: [],
      availability_zones: [],
      flavor_id: null,
      tags: [],
      project_id: member.project,
      tenant_id: member.project,
    });
    expect(Object.keys(made)).not.toContain('ha');
    expect(await show(made.id, cloud.admin)).toMatchObject({ ha: false, distributed: false });
    const changed = await put(made.id, { name: 's', admin_state_up: true });
    expect(changed.body.router).toMatchObject({ name: 's', revision_number: made.revision_number + 1 });
    await member.api.call('PUT', `${V2}/routers/${made.id}/tags/t`);
    const { routers } = await member.api.call<{ routers: Router[] }>('GET', `${V2}/routers?name=s&tags=t`);
    expect(routers.map(({ id }) => id)).toEqual([made.id]);
    expect((await del(`routers/${made.id}`)).status).toBe(204);
    expect(refusalOf(await del(`routers/${made.id}`))).toEqual([
      404,
      'RouterNotFound',
      `Router ${made.id} could not be found`,
    ]);
  });

  it('is its own project’s alone, and neither distributed nor highly available', async () => {
    const { id } = await newRouter();
    for (const answer of [await put(id, { name: 'x' }, other.api), await add(id, { subnet_id: id }, other.api)])
      expect(refusalOf(answer)).toEqual([404, 'RouterNotFound', `Router ${id} could not be found`]);
    expect((await other.api.call<{ routers: Item[] }>('GET', `${V2}/routers`)).routers).toEqual([]);
    const make = (router: object, api = member.api) => api.request<Refused>('POST', `${V2}/routers`, { router });
    expect((await make({ ha: true })).status).toBe(400);
    expect((await make({ ha: false })).status).toBe(403);
    expect((await make({ distributed: true }, cloud.admin)).status).toBe(400);
    expect((await make({ distributed: false, ha: false }, cloud.admin)).status).toBe(201);
  });

  it('counts against the quota of routers', async () => {
    const { api, project } = await newMember(cloud.admin);
    await cloud.admin.call('PUT', `${V2}/quotas/${project}`, { quota: { router: 1 } });
    await newRouter({}, api);
    expect(refusalOf(await api.request<Refused>('POST', `${V2}/routers`, { router: {} }))).toEqual([
      409,
      'OverQuota',
      "Quota exceeded for resources: ['router'].",
    ]);
    const { quota } = await api.call<{ quota: { router: object } }>('GET', `${V2}/quotas/${project}/details`);
    expect(quota.router).toEqual({ limit: 1, used: 1, reserved: 0 });
  });
});

describe('An interface of a router', () => {
  it('by a subnet is a port of the router’s project at the subnet’s gateway, and goes with it', async () => {
    const { network, subnet } = await newNetwork('10.1.0.0/24');
    const { id, revision_number } = await newRouter();
    const { status, body } = await add(id, { subnet_id: subnet });
    expect([status, body]).toEqual([
      200,
      {
        id,
        project_id: member.project,
        port_id: expect.any(String) as string,
        network_id: network,
        subnet_id: subnet,
        subnet_ids: [subnet],
      },
    ]);
    expect(await portOf(body.port_id)).toMatchObject({
      device_id: id,
      device_owner: 'network:router_interface',
      project_id: member.project,
      fixed_ips: [{ subnet_id: subnet, ip_address: '10.1.0.1' }],
    });
    expect((await show(id)).revision_number).toBe(revision_number + 1);
    expect(refusalOf(await del(`routers/${id}`))).toEqual([
      409,
      'RouterInUse',
      `Router ${id} has ports still attached: ${body.port_id}`,
    ]);
    expect(refusalOf(await del(`ports/${body.port_id}`))).toEqual([
      409,
      'ServicePortInUse',
      `Port ${body.port_id} cannot be deleted directly via the port API: has device owner network:router_interface.`,
    ]);
    expect(refusalOf(await del(`subnets/${subnet}`))[1]).toBe('SubnetInUse');
    expect(refusalOf(await del(`networks/${network}`))[1]).toBe('NetworkInUse');
    const gateway = { subnet: { gateway_ip: '10.1.0.9' } };
    expect(refusalOf(await member.api.request<Refused>('PUT', `${V2}/subnets/${subnet}`, gateway))).toEqual([
      409,
      'GatewayIpInUse',
      `Current gateway ip 10.1.0.1 already in use by port ${body.port_id}. Unable to update.`,
    ]);
    expect((await remove(id, { subnet_id: subnet })).body).toEqual(body);
    expect((await member.api.request('GET', `${V2}/ports/${body.port_id}`)).status).toBe(404);
    expect(refusalOf(await remove(id, { subnet_id: subnet }))).toEqual([
      404,
      'RouterInterfaceNotFoundForSubnet',
      `Router ${id} has no interface on subnet ${subnet}`,
    ]);
    for (const path of [`networks/${network}`, `routers/${id}`]) expect((await del(path)).status).toBe(204);
  });

  it('by a port keeps its addresses, and is refused for one that is in use or has none', async () => {
    const { network, subnet } = await newNetwork('10.2.0.0/24');
    const { id } = await newRouter();
    const port = await newPort(network, { fixed_ips: [{ ip_address: '10.2.0.77' }] });
    const { body } = await add(id, { port_id: port });
    expect(body).toMatchObject({ port_id: port, subnet_id: subnet });
    expect(await portOf(port)).toMatchObject({
      device_id: id,
      device_owner: 'network:router_interface',
      fixed_ips: [{ ip_address: '10.2.0.77' }],
    });
    expect(refusalOf(await add(id, { port_id: port }))).toEqual([
      409,
      'PortInUse',
      `Unable to complete operation on port ${port} for network ${network}. Port already has an attached device ${id}.`,
    ]);
    const taken = { port: { device_id: '' } };
    expect(refusalOf(await member.api.request<Refused>('PUT', `${V2}/ports/${port}`, taken))[1]).toBe('PortBound');
    const none = await newPort(network, { fixed_ips: [] });
    expect(refusalOf(await add(id, { port_id: none }))[2]).toBe(
      'Bad router request: Router port must have at least one fixed IP.',
    );
    expect(refusalOf(await remove(id, { port_id: none }))).toEqual([
      404,
      'RouterInterfaceNotFound',
      `Router ${id} does not have an interface with id ${none}`,
    ]);
    expect(refusalOf(await remove(id, { port_id: port, subnet_id: outside.subnet }))).toEqual([
      400,
      'SubnetMismatchForPort',
      `Subnet on port ${port} does not match the requested subnet ${outside.subnet}.`,
    ]);
    expect((await remove(id, { port_id: port })).status).toBe(200);
  });

  it('is asked for by a subnet or by a port', async () => {
    const { id } = await newRouter();
    for (const [body, words] of [
      [{}, 'Either subnet_id or port_id must be specified'],
      [{ subnet_id: id, port_id: id }, 'Cannot specify both subnet-id and port-id'],
      [{ subnet_id: 'x' }, "'x' is not a valid UUID"],
    ] as const)
      expect(refusalOf(await add(id, body))).toEqual([400, 'BadRequest', `Bad router request: ${words}.`]);
    expect(refusalOf(await add(id, { subnet_id: id }))[1]).toBe('SubnetNotFound');
    expect(refusalOf(await add(id, { port_id: id }))[1]).toBe('PortNotFound');
  });

  it('is one for each subnet, and no two overlap', async () => {
    const { subnet } = await newNetwork('10.3.0.0/24');
    const wide = await newNetwork('10.3.0.0/16');
    const { id } = await newRouter();
    await add(id, { subnet_id: subnet });
    expect(refusalOf(await add(id, { subnet_id: subnet }))[2]).toBe(
      `Bad router request: Router already has a port on subnet ${subnet}.`,
    );
    expect(refusalOf(await add(id, { subnet_id: wide.subnet }))[2]).toBe(
      `Bad router request: Cidr 10.3.0.0/16 of subnet ${wide.subnet} overlaps with cidr 10.3.0.0/24 of subnet ${subnet}.`,
    );
    const both = await Promise.all([4, 4].map(() => newNetwork('10.4.0.0/24')));
    const answers = await Promise.all(both.map((one) => add(id, { subnet_id: one.subnet })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });

  it('is no way into a subnet of another project, nor into one without a gateway', async () => {
    const shared = await newNetwork('10.5.0.0/24', { shared: true }, cloud.admin);
    const { id } = await newRouter();
    expect(refusalOf(await add(id, { subnet_id: shared.subnet }))[2]).toBe(
      `Bad router request: Cannot add interface to router because subnet ${shared.subnet} is not owned by project making the request.`,
    );
    const closed = await newNetwork('10.6.0.0/24', {}, member.api, { gateway_ip: null });
    expect(refusalOf(await add(id, { subnet_id: closed.subnet }))[2]).toBe(
      'Bad router request: Subnet for router interface must have a gateway IP.',
    );
    const foreign = { network_id: shared.network, device_owner: 'network:router_interface', device_id: id };
    expect((await other.api.request('POST', `${V2}/ports`, { port: foreign })).status).toBe(403);
    const theirs = await newNetwork('10.7.0.0/24', {}, other.api);
    const forged = { port: { ...foreign, network_id: theirs.network } };
    expect(refusalOf(await other.api.request<Refused>('POST', `${V2}/ports`, forged))[1]).toBe(
      'DeviceIDNotOwnedByTenant',
    );
  });

  it('has all IPv6 subnets of a network on one port', async () => {
    const { network, subnet } = await newNetwork('2001:db8:1::/64');
    const second = await makeSubnet(member.api, network, '2001:db8:2::/64');
    const { id } = await newRouter();
    const first = (await add(id, { subnet_id: subnet })).body;
    expect((await add(id, { subnet_id: second })).body.port_id).toBe(first.port_id);
    expect((await portOf(first.port_id)).fixed_ips).toHaveLength(2);
    const third = await newPort(network, { fixed_ips: [{ subnet_id: second }] });
    expect(refusalOf(await add(id, { port_id: third }))[2]).toContain(
      `Router already contains IPv6 port ${first.port_id} belonging to network id ${network}.`,
    );
    expect((await remove(id, { subnet_id: subnet })).body).toMatchObject({ port_id: first.port_id, subnet_id: subnet });
    expect((await portOf(first.port_id)).fixed_ips).toEqual([{ subnet_id: second, ip_address: '2001:db8:2::1' }]);
  });
});

describe('A network’s DHCP port', () => {
  it('keeps neither its subnet nor its network', async () => {
    const { network, subnet } = await newNetwork('10.12.0.0/24');
    const port = await newPort(network, { device_owner: 'network:dhcp', device_id: 'dhcp-host' });
    expect((await portOf(port)).fixed_ips).toHaveLength(1);
    expect((await del(`subnets/${subnet}`)).status).toBe(204);
    expect((await portOf(port)).fixed_ips).toEqual([]);
    expect((await del(`networks/${network}`)).status).toBe(204);
    expect((await member.api.request('GET', `${V2}/ports/${port}`)).status).toBe(404);
  });
});

describe('A router’s gateway', () => {
  it('is a port on an external network that no project sees, with its address shown at the router', async () => {
    const made = await newRouter({ external_gateway_info: { network_id: outside.network } });
    expect(made.external_gateway_info).toEqual({
      network_id: outside.network,
      enable_snat: true,
      external_fixed_ips: [
        { subnet_id: outside.subnet, ip_address: expect.stringMatching(/^203\.0\.113\./) as string },
      ],
      qos_policy_id: null,
    });
    const list = async ({ api }: { api: typeof cloud.admin }) =>
      (await api.call<{ ports: Item[] }>('GET', `${V2}/ports?device_id=${made.id}`)).ports;
    expect(await list(member)).toEqual([]);
    const [gateway] = await list({ api: cloud.admin });
    expect(gateway).toMatchObject({ device_owner: 'network:router_gateway', project_id: '', status: 'DOWN' });
    expect(refusalOf(await del(`ports/${gateway!.id}`, cloud.admin))[1]).toBe('ServicePortInUse');
    expect(refusalOf(await del(`networks/${outside.network}`, cloud.admin))[1]).toBe('NetworkInUse');
    const inner = { network: { 'router:external': false } };
    expect(refusalOf(await cloud.admin.request<Refused>('PUT', `${V2}/networks/${outside.network}`, inner))).toEqual([
      409,
      'ExternalNetworkInUse',
      `External network ${outside.network} cannot be updated to be made non-external, since it has existing gateway ports.`,
    ]);
    expect((await put(made.id, { external_gateway_info: {} })).body.router.external_gateway_info).toBeNull();
    expect(await list({ api: cloud.admin })).toEqual([]);
    const again = await put(made.id, { external_gateway_info: { network_id: outside.network } });
    expect(again.body.router.external_gateway_info?.network_id).toBe(outside.network);
    expect((await put(made.id, { external_gateway_info: null })).body.router.external_gateway_info).toBeNull();
    expect((await del(`routers/${made.id}`)).status).toBe(204);
  });

  it('has its SNAT and its addresses from administrators alone', async () => {
    const { id } = await newRouter();
    const network_id = outside.network;
    for (const info of [
      { network_id, enable_snat: false },
      { network_id, external_fixed_ips: [{ ip_address: '203.0.113.50' }] },
    ]) {
      expect((await put(id, { external_gateway_info: info })).status).toBe(403);
      const { body } = await put(id, { external_gateway_info: info }, cloud.admin);
      expect(body.router.external_gateway_info).toMatchObject(
        'enable_snat' in info
          ? info
          : { enable_snat: true, external_fixed_ips: [{ subnet_id: outside.subnet, ip_address: '203.0.113.50' }] },
      );
    }
    const taken = { network_id, external_fixed_ips: [{ ip_address: '203.0.113.1' }] };
    expect(refusalOf(await put(id, { external_gateway_info: taken }, cloud.admin))[2]).toBe(
      'Bad router request: External IP 203.0.113.1 is the same as the gateway IP.',
    );
  });

  it('leads to an external network that its owner sees, and to none that overlaps with the router’s subnets', async () => {
    const inner = await newNetwork('203.0.113.0/25');
    const hidden = await newNetwork('10.8.0.0/24', {}, other.api);
    const { id } = await newRouter();
    const to = async (network_id: string) => refusalOf(await put(id, { external_gateway_info: { network_id } }));
    expect((await to(inner.network))[2]).toBe(
      `Bad router request: Network ${inner.network} is not an external network.`,
    );
    expect((await to(hidden.network))[1]).toBe('NetworkNotFound');
    await add(id, { subnet_id: inner.subnet });
    expect((await to(outside.network))[2]).toBe(
      `Bad router request: Cidr 203.0.113.0/24 of subnet ${outside.subnet} overlaps with cidr 203.0.113.0/25 of subnet ${inner.subnet}.`,
    );
    expect((await show(id)).external_gateway_info).toBeNull();
    expect(refusalOf(await put(id, { external_gateway_info: { enable_snat: true } }, cloud.admin))[0]).toBe(400);
  });
});

describe('A router’s extra routes', () => {
  it('lead to what is on its subnets, and keep the interface that they need', async () => {
    const { subnet } = await newNetwork('10.9.0.0/24');
    const { id } = await newRouter();
    await add(id, { subnet_id: subnet });
    const routes = [{ destination: '192.0.2.0/24', nexthop: '10.9.0.7' }];
    expect((await put(id, { routes })).body.router['routes']).toEqual(routes);
    for (const [nexthop, why] of [
      ['10.10.0.7', 'the nexthop is not connected with router'],
      ['10.9.0.1', 'the nexthop is used by router'],
    ])
      expect(refusalOf(await put(id, { routes: [{ destination: '192.0.2.0/24', nexthop }] }))).toEqual([
        400,
        'InvalidRoutes',
        `Invalid format for routes: [{'destination': '192.0.2.0/24', 'nexthop': '${nexthop}'}], ${why}`,
      ]);
    for (const [route, why] of [
      [{ destination: '192.0.2.1/24', nexthop: '10.9.0.7' }, "'192.0.2.1/24' is not a valid CIDR"],
      [{ destination: 'x', nexthop: '10.9.0.7' }, "'x' is not a valid CIDR"],
      [{ destination: '127.0.0.0/8', nexthop: '10.9.0.7' }, "'127.0.0.0/8' is not a routable CIDR"],
      [{ destination: '192.0.2.0/24', nexthop: 'y' }, "'y' is not a valid IP address"],
    ] as const)
      expect(refusalOf(await put(id, { routes: [route] }))[2]).toBe(`Invalid input for routes. Reason: ${why}.`);
    expect(refusalOf(await remove(id, { subnet_id: subnet }))).toEqual([
      409,
      'RouterInterfaceInUseByRoute',
      `Router interface for subnet ${subnet} on router ${id} cannot be deleted, as it is required by one or more routes.`,
    ]);
    const many = Array.from({ length: 31 }, (_, i) => ({ destination: `192.0.${i}.0/24`, nexthop: '10.9.0.7' }));
    expect(refusalOf(await put(id, { routes: many }))[2]).toBe("Quota exceeded for resources: ['router_route'].");
    await put(id, { routes: [] });
    expect((await remove(id, { subnet_id: subnet })).status).toBe(200);
  });

  it('are added to and removed from without loss, however many do so at once', async () => {
    const { subnet } = await newNetwork('10.11.0.0/24');
    const { id } = await newRouter();
    await add(id, { subnet_id: subnet });
    const routes = Array.from({ length: 8 }, (_, i) => ({ destination: `192.0.${i}.0/24`, nexthop: '10.11.0.7' }));
    const one = (action: string, route: object) => act(id, action, { router: { routes: [route] } });
    const answers = await Promise.all(routes.map((route) => one('add_extraroutes', route)));
    expect(answers.map(({ status }) => status)).toEqual(routes.map(() => 200));
    const now = (await one('add_extraroutes', routes[0]!)).body.router['routes'] as object[];
    expect(now).toHaveLength(routes.length);
    expect(now).toEqual(expect.arrayContaining(routes));
    await Promise.all(routes.map((route) => one('remove_extraroutes', route)));
    expect((await show(id))['routes']).toEqual([]);
    const stale = await act(id, 'add_extraroutes', { router: { routes } }, member.api, {
      'if-match': 'revision_number=1',
    });
    expect(stale.status).toBe(412);
  });
});
