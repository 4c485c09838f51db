import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { heldAt } from '../setup/faults.js';
import { Tenant, orphansOf } from '../setup/tenant.js';

const cloud = provided('fake');
type Answer = { port?: { id: string }; NeutronError?: { type: string; message: string } };
interface PortBody {
  readonly id: string;
  readonly status: string;
  readonly device_id: string;
}

describe('on a network that another project shares', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });
  const post = (by: Tenant['api'], port: object) =>
    by.request<Answer>('POST', '/network/v2.0/ports', { port: { network_id: tenant.network, ...port } });

  it.each([
    [
      'the address',
      { fixed_ips: [{ ip_address: '10.20.77.1' }] },
      '(rule:create_port and (rule:create_port:fixed_ips and (rule:create_port:fixed_ips:ip_address)))',
    ],
    ['the MAC address', { mac_address: 'fa:16:3e:77:00:01' }, '(rule:create_port and rule:create_port:mac_address)'],
    [
      'an owner of the network itself',
      { device_owner: 'network:dhcp' },
      '(rule:create_port and rule:create_port:device_owner)',
    ],
    [
      'whether it is protected',
      { port_security_enabled: false },
      '(rule:create_port and rule:create_port:port_security_enabled)',
    ],
  ])("only the network's owner and administrators choose %s of a port", async (_what, fields, rules) => {
    const refused = await post(tenant.api, fields);
    expect([refused.status, refused.body.NeutronError]).toEqual([
      403,
      { type: 'PolicyNotAuthorized', message: `${rules} is disallowed by policy`, detail: '' },
    ]);
    const allowed = await post(tenant.admin, fields);
    expect(allowed.status).toBe(201);
    await tenant.admin.call('DELETE', `/network/v2.0/ports/${allowed.body.port?.id}`);
  });

  it('the gateway has its address to itself, whoever asks', async () => {
    const { subnets } = await tenant.admin.call<{ subnets: { gateway_ip: string }[] }>(
      'GET',
      `/network/v2.0/subnets?network_id=${tenant.network}`,
    );
    expect((await post(tenant.api, { fixed_ips: [{ ip_address: subnets[0]!.gateway_ip }] })).status).toBe(403);
  });

  it('anyone may choose the subnet, the device and an owner that is not of the network, as in Neutron', async () => {
    const { subnets } = await tenant.api.call<{ subnets: { id: string }[] }>(
      'GET',
      `/network/v2.0/subnets?network_id=${tenant.network}`,
    );
    for (const fields of [
      { fixed_ips: [{ subnet_id: subnets[0]!.id }] },
      { device_id: 'anything' },
      { device_owner: 'compute:nova' },
      { device_owner: 'baremetal:x' },
    ]) {
      const { status, body } = await post(tenant.api, fields);
      expect([status, body.NeutronError]).toEqual([201, undefined]);
      // What has a server's owner is deleted by Nova and by administrators (Neutron's delete_port).
      await tenant.admin.call('DELETE', `/network/v2.0/ports/${body.port?.id}`);
    }
  });

  it('a user may choose all of that on a network of their own', async () => {
    const { network } = await tenant.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    await tenant.api.call('POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '198.51.100.0/24' },
    });
    const { status } = await tenant.api.request('POST', '/network/v2.0/ports', {
      port: {
        network_id: network.id,
        mac_address: 'fa:16:3e:77:00:02',
        fixed_ips: [{ ip_address: '198.51.100.77' }],
        device_owner: 'network:dhcp',
        port_security_enabled: false,
      },
    });
    expect(status).toBe(201);
  });

  it('no server boots with an address that its user may not choose', async () => {
    const { status, body } = await tenant.api.request<{ forbidden?: { message: string } }>(
      'POST',
      '/compute/v2.1/servers',
      tenant.server({ networks: [{ uuid: tenant.network, fixed_ip: '10.20.77.2' }] }),
    );
    expect([status, body.forbidden?.message]).toEqual([
      403,
      expect.stringContaining('rule:create_port:fixed_ips:ip_address))) is disallowed by policy'),
    ]);
    expect(await tenant.holdings()).toMatchObject({ instances: 0 });
  });

  it('nobody but its owner makes a subnet on it', async () => {
    const { status, body } = await tenant.api.request<Answer>('POST', '/network/v2.0/subnets', {
      subnet: { network_id: tenant.network, ip_version: 4, cidr: '10.99.0.0/24' },
    });
    expect([status, body.NeutronError?.message]).toEqual([403, 'rule:create_subnet is disallowed by policy']);
  });
});

describe('a port that merely names a server', () => {
  it("is none of the server's: it is neither brought up nor shown nor deleted with it, and is no orphan", async () => {
    const [owner, other] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud)]);
    const server = await heldAt(cloud, owner, 'allocateNetwork');
    const hand = (by: Tenant) =>
      by.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
        port: { network_id: by.network, device_id: server, device_owner: 'compute:nova' },
      });
    const made = [
      { by: owner, id: (await hand(owner)).port.id },
      { by: other, id: (await hand(other)).port.id },
    ];
    const shown = (): Promise<PortBody[]> =>
      Promise.all(
        made.map(
          async ({ by, id }) => (await by.api.call<{ port: PortBody }>('GET', `/network/v2.0/ports/${id}`)).port,
        ),
      );
    const unbound = { device_id: server, status: 'DOWN' };
    const booted = await owner.settled(server);
    expect([booted.status, booted.addresses['private']?.length]).toEqual(['ACTIVE', 1]);
    expect(await shown()).toMatchObject([unbound, unbound]);
    await owner.delete(server);
    expect(await shown()).toMatchObject([unbound, unbound]);
    expect(await orphansOf(cloud, [server])).toEqual([]);
    for (const { by, id } of made) await by.admin.call('DELETE', `/network/v2.0/ports/${id}`);
  });
});
