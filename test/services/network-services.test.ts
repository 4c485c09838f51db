import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Api } from '#apps/standalone/api';
import { kindOf, newMember, v3, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, makeSubnet, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

const MISSING = '00000000-0000-0000-0000-00000000abcd';
const DRIVER = 'neutron.services.l3_router.service_providers.single_node.SingleNodeDriver';

let cloud: ServiceApi;
let member: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
});
afterAll(() => cloud.stop());

type Answer = Refused & { readonly tags: string[] } & Readonly<Record<string, Item>>;
const ask = (method: string, path: string, body?: object, api = cloud.admin) =>
  api.request<Answer>(method, `${V2}/${path}`, body);
const make = async (path: string, one: string, fields: object, api = cloud.admin): Promise<Item> =>
  (await api.call<Record<string, Item>>('POST', `${V2}/${path}`, { [one]: fields }))[one]!;

interface Availability {
  readonly network_id: string;
  readonly subnet_ip_availability: readonly object[];
}
const availabilities = async (query: string): Promise<Availability[]> =>
  (
    await cloud.admin.call<{ network_ip_availabilities: Availability[] }>(
      'GET',
      `${V2}/network-ip-availabilities?${query}`,
    )
  ).network_ip_availabilities;

describe('The availability of addresses', () => {
  it('counts what pools and ranges have, and what is taken inside and outside of pools', async () => {
    const pools = { allocation_pools: [{ start: '10.1.0.10', end: '10.1.0.19' }] };
    const { network, subnet } = await makeNetwork(member.api, '10.1.0.0/24', { name: 'counted' }, pools);
    const six = await makeSubnet(member.api, network, 'fd00:1::/126', { enable_dhcp: false });
    const on = (ip_address: string, subnet_id: string) =>
      make('ports', 'port', { network_id: network, fixed_ips: [{ subnet_id, ip_address }] }, member.api);
    await Promise.all([on('10.1.0.10', subnet), on('10.1.0.11', subnet), on('10.1.0.200', subnet)]);
    await on('fd00:1::2', six);
    const four = {
      total_ips_in_subnet: 254,
      total_ips_in_allocation_pool: 10,
      used_ips_in_subnet: 3,
      used_ips_in_allocation_pool: 2,
    };
    const { network_ip_availability: shown } = await cloud.admin.call<{ network_ip_availability: Availability }>(
      'GET',
      `${V2}/network-ip-availabilities/${network}`,
    );
    expect(shown).toMatchObject({
      network_id: network,
      network_name: 'counted',
      project_id: member.project,
      tenant_id: member.project,
      used_ips: 4,
      subnet_ip_availability: [
        {
          subnet_id: subnet,
          cidr: '10.1.0.0/24',
          ip_version: 4,
          used_ips: 3,
          total_ips: 10,
          ip_availability_details: four,
        },
        { subnet_id: six, cidr: 'fd00:1::/126', ip_version: 6, used_ips: 1 },
      ],
      ip_availability_details: { used_ips_in_subnet: 4, total_ips_in_subnet: 258 },
    });
    const only = await availabilities(`network_id=${network}&ip_version=4`);
    expect(only).toMatchObject([
      { used_ips: 3, total_ips: 10, subnet_ip_availability: [{ subnet_id: subnet }], ip_availability_details: four },
    ]);
  });

  it('lists networks without subnets, finds by name and project, and hides all of it from users', async () => {
    const { id } = await make('networks', 'network', { name: 'bare' }, member.api);
    const [bare] = await availabilities(`network_name=bare&project_id=${member.project}`);
    expect(bare).toMatchObject({ network_id: id, used_ips: 0, total_ips: 0, subnet_ip_availability: [] });
    expect(await availabilities(`network_name=bare&ip_version=4`)).toEqual([]);
    const seen = await ask('GET', 'network-ip-availabilities', undefined, member.api);
    expect([seen.status, seen.body]).toEqual([200, { network_ip_availabilities: [] }]);
    expect((await ask('GET', `network-ip-availabilities/${id}`, undefined, member.api)).status).toBe(404);
    expect(refusalOf(await ask('GET', `network-ip-availabilities/${MISSING}`))).toEqual([
      404,
      'NetworkNotFound',
      `Network ${MISSING} could not be found.`,
    ]);
  });
});

describe('Tags', () => {
  it('are added by POST to those that are there, and the answer has those that were asked for', async () => {
    const { network, subnet } = await makeNetwork(member.api, '10.2.0.0/24');
    const { id: port } = await make('ports', 'port', { network_id: network }, member.api);
    for (const one of [`networks/${network}`, `subnets/${subnet}`, `ports/${port}`]) {
      await member.api.call('PUT', `${V2}/${one}/tags`, { tags: ['a', 'b'] });
      const added = await ask('POST', `${one}/tags`, { tags: ['b', 'c'] }, member.api);
      expect([added.status, added.body]).toEqual([201, { tags: ['b', 'c'] }]);
      const all = await ask('GET', `${one}/tags`, undefined, member.api);
      expect(all.body.tags.toSorted()).toEqual(['a', 'b', 'c']);
    }
    await member.api.call('PUT', `${V2}/networks/${network}/tags/a.json`);
    expect((await ask('GET', `networks/${network}/tags/a.json`, undefined, member.api)).status).toBe(204);
    expect((await ask('GET', `networks/${network}/tags.json`, undefined, member.api)).status).toBe(200);
    const more = Array.from({ length: 50 }, (_, i) => `t${i}`);
    expect((await ask('POST', `networks/${network}/tags`, { tags: more }, member.api)).status).toBe(400);
    expect((await ask('POST', `networks/${MISSING}/tags`, { tags: ['a'] }, member.api)).status).toBe(404);
  });
});

describe('A flavor', () => {
  it('has the service profiles that were associated with it, which are in use as long as that lasts', async () => {
    const flavor = await make('flavors', 'flavor', { name: 'plain', service_type: 'L3_ROUTER_NAT' });
    expect(flavor).toEqual({
      id: flavor.id,
      name: 'plain',
      description: '',
      service_type: 'L3_ROUTER_NAT',
      enabled: true,
      service_profiles: [],
    });
    const profile = await make('service_profiles', 'service_profile', { driver: DRIVER });
    const profiles = `flavors/${flavor.id}/service_profiles`;
    const named = { service_profile: { id: profile.id } };
    expect((await ask('POST', profiles, named)).status).toBe(201);
    expect(refusalOf(await ask('POST', profiles, named))).toEqual([
      409,
      'FlavorServiceProfileBindingExists',
      `Service Profile ${profile.id} is already associated with flavor ${flavor.id}.`,
    ]);
    const shown = await ask('GET', `flavors/${flavor.id}`, undefined, member.api);
    expect(shown.body.flavor?.['service_profiles']).toEqual([profile.id]);
    const inUse = [409, 'ServiceProfileInUse', `Service Profile ${profile.id} is used by some service instance.`];
    const one = `service_profiles/${profile.id}`;
    expect(refusalOf(await ask('DELETE', one))).toEqual(inUse);
    expect(refusalOf(await ask('PUT', one, { service_profile: { description: 'd' } }))).toEqual(inUse);
    expect((await ask('DELETE', `${profiles}/${profile.id}`)).status).toBe(204);
    expect(refusalOf(await ask('DELETE', `${profiles}/${profile.id}`))).toEqual([
      404,
      'FlavorServiceProfileBindingNotFound',
      `Service Profile ${profile.id} is not associated with flavor ${flavor.id}.`,
    ]);
    expect((await ask('DELETE', one)).status).toBe(204);
    expect((await ask('DELETE', `flavors/${flavor.id}`)).status).toBe(204);
  });

  it('refuses services, drivers and profiles that are not there, and users who are no administrators', async () => {
    const flavor = (fields: object, api = cloud.admin) => ask('POST', 'flavors', { flavor: fields }, api);
    const profile = (fields: object) => ask('POST', 'service_profiles', { service_profile: fields });
    expect(refusalOf(await flavor({ service_type: 'LOADBALANCERV2' }))).toEqual([
      400,
      'InvalidServiceType',
      'Invalid service type: LOADBALANCERV2.',
    ]);
    expect((await flavor({ service_type: 'L3_ROUTER_NAT' }, member.api)).status).toBe(403);
    expect(refusalOf(await profile({ driver: 'no.such.Driver' }))).toEqual([
      404,
      'ServiceProfileDriverNotFound',
      'Service Profile driver no.such.Driver could not be found.',
    ]);
    expect(refusalOf(await profile({}))).toEqual([
      400,
      'ServiceProfileEmpty',
      'Service Profile needs either a driver or metainfo.',
    ]);
    const { id } = await make('flavors', 'flavor', { service_type: 'L3_ROUTER_NAT' });
    const unknown = await ask('POST', `flavors/${id}/service_profiles`, { service_profile: { id: MISSING } });
    expect(refusalOf(unknown)).toEqual([
      404,
      'ServiceProfileNotFound',
      `Service Profile ${MISSING} could not be found.`,
    ]);
  });
});

describe('Service providers', () => {
  it('are those of routers, of which there is one kind', async () => {
    const { body } = await ask('GET', 'service-providers', undefined, member.api);
    expect(body).toEqual({
      service_providers: [{ service_type: 'L3_ROUTER_NAT', name: 'single_node', default: true }],
    });
    // openstacksdk looks for VPNs before it deletes all that a project has.
    const others = await ask('GET', 'service-providers?service_type=VPN', undefined, member.api);
    expect([others.status, others.body]).toEqual([200, { service_providers: [] }]);
  });
});

describe('A metering label', () => {
  const rules = 'metering/metering-label-rules';
  const rule = (fields: object, api = cloud.admin) => ask('POST', rules, { metering_label_rule: fields }, api);

  it('has rules that go with it, of which none overlaps another one of its kind', async () => {
    const label = await make('metering/metering-labels', 'metering_label', { name: 'm', description: 'd' });
    expect(label).toMatchObject({ name: 'm', description: 'd', shared: false });
    const base = { metering_label_id: label.id, direction: 'ingress' };
    const first = await rule({ ...base, remote_ip_prefix: '10.0.0.0/24' });
    expect([first.status, first.body.metering_label_rule]).toEqual([
      201,
      {
        id: first.body.metering_label_rule!.id,
        ...base,
        excluded: false,
        remote_ip_prefix: '10.0.0.0/24',
        source_ip_prefix: null,
        destination_ip_prefix: null,
      },
    ]);
    const overlapping = { ...base, remote_ip_prefix: '10.0.0.128/25' };
    expect(refusalOf(await rule(overlapping))).toEqual([
      409,
      'MeteringLabelRuleOverlaps',
      "Metering label rule with remote_ip_prefix '10.0.0.128/25' overlaps another.",
    ]);
    for (const other of [{ direction: 'egress' }, { excluded: true }, { remote_ip_prefix: 'fd00::/64' }])
      expect((await rule({ ...overlapping, ...other })).status).toBe(201);
    const sides = { ...base, source_ip_prefix: '10.0.0.1', destination_ip_prefix: '10.0.1.0/24' };
    expect((await rule(sides)).body.metering_label_rule?.['source_ip_prefix']).toBe('10.0.0.1/32');
    expect((await ask('DELETE', `metering/metering-labels/${label.id}`)).status).toBe(204);
    const left = await ask('GET', `${rules}?metering_label_id=${label.id}`);
    expect(left.body.metering_label_rules).toEqual([]);
  });

  it('has one of two overlapping rules that are asked for at the same time', async () => {
    const label = await make('metering/metering-labels', 'metering_label', {});
    const base = { metering_label_id: label.id, direction: 'egress' };
    const made = await Promise.all(
      ['10.0.0.0/8', '10.1.0.0/16', '10.1.1.0/24', '10.1.1.1'].map((remote_ip_prefix) =>
        rule({ ...base, remote_ip_prefix }),
      ),
    );
    expect(made.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
  });

  it('refuses rules without a prefix, with contradicting or bad ones, and of labels that are not there', async () => {
    const label = await make('metering/metering-labels', 'metering_label', {});
    const base = { metering_label_id: label.id, direction: 'ingress' };
    expect(refusalOf(await rule(base))[2]).toBe(
      "You must define at least one of the following parameters 'remote_ip_prefix', or 'source_ip_prefix' or 'destination_ip_prefix'.",
    );
    const both = await rule({ ...base, remote_ip_prefix: '10.0.0.0/8', source_ip_prefix: '10.0.0.0/8' });
    expect(refusalOf(both)[2]).toBe(
      "Cannot use 'remote-ip-prefix' in conjunction with 'source-ip-prefix' or 'destination-ip-prefix'.",
    );
    expect(refusalOf(await rule({ ...base, remote_ip_prefix: 'nowhere' }))).toEqual([
      400,
      'Invalid',
      "remote_ip_prefix: nowhere is invalid ['nowhere' does not appear to be an IPv4 or IPv6 interface].",
    ]);
    const unknown = { ...base, metering_label_id: MISSING, remote_ip_prefix: '10.0.0.0/8' };
    expect(refusalOf(await rule(unknown))).toEqual([
      404,
      'MeteringLabelNotFound',
      `Metering label '${MISSING}' does not exist.`,
    ]);
    const refused = await ask('POST', 'metering/metering-labels', { metering_label: {} }, member.api);
    expect(refused.status).toBe(403);
    expect((await rule({ ...base, remote_ip_prefix: '10.0.0.0/8' }, member.api)).status).toBe(403);
  });
});

describe('A binding of a port', () => {
  /** A port of a server on `from`, and `to`, where it can go; who asks is another service. */
  async function bound() {
    const { network } = await makeNetwork(member.api, '10.3.0.0/24');
    const port = { network_id: network, device_owner: 'compute:nova', 'binding:host_id': 'from' };
    const { id } = await make('ports', 'port', { ...port, project_id: member.project });
    await cloud.services.neutron.agentReports.report('to', {});
    return `ports/${id}`;
  }
  const hosts = async (port: string): Promise<unknown[]> => {
    const { bindings } = await cloud.admin.call<{ bindings: Item[] }>('GET', `${V2}/${port}/bindings`);
    return bindings.map(({ host, status, vif_type }) => [host, status, vif_type]);
  };
  const bind = (port: string, host: string) => ask('POST', `${port}/bindings`, { binding: { host } }, service);
  const activate = (port: string, host: string) => ask('PUT', `${port}/bindings/${host}/activate`, undefined, service);
  let service: Member['api'];
  beforeAll(async () => {
    const mover = await newMember(cloud.admin);
    const [role] = await kindOf(cloud.admin, 'role').list('name=service');
    await cloud.admin.call('PUT', `${v3}/projects/${mover.project}/users/${mover.user}/roles/${role!}`);
    const { name } = await kindOf(cloud.admin, 'user').show(mover.user);
    const login = { authUrl: cloud.admin.base + v3, username: String(name), password: mover.password };
    service = await Api.login({ ...login, project: String(name) });
  });

  it('on a further host is inactive until it is activated, and then that of the port', async () => {
    const port = await bound();
    expect(await hosts(port)).toEqual([['from', 'ACTIVE', 'unbound']]);
    const made = await bind(port, 'to');
    expect([made.status, made.body['binding']]).toEqual([
      201,
      { host: 'to', vif_type: 'tap', vif_details: {}, vnic_type: 'normal', profile: {}, status: 'INACTIVE' },
    ]);
    const id = port.slice('ports/'.length);
    expect(refusalOf(await bind(port, 'to'))).toEqual([
      409,
      'PortBindingAlreadyExists',
      `Binding for port ${id} on host to already exists.`,
    ]);
    const active = await activate(port, 'to');
    expect([active.status, active.body]).toMatchObject([200, { host: 'to', status: 'ACTIVE', vif_type: 'tap' }]);
    expect(await hosts(port)).toEqual([
      ['to', 'ACTIVE', 'tap'],
      ['from', 'INACTIVE', 'unbound'],
    ]);
    const shown = await ask('GET', port);
    expect(shown.body['port']).toMatchObject({ 'binding:host_id': 'to', 'binding:vif_type': 'tap', status: 'DOWN' });
    expect(refusalOf(await activate(port, 'to'))).toEqual([
      409,
      'PortBindingAlreadyActive',
      `Binding for port ${id} on host to is already active.`,
    ]);
    expect((await ask('DELETE', `${port}/bindings/from`, undefined, service)).status).toBe(204);
    expect(refusalOf(await activate(port, 'from'))).toEqual([
      404,
      'PortBindingNotFound',
      `Binding for port ${id} for host from could not be found.`,
    ]);
    expect(await hosts(port)).toEqual([['to', 'ACTIVE', 'tap']]);
  });

  it('is made once when many ask at the same time, and goes with its port', async () => {
    const port = await bound();
    const made = await Promise.all(Array.from({ length: 6 }, () => bind(port, 'to')));
    expect(made.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409, 409]);
    const filtered = await ask('GET', `${port}/bindings?status=INACTIVE`);
    expect(filtered.body['bindings']).toMatchObject([{ host: 'to' }]);
    expect((await ask('GET', `${port}/bindings/to`)).body['binding']).toMatchObject({ status: 'INACTIVE' });
    // Neutron lets nobody change what a port is of that is bound.
    expect((await ask('DELETE', port)).status).toBe(204);
    expect((await ask('GET', `${port}/bindings`)).status).toBe(404);
  });

  it('is for services alone, on hosts that are there, of ports of servers', async () => {
    const port = await bound();
    expect((await ask('POST', `${port}/bindings`, { binding: { host: 'to' } }, member.api)).status).toBe(403);
    expect((await ask('GET', `${port}/bindings`, undefined, member.api)).status).toBe(403);
    expect(refusalOf(await bind(port, 'nowhere')).slice(0, 2)).toEqual([409, 'PortBindingError']);
    const { network } = await makeNetwork(member.api, '10.4.0.0/24');
    const { id } = await make('ports', 'port', { network_id: network }, member.api);
    expect(refusalOf(await bind(`ports/${id}`, 'to'))).toEqual([
      400,
      'BadRequest',
      `Bad port request: Invalid port ${id}. Operation only valid on compute and shared filesystem ports.`,
    ]);
  });
});

describe('Logs', () => {
  it('are refused, because no host writes packets down and so nothing can be logged', async () => {
    expect((await ask('GET', 'log/loggable-resources')).body).toEqual({ loggable_resources: [] });
    const body = { log: { name: 'l', resource_type: 'security_group' } };
    expect(refusalOf(await ask('POST', 'log/logs', body))).toEqual([
      400,
      'InvalidLogResourceType',
      'Invalid log resource_type: security_group.',
    ]);
    expect((await ask('GET', 'log/logs')).body).toEqual({ logs: [] });
    const none = [404, 'LogResourceNotFound', `Log resource ${MISSING} could not be found.`];
    expect(refusalOf(await ask('GET', `log/logs/${MISSING}`))).toEqual(none);
    expect(refusalOf(await ask('PUT', `log/logs/${MISSING}`, { log: { enabled: false } }))).toEqual(none);
    expect(refusalOf(await ask('DELETE', `log/logs/${MISSING}`))).toEqual(none);
    expect((await ask('POST', 'log/logs', body, member.api)).status).toBe(403);
  });
});

describe('Quotas', () => {
  it('show what is used of each resource, at both spellings of their path', async () => {
    const used = await newMember(cloud.admin);
    await makeNetwork(used.api, '10.5.0.0/24');
    for (const path of ['details', 'details.json', 'details.json?a=b']) {
      const { body } = await ask('GET', `quotas/${used.project}/${path}`, undefined, used.api);
      expect(body['quota']).toMatchObject({
        network: { used: 1, reserved: 0 },
        subnet: { used: 1, reserved: 0 },
        router: { used: 0, reserved: 0 },
        floatingip: { used: 0, reserved: 0 },
      });
    }
  });
});
