import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, makeSubnet, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

type Pool = Item & { readonly prefixes: string[]; readonly is_default: boolean; readonly revision_number: number };
type Subnet = Item & {
  readonly cidr: string;
  readonly gateway_ip: string | null;
  readonly subnetpool_id: string | null;
};
type Scope = Item & { readonly shared: boolean };
type Network = Item & { readonly ipv4_address_scope: string | null; readonly ipv6_address_scope: string | null };

let cloud: ServiceApi;
let member: Member;
let other: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  [member, other] = await Promise.all([newMember(cloud.admin), newMember(cloud.admin)]);
});
afterAll(() => cloud.stop());

const askPool = (fields: object, api = member.api) =>
  api.request<{ subnetpool: Pool } & Refused>('POST', `${V2}/subnetpools`, { subnetpool: { name: 'p', ...fields } });
const newPool = async (fields: object, api = member.api): Promise<Pool> => {
  const { status, body } = await askPool(fields, api);
  expect([status, body.NeutronError]).toEqual([201, undefined]);
  return body.subnetpool;
};
const putPool = (id: string, change: object, api = member.api) =>
  api.request<{ subnetpool: Pool } & Refused>('PUT', `${V2}/subnetpools/${id}`, { subnetpool: change });
const act = (id: string, action: string, body: object, api = member.api) =>
  api.request<{ prefixes: string[] } & Refused>('PUT', `${V2}/subnetpools/${id}/${action}`, body);
const newNetwork = async (api = member.api): Promise<string> =>
  (await api.call<{ network: Item }>('POST', `${V2}/networks`, { network: {} })).network.id;
const network = async (id: string, api = member.api): Promise<Network> =>
  (await api.call<{ network: Network }>('GET', `${V2}/networks/${id}`)).network;
const askSubnet = (network_id: string, fields: object, api = member.api) =>
  api.request<{ subnet: Subnet } & Refused>('POST', `${V2}/subnets`, {
    subnet: { network_id, ip_version: 4, ...fields },
  });
const newScope = async (fields: object, api = member.api): Promise<Scope> =>
  (
    await api.call<{ address_scope: Scope }>('POST', `${V2}/address-scopes`, {
      address_scope: { name: 's', ...fields },
    })
  ).address_scope;
/** A refusal's status and its type alone. */
const typeOf = ({ status, body }: { status: number; body: Refused }) => [status, body.NeutronError?.type];

describe('A subnet pool', () => {
  it('has its prefixes without host bits and merged, and lengths that follow from its IP version, as text', async () => {
    const four = await newPool({ prefixes: ['10.1.0.0/17', '10.1.128.9/17', '10.0.0.0/24', '10.0.0.128/25'] });
    expect(four).toMatchObject({
      prefixes: ['10.0.0.0/24', '10.1.0.0/16'],
      ip_version: 4,
      min_prefixlen: '8',
      max_prefixlen: '32',
      default_prefixlen: '8',
      default_quota: null,
      address_scope_id: null,
      shared: false,
      is_default: false,
      project_id: member.project,
      tags: [],
      revision_number: 0,
    });
    expect(await newPool({ prefixes: ['2001:db8::/32'], default_prefixlen: 80 })).toMatchObject({
      ip_version: 6,
      min_prefixlen: '64',
      max_prefixlen: '128',
      default_prefixlen: '80',
    });
  });

  it('is refused in Neutron’s words for prefixes and lengths that do not go together', async () => {
    const refused = async (fields: object) => refusalOf(await askPool({ prefixes: ['10.0.0.0/8'], ...fields }));
    const bounds = (words: string) => [400, 'IllegalSubnetPoolPrefixBounds', `Illegal prefix bounds: ${words}.`];
    expect(await refused({ prefixes: [] })).toEqual([
      400,
      'EmptySubnetPoolPrefixList',
      'Empty subnet pool prefix list.',
    ]);
    expect(await refused({ prefixes: ['10.0.0.0/8', '2001:db8::/64'] })).toEqual([
      400,
      'PrefixVersionMismatch',
      'Cannot mix IPv4 and IPv6 prefixes in a subnet pool.',
    ]);
    expect(await refused({ min_prefixlen: 24, max_prefixlen: 20 })).toEqual(
      bounds('min_prefixlen=24, max_prefixlen=20'),
    );
    expect(await refused({ max_prefixlen: 33 })).toEqual(bounds('max_prefixlen=33, ip_version_max=32'));
    expect(await refused({ default_prefixlen: 4 })).toEqual(bounds('default_prefixlen=4, min_prefixlen=8'));
    expect(await refused({ max_prefixlen: 24, default_prefixlen: 25 })).toEqual(
      bounds('default_prefixlen=25, max_prefixlen=24'),
    );
    for (const bad of [{ prefixes: ['no'] }, { name: '' }, { min_prefixlen: -1 }, { default_quota: -1 }])
      expect((await refused(bad))[0]).toBe(400);
  });

  it('is shared and is the default one for administrators alone, one for each IP version', async () => {
    for (const field of ['shared', 'is_default'])
      expect((await askPool({ prefixes: ['10.0.0.0/8'], [field]: true })).status).toBe(403);
    const pool = await newPool({ prefixes: ['10.7.0.0/16'], shared: true, is_default: true }, cloud.admin);
    const again = await askPool({ prefixes: ['10.8.0.0/16'], is_default: true }, cloud.admin);
    const second = [
      400,
      'InvalidInput',
      'Invalid input for operation: A default subnetpool for this IP family has already been set. Only one default may exist per IP family.',
    ];
    expect(refusalOf(again)).toEqual(second);
    const plain = await newPool({ prefixes: ['10.9.0.0/16'] }, cloud.admin);
    expect(refusalOf(await putPool(plain.id, { is_default: true }, cloud.admin))).toEqual(second);
    expect((await member.api.request('GET', `${V2}/subnetpools/${plain.id}`)).status).toBe(404);
    const { subnetpools } = await member.api.call<{ subnetpools: Pool[] }>('GET', `${V2}/subnetpools?is_default=True`);
    expect(subnetpools.map((one) => one.id)).toEqual([pool.id]);
    expect((await putPool(pool.id, { name: 'x' })).status).toBe(403);

    const id = await newNetwork();
    const made = await askSubnet(id, { use_default_subnetpool: true, prefixlen: 24 });
    expect(made.body.subnet).toMatchObject({ subnetpool_id: pool.id, cidr: '10.7.0.0/24', gateway_ip: '10.7.0.1' });
    expect((await putPool(pool.id, { is_default: false }, cloud.admin)).body.subnetpool.is_default).toBe(false);
    expect(refusalOf(await askSubnet(id, { use_default_subnetpool: true }))).toEqual([
      400,
      'BadRequest',
      'Bad subnets request: No default subnetpool found for IPv4.',
    ]);
    expect((await putPool(plain.id, { is_default: true }, cloud.admin)).status).toBe(200);
    await putPool(plain.id, { is_default: false }, cloud.admin);
  });

  it('keeps the prefixes that it has in an update, and counts its changes', async () => {
    const pool = await newPool({ prefixes: ['10.0.0.0/24'] });
    expect(refusalOf(await putPool(pool.id, { prefixes: ['10.1.0.0/24'] }))).toEqual([
      400,
      'IllegalSubnetPoolPrefixUpdate',
      'Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.',
    ]);
    const wider = await putPool(pool.id, { prefixes: ['10.0.1.0/24', '10.0.0.0/24'], default_prefixlen: 20 });
    expect(wider.body.subnetpool).toMatchObject({
      prefixes: ['10.0.0.0/23'],
      default_prefixlen: '20',
      revision_number: 1,
    });
    expect(typeOf(await putPool(pool.id, { max_prefixlen: 16 }))).toEqual([400, 'IllegalSubnetPoolPrefixBounds']);
    await member.api.call('PUT', `${V2}/subnetpools/${pool.id}/tags`, { tags: ['t'] });
    const { subnetpools } = await member.api.call<{ subnetpools: Pool[] }>('GET', `${V2}/subnetpools?tags=t`);
    expect(subnetpools.map((one) => one.id)).toEqual([pool.id]);
  });

  it('gets prefixes and gives them back by actions, unless a subnet has some of them', async () => {
    const pool = await newPool({ prefixes: ['10.0.0.0/24'], min_prefixlen: 24, default_prefixlen: 24 });
    expect((await act(pool.id, 'add_prefixes', { prefixes: ['10.0.1.0/24', '10.0.4.0/24'] })).body).toEqual({
      prefixes: ['10.0.0.0/23', '10.0.4.0/24'],
    });
    const made = await askSubnet(await newNetwork(), { subnetpool_id: pool.id, cidr: '10.0.0.0/24' });
    expect(made.status).toBe(201);
    expect(refusalOf(await act(pool.id, 'remove_prefixes', { prefixes: ['10.0.0.128/25'] }))).toEqual([
      400,
      'IllegalSubnetPoolPrefixUpdate',
      'Illegal update to prefixes: One or more the prefixes to be removed is in use by a subnet..',
    ]);
    expect((await act(pool.id, 'remove_prefixes', { prefixes: ['10.0.1.0/26', '10.9.0.0/16'] })).body).toEqual({
      prefixes: ['10.0.0.0/24', '10.0.1.64/26', '10.0.1.128/25', '10.0.4.0/24'],
    });
    expect(refusalOf(await act(pool.id, 'add_prefixes', { prefixes: [] }))[2]).toBe(
      'Request body contains invalid data',
    );
    expect(typeOf(await act(pool.id, 'add_prefixes', { prefixes: ['::/64'] }))).toEqual([400, 'PrefixVersionMismatch']);
    expect((await act(pool.id, 'add_prefixes', { prefixes: ['10.5.0.0/16'] }, other.api)).status).toBe(404);
  });

  it('takes in the subnets of a network of its own project, with their ranges', async () => {
    const { network: id, subnet } = await makeNetwork(member.api, '10.20.0.0/24');
    const pool = await newPool({ prefixes: ['10.0.0.0/24'] });
    const onboard = (api = member.api, network_id = id) => act(pool.id, 'onboard_network_subnets', { network_id }, api);
    const done = await onboard();
    expect([done.status, done.body]).toEqual([200, [{ id: subnet, cidr: '10.20.0.0/24' }]]);
    const { body } = await member.api.request<{ subnet: Subnet }>('GET', `${V2}/subnets/${subnet}`);
    expect(body.subnet.subnetpool_id).toBe(pool.id);
    const grown = await member.api.call<{ subnetpool: Pool }>('GET', `${V2}/subnetpools/${pool.id}`);
    expect(grown.subnetpool.prefixes).toEqual(['10.0.0.0/24', '10.20.0.0/24']);
    expect(typeOf(await onboard())).toEqual([400, 'IllegalSubnetPoolUpdate']);
    const shared = await makeNetwork(cloud.admin, '10.21.0.0/24', { shared: true });
    expect(refusalOf(await onboard(member.api, shared.network))).toEqual([403, 'NotAuthorized', 'Not authorized.']);
    expect(typeOf(await member.api.request('DELETE', `${V2}/subnetpools/${pool.id}`))).toEqual([
      400,
      'SubnetPoolDeleteError',
    ]);
    await member.api.call('DELETE', `${V2}/subnets/${subnet}`);
    expect((await member.api.request('DELETE', `${V2}/subnetpools/${pool.id}`)).status).toBe(204);
  });

  it('counts against a quota of its own', async () => {
    await cloud.admin.call('PUT', `${V2}/quotas/${other.project}`, { quota: { subnetpool: 1 } });
    await newPool({ prefixes: ['10.0.0.0/24'] }, other.api);
    expect(refusalOf(await askPool({ prefixes: ['10.0.0.0/24'] }, other.api))).toEqual([
      409,
      'OverQuota',
      "Quota exceeded for resources: ['subnetpool'].",
    ]);
  });
});

describe('A subnet out of a pool', () => {
  it('gets the first range of the smallest free block that has room for it', async () => {
    const pool = await newPool({
      prefixes: ['10.0.0.0/16', '192.168.0.0/24'],
      min_prefixlen: 16,
      default_prefixlen: 26,
    });
    const cidr = async (fields: object) =>
      (await askSubnet(await newNetwork(), { subnetpool_id: pool.id, ...fields })).body.subnet.cidr;
    expect(await cidr({})).toBe('192.168.0.0/26');
    expect(await cidr({ prefixlen: 25 })).toBe('192.168.0.128/25');
    expect(await cidr({ prefixlen: 24 })).toBe('10.0.0.0/24');
    expect(await cidr({ gateway_ip: '10.0.9.1' })).toBe('10.0.9.0/26');
    expect(await cidr({ cidr: '10.0.8.77/24' })).toBe('10.0.8.0/24');
  });

  it('is refused in Neutron’s words where the pool cannot give it', async () => {
    const pool = await newPool({ prefixes: ['10.0.0.0/24'], min_prefixlen: 24, max_prefixlen: 28, default_quota: 300 });
    const id = await newNetwork();
    const refused = async (fields: object) => refusalOf(await askSubnet(id, { subnetpool_id: pool.id, ...fields }));
    expect(await refused({ prefixlen: 29 })).toEqual([
      400,
      'MaxPrefixSubnetAllocationError',
      'Unable to allocate subnet with prefix length 29, maximum allowed prefix is 28.',
    ]);
    expect(await refused({ prefixlen: 20 })).toEqual([
      400,
      'MinPrefixSubnetAllocationError',
      'Unable to allocate subnet with prefix length 20, minimum allowed prefix is 24.',
    ]);
    expect(await refused({ cidr: '10.1.0.0/24' })).toEqual([
      409,
      'SubnetAllocationError',
      'Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.',
    ]);
    expect((await askSubnet(id, { subnetpool_id: pool.id })).body.subnet.cidr).toBe('10.0.0.0/24');
    expect(await refused({ prefixlen: 26 })).toEqual([
      409,
      'SubnetPoolQuotaExceeded',
      'Per-project subnet pool prefix quota exceeded.',
    ]);
    await putPool(pool.id, { default_quota: 1000 });
    expect(await refused({ prefixlen: 26 })).toEqual([
      409,
      'SubnetAllocationError',
      'Failed to allocate subnet: Insufficient prefix space to allocate subnet size /26.',
    ]);
    const bad = (words: string) => [400, 'BadRequest', `Bad subnets request: ${words}.`];
    expect(await refused({ ip_version: 6 })).toEqual(bad('Cannot allocate IPv6 subnet from IPv4 subnet pool'));
    expect(await refused({ cidr: '10.0.0.0/24', prefixlen: 24 })).toEqual(
      bad('cidr and prefixlen must not be supplied together'),
    );
    expect(await refused({ use_default_subnetpool: true })).toEqual(
      bad('subnetpool_id and use_default_subnetpool cannot both be specified'),
    );
    expect(refusalOf(await askSubnet(id, {}))).toEqual(bad('a subnetpool must be specified in the absence of a cidr'));
    expect(await refused({ subnetpool_id: 'prefix_delegation' })).toEqual(
      bad('IPv6 prefix delegation is not supported'),
    );
    expect((await refused({ subnetpool_id: 'no-uuid' }))[0]).toBe(400);
    const theirs = await newPool({ prefixes: ['10.0.0.0/8'] }, cloud.admin);
    expect(await refused({ subnetpool_id: theirs.id })).toEqual([
      404,
      'SubnetPoolNotFound',
      `Subnet pool ${theirs.id} could not be found.`,
    ]);
  });

  it('is not on one network with subnets from elsewhere', async () => {
    const pool = await newPool({ prefixes: ['10.0.0.0/16'], default_prefixlen: 24 });
    const { network: id } = await makeNetwork(member.api, '192.168.0.0/24');
    const mixed = [
      400,
      'NetworkSubnetPoolAffinityError',
      'Subnets hosted on the same network must be allocated from the same subnet pool.',
    ];
    expect(refusalOf(await askSubnet(id, { subnetpool_id: pool.id }))).toEqual(mixed);
    const pooled = await newNetwork();
    expect((await askSubnet(pooled, { subnetpool_id: pool.id })).status).toBe(201);
    expect(refusalOf(await askSubnet(pooled, { cidr: '192.168.0.0/24' }))).toEqual(mixed);
    expect((await askSubnet(pooled, { subnetpool_id: pool.id })).status).toBe(201);
    expect(await makeSubnet(member.api, pooled, '2001:db8:5::/64')).toEqual(expect.any(String));
  });

  it('has a range that nobody else has, also when 20 are asked for at once and 16 are there', async () => {
    const pool = await newPool({ prefixes: ['10.0.0.0/24'], default_prefixlen: 28 });
    const networks = await Promise.all(Array.from({ length: 20 }, () => newNetwork()));
    const made = await Promise.all(networks.map((id) => askSubnet(id, { subnetpool_id: pool.id })));
    const cidrs = made.flatMap(({ status, body }) => (status === 201 ? [body.subnet.cidr] : []));
    expect(new Set(cidrs).size).toBe(16);
    expect(cidrs.length).toBe(16);
    expect(made.filter(({ status }) => status === 409).length).toBe(4);
  });
});

describe('An address scope', () => {
  it('is shared by administrators alone and for good, and goes when no pool is in it', async () => {
    const mine = await member.api.request('POST', `${V2}/address-scopes`, {
      address_scope: { ip_version: 4, shared: true },
    });
    expect(mine.status).toBe(403);
    const bad = await member.api.request('POST', `${V2}/address-scopes`, { address_scope: { ip_version: 5 } });
    expect(bad.status).toBe(400);
    const scope = await newScope({ ip_version: 4, shared: true }, cloud.admin);
    expect(scope).toEqual({
      id: scope.id,
      name: 's',
      ip_version: 4,
      shared: true,
      project_id: expect.any(String),
      tenant_id: expect.any(String),
    });
    const put = await cloud.admin.request<Refused>('PUT', `${V2}/address-scopes/${scope.id}`, {
      address_scope: { shared: false },
    });
    expect(refusalOf(put)).toEqual([
      400,
      'AddressScopeUpdateError',
      `Unable to update address scope ${scope.id} : Shared address scope can't be unshared.`,
    ]);
    const pool = await newPool({ prefixes: ['10.0.0.0/16'], address_scope_id: scope.id });
    expect(refusalOf(await putPool(pool.id, { name: 'other' }))).toEqual([
      400,
      'IllegalSubnetPoolUpdate',
      `Illegal subnetpool update : subnetpool ${pool.id} cannot be updated when associated with shared address scope ${scope.id}.`,
    ]);
    const remove = () => cloud.admin.request<Refused>('DELETE', `${V2}/address-scopes/${scope.id}`);
    expect(refusalOf(await remove())).toEqual([
      409,
      'AddressScopeInUse',
      `Unable to complete operation on address scope ${scope.id}. There are one or more subnet pools in use on the address scope.`,
    ]);
    expect((await putPool(pool.id, { address_scope_id: null }, cloud.admin)).status).toBe(200);
    expect((await remove()).status).toBe(204);
  });

  it('has each address in one of its pools, all of its IP version, and shows on the networks of their subnets', async () => {
    const scope = await newScope({ ip_version: 4 });
    const first = await newPool({ prefixes: ['10.0.0.0/16'], default_prefixlen: 24, address_scope_id: scope.id });
    expect(refusalOf(await askPool({ prefixes: ['10.0.128.0/24'], address_scope_id: scope.id }))).toEqual([
      409,
      'AddressScopePrefixConflict',
      'Failed to associate address scope: subnetpools within an address scope must have unique prefixes.',
    ]);
    expect(typeOf(await askPool({ prefixes: ['2001:db8::/48'], address_scope_id: scope.id }))).toEqual([
      400,
      'IllegalSubnetPoolIpVersionAssociationToAddressScope',
    ]);
    expect(typeOf(await askPool({ prefixes: ['10.9.0.0/16'], address_scope_id: scope.id }, cloud.admin))).toEqual([
      201,
      undefined,
    ]);
    const id = await newNetwork();
    expect(await network(id)).toMatchObject({ ipv4_address_scope: null, ipv6_address_scope: null });
    expect((await askSubnet(id, { subnetpool_id: first.id })).status).toBe(201);
    expect(await network(id)).toMatchObject({ ipv4_address_scope: scope.id, ipv6_address_scope: null });
    const second = await newPool({ prefixes: ['10.1.0.0/16'], default_prefixlen: 24, address_scope_id: scope.id });
    expect((await askSubnet(id, { subnetpool_id: second.id })).status).toBe(201);
    const third = await newPool({ prefixes: ['10.2.0.0/16'], default_prefixlen: 24 });
    const mixed = [400, 'NetworkAddressScopeAffinityError'];
    expect(typeOf(await askSubnet(id, { subnetpool_id: third.id }))).toEqual(mixed);
    const elsewhere = await newScope({ ip_version: 4 });
    expect(typeOf(await putPool(first.id, { address_scope_id: elsewhere.id }))).toEqual(mixed);
    const theirs = await newScope({ ip_version: 4 }, cloud.admin);
    expect(typeOf(await putPool(third.id, { address_scope_id: theirs.id }))).toEqual([404, 'AddressScopeNotFound']);
  });
});
