import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

type Policy = Item & {
  readonly rules: readonly (Item & { readonly type: string })[];
  readonly revision_number: number;
  readonly is_default: boolean;
};
type Rule = Item & Record<string, unknown>;
type FloatingIp = Item & {
  readonly floating_ip_address: string;
  readonly qos_policy_id: string | null;
  readonly qos_network_policy_id: string | null;
};
const LINUX = { driver: 'linux', tunnel_address: '', availability_zone: 'nova' };

let cloud: ServiceApi;
let member: Member;
let network: string;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
  network = (await makeNetwork(member.api, '10.7.0.0/24')).network;
});
afterAll(() => cloud.stop());

const newPolicy = async (fields: object = {}): Promise<Policy> =>
  (
    await cloud.admin.call<{ policy: Policy }>('POST', `${V2}/qos/policies`, {
      policy: { name: 'q', project_id: member.project, ...fields },
    })
  ).policy;
const show = async (id: string): Promise<Policy> =>
  (await member.api.call<{ policy: Policy }>('GET', `${V2}/qos/policies/${id}`)).policy;
const addRule = (policy: string, type: string, fields: object, api = cloud.admin) =>
  api.request<Record<string, Rule> & Refused>('POST', `${V2}/qos/policies/${policy}/${type}_rules`, {
    [`${type}_rule`]: fields,
  });
const newRule = async (policy: string, type: string, fields: object): Promise<Rule> => {
  const { status, body } = await addRule(policy, type, fields);
  expect([status, body.NeutronError]).toEqual([201, undefined]);
  return body[`${type}_rule`]!;
};
const newPort = (fields: object, api = member.api) =>
  api.request<{ port: Item & { qos_policy_id: string | null; qos_network_policy_id: string | null } } & Refused>(
    'POST',
    `${V2}/ports`,
    { port: { network_id: network, ...fields } },
  );
const put = (path: string, body: object, api = cloud.admin) => api.request<Refused>('PUT', `${V2}/${path}`, body);
const del = (path: string) => cloud.admin.request<Refused>('DELETE', `${V2}/${path}`);

describe('A QoS policy', () => {
  it('shows its rules with their types, and counts a change of them as one of its own', async () => {
    const { id, revision_number } = await newPolicy();
    const limit = await newRule(id, 'bandwidth_limit', { max_kbps: 1000 });
    expect(limit).toEqual({ id: limit.id, max_kbps: 1000, max_burst_kbps: 0, direction: 'egress' });
    const mark = await newRule(id, 'dscp_marking', { dscp_mark: 26 });
    expect(mark).toEqual({ id: mark.id, dscp_mark: 26 });
    const policy = await show(id);
    expect(policy.rules).toEqual([
      { ...limit, type: 'bandwidth_limit', qos_policy_id: id },
      { ...mark, type: 'dscp_marking', qos_policy_id: id },
    ]);
    expect(policy.revision_number).toBe(revision_number + 2);
  });

  it('has one rule of a type in each direction', async () => {
    const { id } = await newPolicy();
    const first = await newRule(id, 'bandwidth_limit', { max_kbps: 1000 });
    const second = await newRule(id, 'bandwidth_limit', { max_kbps: 1000, direction: 'ingress' });
    const words = `Rule bandwidth_limit conflicts with rule ${first.id} which already exists in QoS Policy ${id}.`;
    expect(refusalOf(await addRule(id, 'bandwidth_limit', { max_kbps: 1 }))).toEqual([409, 'QoSRulesConflict', words]);
    const path = `qos/policies/${id}/bandwidth_limit_rules/${second.id}`;
    expect(refusalOf(await put(path, { bandwidth_limit_rule: { direction: 'egress' } }))).toEqual([
      409,
      'QoSRulesConflict',
      words,
    ]);
  });

  it('promises no more than its limit, and no packets both with and without a direction', async () => {
    const { id } = await newPolicy();
    await newRule(id, 'bandwidth_limit', { max_kbps: 1000 });
    const unable = `Unable to add the rule with value`;
    expect(refusalOf(await addRule(id, 'minimum_bandwidth', { min_kbps: 1001 }))).toEqual([
      409,
      'QoSRuleParameterConflict',
      `${unable} 1001 to the policy ${id} as the existing rule of type bandwidth_limit has value 1000.`,
    ]);
    await newRule(id, 'minimum_bandwidth', { min_kbps: 1001, direction: 'ingress' });
    await newRule(id, 'minimum_packet_rate', { min_kpps: 1, direction: 'any' });
    expect(refusalOf(await addRule(id, 'minimum_packet_rate', { min_kpps: 1 }))).toEqual([
      409,
      'QoSRuleParameterConflict',
      `${unable} egress to the policy ${id} as the existing rule of type minimum_packet_rate has value any.`,
    ]);
    await newRule(id, 'packet_rate_limit', { max_kpps: 5 });
  });

  it('marks by what DSCP knows alone', async () => {
    const { id } = await newPolicy();
    expect(refusalOf(await addRule(id, 'dscp_marking', { dscp_mark: 7 }))).toEqual([
      400,
      'HTTPBadRequest',
      "Invalid input for dscp_mark. Reason: '7' is not in [0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 44, 46, 48, 56].",
    ]);
  });

  it('has rules that their ids alone lead to', async () => {
    const { id } = await newPolicy();
    const rule = await newRule(id, 'bandwidth_limit', { max_kbps: 1000 });
    const path = `qos/alias_bandwidth_limit_rules/${rule.id}`;
    await put(path, { alias_bandwidth_limit_rule: { max_kbps: 2000 } });
    expect(await cloud.admin.call('GET', `${V2}/${path}`)).toEqual({
      alias_bandwidth_limit_rule: { ...rule, max_kbps: 2000 },
    });
    expect((await del(path)).status).toBe(204);
    expect(refusalOf(await del(path))).toEqual([
      404,
      'QosRuleNotFound',
      `QoS rule ${rule.id} for policy  could not be found.`,
    ]);
    expect(refusalOf(await del(`qos/policies/${id}/bandwidth_limit_rules/${rule.id}`))).toEqual([
      404,
      'QosRuleNotFound',
      `QoS rule ${rule.id} for policy ${id} could not be found.`,
    ]);
  });

  it('is made by managers, seen by its project, and by others once it is shared', async () => {
    const { id } = await newPolicy();
    const stranger = await newMember(cloud.admin);
    const asked = () => stranger.api.request<Refused>('GET', `${V2}/qos/policies/${id}`);
    expect((await member.api.request('POST', `${V2}/qos/policies`, { policy: { name: 'm' } })).status).toBe(403);
    expect(refusalOf(await asked())).toEqual([404, 'QosPolicyNotFound', `QoS policy ${id} could not be found.`]);
    await put(`qos/policies/${id}`, { policy: { shared: true } });
    expect((await asked()).status).toBe(200);
    const { network: theirs } = await makeNetwork(stranger.api, '10.8.0.0/24', { qos_policy_id: id });
    expect(refusalOf(await put(`qos/policies/${id}`, { policy: { shared: false } }))[1]).toBe('RbacPolicyInUse');
    await put(`networks/${theirs}`, { network: { qos_policy_id: null } }, stranger.api);
    expect((await put(`qos/policies/${id}`, { policy: { shared: false } })).status).toBe(200);
  });

  it('is the default of its project alone, which new networks of the project have', async () => {
    const owner = await newMember(cloud.admin);
    const of = { project_id: owner.project };
    const { id, is_default } = await newPolicy({ ...of, is_default: true });
    expect(is_default).toBe(true);
    const second = await cloud.admin.request<Refused>('POST', `${V2}/qos/policies`, {
      policy: { name: 'second', is_default: true, ...of },
    });
    expect(refusalOf(second)).toEqual([
      409,
      'QoSPolicyDefaultAlreadyExists',
      `A default QoS policy exists for project ${owner.project}.`,
    ]);
    const made = await owner.api.call<{ network: { qos_policy_id: string } }>('POST', `${V2}/networks`, {
      network: {},
    });
    expect(made.network.qos_policy_id).toBe(id);
    const { policies } = await owner.api.call<{ policies: Policy[] }>('GET', `${V2}/qos/policies?is_default=true`);
    expect(policies.map((policy) => policy.id)).toEqual([id]);
  });
});

describe('What a QoS policy is bound to', () => {
  it('keeps it: a port by itself, a network for its ports that have none of their own', async () => {
    const ofPort = await newPolicy();
    const ofNetwork = await newPolicy();
    const { network: limited } = await makeNetwork(member.api, '10.9.0.0/24', { qos_policy_id: ofNetwork.id });
    const { body } = await newPort({ network_id: limited, qos_policy_id: ofPort.id });
    expect([body.port.qos_policy_id, body.port.qos_network_policy_id]).toEqual([ofPort.id, ofNetwork.id]);
    expect(refusalOf(await del(`qos/policies/${ofPort.id}`))).toEqual([
      409,
      'QosPolicyInUse',
      `QoS Policy ${ofPort.id} is used by port ${body.port.id}.`,
    ]);
    expect(refusalOf(await del(`qos/policies/${ofNetwork.id}`))).toEqual([
      409,
      'QosPolicyInUse',
      `QoS Policy ${ofNetwork.id} is used by network ${limited}.`,
    ]);
    await put(`ports/${body.port.id}`, { port: { qos_policy_id: null } }, member.api);
    expect((await del(`qos/policies/${ofPort.id}`)).status).toBe(204);
  });

  it('may be a floating IP or a router’s gateway, whose host is told of their limits and of each change of them', async () => {
    await cloud.services.neutron.agentReports.report('qos2', LINUX);
    const [ofAddress, ofGateway, ofWorld] = [await newPolicy(), await newPolicy(), await newPolicy({ shared: true })];
    await newRule(ofAddress.id, 'bandwidth_limit', { max_kbps: 1000, max_burst_kbps: 200 });
    await newRule(ofGateway.id, 'bandwidth_limit', { max_kbps: 2000, direction: 'ingress' });
    await newRule(ofWorld.id, 'bandwidth_limit', { max_kbps: 3000 });
    await newRule(ofWorld.id, 'dscp_marking', { dscp_mark: 26 });
    const { network: world } = await makeNetwork(cloud.admin, '203.0.115.0/24', { 'router:external': true });
    const inner = await makeNetwork(member.api, '10.14.0.0/24');
    interface Router {
      readonly id: string;
      readonly external_gateway_info: { qos_policy_id: string; external_fixed_ips: { ip_address: string }[] } | null;
    }
    const gateway = (fields: object = {}) => ({ external_gateway_info: { network_id: world, ...fields } });
    const { router } = await member.api.call<{ router: Router }>('POST', `${V2}/routers`, {
      router: gateway({ qos_policy_id: ofGateway.id }),
    });
    expect(router.external_gateway_info?.qos_policy_id).toBe(ofGateway.id);
    await member.api.call('PUT', `${V2}/routers/${router.id}/add_router_interface`, { subnet_id: inner.subnet });
    await cloud.services.db.router.update({ where: { id: router.id }, data: { host: 'qos2' } });
    const port = (await newPort({ network_id: inner.network })).body.port.id;
    const asked = (fields: object) =>
      member.api.request<Record<'floatingip', FloatingIp> & Refused>('POST', `${V2}/floatingips`, {
        floatingip: { floating_network_id: world, ...fields },
      });
    const { body } = await asked({ port_id: port, qos_policy_id: ofAddress.id });
    const floating = body.floatingip;
    expect([floating.qos_policy_id, floating.qos_network_policy_id]).toEqual([ofAddress.id, null]);

    let since: string | undefined;
    const limits = async (): Promise<unknown> => {
      const state = await cloud.services.neutron.hosts.next('qos2', since, new AbortController().signal);
      since = state!.generation;
      return state!.routers[0]?.limits;
    };
    const own = router.external_gateway_info!.external_fixed_ips[0]!.ip_address;
    const byAddress = (...all: (Readonly<Record<string, unknown>> & { readonly address: string })[]) =>
      all.toSorted((a, b) => (a.address < b.address ? -1 : 1));
    const atGateway = { address: own, ingressKbps: 2000 };
    const address = floating.floating_ip_address;
    expect(await limits()).toEqual(byAddress(atGateway, { address, egressKbps: 1000, egressBurstKb: 200 }));
    let waited = limits();
    await newRule(ofAddress.id, 'bandwidth_limit', { max_kbps: 500, direction: 'ingress' });
    const both = { address, egressKbps: 1000, egressBurstKb: 200, ingressKbps: 500 };
    expect(await waited).toEqual(byAddress(atGateway, both));

    // Who does not see a policy cannot have it; and one that is had stays.
    const hidden = (await newPolicy({ project_id: (await newMember(cloud.admin)).project })).id;
    const missing = [404, 'QosPolicyNotFound', `QoS policy ${hidden} could not be found.`];
    const theirs = { floatingip: { qos_policy_id: hidden } };
    expect(refusalOf(await asked({ qos_policy_id: hidden }))).toEqual(missing);
    expect(refusalOf(await put(`floatingips/${floating.id}`, theirs, member.api))).toEqual(missing);
    const others = { router: gateway({ qos_policy_id: hidden }) };
    expect(refusalOf(await put(`routers/${router.id}`, others, member.api))).toEqual(missing);
    for (const [{ id }, kind, user] of [
      [ofAddress, 'fip', floating.id],
      [ofGateway, 'router', router.id],
    ] as const)
      expect(refusalOf(await del(`qos/policies/${id}`))[2]).toBe(`QoS Policy ${id} is used by ${kind} ${user}.`);

    // Without one of its own a floating IP has its network's. Who says nothing of a gateway's leaves it.
    await put(`networks/${world}`, { network: { qos_policy_id: ofWorld.id } });
    await put(`routers/${router.id}`, { router: gateway() }, member.api);
    waited = limits();
    await put(`floatingips/${floating.id}`, { floatingip: { qos_policy_id: null } }, member.api);
    expect(await waited).toEqual(byAddress(atGateway, { address, egressKbps: 3000 }));
    const shown = await member.api.call<{ floatingip: FloatingIp }>('GET', `${V2}/floatingips/${floating.id}`);
    expect([shown.floatingip.qos_policy_id, shown.floatingip.qos_network_policy_id]).toEqual([null, ofWorld.id]);
    waited = limits();
    await put(`routers/${router.id}`, { router: gateway({ qos_policy_id: null }) }, member.api);
    expect(await waited).toEqual([{ address, egressKbps: 3000 }]);
    expect((await del(`qos/policies/${ofGateway.id}`)).status).toBe(204);
  });

  it('is limited by its host, which is told of the rules and of each change of them', async () => {
    await cloud.services.neutron.agentReports.report('qos1', LINUX);
    const { id } = await newPolicy();
    await newRule(id, 'bandwidth_limit', { max_kbps: 1000, max_burst_kbps: 200 });
    const { network: limited } = await makeNetwork(member.api, '10.13.0.0/24', { qos_policy_id: id });
    const bound = { network_id: limited, device_owner: 'compute:nova', 'binding:host_id': 'qos1' };
    const { body } = await newPort(bound, cloud.admin);
    const next = async (since?: string) => {
      const state = await cloud.services.neutron.hosts.next('qos1', since, new AbortController().signal);
      return { since: state!.generation, qos: state!.ports.find((port) => port.id === body.port.id)?.qos };
    };
    const first = await next();
    expect(first.qos).toEqual({ egressKbps: 1000, egressBurstKb: 200 });
    const waited = next(first.since);
    await newRule(id, 'dscp_marking', { dscp_mark: 26 });
    expect((await waited).qos).toEqual({ egressKbps: 1000, egressBurstKb: 200, dscp: 26 });
  });

  it('has none that its asker does not see, and loses none that he does not see', async () => {
    const hidden = await newPolicy({ project_id: undefined });
    expect(refusalOf(await newPort({ qos_policy_id: hidden.id }))).toEqual([
      404,
      'QosPolicyNotFound',
      `QoS policy ${hidden.id} could not be found.`,
    ]);
    const { body } = await newPort({});
    const path = `ports/${body.port.id}`;
    await put(path, { port: { qos_policy_id: hidden.id } });
    expect(refusalOf(await put(path, { port: { qos_policy_id: null } }, member.api))).toEqual([
      403,
      'PolicyRemoveAuthorizationError',
      `Failed to remove provided policy ${hidden.id} because you are not authorized.`,
    ]);
  });

  it('is refused rules that no host can do, when it is bound and when they are added', async () => {
    const policy = await newPolicy();
    const { body } = await newPort({ qos_policy_id: policy.id });
    expect(refusalOf(await addRule(policy.id, 'packet_rate_limit', { max_kpps: 5 }))).toEqual([
      409,
      'QosRuleNotSupported',
      `Rule packet_rate_limit is not supported by port ${body.port.id}`,
    ]);
    expect((await show(policy.id)).rules).toEqual([]);
    const promising = await newPolicy();
    await newRule(promising.id, 'minimum_bandwidth', { min_kbps: 1 });
    expect(refusalOf(await put(`ports/${body.port.id}`, { port: { qos_policy_id: promising.id } }))).toEqual([
      409,
      'QosRuleNotSupported',
      `Rule minimum_bandwidth is not supported by port ${body.port.id}`,
    ]);
    expect(refusalOf(await put(`networks/${network}`, { network: { qos_policy_id: promising.id } }))).toEqual([
      409,
      'QosRuleNotSupportedByNetwork',
      `Rule minimum_bandwidth is not supported by network ${network}`,
    ]);
  });
});

describe('The types of QoS rules', () => {
  const types = async (query = ''): Promise<string[]> =>
    (await member.api.call<{ rule_types: { type: string }[] }>('GET', `${V2}/qos/rule-types${query}`)).rule_types.map(
      ({ type }) => type,
    );

  it('are those that hosts can do, or all that there are, and say more to administrators', async () => {
    expect(await types()).toEqual(['bandwidth_limit', 'dscp_marking']);
    expect(await types('?all_supported=true')).toEqual(['bandwidth_limit', 'dscp_marking']);
    expect((await types('?all_rules=true')).toSorted()).toEqual([
      'bandwidth_limit',
      'dscp_marking',
      'minimum_bandwidth',
      'minimum_packet_rate',
      'packet_rate_limit',
    ]);
    const path = `${V2}/qos/rule-types/dscp_marking`;
    expect((await member.api.request('GET', path)).status).toBe(403);
    expect(await cloud.admin.call('GET', path)).toMatchObject({
      rule_type: { type: 'dscp_marking', drivers: [{ supported_parameters: [{ parameter_name: 'dscp_mark' }] }] },
    });
    expect((await cloud.admin.request('GET', `${V2}/qos/rule-types/none`)).status).toBe(404);
  });
});
