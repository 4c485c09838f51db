import { describe, expect, inject as provided, it } from 'vitest';
import { clientOf } from './client.js';

const cloud = provided('fake');
const demo = clientOf(cloud);
const admin = clientOf(cloud, { OS_CLOUD: 'novaflow-admin' });

interface Made {
  readonly id: string;
}
type Row = Readonly<Record<string, unknown>>;

describe('the unmodified openstack client', () => {
  it.concurrent('makes security groups and rules, which name ranges, groups and address groups', async () => {
    const group = ['security', 'group'];
    const made = await demo.json<Made & { rules: Row[] }>(...group, 'create', '--description', 'made', 'cli-group');
    expect(made).toMatchObject({ description: 'made', stateful: true });
    // Whatever goes out, of both IP versions.
    expect(
      made.rules.map(({ direction, ethertype }) => `${String(direction)} ${String(ethertype)}`).toSorted(),
    ).toEqual(['egress IPv4', 'egress IPv6']);
    const rule = (...options: string[]): Promise<Made> =>
      demo.json(...group, 'rule', 'create', ...options, 'cli-group');
    const ssh = await rule('--protocol', 'tcp', '--dst-port', '22', '--remote-ip', '192.0.2.0/24');
    expect(ssh).toMatchObject({
      direction: 'ingress',
      ether_type: 'IPv4',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
      remote_ip_prefix: '192.0.2.0/24',
    });
    expect(await rule('--protocol', 'icmp', '--icmp-type', '8', '--icmp-code', '0')).toMatchObject({
      protocol: 'icmp',
      port_range_min: 8,
      port_range_max: 0,
    });
    expect(await rule('--egress', '--ethertype', 'IPv6', '--protocol', 'udp', '--dst-port', '1000:2000')).toMatchObject(
      {
        direction: 'egress',
        ether_type: 'IPv6',
        port_range_min: 1000,
        port_range_max: 2000,
      },
    );
    expect(await rule('--protocol', 'tcp', '--remote-group', 'cli-group')).toMatchObject({ remote_group_id: made.id });
    const range = await demo.json<Made>('address', 'group', 'create', '--address', '198.51.100.0/24', 'cli-rules');
    expect(await rule('--protocol', 'tcp', '--remote-address-group', 'cli-rules')).toMatchObject({
      remote_address_group_id: range.id,
    });
    await expect(rule('--protocol', 'tcp', '--dst-port', '22', '--remote-ip', '192.0.2.0/24')).rejects.toThrow(
      /already exists/,
    );
    const listed = (...by: string[]): Promise<Row[]> => demo.json(...group, 'rule', 'list', 'cli-group', ...by);
    expect(await listed()).toHaveLength(7);
    expect(await listed('--ingress', '--protocol', 'tcp', '--long')).toContainEqual(
      expect.objectContaining({ ID: ssh.id, 'Port Range': '22:22', 'IP Range': '192.0.2.0/24', Direction: 'ingress' }),
    );
    await expect(demo.openstack('address', 'group', 'delete', 'cli-rules')).rejects.toThrow(/in use/);
    await demo.openstack(...group, 'rule', 'delete', ssh.id);
    expect(await listed()).toHaveLength(6);
    await demo.openstack(...group, 'set', '--name', 'cli-group-2', '--stateless', made.id);
    expect(await demo.json(...group, 'show', 'cli-group-2')).toMatchObject({ id: made.id, stateful: false });
    expect((await demo.json<Row[]>(...group, 'list')).map(({ Name }) => Name)).toContain('cli-group-2');
    await demo.openstack(...group, 'delete', 'cli-group-2');
    await demo.openstack('address', 'group', 'delete', 'cli-rules');
  });

  // A change of them would be in every group that other tests make meanwhile.
  it.concurrent('shows what new security groups begin with', async () => {
    const rule = ['default', 'security', 'group', 'rule'];
    const listed = await admin.json<Row[]>(...rule, 'list', '--egress');
    expect(listed.map(({ Ethertype }) => Ethertype)).toEqual(expect.arrayContaining(['IPv4', 'IPv6']));
    expect(await admin.json(...rule, 'show', String(listed[0]!['ID']))).toMatchObject({
      direction: 'egress',
      used_in_default_sg: true,
      used_in_non_default_sg: true,
    });
    await expect(demo.openstack(...rule, 'create', '--protocol', 'tcp', '--ingress')).rejects.toThrow(
      /disallowed by policy/,
    );
  });

  it.concurrent('gives a port a policy whose rules limit, promise and mark, and takes it back', async () => {
    const policy = ['network', 'qos', 'policy'];
    const made = await admin.json<Made>(...policy, 'create', '--share', '--description', 'made', 'cli-qos');
    expect(made).toMatchObject({ shared: true, is_default: false, rules: [] });
    const rule = ['network', 'qos', 'rule'];
    const create = (type: string, ...options: string[]): Promise<Made> =>
      admin.json(...rule, 'create', '--type', type, ...options, 'cli-qos');
    const limit = await create('bandwidth-limit', '--max-kbps', '3000', '--max-burst-kbits', '300', '--egress');
    expect(limit).toMatchObject({ max_kbps: 3000, max_burst_kbps: 300, direction: 'egress' });
    expect(await create('dscp-marking', '--dscp-mark', '26')).toMatchObject({ dscp_mark: 26 });
    const promise = await create('minimum-bandwidth', '--min-kbps', '100', '--egress');
    await expect(create('dscp-marking', '--dscp-mark', '26')).rejects.toThrow(/already|conflict/i);
    await expect(create('dscp-marking', '--dscp-mark', '3')).rejects.toThrow(/invalid choice|not in/);
    await admin.openstack(...rule, 'set', '--max-kbps', '4000', 'cli-qos', limit.id);
    expect(await admin.json(...rule, 'show', 'cli-qos', limit.id)).toMatchObject({ max_kbps: 4000 });
    const rules = await admin.json<Row[]>(...rule, 'list', 'cli-qos');
    expect(rules.map(({ Type }) => String(Type)).toSorted()).toEqual([
      'bandwidth_limit',
      'dscp_marking',
      'minimum_bandwidth',
    ]);

    await admin.openstack(...rule, 'delete', 'cli-qos', promise.id);
    const { id: on } = await demo.json<Made>('network', 'create', '--qos-policy', 'cli-qos', 'cli-qos');
    const port = await demo.json<Made>('port', 'create', '--network', on, '--qos-policy', 'cli-qos', 'cli-qos');
    expect(port).toMatchObject({ qos_policy_id: made.id, qos_network_policy_id: made.id });
    await expect(admin.openstack(...policy, 'delete', 'cli-qos')).rejects.toThrow(/in use|is used/i);
    await demo.openstack('port', 'unset', '--qos-policy', 'cli-qos');
    await demo.openstack('network', 'set', '--no-qos-policy', 'cli-qos');
    expect(await demo.json('port', 'show', 'cli-qos')).toMatchObject({
      qos_policy_id: null,
      qos_network_policy_id: null,
    });
    await demo.openstack('port', 'delete', 'cli-qos');
    await demo.openstack('network', 'delete', on);
    await admin.openstack(...rule, 'delete', 'cli-qos', limit.id);
    await admin.openstack(...policy, 'set', '--no-share', '--name', 'cli-qos-2', 'cli-qos');
    expect((await admin.json<Row[]>(...policy, 'list', '--no-share')).map(({ Name }) => Name)).toContain('cli-qos-2');
    await admin.openstack(...policy, 'delete', 'cli-qos-2');
  });

  it.concurrent('lists the types of rules, and says what of each is done', async () => {
    const type = ['network', 'qos', 'rule', 'type'];
    const listed = (await admin.json<Row[]>(...type, 'list')).map(({ Type }) => Type);
    expect(listed).toEqual(expect.arrayContaining(['bandwidth_limit', 'dscp_marking']));
    expect(await admin.json(...type, 'show', 'dscp_marking')).toMatchObject({
      rule_type_name: 'dscp_marking',
      drivers: [expect.objectContaining({ supported_parameters: expect.any(Array) as object })],
    });
  });
});
