import { describe, expect, it } from 'vitest';
import { beforeRules, openingsOf, sentenceOf } from '../../../apps/dashboard/topology/open-to.js';
import { topologyOf, type Lists } from '../../../apps/dashboard/topology/model.js';

const names = { groups: new Map([['g', 'web']]), addressGroups: new Map([['a', 'offices']]) };
const rule = (more: Readonly<Record<string, unknown>> = {}) => ({
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: null,
  port_range_min: null,
  port_range_max: null,
  remote_ip_prefix: null,
  remote_group_id: null,
  remote_address_group_id: null,
  ...more,
});
const tcp = (min: number, max = min) => ({ protocol: 'tcp', port_range_min: min, port_range_max: max });

describe('a rule of a security group', () => {
  it.each([
    [{}, 'From everybody: anything over IPv4.'],
    [{ direction: 'egress', ethertype: 'IPv6', remote_ip_prefix: '::/0' }, 'To everybody: anything over IPv6.'],
    [tcp(22), 'From everybody: TCP to port 22 over IPv4.'],
    [{ ...tcp(80, 90), remote_ip_prefix: '192.0.2.0/24' }, 'From 192.0.2.0/24: TCP to ports 80 to 90 over IPv4.'],
    [{ protocol: '17' }, 'From everybody: UDP to every port over IPv4.'],
    [{ protocol: '112' }, 'From everybody: protocol 112 to every port over IPv4.'],
    [tcp(1, 65_535), 'From everybody: TCP to every port over IPv4.'],
    [{ protocol: 'icmp' }, 'From everybody: ICMP.'],
    [
      { protocol: 'ipv6-icmp', port_range_min: 128, port_range_max: 0 },
      'From everybody: ICMP of IPv6 of type 128, code 0.',
    ],
    [{ remote_group_id: 'g' }, 'From whoever is in the security group web: anything over IPv4.'],
    [{ remote_address_group_id: 'a' }, 'From the addresses of the address group offices: anything over IPv4.'],
    [{ remote_group_id: 'unseen' }, 'From whoever is in the security group unseen: anything over IPv4.'],
  ])('is said in words: %j', (more, sentence) => {
    expect(sentenceOf(rule(more), names)).toBe(sentence);
  });

  it('is said once, with all the groups that have it', () => {
    const groups = ['web', 'base'].map((name) => ({ id: name, name, security_group_rules: [rule(tcp(22))] }));
    expect(openingsOf(groups, names)).toEqual([
      { direction: 'ingress', text: 'From everybody: TCP to port 22 over IPv4.', groups: ['web', 'base'] },
    ]);
  });

  it('decides nothing where the port is off, has no port security, or is in no group', () => {
    const port = { admin_state_up: true, port_security_enabled: true, security_groups: ['g'] };
    expect(beforeRules(port)).toBeUndefined();
    expect(beforeRules({ ...port, admin_state_up: false })).toMatch(/nothing goes through/);
    expect(beforeRules({ ...port, port_security_enabled: false })).toMatch(/everything goes through/);
    expect(beforeRules({ ...port, security_groups: [] })).toMatch(/nothing goes through/);
  });
});

describe('a topology', () => {
  const rows = (...of: readonly Readonly<Record<string, unknown>>[]) => ({ rows: of, complete: true });
  const port = (id: string, owner: string, device: string, address: string) => ({
    id,
    network_id: 'inner',
    device_owner: owner,
    device_id: device,
    fixed_ips: [{ ip_address: address }],
    status: 'ACTIVE',
  });
  const lists: Lists = {
    networks: rows({ id: 'inner', name: 'inner' }, { id: 'outer', name: '', 'router:external': true }),
    subnets: rows({ id: 's', name: '', network_id: 'inner', cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1' }),
    ports: rows(
      port('p1', 'network:router_interface', 'r', '10.0.0.1'),
      port('p2', 'compute:nova', 'vm', '10.0.0.5'),
      port('p3', 'network:dhcp', 'dhcp', '10.0.0.2'),
      port('p4', 'compute:nova', '', '10.0.0.9'),
    ),
    routers: rows(
      {
        id: 'r',
        name: 'edge',
        external_gateway_info: { network_id: 'outer', external_fixed_ips: [{ ip_address: '203.0.113.7' }] },
      },
      { id: 'lone', name: '', external_gateway_info: null },
    ),
    floatingips: rows(
      { id: 'f', port_id: 'p2', floating_ip_address: '203.0.113.9' },
      { id: 'free', port_id: null, floating_ip_address: '203.0.113.10' },
    ),
    servers: rows({ id: 'vm', name: 'shop' }),
    security_groups: rows(),
  };

  it('has external networks first, routers with their gateway and interfaces, and servers with their floating IPs', () => {
    const { networks, nodes } = topologyOf(lists);
    expect(networks.map(({ id, name }) => [id, name])).toEqual([
      ['outer', 'outer'],
      ['inner', 'inner'],
    ]);
    expect(networks[1]!.subnets).toEqual([{ id: 's', name: 's', cidr: '10.0.0.0/24', gateway: '10.0.0.1' }]);
    expect(nodes.map(({ kind, name, cards }) => [kind, name, cards.map((card) => card.port)])).toEqual([
      ['router', 'edge', ['p1']],
      ['router', 'lone', []],
      ['server', 'shop', ['p2']],
    ]);
    expect(nodes[0]!.gateway).toMatchObject({ network: 'outer', addresses: ['203.0.113.7'] });
    expect(nodes[2]!.cards[0]).toMatchObject({ addresses: ['10.0.0.5'], floating: ['203.0.113.9'] });
  });
});
