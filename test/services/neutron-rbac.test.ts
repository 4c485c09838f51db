import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it, vi } from 'vitest';
import { OBJECT_TYPES } from '#services/neutron/rbac/object-types';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

interface Rbac extends Item {
  readonly action: string;
  readonly object_id: string;
  readonly object_type: string;
  readonly target_tenant: string;
}

let cloud: ServiceApi;
let owner: Member;
let friend: Member;
let stranger: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'), { NOVAFLOW_QUOTA_RBAC_POLICIES: '40' });
  [owner, friend, stranger] = await Promise.all([
    newMember(cloud.admin),
    newMember(cloud.admin),
    newMember(cloud.admin),
  ]);
});
afterAll(() => cloud.stop());

const ask = (object_type: string, object_id: string, fields: object = {}, api = owner.api) =>
  api.request<{ rbac_policy: Rbac } & Refused>('POST', `${V2}/rbac-policies`, {
    rbac_policy: { object_type, object_id, action: 'access_as_shared', target_tenant: friend.project, ...fields },
  });
const share = async (object_type: string, object_id: string, fields: object = {}, api = owner.api): Promise<Rbac> => {
  const { status, body } = await ask(object_type, object_id, fields, api);
  expect([status, body.NeutronError]).toEqual([201, undefined]);
  return body.rbac_policy;
};
const put = (id: string, target_tenant: string, api = owner.api) =>
  api.request<{ rbac_policy: Rbac } & Refused>('PUT', `${V2}/rbac-policies/${id}`, { rbac_policy: { target_tenant } });
const end = (id: string, api = owner.api) => api.request<Refused>('DELETE', `${V2}/rbac-policies/${id}`);
const policiesOf = async (object: string): Promise<Rbac[]> =>
  (
    await cloud.admin.call<{ rbac_policies: Rbac[] }>('GET', `${V2}/rbac-policies?object_id=${object}`)
  ).rbac_policies.toSorted((a, b) => a.action.localeCompare(b.action));
const make = async (path: string, one: string, fields: object, api = owner.api): Promise<Item & { shared: boolean }> =>
  (await api.call<Record<string, Item & { shared: boolean }>>('POST', `${V2}/${path}`, { [one]: fields }))[one]!;
const statusOf = async (api: Member['api'], path: string) => (await api.request('GET', `${V2}/${path}`)).status;
const inUse = (id: string, details: string) => [
  409,
  'RbacPolicyInUse',
  `RBAC policy on object ${id} cannot be removed because other objects depend on it.\nDetails: ${details}`,
];

/** Until a request waits for what another transaction has locked. */
const someoneWaits = () =>
  vi.waitFor(
    async () => {
      const { rows } = await cloud.database.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      expect(rows).not.toEqual([]);
    },
    { timeout: 20_000 },
  );
const refused = (status: number) => ({ message: expect.stringContaining(` answered ${status}: `) as string });
/** Uses a thing while the transaction that ends its policies has not ended itself. @returns what came of the use */
async function useWhileUnshared(type: string, id: string, use: (id: string) => Promise<unknown>): Promise<unknown> {
  const { table, column } = OBJECT_TYPES.find(({ name }) => name === type)!;
  await cloud.database.query('BEGIN');
  try {
    await cloud.database.query(`SELECT 1 FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
    await cloud.database.query(`DELETE FROM neutron.rbac_policies WHERE ${column} = $1`, [id]);
    const used = use(id).catch((error: unknown) => error);
    await someoneWaits();
    await cloud.database.query('COMMIT');
    return await used;
  } catch (error) {
    await cloud.database.query('ROLLBACK');
    throw error;
  }
}

describe('An RBAC policy', () => {
  it('says what it is about, who may do what with it, and is seen by its owner and administrators alone', async () => {
    const { network } = await makeNetwork(owner.api, '10.1.0.0/24');
    const made = await share('network', network);
    expect(made).toEqual({
      id: made.id,
      object_type: 'network',
      object_id: network,
      action: 'access_as_shared',
      target_tenant: friend.project,
      tenant_id: owner.project,
      project_id: owner.project,
    });
    expect(await statusOf(friend.api, `rbac-policies/${made.id}`)).toBe(404);
    const found = async (query: string, api = owner.api) =>
      (await api.call<{ rbac_policies: Rbac[] }>('GET', `${V2}/rbac-policies?${query}`)).rbac_policies.map((r) => r.id);
    expect(await found(`object_type=network&object_id=${network}`)).toEqual([made.id]);
    expect(await found(`object_type=qos_policy&object_id=${network}`)).toEqual([]);
    expect(await found(`target_tenant=${friend.project}&action=access_as_shared`)).toContain(made.id);
    expect(await found('', friend.api)).toEqual([]);
  });

  it.each([
    [
      'an object type that there is not',
      { object_type: 'server' },
      [400, 'InvalidInput', "Invalid input for operation: 'server' is not a valid RBAC object type."],
    ],
    [
      'a target that is no project',
      { target_tenant: 'all' },
      [
        400,
        'InvalidInput',
        "Invalid input for operation: 'all' is not a valid target project ID; expected a UUID or '*'.",
      ],
    ],
    [
      'an action that the type does not have',
      { action: 'access_as_owner' },
      [
        400,
        'InvalidActionForType',
        "Invalid input for operation: Invalid action 'access_as_owner' for object type 'network'. Valid actions: ('access_as_shared', 'access_as_external').",
      ],
    ],
  ])('is refused for %s', async (_what, fields, refusal) => {
    const { network } = await makeNetwork(owner.api, '10.1.0.0/24');
    expect(refusalOf(await ask('network', network, fields))).toEqual(refusal);
  });

  it('is refused a second time, for another project’s thing, and for all to whoever is no administrator', async () => {
    const { network } = await makeNetwork(owner.api, '10.1.0.0/24');
    await share('network', network);
    expect(refusalOf(await ask('network', network))).toEqual([
      409,
      'DuplicateRbacPolicy',
      'An RBAC policy already exists with those values.',
    ]);
    const mine = { target_tenant: stranger.project };
    expect(refusalOf(await ask('network', network, mine, friend.api))).toEqual([
      400,
      'InvalidInput',
      'Invalid input for operation: Only admins can manipulate policies on networks they do not own.',
    ]);
    expect(refusalOf(await ask('network', network, mine, stranger.api))).toEqual([
      400,
      'InvalidInput',
      `Invalid input for operation: Network ${network} could not be found.`,
    ]);
    expect((await ask('network', network, { target_tenant: '*' })).status).toBe(403);
    const { id } = await share('network', network, { target_tenant: stranger.project });
    expect((await put(id, '*')).status).toBe(403);
  });
});

describe('A network that is shared with a project', () => {
  it('is there for it and for nobody else, with its subnets, and takes its ports and its routers', async () => {
    const { network, subnet } = await makeNetwork(owner.api, '10.2.0.0/24');
    expect(await statusOf(friend.api, `networks/${network}`)).toBe(404);
    await share('network', network);
    for (const path of [`networks/${network}`, `subnets/${subnet}`]) {
      expect(await statusOf(friend.api, path)).toBe(200);
      expect(await statusOf(stranger.api, path)).toBe(404);
    }
    const shared = async (api: Member['api']) =>
      (await api.call<{ network: { shared: boolean } }>('GET', `${V2}/networks/${network}`)).network.shared;
    expect([await shared(owner.api), await shared(friend.api)]).toEqual([false, true]);
    const listed = async (query: string) =>
      (await friend.api.call<{ networks: Item[] }>('GET', `${V2}/networks?${query}&id=${network}`)).networks.length;
    expect([await listed('shared=true'), await listed('shared=false')]).toEqual([1, 0]);
    expect((await friend.api.request('POST', `${V2}/ports`, { port: { network_id: network } })).status).toBe(201);
    expect((await stranger.api.request('POST', `${V2}/ports`, { port: { network_id: network } })).status).toBe(404);
    const chosen = { network_id: network, fixed_ips: [{ ip_address: '10.2.0.77' }] };
    expect((await friend.api.request('POST', `${V2}/ports`, { port: chosen })).status).toBe(403);
    const router = await make('routers', 'router', {}, friend.api);
    const joined = await friend.api.request('PUT', `${V2}/routers/${router.id}/add_router_interface`, {
      subnet_id: subnet,
    });
    expect(joined.status).toBe(200);
    expect((await friend.api.request('PUT', `${V2}/networks/${network}`, { network: { name: 'x' } })).status).toBe(403);
  });

  it('stays shared while the project has ports on it', async () => {
    const { network } = await makeNetwork(owner.api, '10.3.0.0/24');
    const { id } = await share('network', network);
    const port = await make('ports', 'port', { network_id: network }, friend.api);
    const words = `Unable to reconfigure sharing settings for network ${network}. Multiple tenants are using it.`;
    expect(refusalOf(await end(id))).toEqual(inUse(network, words));
    expect(refusalOf(await put(id, stranger.project))).toEqual(inUse(network, words));
    const forAll = await share('network', network, { target_tenant: '*' }, cloud.admin);
    expect((await end(id)).status).toBe(204);
    expect(refusalOf(await end(forAll.id, cloud.admin))).toEqual(inUse(network, words));
    await cloud.admin.call('DELETE', `${V2}/ports/${port.id}`);
    expect((await end(forAll.id, cloud.admin)).status).toBe(204);
    expect(await statusOf(friend.api, `networks/${network}`)).toBe(404);
  });

  it('stays shared when a port comes while the policy is to go, and takes no port that comes when it has gone', async () => {
    const { network } = await makeNetwork(owner.api, '10.8.0.0/24');
    const { id } = await share('network', network);
    await cloud.database.query('BEGIN');
    await cloud.database.query(
      "INSERT INTO neutron.ports (id, project_id, network_id, mac_address) VALUES ($1, $2, $3, 'fa:16:3e:00:00:01')",
      [randomUUID(), friend.project, network],
    );
    const ended = end(id);
    await someoneWaits();
    await cloud.database.query('COMMIT');
    expect((await ended).status).toBe(409);

    const other = await makeNetwork(owner.api, '10.9.0.0/24');
    await share('network', other.network);
    const use = (network_id: string) => make('ports', 'port', { network_id }, friend.api);
    expect(await useWhileUnshared('network', other.network, use)).toMatchObject(refused(404));
  });

  it('is shared with all by its attribute and by a policy, which are one fact', async () => {
    const { network } = await makeNetwork(cloud.admin, '10.4.0.0/24', { shared: true });
    const [policy] = await policiesOf(network);
    expect(policy).toMatchObject({ action: 'access_as_shared', target_tenant: '*', object_type: 'network' });
    expect((await end(policy!.id, cloud.admin)).status).toBe(204);
    const shared = async () =>
      (await cloud.admin.call<{ network: { shared: boolean } }>('GET', `${V2}/networks/${network}`)).network.shared;
    expect(await shared()).toBe(false);
    await share('network', network, { target_tenant: '*' }, cloud.admin);
    expect(await shared()).toBe(true);
    await cloud.admin.call('PUT', `${V2}/networks/${network}`, { network: { shared: false } });
    expect(await policiesOf(network)).toEqual([]);
    await cloud.admin.call('DELETE', `${V2}/networks/${network}`);
  });
});

describe('An external network', () => {
  it('is external for all by its attribute, and for one project by a policy, which makes it external', async () => {
    const { network } = await makeNetwork(cloud.admin, '192.0.2.0/24', { 'router:external': true });
    expect(await policiesOf(network)).toMatchObject([{ action: 'access_as_external', target_tenant: '*' }]);
    const other = await makeNetwork(cloud.admin, '198.51.100.0/24');
    const external = { action: 'access_as_external' };
    const policy = await share('network', other.network, external, cloud.admin);
    const shown = await cloud.admin.call<{ network: Record<string, unknown> }>(
      'GET',
      `${V2}/networks/${other.network}`,
    );
    expect(shown.network['router:external']).toBe(true);
    expect(await statusOf(friend.api, `networks/${other.network}`)).toBe(200);
    expect(await statusOf(stranger.api, `networks/${other.network}`)).toBe(404);
    const gateway = { external_gateway_info: { network_id: other.network } };
    expect((await stranger.api.request('POST', `${V2}/routers`, { router: gateway })).status).toBe(404);
    const router = await make('routers', 'router', gateway, friend.api);
    expect(refusalOf(await end(policy.id, cloud.admin))).toEqual(
      inUse(other.network, 'There are routers attached to this network that depend on this policy for access.'),
    );
    await friend.api.call('DELETE', `${V2}/routers/${router.id}`);
    expect((await end(policy.id, cloud.admin)).status).toBe(204);
    const after = await cloud.admin.call<{ network: Record<string, unknown> }>(
      'GET',
      `${V2}/networks/${other.network}`,
    );
    expect(after.network['router:external']).toBe(false);
    await cloud.admin.call('PUT', `${V2}/networks/${network}`, { network: { 'router:external': false } });
    expect(await policiesOf(network)).toEqual([]);
  });
});

describe.each([
  {
    type: 'security_group',
    unshared: 404,
    path: 'security-groups',
    make: () => make('security-groups', 'security_group', { name: 'web' }),
    use: async (id: string) => {
      const { network } = await makeNetwork(friend.api, '10.5.0.0/24');
      const port = await make('ports', 'port', { network_id: network, security_groups: [id] }, friend.api);
      return `ports/${port.id}`;
    },
  },
  {
    type: 'qos_policy',
    unshared: 404,
    path: 'qos/policies',
    make: () => make('qos/policies', 'policy', { name: 'q', project_id: owner.project }, cloud.admin),
    use: async (id: string) => `networks/${(await make('networks', 'network', { qos_policy_id: id }, friend.api)).id}`,
  },
  {
    type: 'address_scope',
    unshared: 400,
    path: 'address-scopes',
    make: () => make('address-scopes', 'address_scope', { ip_version: 4 }),
    use: async (id: string) => {
      const pool = { name: 'p', prefixes: ['10.60.0.0/16'], address_scope_id: id };
      return `subnetpools/${(await make('subnetpools', 'subnetpool', pool, friend.api)).id}`;
    },
  },
  {
    type: 'subnetpool',
    unshared: 409,
    path: 'subnetpools',
    make: () => make('subnetpools', 'subnetpool', { name: 'p', prefixes: ['10.70.0.0/16'], default_prefixlen: 24 }),
    use: async (id: string) => {
      const network = await make('networks', 'network', {}, friend.api);
      const subnet = { network_id: network.id, ip_version: 4, subnetpool_id: id };
      return `subnets/${(await make('subnets', 'subnet', subnet, friend.api)).id}`;
    },
  },
  {
    type: 'address_group',
    unshared: 404,
    path: 'address-groups',
    make: () => make('address-groups', 'address_group', { addresses: ['192.0.2.0/24'] }),
    use: async (id: string) => {
      const group = await make('security-groups', 'security_group', { name: 'g' }, friend.api);
      const rule = { security_group_id: group.id, direction: 'ingress', remote_address_group_id: id };
      return `security-group-rules/${(await make('security-group-rules', 'security_group_rule', rule, friend.api)).id}`;
    },
  },
])('A $type that is shared with a project', ({ type, path, make: makeIt, use, unshared }) => {
  it('is there for it alone, is used by it, and stays shared as long as it is', async () => {
    const { id } = await makeIt();
    expect(await statusOf(friend.api, `${path}/${id}`)).toBe(404);
    const policy = await share(type, id);
    expect([await statusOf(friend.api, `${path}/${id}`), await statusOf(stranger.api, `${path}/${id}`)]).toEqual([
      200, 404,
    ]);
    const used = await use(id);
    expect(refusalOf(await end(policy.id))).toEqual(inUse(id, `project_id=${friend.project}`));
    expect((await friend.api.request('DELETE', `${V2}/${path}/${id}`)).status).toBeGreaterThanOrEqual(403);
    const forAll = await share(type, id, { target_tenant: '*' }, cloud.admin);
    expect((await end(policy.id)).status).toBe(204);
    expect(await statusOf(stranger.api, `${path}/${id}`)).toBe(200);
    expect(refusalOf(await end(forAll.id, cloud.admin))).toEqual(inUse(id, 'project_id=*'));
    await cloud.admin.call('DELETE', `${V2}/${used}`);
    expect((await end(forAll.id, cloud.admin)).status).toBe(204);
    expect(await statusOf(friend.api, `${path}/${id}`)).toBe(404);
  });

  it('is not used by a project for which it is no longer there when the use begins to count', async () => {
    const { id } = await makeIt();
    await share(type, id);
    expect(await useWhileUnshared(type, id, use)).toMatchObject(refused(unshared));
  });

  it('takes its policies with it when it goes', async () => {
    const { id } = await makeIt();
    await share(type, id);
    await cloud.admin.call('DELETE', `${V2}/${path}/${id}`);
    expect(await policiesOf(id)).toEqual([]);
  });
});

describe('A subnet pool', () => {
  it('is shared with nobody who could not use the address scope that it is in', async () => {
    const scope = await make('address-scopes', 'address_scope', { ip_version: 4 });
    const pool = { name: 'p', prefixes: ['10.80.0.0/16'], address_scope_id: scope.id };
    const { id } = await make('subnetpools', 'subnetpool', pool);
    expect(refusalOf(await ask('subnetpool', id))).toEqual([
      400,
      'InvalidInput',
      `Invalid input for operation: Failed to create RBAC policy on object ${id} because target project doesn't have access to associated address scope.`,
    ]);
    await share('address_scope', scope.id);
    await share('subnetpool', id);
  });
});
