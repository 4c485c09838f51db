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
  it.concurrent('makes a trunk of a port, with others below it by VLANs, and takes them off', async () => {
    const { id: on } = await demo.json<Made>('network', 'create', 'cli-trunk');
    const port = (name: string): Promise<Made> => demo.json('port', 'create', '--network', on, name);
    const [parent, one, two] = await Promise.all(['cli-parent', 'cli-sub-1', 'cli-sub-2'].map(port));
    const trunk = ['network', 'trunk'];
    const vlan = (name: string, id: string): string => `port=${name},segmentation-type=vlan,segmentation-id=${id}`;
    const made = await demo.json<Made>(
      ...trunk,
      'create',
      '--parent-port',
      'cli-parent',
      '--subport',
      vlan('cli-sub-1', '42'),
      'cli-trunk',
    );
    const below = (sub: Made, id: number): object => ({
      port_id: sub.id,
      segmentation_type: 'vlan',
      segmentation_id: id,
    });
    expect(made).toMatchObject({ port_id: parent!.id, sub_ports: [below(one!, 42)] });
    await demo.openstack(...trunk, 'set', '--subport', vlan('cli-sub-2', '43'), 'cli-trunk');
    await demo.openstack(...trunk, 'set', '--disable', 'cli-trunk');
    expect(await demo.json(...trunk, 'show', 'cli-trunk')).toMatchObject({ is_admin_state_up: false });
    expect(await demo.json<Row[]>('network', 'subport', 'list', '--trunk', 'cli-trunk')).toHaveLength(2);
    const { trunk_details } = await demo.json<{ trunk_details: { sub_ports: object[] } }>('port', 'show', parent!.id);
    expect(trunk_details).toMatchObject({ trunk_id: made.id });
    expect(trunk_details.sub_ports).toContainEqual(expect.objectContaining(below(two!, 43)));
    await expect(demo.openstack('port', 'delete', one!.id)).rejects.toThrow(/trunk/i);
    await demo.openstack(...trunk, 'set', '--enable', '--name', 'cli-trunk-2', 'cli-trunk');
    await demo.openstack(...trunk, 'unset', '--subport', 'cli-sub-1', 'cli-trunk-2');
    expect(await demo.json<Row[]>('network', 'subport', 'list', '--trunk', made.id)).toEqual([
      { Port: two!.id, 'Segmentation Type': 'vlan', 'Segmentation ID': 43 },
    ]);
    expect((await demo.json<Row[]>(...trunk, 'list', '--long')).map(({ Name }) => Name)).toContain('cli-trunk-2');
    await demo.openstack(...trunk, 'delete', 'cli-trunk-2');
    await demo.openstack('port', 'delete', parent!.id, one!.id, two!.id);
    await demo.openstack('network', 'delete', on);
  });

  it.concurrent('says which segmentation ids a project’s networks are given, and what of them is used', async () => {
    const { id: project } = await admin.json<Made>('project', 'create', 'cli-ranges');
    const range = ['network', 'segment', 'range'];
    const bounds = ['--minimum', '15000001', '--maximum', '15000003'];
    const whose = ['--private', '--project', project, '--network-type', 'vxlan'];
    const made = await admin.json<Made>(...range, 'create', ...whose, ...bounds, 'cli-range');
    expect(made).toMatchObject({ project_id: project, shared: false, available: ['15000001-15000003'] });
    const { id: network } = await admin.json<Made>('network', 'create', '--project', project, 'cli-ranged');
    const { used } = await admin.json<{ used: Row }>(...range, 'show', made.id);
    expect(used).toEqual({ [project]: [expect.stringMatching(/^1500000[123]$/)] });
    await expect(admin.openstack(...range, 'delete', made.id)).rejects.toThrow(/1 of 1/);
    expect((await admin.json<Row[]>(...range, 'list', '--used')).map(({ ID }) => ID)).toContain(made.id);
    await admin.openstack('network', 'delete', network);
    const smaller = ['--minimum', '15000001', '--maximum', '15000002'];
    await admin.openstack(...range, 'set', '--name', 'cli-range-2', ...smaller, made.id);
    expect(await admin.json(...range, 'show', 'cli-range-2')).toMatchObject({
      used: {},
      available: ['15000001-15000002'],
    });
    await admin.openstack(...range, 'delete', 'cli-range-2');
    await admin.openstack('project', 'delete', project);
  });

  it.concurrent('makes a meter and its rules', async () => {
    const meter = ['network', 'meter'];
    const made = await admin.json<Made>(...meter, 'create', '--description', 'made', '--share', 'cli-meter');
    expect(made).toMatchObject({ description: 'made', shared: true });
    const rule = await admin.json<Made>(
      ...meter,
      'rule',
      'create',
      '--egress',
      '--exclude',
      '--remote-ip-prefix',
      '10.92.0.0/16',
      'cli-meter',
    );
    const given = {
      direction: 'egress',
      is_excluded: true,
      remote_ip_prefix: '10.92.0.0/16',
      metering_label_id: made.id,
    };
    expect(await admin.json(...meter, 'rule', 'show', rule.id)).toMatchObject(given);
    expect(await admin.json<Row[]>(...meter, 'rule', 'list')).toContainEqual(
      expect.objectContaining({ ID: rule.id, Direction: 'egress', 'Remote IP Prefix': '10.92.0.0/16' }),
    );
    await admin.openstack(...meter, 'rule', 'delete', rule.id);
    expect((await admin.json<Row[]>(...meter, 'list')).map(({ Name }) => Name)).toContain('cli-meter');
    await admin.openstack(...meter, 'delete', 'cli-meter');
    await expect(admin.openstack(...meter, 'show', made.id)).rejects.toThrow(/No MeteringLabel found/);
  });

  it.concurrent('shows the agents of hosts, and an administrator says something of one', async () => {
    const agents = await admin.json<Row[]>('network', 'agent', 'list', '--long');
    expect(agents.length).toBeGreaterThan(0);
    for (const agent of agents) expect(agent).toMatchObject({ Alive: true, State: true });
    const id = String(agents[0]!['ID']);
    await admin.openstack('network', 'agent', 'set', '--description', 'rack 7', id);
    expect(await admin.json('network', 'agent', 'show', id)).toMatchObject({ description: 'rack 7', alive: true });
    await admin.openstack('network', 'agent', 'set', '--description', '', id);
    expect(await demo.json<Row[]>('network', 'agent', 'list')).toEqual([]);
  });

  it.concurrent('makes a flavor of routers with a profile', async () => {
    const flavor = ['network', 'flavor'];
    const made = await admin.json<Made>(...flavor, 'create', '--service-type', 'L3_ROUTER_NAT', 'cli-flavor');
    const metainfo = ['--metainfo', '{"a": "b"}', '--description', 'made'];
    const profile = await admin.json<Made>(...flavor, 'profile', 'create', ...metainfo);
    expect(profile).toMatchObject({ enabled: true, meta_info: '{"a": "b"}' });
    await admin.openstack(...flavor, 'profile', 'set', '--disable', profile.id);
    expect(await admin.json<Row[]>(...flavor, 'profile', 'list')).toContainEqual(
      expect.objectContaining({ ID: profile.id, Enabled: false }),
    );
    await admin.openstack(...flavor, 'add', 'profile', 'cli-flavor', profile.id);
    expect(await admin.json(...flavor, 'show', 'cli-flavor')).toMatchObject({ service_profile_ids: [profile.id] });
    await admin.openstack(...flavor, 'set', '--disable', '--name', 'cli-flavor-2', 'cli-flavor');
    expect(await admin.json<Row[]>(...flavor, 'list')).toContainEqual(
      expect.objectContaining({ ID: made.id, Name: 'cli-flavor-2', Enabled: false }),
    );
    await admin.openstack(...flavor, 'remove', 'profile', 'cli-flavor-2', profile.id);
    await admin.openstack(...flavor, 'delete', 'cli-flavor-2');
    await admin.openstack(...flavor, 'profile', 'delete', profile.id);
  });

  it.concurrent('sets quotas of the network and shows how much of them is used', async () => {
    const { id } = await admin.json<Made>('project', 'create', 'cli-quota');
    await admin.openstack('quota', 'set', '--networks', '1', '--subnets', '7', '--secgroup-rules', '31', id);
    const shown = async (...options: string[]): Promise<Map<unknown, Row>> =>
      new Map(
        (await admin.json<Row[]>('quota', 'show', '--network', ...options, id)).map((row) => [row['Resource'], row]),
      );
    const limits = await shown();
    expect(limits.get('networks')).toMatchObject({ Limit: 1 });
    expect(limits.get('subnets')).toMatchObject({ Limit: 7 });
    expect(limits.get('security_group_rules')).toMatchObject({ Limit: 31 });
    const network = await admin.json<Made>('network', 'create', '--project', id, 'cli-quota');
    await expect(admin.openstack('network', 'create', '--project', id, 'cli-more')).rejects.toThrow(/Quota exceeded/);
    expect((await shown('--usage')).get('networks')).toMatchObject({ Limit: 1, 'In Use': 1 });
    await admin.openstack('network', 'delete', network.id);
    await admin.openstack('quota', 'delete', '--network', id);
    expect((await shown()).get('networks')).toMatchObject({ Limit: 100 });
    await admin.openstack('project', 'delete', id);
  });
});
