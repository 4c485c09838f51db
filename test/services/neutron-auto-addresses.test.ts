import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, makeSubnet, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

interface Port extends Item {
  readonly mac_address: string;
  readonly fixed_ips: readonly { readonly subnet_id: string; readonly ip_address: string }[];
}

let cloud: ServiceApi;
let member: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
});
afterAll(() => cloud.stop());

const SLAAC = { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' };
const STATELESS = { ipv6_ra_mode: 'dhcpv6-stateless', ipv6_address_mode: 'dhcpv6-stateless' };
const MAC = 'fa:16:3e:01:02:03';
const askPort = (fields: object) =>
  member.api.request<{ port: Port } & Refused>('POST', `${V2}/ports`, { port: fields });
const newPort = async (fields: object): Promise<Port> => {
  const { status, body } = await askPort(fields);
  expect([status, body.NeutronError]).toEqual([201, undefined]);
  return body.port;
};
const put = (id: string, port: object) =>
  member.api.request<{ port: Port } & Refused>('PUT', `${V2}/ports/${id}`, { port });
const addressesOf = ({ fixed_ips }: Port): string[] => fixed_ips.map(({ ip_address }) => ip_address).toSorted();
const show = async (id: string): Promise<Port> =>
  (await member.api.call<{ port: Port }>('GET', `${V2}/ports/${id}`)).port;

describe('A port on a network whose cards make their own IPv6 addresses', () => {
  it.each([
    ['SLAAC', SLAAC],
    ['stateless DHCPv6', STATELESS],
    ['announcements of SLAAC alone', { ipv6_ra_mode: 'slaac' }],
  ])('has the address of its MAC address beside the one of IPv4, by %s', async (_how, modes) => {
    const { network } = await makeNetwork(member.api, '10.1.0.0/24');
    const six = await makeSubnet(member.api, network, '2001:db8:1::/64', modes);
    const port = await newPort({ network_id: network, mac_address: MAC });
    expect(port.fixed_ips).toHaveLength(2);
    expect(port.fixed_ips).toContainEqual({ subnet_id: six, ip_address: '2001:db8:1:0:f816:3eff:fe01:203' });
  });

  it('has that of every such subnet, also where it asks for none, for one subnet, or for the address itself', async () => {
    const { network, subnet } = await makeNetwork(member.api, '10.1.0.0/24');
    const one = await makeSubnet(member.api, network, '2001:db8:1::/64', SLAAC);
    await makeSubnet(member.api, network, '2001:db8:2::/64', SLAAC);
    const both = ['2001:db8:1:0:f816:3eff:fe01:203', '2001:db8:2:0:f816:3eff:fe01:203'];
    for (const fixed_ips of [[], [{ subnet_id: one }], [{ ip_address: both[0] }]]) {
      const port = await newPort({ network_id: network, mac_address: MAC, fixed_ips });
      expect(addressesOf(port)).toEqual(both);
      await member.api.call('DELETE', `${V2}/ports/${port.id}`);
    }
    const port = await newPort({ network_id: network, mac_address: MAC, fixed_ips: [{ subnet_id: subnet }] });
    expect(port.fixed_ips).toHaveLength(3);
    const { body } = await put(port.id, { fixed_ips: [{ subnet_id: subnet, ip_address: '10.1.0.77' }] });
    expect(addressesOf(body.port)).toEqual(['10.1.0.77', ...both]);
  });

  it('cannot choose another one', async () => {
    const { network } = await makeNetwork(member.api, '10.1.0.0/24');
    const six = await makeSubnet(member.api, network, '2001:db8:1::/64', SLAAC);
    const fixed_ips = [{ ip_address: '2001:db8:1::77' }];
    const refusal = [
      400,
      'AllocationOnAutoAddressSubnet',
      `Invalid input for operation: IPv6 address 2001:db8:1::77 cannot be directly assigned to a port on subnet ${six} as the subnet is configured for automatic addresses.`,
    ];
    expect(refusalOf(await askPort({ network_id: network, fixed_ips }))).toEqual(refusal);
    const port = await newPort({ network_id: network });
    expect(refusalOf(await put(port.id, { fixed_ips }))).toEqual(refusal);
  });

  it('gets it when its network gets the subnet, and loses it with the subnet', async () => {
    const { network } = await makeNetwork(member.api, '10.1.0.0/24');
    const port = await newPort({ network_id: network, mac_address: MAC });
    const six = await makeSubnet(member.api, network, '2001:db8:1::/64', SLAAC);
    expect((await show(port.id)).fixed_ips).toContainEqual({
      subnet_id: six,
      ip_address: '2001:db8:1:0:f816:3eff:fe01:203',
    });
    await member.api.call('DELETE', `${V2}/subnets/${six}`);
    expect((await show(port.id)).fixed_ips).toHaveLength(1);
  });

  it('has another one with another MAC address', async () => {
    const { network } = await makeNetwork(cloud.admin, '10.1.0.0/24');
    await makeSubnet(cloud.admin, network, '2001:db8:1::/64', SLAAC);
    const { port } = await cloud.admin.call<{ port: Port }>('POST', `${V2}/ports`, { port: { network_id: network } });
    const changed = await cloud.admin.call<{ port: Port }>('PUT', `${V2}/ports/${port.id}`, {
      port: { mac_address: MAC },
    });
    expect(addressesOf(changed.port)).toContain('2001:db8:1:0:f816:3eff:fe01:203');
    expect(changed.port.fixed_ips).toHaveLength(2);
  });

  it('is a router’s interface with the gateway’s address, which keeps the subnet', async () => {
    const { network } = await makeNetwork(member.api, '10.1.0.0/24');
    const six = await makeSubnet(member.api, network, '2001:db8:1::/64', SLAAC);
    const { router } = await member.api.call<{ router: Item }>('POST', `${V2}/routers`, { router: {} });
    const { port_id } = await member.api.call<{ port_id: string }>(
      'PUT',
      `${V2}/routers/${router.id}/add_router_interface`,
      { subnet_id: six },
    );
    expect(addressesOf(await show(port_id))).toEqual(['2001:db8:1::1']);
    const { status } = await member.api.request('DELETE', `${V2}/subnets/${six}`);
    expect(status).toBe(409);
  });
});

describe('A subnet that says how its IPv6 addresses come about', () => {
  it.each([
    [
      'a prefix of which cards can make no address',
      { cidr: '2001:db8:9::/80', ...SLAAC },
      'Invalid CIDR 2001:db8:9::/80 for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64',
    ],
    [
      'two ways that are not the same',
      { cidr: '2001:db8:9::/64', ipv6_ra_mode: 'slaac', ipv6_address_mode: 'dhcpv6-stateful' },
      "ipv6_ra_mode set to 'slaac' with ipv6_address_mode set to 'dhcpv6-stateful' is not valid. If both attributes are set, they must be the same value",
    ],
    [
      'no DHCP',
      { cidr: '2001:db8:9::/64', ...SLAAC, enable_dhcp: false },
      'ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False',
    ],
    [
      'IPv4',
      { cidr: '10.9.0.0/24', ip_version: 4, ipv6_ra_mode: 'slaac' },
      'ipv6_ra_mode is not valid when ip_version is 4',
    ],
  ])('is refused with %s', async (_what, fields, words) => {
    const { network } = await makeNetwork(member.api, '10.1.0.0/24');
    const subnet = { network_id: network, ip_version: 6, ...fields };
    expect(refusalOf(await member.api.request<Refused>('POST', `${V2}/subnets`, { subnet }))).toEqual([
      400,
      'InvalidInput',
      `Invalid input for operation: ${words}.`,
    ]);
  });

  it('keeps its DHCP on', async () => {
    const { network } = await makeNetwork(member.api, '10.1.0.0/24');
    const six = await makeSubnet(member.api, network, '2001:db8:1::/64', SLAAC);
    const change = { subnet: { enable_dhcp: false } };
    expect(refusalOf(await member.api.request<Refused>('PUT', `${V2}/subnets/${six}`, change))).toEqual([
      400,
      'InvalidInput',
      'Invalid input for operation: Cannot disable enable_dhcp with ipv6 attributes set.',
    ]);
  });
});
