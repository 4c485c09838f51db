import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const NET = '/network/v2.0';
let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.make(cloud);
});

/** What released clients count on, and no schema says. */
describe('a body of Neutron', () => {
  it('may say numbers and booleans as text, as the openstack client says an MTU', async () => {
    const { network } = await tenant.api.call<{ network: { id: string; mtu: number } }>('POST', `${NET}/networks`, {
      network: { name: 'texts', mtu: '1400', admin_state_up: 'False', port_security_enabled: 0 },
    });
    expect(network).toMatchObject({ mtu: 1400, admin_state_up: false, port_security_enabled: false });
    const change = (body: object) => tenant.api.request('PUT', `${NET}/networks/${network.id}`, { network: body });
    expect(await change({ mtu: '1300' })).toMatchObject({ status: 200, body: { network: { mtu: 1300 } } });
    for (const wrong of [{ mtu: 'many' }, { mtu: '67' }, { mtu: '1e3' }, { admin_state_up: 'perhaps' }])
      expect((await change(wrong)).status).toBe(400);
  });

  it('may give what an attribute is without it, also where only an administrator may choose it', async () => {
    const made = await tenant.api.request('POST', `${NET}/networks`, {
      network: { name: 'defaults', shared: false, 'router:external': false },
    });
    expect(made.status).toBe(201);
    expect((await tenant.api.request('POST', `${NET}/networks`, { network: { shared: true } })).status).toBe(403);
  });

  it('keeps an address that it names, and gives a port another for the subnet that it names alone', async () => {
    const made = async <T extends 'network' | 'subnet' | 'port'>(one: T, body: object) =>
      (
        await tenant.api.call<Record<T, { id: string; fixed_ips: object[] }>>('POST', `${NET}/${one}s`, { [one]: body })
      )[one];
    const { id: network_id } = await made('network', {});
    const { id: subnet_id } = await made('subnet', { network_id, ip_version: 4, cidr: '10.94.0.0/24' });
    const held = { subnet_id, ip_address: '10.94.0.44' };
    const { id } = await made('port', { network_id, fixed_ips: [held] });
    const change = async (...fixed_ips: object[]) =>
      (await tenant.api.call<{ port: { fixed_ips: object[] } }>('PUT', `${NET}/ports/${id}`, { port: { fixed_ips } }))
        .port.fixed_ips;
    const two = await change({ subnet_id }, held);
    expect(two).toHaveLength(2);
    expect(two).toContainEqual(held);
    expect(await change(held)).toEqual([held]);
    expect(await change({ subnet_id })).toEqual([held]);
  });

  it('adds further DHCP options to those of a port, changes them and takes them away, one by one', async () => {
    const { port } = await tenant.api.call<{ port: { id: string; extra_dhcp_opts: object[] } }>(
      'POST',
      `${NET}/ports`,
      {
        port: {
          network_id: tenant.network,
          extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1400', ip_version: '4' }],
        },
      },
    );
    expect(port.extra_dhcp_opts).toEqual([{ opt_name: 'mtu', opt_value: '1400', ip_version: 4 }]);
    const change = async (...extra_dhcp_opts: object[]) =>
      (
        await tenant.api.call<{ port: { extra_dhcp_opts: object[] } }>('PUT', `${NET}/ports/${port.id}`, {
          port: { extra_dhcp_opts },
        })
      ).port.extra_dhcp_opts;
    const server = { opt_name: 'tftp-server', opt_value: '192.0.2.9', ip_version: 4 };
    expect(await change({ opt_name: 'tftp-server', opt_value: '192.0.2.9' })).toHaveLength(2);
    expect(await change({ opt_name: 'mtu', opt_value: null })).toEqual([server]);
  });
});

describe('what somebody may not see at all', () => {
  it('is not in a list, and is as if it were not there', async () => {
    expect(await tenant.api.call('GET', `${NET}/agents`)).toEqual({ agents: [] });
    const { agents } = await tenant.admin.call<{ agents: { id: string }[] }>('GET', `${NET}/agents`);
    for (const method of ['GET', 'DELETE'])
      expect(await tenant.api.request(method, `${NET}/agents/${agents[0]!.id}`)).toMatchObject({ status: 404 });
  });
});

describe('tags', () => {
  it('are in order, whatever the order in which they came', async () => {
    const { network } = await tenant.api.call<{ network: { id: string } }>('POST', `${NET}/networks`, { network: {} });
    for (const tags of [['red', 'green'], ['blue']])
      await tenant.api.call('POST', `${NET}/networks/${network.id}/tags`, { tags });
    const shown = await tenant.api.call<{ network: object }>('GET', `${NET}/networks/${network.id}`);
    expect(shown.network).toMatchObject({ tags: ['blue', 'green', 'red'] });
  });

  it('of a QoS policy are below /policies, too', async () => {
    const { policy } = await tenant.admin.call<{ policy: { id: string } }>('POST', `${NET}/qos/policies`, {
      policy: { name: 'tagged' },
    });
    await tenant.admin.call('PUT', `${NET}/policies/${policy.id}/tags`, { tags: ['gold'] });
    expect(await tenant.admin.call('GET', `${NET}/qos/policies/${policy.id}/tags`)).toEqual({ tags: ['gold'] });
    await tenant.admin.call('DELETE', `${NET}/qos/policies/${policy.id}`);
  });
});

describe('an address group', () => {
  it('stays while rules of security groups name it', async () => {
    const make = async (one: string, path: string, body: object): Promise<string> =>
      (await tenant.api.call<Record<string, { id: string }>>('POST', `${NET}/${path}`, { [one]: body }))[one]!.id;
    const range = await make('address_group', 'address-groups', { name: 'range', addresses: ['192.0.2.0/24'] });
    const group = await make('security_group', 'security-groups', { name: 'guard' });
    const rule = { security_group_id: group, direction: 'ingress', remote_address_group_id: range };
    await make('security_group_rule', 'security-group-rules', rule);
    expect(await tenant.api.request('DELETE', `${NET}/address-groups/${range}`)).toMatchObject({
      status: 409,
      body: { NeutronError: { type: 'AddressGroupInUse' } },
    });
    await tenant.api.call('DELETE', `${NET}/security-groups/${group}`);
    await tenant.api.call('DELETE', `${NET}/address-groups/${range}`);
  });
});
