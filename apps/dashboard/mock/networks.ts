import { randomUUID } from 'node:crypto';

type Row = Record<string, unknown>;

const rule = (direction: string, more: Row = {}): Row => ({
  id: randomUUID(),
  direction,
  ethertype: 'IPv4',
  protocol: null,
  port_range_min: null,
  port_range_max: null,
  remote_ip_prefix: null,
  remote_group_id: null,
  remote_address_group_id: null,
  ...more,
});

/** Fills a cloud's records with networks, a router, and the ports of its first servers. */
export function joinNetworks(records: ReadonlyMap<string, Row[]>): void {
  const add = (many: string, row: Row): Row => {
    const made = { id: randomUUID(), name: '', ...row };
    records.get(many)?.push(made);
    return made;
  };
  const network = (name: string, cidr: string, external = false): Row => {
    const made = add('networks', { name, admin_state_up: true, mtu: 1450, subnets: [], 'router:external': external });
    add('subnets', { name: `${name}-v4`, network_id: made['id'], cidr, gateway_ip: cidr.replace(/0\/\d+$/, '1') });
    return made;
  };
  const [outside, inner, back] = [
    network('public', '203.0.113.0/24', true),
    network('private', '10.0.0.0/24'),
    network('storage', '10.9.0.0/24'),
  ];
  const router = add('routers', {
    name: 'edge',
    status: 'ACTIVE',
    external_gateway_info: { network_id: outside['id'], external_fixed_ips: [{ ip_address: '203.0.113.7' }] },
  });
  const base = add('security_groups', { name: 'default', stateful: true });
  base['security_group_rules'] = [
    rule('ingress', { remote_group_id: base['id'] }),
    rule('egress'),
    rule('egress', { ethertype: 'IPv6' }),
  ];
  const web = add('security_groups', {
    name: 'web',
    stateful: true,
    security_group_rules: [
      rule('ingress', { protocol: 'tcp', port_range_min: 80, port_range_max: 80 }),
      rule('ingress', { protocol: 'tcp', port_range_min: 22, port_range_max: 22, remote_ip_prefix: '192.0.2.0/24' }),
      rule('ingress', { protocol: 'icmp' }),
    ],
  });
  const port = (of: Row, address: string, device_owner: string, device: Row | undefined, groups: readonly Row[]): Row =>
    add('ports', {
      network_id: of['id'],
      device_owner,
      device_id: device?.['id'] ?? '',
      fixed_ips: [{ ip_address: address }],
      status: 'ACTIVE',
      admin_state_up: true,
      port_security_enabled: true,
      security_groups: groups.map(({ id }) => id),
    });
  for (const [one, address] of [
    [inner, '10.0.0.1'],
    [back, '10.9.0.1'],
  ] as const)
    port(one, address, 'network:router_interface', router, []);
  const servers = records.get('servers') ?? [];
  const first = port(inner, '10.0.0.4', 'compute:nova', servers[0], [base, web]);
  port(back, '10.9.0.4', 'compute:nova', servers[0], [base]);
  port(inner, '10.0.0.5', 'compute:nova', servers[1], [base]);
  const floating = { floating_network_id: outside['id'], status: 'ACTIVE', port_forwardings: [] };
  add('floatingips', {
    ...floating,
    floating_ip_address: '203.0.113.20',
    port_id: first['id'],
    fixed_ip_address: '10.0.0.4',
  });
  add('floatingips', { ...floating, floating_ip_address: '203.0.113.21', port_id: null, fixed_ip_address: null });
}
