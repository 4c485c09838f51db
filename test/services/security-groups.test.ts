import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

const GROUPS = '/network/v2.0/security-groups';
const RULES = '/network/v2.0/security-group-rules';
const PORTS = '/network/v2.0/ports';
const MISSING = '11111111-2222-3333-4444-555555555555';
type Rule = Item & { readonly id: string; readonly direction: string; readonly ethertype: string };
type Group = Item & { readonly id: string; readonly name: string; readonly revision_number: number };
type Port = Item & { readonly id: string; readonly security_groups: string[] };
interface Answer {
  readonly NeutronError?: { readonly type: string; readonly message: string };
}

let cloud: ServiceApi;
let member: Member;
let other: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'), { NOVAFLOW_QUOTA_SECURITY_GROUPS: '100' });
  [member, other] = await Promise.all([newMember(cloud.admin), newMember(cloud.admin)]);
});
afterAll(() => cloud.stop());

const groupsOf = async ({ api }: Pick<Member, 'api'> = member, query = ''): Promise<Group[]> =>
  (await api.call<{ security_groups: Group[] }>('GET', `${GROUPS}${query}`)).security_groups;
const makeGroup = async (fields: object = {}, { api }: Pick<Member, 'api'> = member): Promise<Group> =>
  (await api.call<{ security_group: Group }>('POST', GROUPS, { security_group: fields })).security_group;
const makeRule = async (fields: object, { api }: Pick<Member, 'api'> = member): Promise<Rule> =>
  (await api.call<{ security_group_rule: Rule }>('POST', RULES, { security_group_rule: fields })).security_group_rule;
const defaultOf = async (who = member): Promise<Group> => (await groupsOf(who, '?name=default'))[0]!;
const shown = async (id: string): Promise<Group> =>
  (await member.api.call<{ security_group: Group }>('GET', `${GROUPS}/${id}`)).security_group;
const rulesOf = (group: Group): Rule[] => group['security_group_rules'] as Rule[];
/** A refusal's status, type and message. */
async function refusal(method: string, path: string, body?: object, who = member): Promise<unknown[]> {
  const { status, body: answer } = await who.api.request<Answer>(method, path, body);
  return [status, answer.NeutronError?.type, answer.NeutronError?.message];
}
const refusedRule = async (fields: object): Promise<unknown[]> =>
  refusal('POST', RULES, { security_group_rule: { direction: 'ingress', ...fields } });

describe('The default security group of a project', () => {
  it('is made by the first look, once for all who look at the same time, with its four rules', async () => {
    const fresh = await newMember(cloud.admin);
    const looks = await Promise.all(Array.from({ length: 8 }, () => groupsOf(fresh)));
    for (const groups of looks) expect(groups.map(({ name }) => name)).toEqual(['default']);
    expect(new Set(looks.map(([group]) => group!.id)).size).toBe(1);
    const [group] = looks[0]!;
    expect(group).toMatchObject({ description: 'Default security group', stateful: true, project_id: fresh.project });
    const said = rulesOf(group!).map((rule) =>
      [rule.direction, rule.ethertype, rule['remote_group_id'] === group!.id, rule['belongs_to_default_sg']].join(' '),
    );
    expect(said.toSorted()).toEqual([
      'egress IPv4 false true',
      'egress IPv6 false true',
      'ingress IPv4 true true',
      'ingress IPv6 true true',
    ]);
    const { rows } = await cloud.database.query('SELECT 1 FROM neutron.security_groups WHERE project_id = $1', [
      fresh.project,
    ]);
    expect(rows.length).toBe(1);
  });

  it('is one, keeps its name, and is deleted by an administrator alone, who gets a new one by the next look', async () => {
    const group = await defaultOf();
    const exists = [409, 'SecurityGroupDefaultAlreadyExists', 'Default security group already exists.'];
    expect(await refusal('POST', GROUPS, { security_group: { name: 'Default' } })).toEqual(exists);
    expect(await refusal('PUT', `${GROUPS}/${group.id}`, { security_group: { name: 'other' } })).toEqual([
      409,
      'SecurityGroupCannotUpdateDefault',
      'Updating default security group not allowed.',
    ]);
    expect(await refusal('DELETE', `${GROUPS}/${group.id}`)).toEqual([
      409,
      'SecurityGroupCannotRemoveDefault',
      'Insufficient rights for removing default security group.',
    ]);
    await cloud.admin.call('DELETE', `${GROUPS}/${group.id}`);
    const again = await defaultOf();
    expect(again.id).not.toBe(group.id);
    expect(rulesOf(again).length).toBe(4);
  });
});

describe('A security group', () => {
  it('begins with the two rules that let everything out, and has the attributes of Neutron', async () => {
    const group = await makeGroup({ name: 'web', description: 'what the web may' });
    expect(
      rulesOf(group)
        .map(({ direction, ethertype }) => `${direction} ${ethertype}`)
        .toSorted(),
    ).toEqual(['egress IPv4', 'egress IPv6']);
    expect(Object.keys(group).toSorted()).toEqual([
      'created_at',
      'description',
      'id',
      'name',
      'project_id',
      'revision_number',
      'security_group_rules',
      'shared',
      'stateful',
      'tags',
      'tenant_id',
      'updated_at',
    ]);
    expect(Object.keys(rulesOf(group)[0]!).toSorted()).toEqual([
      'belongs_to_default_sg',
      'created_at',
      'description',
      'direction',
      'ethertype',
      'id',
      'normalized_cidr',
      'port_range_max',
      'port_range_min',
      'project_id',
      'protocol',
      'remote_address_group_id',
      'remote_group_id',
      'remote_ip_prefix',
      'revision_number',
      'security_group_id',
      'tenant_id',
      'updated_at',
    ]);
    const rule = (await member.api.call<{ security_group_rule: Rule }>('GET', `${RULES}/${rulesOf(group)[0]!.id}`))
      .security_group_rule;
    expect(rule).toEqual(rulesOf(group)[0]);
  });

  it('counts a change of its rules as one of its own', async () => {
    const group = await makeGroup();
    const rule = await makeRule({ security_group_id: group.id, direction: 'ingress' });
    const after = await shown(group.id);
    expect(after.revision_number).toBeGreaterThan(group.revision_number);
    await member.api.call('DELETE', `${RULES}/${rule.id}`);
    expect((await shown(group.id)).revision_number).toBeGreaterThan(after.revision_number);
    expect(await refusal('GET', `${RULES}/${rule.id}`)).toEqual([
      404,
      'SecurityGroupRuleNotFound',
      `Security group rule ${rule.id} does not exist`,
    ]);
  });

  it('of another project is not there, neither to see nor to add rules to nor for a port', async () => {
    const theirs = await makeGroup({}, other);
    const gone = [404, 'SecurityGroupNotFound', `Security group ${theirs.id} does not exist`];
    for (const method of ['GET', 'DELETE']) expect(await refusal(method, `${GROUPS}/${theirs.id}`)).toEqual(gone);
    expect(await refusedRule({ security_group_id: theirs.id })).toEqual(gone);
    const own = await makeGroup();
    expect(await refusedRule({ security_group_id: own.id, remote_group_id: theirs.id })).toEqual(gone);
    const { network } = await member.api.call<{ network: Item }>('POST', '/network/v2.0/networks', { network: {} });
    expect(await refusal('POST', PORTS, { port: { network_id: network['id'], security_groups: [theirs.id] } })).toEqual(
      gone,
    );
  });

  it('is refused beyond the quota of groups, and beyond that of the rules that it begins with', async () => {
    const fresh = await newMember(cloud.admin);
    const set = (quota: object) => cloud.admin.call('PUT', `/network/v2.0/quotas/${fresh.project}`, { quota });
    await groupsOf(fresh);
    await set({ security_group: 2 });
    await makeGroup({}, fresh);
    expect(await refusal('POST', GROUPS, { security_group: {} }, fresh)).toEqual([
      409,
      'OverQuota',
      "Quota exceeded for resources: ['security_group'].",
    ]);
    await set({ security_group: 5, security_group_rule: 7 });
    expect(await refusal('POST', GROUPS, { security_group: {} }, fresh)).toEqual([
      409,
      'OverQuota',
      "Quota exceeded for resources: ['security_group_rule'].",
    ]);
  });
});

describe('A rule', () => {
  let group: Group;
  beforeAll(async () => {
    group = await makeGroup();
  });
  const tcp = { protocol: 'tcp', port_range_min: 22, port_range_max: 22 };

  it.each([
    [
      { ...tcp, remote_ip_prefix: '10.1.2.3' },
      { protocol: 'tcp', remote_ip_prefix: '10.1.2.3/32', normalized_cidr: '10.1.2.3/32' },
    ],
    [
      { ...tcp, remote_ip_prefix: '10.1.2.3/8' },
      { remote_ip_prefix: '10.1.2.3/8', normalized_cidr: '10.0.0.0/8' },
    ],
    [
      { protocol: 6, port_range_min: '80', port_range_max: '81' },
      { protocol: '6', port_range_min: 80, port_range_max: 81 },
    ],
    [
      { protocol: 'UDP', port_range_min: 1, port_range_max: 65_535 },
      { protocol: 'udp', port_range_min: null, port_range_max: null },
    ],
    [{ protocol: 'any' }, { protocol: null }],
    [
      { protocol: 'icmp', port_range_min: 8 },
      { protocol: 'icmp', port_range_min: 8, port_range_max: null },
    ],
    [
      { protocol: 'icmp', port_range_min: 3, port_range_max: 0 },
      { port_range_min: 3, port_range_max: 0 },
    ],
    [
      { ethertype: 'ipv6', protocol: 'icmp' },
      { ethertype: 'IPv6', protocol: 'ipv6-icmp' },
    ],
    [{ protocol: '112' }, { protocol: '112' }],
    [{ ethertype: 'IPv6', remote_ip_prefix: '2001:DB8::/32' }, { remote_ip_prefix: '2001:db8::/32' }],
  ])('%j is made, and shown as Neutron does', async (fields, made) => {
    expect(await makeRule({ direction: 'ingress', security_group_id: group.id, ...fields })).toMatchObject(made);
  });

  it.each([
    [
      { protocol: 'tcpp' },
      'SecurityGroupRuleInvalidProtocol',
      /^Security group rule protocol tcpp not supported\. Only protocol values \(None, 'any', 'ah', .*'vrrp'\) and integer representations \[0 to 255\] are supported\.$/,
    ],
    [{ protocol: '256' }, 'SecurityGroupRuleInvalidProtocol', /protocol 256 not supported/],
    [
      { ethertype: 'IPX' },
      'SecurityGroupRuleInvalidEtherType',
      /^Security group rule for ethertype 'IPX' not supported\. Allowed values are \['IPv4', 'IPv6'\]\.$/,
    ],
    [
      { port_range_min: 22, port_range_max: 22 },
      'SecurityGroupProtocolRequiredWithPorts',
      /^Must also specify protocol if port range is given\.$/,
    ],
    [
      { ...tcp, port_range_max: 21 },
      'SecurityGroupInvalidPortRange',
      /^For TCP\/UDP protocols, port_range_min must be <= port_range_max$/,
    ],
    [
      { protocol: 'tcp', port_range_min: 22 },
      'SecurityGroupInvalidPortRange',
      /port_range_min must be <= port_range_max/,
    ],
    [{ ...tcp, port_range_min: 0 }, 'SecurityGroupInvalidPortValue', /^Invalid value for port 0$/],
    [{ ...tcp, port_range_max: 65_536 }, 'SecurityGroupInvalidPortValue', /^Invalid value for port 65536$/],
    [
      { ...tcp, protocol: 'gre' },
      'SecurityGroupInvalidProtocolForPort',
      /^Ports cannot be specified for protocol 47\. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE\.$/,
    ],
    [
      { protocol: 'icmp', port_range_min: 256 },
      'SecurityGroupInvalidIcmpValue',
      /^Invalid value for ICMP type \(port_range_min\) 256\. It must be 0 to 255\.$/,
    ],
    [
      { protocol: 'icmp', port_range_max: 0 },
      'SecurityGroupMissingIcmpType',
      /^ICMP code \(port-range-max\) 0 is provided but ICMP type \(port-range-min\) is missing\.$/,
    ],
    [
      { protocol: 'ipv6-icmp' },
      'SecurityGroupEthertypeConflictWithProtocol',
      /^Invalid ethertype IPv4 for protocol ipv6-icmp\.$/,
    ],
    [
      { remote_ip_prefix: '2001:db8::/32' },
      'SecurityGroupRuleParameterConflict',
      /^Conflicting value ethertype IPv4 for CIDR 2001:db8::\/32$/,
    ],
    [{ remote_ip_prefix: '10.0.0.0/33' }, 'InvalidCIDR', /^Invalid CIDR 10\.0\.0\.0\/33 given as IP prefix\.$/],
    [
      { remote_ip_prefix: '10.0.0.0/8', remote_group_id: MISSING },
      'SecurityGroupMultipleRemoteEntites',
      /^Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided\.$/,
    ],
  ])('%j is refused in Neutron’s words', async (fields, type, message) => {
    const [status, saidType, said] = await refusedRule({ security_group_id: group.id, ...fields });
    expect([status, saidType]).toEqual([400, type]);
    expect(said).toMatch(message);
  });

  it('that says the same as another one is refused with that one’s id, also by other words for it', async () => {
    const there = await makeRule({ security_group_id: group.id, direction: 'ingress', protocol: 'sctp' });
    for (const same of [{ protocol: 'sctp' }, { protocol: 132 }, { protocol: 'SCTP', remote_ip_prefix: '0.0.0.0/0' }])
      expect(await refusedRule({ security_group_id: group.id, ...same })).toEqual([
        409,
        'SecurityGroupRuleExists',
        `Security group rule already exists. Rule id is ${there.id}.`,
      ]);
  });

  it('comes with others in one request, all of one group and none twice, or none comes', async () => {
    const [one, two] = await Promise.all([makeGroup(), makeGroup()]);
    const ports = [80, 443].map((port) => ({
      ...tcp,
      direction: 'ingress',
      security_group_id: one.id,
      port_range_min: port,
      port_range_max: port,
    }));
    const { security_group_rules: made } = await member.api.call<{ security_group_rules: Rule[] }>('POST', RULES, {
      security_group_rules: ports,
    });
    expect(made.map((rule) => rule['port_range_min'])).toEqual([80, 443]);
    const rule = { direction: 'ingress', protocol: 'vrrp' };
    expect(
      await refusal('POST', RULES, {
        security_group_rules: [one.id, two.id].map((security_group_id) => ({ ...rule, security_group_id })),
      }),
    ).toEqual([
      400,
      'SecurityGroupNotSingleGroupRules',
      'Only allowed to update rules for one security profile at a time',
    ]);
    expect(
      await refusal('POST', RULES, {
        security_group_rules: [1, 2].map(() => ({ ...rule, security_group_id: one.id })),
      }),
    ).toEqual([409, 'DuplicateSecurityGroupRuleInPost', 'Duplicate Security Group Rule in POST.']);
    expect(rulesOf(await shown(one.id)).length).toBe(4);
  });

  it('goes with the group that it names, and keeps the address group that it names', async () => {
    const remote = await makeGroup();
    const { address_group } = await member.api.call<{ address_group: Item }>('POST', '/network/v2.0/address-groups', {
      address_group: {},
    });
    const own = await makeGroup();
    await makeRule({ security_group_id: own.id, direction: 'ingress', remote_group_id: remote.id });
    await makeRule({ security_group_id: own.id, direction: 'ingress', remote_address_group_id: address_group['id'] });
    expect(rulesOf(await shown(own.id)).length).toBe(4);
    await member.api.call('DELETE', `${GROUPS}/${remote.id}`);
    const addresses = `/network/v2.0/address-groups/${address_group['id']}`;
    expect((await refusal('DELETE', addresses)).slice(0, 2)).toEqual([409, 'AddressGroupInUse']);
    expect(rulesOf(await shown(own.id)).length).toBe(3);
    await member.api.call('DELETE', `${GROUPS}/${own.id}`);
    await member.api.call('DELETE', addresses);
  });

  it('is found by what it says', async () => {
    const own = await makeGroup();
    const rule = await makeRule({
      security_group_id: own.id,
      direction: 'ingress',
      ...tcp,
      remote_ip_prefix: '192.0.2.7/24',
    });
    const found = async (query: string): Promise<string[]> =>
      (
        await member.api.call<{ security_group_rules: Rule[] }>('GET', `${RULES}?security_group_id=${own.id}&${query}`)
      ).security_group_rules.map(({ id }) => id);
    for (const query of [
      'protocol=tcp',
      'port_range_min=22',
      'normalized_cidr=192.0.2.0/24',
      'direction=ingress',
      'remote_ip_prefix=192.0.2.7/24',
    ])
      expect(await found(query)).toEqual([rule.id]);
    expect((await found('belongs_to_default_sg=false')).length).toBe(3);
    expect(await found('belongs_to_default_sg=true')).toEqual([]);
  });
});

describe('A port', () => {
  let network: string;
  beforeAll(async () => {
    network = await networkOf({});
  });
  async function networkOf(fields: object): Promise<string> {
    const { network: made } = await member.api.call<{ network: Item }>('POST', '/network/v2.0/networks', {
      network: fields,
    });
    const subnet = { network_id: made['id'], ip_version: 4, cidr: '198.51.100.0/24' };
    await member.api.call('POST', '/network/v2.0/subnets', { subnet });
    return made['id'];
  }
  const makePort = async (fields: object = {}): Promise<Port> =>
    (await member.api.call<{ port: Port }>('POST', PORTS, { port: { network_id: network, ...fields } })).port;
  const refusedPort = (fields: object) => refusal('POST', PORTS, { port: { network_id: network, ...fields } });
  const NEEDED = [
    400,
    'PortSecurityAndIPRequiredForSecurityGroups',
    'Port security must be enabled and port must have an IP address in order to use security groups.',
  ];
  const PAIRS = [
    409,
    'AddressPairAndPortSecurityRequired',
    'Port Security must be enabled in order to have allowed address pairs on a port.',
  ];

  it('has its project’s default group where it names none, those that it names, and none where it names that', async () => {
    const group = await makeGroup();
    expect((await makePort()).security_groups).toEqual([(await defaultOf()).id]);
    expect((await makePort({ security_groups: [] })).security_groups).toEqual([]);
    const port = await makePort({ security_groups: [group.id, group.id] });
    expect(port.security_groups).toEqual([group.id]);
    const found = await member.api.call<{ ports: Port[] }>('GET', `${PORTS}?security_groups=${group.id}`);
    expect(found.ports.map(({ id }) => id)).toEqual([port.id]);
    expect(await refusal('DELETE', `${GROUPS}/${group.id}`)).toEqual([
      409,
      'SecurityGroupInUse',
      `Security Group ${group.id} in use.`,
    ]);
    expect(await refusal('PUT', `${GROUPS}/${group.id}`, { security_group: { stateful: false } })).toEqual([
      409,
      'SecurityGroupInUse',
      `Security Group ${group.id} in use.`,
    ]);
    const changed = await member.api.call<{ port: Port }>('PUT', `${PORTS}/${port.id}`, {
      port: { security_groups: [] },
    });
    expect(changed.port.security_groups).toEqual([]);
    await member.api.call('DELETE', `${GROUPS}/${group.id}`);
  });

  it('has either stateful groups or stateless ones', async () => {
    const [stateful, stateless] = await Promise.all([makeGroup(), makeGroup({ stateful: false })]);
    expect(stateless).toMatchObject({ stateful: false });
    expect(await refusedPort({ security_groups: [stateful.id, stateless.id] })).toEqual([
      409,
      'SecurityGroupConflict',
      'Error Cannot apply both stateful and stateless security groups on the same port at the same time while attempting the operation.',
    ]);
  });

  it('without port security has neither groups nor address pairs, and gives them up before', async () => {
    const off = { port_security_enabled: false };
    expect(await makePort(off)).toMatchObject({ ...off, security_groups: [] });
    expect(await refusedPort({ ...off, security_groups: [(await defaultOf()).id] })).toEqual(NEEDED);
    expect(await refusedPort({ ...off, allowed_address_pairs: [{ ip_address: '10.0.0.1' }] })).toEqual(PAIRS);
    const port = await makePort({ allowed_address_pairs: [{ ip_address: '10.0.0.1' }] });
    const put = (fields: object) => refusal('PUT', `${PORTS}/${port.id}`, { port: fields });
    expect(await put(off)).toEqual(PAIRS);
    expect(await put({ ...off, allowed_address_pairs: [] })).toEqual([
      409,
      'PortSecurityPortHasSecurityGroup',
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    ]);
    const { port: bare } = await member.api.call<{ port: Port }>('PUT', `${PORTS}/${port.id}`, {
      port: { ...off, allowed_address_pairs: [], security_groups: [] },
    });
    expect(bare).toMatchObject({ ...off, allowed_address_pairs: [], security_groups: [] });
    expect(await put({ security_groups: [(await defaultOf()).id] })).toEqual(NEEDED);
  });

  it('has the port security of its network where it does not say', async () => {
    const open = await networkOf({ port_security_enabled: false });
    expect(await makePort({ network_id: open })).toMatchObject({ port_security_enabled: false, security_groups: [] });
    expect(await makePort({ network_id: open, port_security_enabled: true })).toMatchObject({
      port_security_enabled: true,
      security_groups: [(await defaultOf()).id],
    });
  });

  it('shows the address pairs in their one form, with its own MAC address where they name none', async () => {
    const port = await makePort({
      allowed_address_pairs: [
        { ip_address: '10.9.8.7/16' },
        { ip_address: '2001:DB8::1', mac_address: 'FA-16-3E-00-00-01' },
      ],
    });
    expect(port['allowed_address_pairs']).toEqual([
      { ip_address: '10.9.0.0/16', mac_address: port['mac_address'] },
      { ip_address: '2001:db8::1', mac_address: 'fa:16:3e:00:00:01' },
    ]);
  });

  it.each([
    [
      [{ mac_address: 'fa:16:3e:00:00:01' }],
      'AllowedAddressPairsMissingIP',
      'AllowedAddressPair must contain ip_address',
    ],
    [[{ ip_address: '224.0.0.5' }], 'HTTPBadRequest', 'IP 224.0.0.5 is a multicast address, which is not supported.'],
    [[{ ip_address: 'ff02::/16' }], 'HTTPBadRequest', 'IP ff02::/16 is a multicast address, which is not supported.'],
    [
      [{ ip_address: '10.0.0.1', mac_address: '01:00:5e:00:00:01' }],
      'HTTPBadRequest',
      'Invalid input for mac_address. Reason: MAC address 01:00:5e:00:00:01 is a multicast address, which is not supported..',
    ],
    [
      Array.from({ length: 11 }, (_, i) => ({ ip_address: `10.0.0.${i}` })),
      'AllowedAddressPairExhausted',
      'The number of allowed address pair exceeds the maximum 10.',
    ],
  ])('refuses the address pairs %j', async (allowed_address_pairs, type, message) => {
    expect(await refusedPort({ allowed_address_pairs })).toEqual([400, type, message]);
  });

  it('refuses one address pair twice', async () => {
    const pair = { ip_address: '10.0.0.1', mac_address: 'fa:16:3e:00:00:01' };
    expect(await refusedPort({ allowed_address_pairs: [pair, pair] })).toEqual([
      400,
      'DuplicateAddressPairInRequest',
      'Request contains duplicate address pair: mac_address fa:16:3e:00:00:01 ip_address 10.0.0.1.',
    ]);
  });
});

describe('The rules that new groups begin with', () => {
  const PATH = '/network/v2.0/default-security-group-rules';
  const rule = { direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 };
  const make = async (fields: object): Promise<Rule> =>
    (
      await cloud.admin.call<{ default_security_group_rule: Rule }>('POST', PATH, {
        default_security_group_rule: { ...rule, ...fields },
      })
    ).default_security_group_rule;

  it('are seen by everybody, changed by administrators, and hold for groups that are made from then on', async () => {
    const listed = await member.api.call<{ default_security_group_rules: Rule[] }>('GET', PATH);
    expect(listed.default_security_group_rules.length).toBe(4);
    const body = { default_security_group_rule: { ...rule, used_in_default_sg: false, used_in_non_default_sg: true } };
    expect((await refusal('POST', PATH, body))[0]).toBe(403);
    const made = await make({ used_in_default_sg: false, used_in_non_default_sg: true, remote_group_id: 'PARENT' });
    try {
      const own = await makeGroup();
      expect(rulesOf(own).filter(({ direction }) => direction === 'ingress')).toMatchObject([
        { protocol: 'tcp', port_range_min: 22, remote_group_id: own.id },
      ]);
      const { status, body: answer } = await cloud.admin.request<Answer>('POST', PATH, {
        default_security_group_rule: { ...body.default_security_group_rule, remote_group_id: 'PARENT' },
      });
      expect([status, answer.NeutronError?.message]).toEqual([
        409,
        `Default Security group rule already exists. Rule id is ${made.id}.`,
      ]);
    } finally {
      await cloud.admin.call('DELETE', `${PATH}/${made.id}`);
    }
    expect(rulesOf(await makeGroup()).length).toBe(2);
  });
});

describe('Whether new groups are stateful', () => {
  const PATH = '/network/v2.0/security-groups-default-statefulness';
  const NAME = 'security_groups_default_statefulness';

  it('is set for a project, or for all that have no setting of their own, once each', async () => {
    const make = async (fields: object): Promise<Item> =>
      (await cloud.admin.call<Record<string, Item>>('POST', PATH, { [NAME]: fields }))[NAME]!;
    const all = await make({ project_id: null, stateful: false });
    const own = await make({ project_id: member.project, stateful: true });
    try {
      expect(await makeGroup({}, other)).toMatchObject({ stateful: false });
      expect(await makeGroup()).toMatchObject({ stateful: true });
      for (const [project_id, whose] of [
        [null, 'system-wide'],
        [member.project, member.project],
      ] as const) {
        const { status, body } = await cloud.admin.request<Answer>('POST', PATH, {
          [NAME]: { project_id, stateful: true },
        });
        expect([status, body.NeutronError?.message]).toEqual([
          409,
          `A security group default statefulness setting already exists for project '${whose}'.`,
        ]);
      }
      const listed = await member.api.call<Record<string, Item[]>>('GET', PATH);
      expect(listed[NAME]).toEqual([own]);
    } finally {
      for (const { id } of [all, own] as { id?: unknown }[]) await cloud.admin.call('DELETE', `${PATH}/${String(id)}`);
    }
  });
});
