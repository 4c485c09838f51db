import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember, type Item, type Member } from '../setup/identity.js';
import { V2, makeNetwork, refusalOf, type Refused } from '../setup/neutron.js';
import { ServiceApi } from '../setup/service-api.js';

interface Answer extends Refused {
  readonly auto_allocated_topology: { readonly id: string; readonly project_id: string };
}

let cloud: ServiceApi;
let member: Member;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
  member = await newMember(cloud.admin);
});
afterAll(() => cloud.stop());

const path = (project: string, query = '') => `${V2}/auto-allocated-topology/${project}${query}`;
const ask = (project: string, query = '', api = member.api) => api.request<Answer>('GET', path(project, query));
const dryRun = '?fields=dry-run';
const failure = (why: string) => [409, 'AutoAllocationFailure', `Deployment error: ${why}.`];

/** What the cloud needs for it: first the way out, then where addresses come from. */
async function outside(fields: object): Promise<string> {
  return (await makeNetwork(cloud.admin, '203.0.113.0/24', { 'router:external': true, ...fields })).network;
}
const pool = (fields: object) =>
  cloud.admin.call('POST', `${V2}/subnetpools`, {
    subnetpool: { name: 'default', is_default: true, shared: true, ...fields },
  });

// The tests take their turns: each gives the cloud what the next one stands on.
describe('A network for whoever asks for one', () => {
  it('needs a default external network and a default subnet pool, which a dry run says', async () => {
    expect(refusalOf(await ask(member.project, dryRun))).toEqual(failure('No default router:external network'));
    await outside({ is_default: true });
    expect(refusalOf(await ask(member.project, dryRun))).toEqual(failure('No default subnetpools defined'));
    expect(refusalOf(await ask(member.project))).toEqual(failure('Unable to provide project private network'));
    await pool({ prefixes: ['10.90.0.0/16'], default_prefixlen: 26 });
    await pool({ prefixes: ['2001:db8:90::/56'], default_prefixlen: 64 });
    const { body } = await ask(member.project, dryRun);
    expect(body).toEqual({
      auto_allocated_topology: { id: 'dry-run=pass', project_id: member.project, tenant_id: member.project },
    });
    const { networks } = await member.api.call<{ networks: Item[] }>(
      'GET',
      `${V2}/networks?project_id=${member.project}`,
    );
    expect(networks).toEqual([]);
  });

  it('is made once, with a subnet of each IP version behind a router, however often and at once it is asked for', async () => {
    const answers = await Promise.all([ask(member.project), ask('None'), ask(member.project)]);
    const ids = new Set(answers.map(({ body }) => body.auto_allocated_topology.id));
    expect(ids.size).toBe(1);
    const [id] = ids;
    const { network } = await member.api.call<{ network: object }>('GET', `${V2}/networks/${id}`);
    expect(network).toMatchObject({ name: 'auto_allocated_network', admin_state_up: true, project_id: member.project });
    const { subnets } = await member.api.call<{ subnets: { name: string; cidr: string }[] }>(
      'GET',
      `${V2}/subnets?network_id=${id}&sort_key=ip_version&sort_dir=asc`,
    );
    expect(subnets.map(({ name }) => name)).toEqual(['auto_allocated_subnet_v4', 'auto_allocated_subnet_v6']);
    expect(subnets[0]!.cidr).toMatch(/^10\.90\.\d+\.\d+\/26$/);
    const { routers } = await member.api.call<{ routers: { name: string; external_gateway_info: object | null }[] }>(
      'GET',
      `${V2}/routers`,
    );
    expect(routers).toMatchObject([{ name: 'auto_allocated_router', external_gateway_info: { enable_snat: true } }]);
  });

  it('goes with its router when it is no longer wanted, and stays while a port is on it', async () => {
    const { body } = await ask(member.project);
    const { port } = await member.api.call<{ port: Item }>('POST', `${V2}/ports`, {
      port: { network_id: body.auto_allocated_topology.id },
    });
    const end = () => member.api.request<Refused>('DELETE', path(member.project));
    expect((await end()).status).toBe(409);
    await member.api.call('DELETE', `${V2}/ports/${port.id}`);
    expect((await end()).status).toBe(204);
    const { routers } = await member.api.call<{ routers: Item[] }>('GET', `${V2}/routers`);
    expect(routers).toEqual([]);
    expect((await end()).status).toBe(204);
  });

  it('is none of another project’s business', async () => {
    const other = await newMember(cloud.admin);
    expect((await ask(member.project, '', other.api)).status).toBe(403);
    expect((await other.api.request('DELETE', path(member.project))).status).toBe(403);
    expect((await ask(other.project, '?fields=id', other.api)).status).toBe(400);
  });
});

describe('The default external network', () => {
  const isDefault = async (id: string) =>
    (await cloud.admin.call<{ network: { is_default?: boolean } }>('GET', `${V2}/networks/${id}`)).network.is_default;

  it('is one, and a network that is not external is none', async () => {
    const [first] = (
      await cloud.admin.call<{ networks: Item[] }>('GET', `${V2}/networks?is_default=true&router:external=true`)
    ).networks;
    const refusal = [409, 'DefaultExternalNetworkExists', `A default external network already exists: ${first!.id}.`];
    const second = await outside({});
    const change = (network: object) => cloud.admin.request<Refused>('PUT', `${V2}/networks/${second}`, { network });
    expect(refusalOf(await change({ is_default: true }))).toEqual(refusal);
    expect(
      refusalOf(
        await cloud.admin.request<Refused>('POST', `${V2}/networks`, {
          network: { 'router:external': true, is_default: true },
        }),
      ),
    ).toEqual(refusal);
    const { network } = await cloud.admin.call<{ network: Item }>('POST', `${V2}/networks`, {
      network: { is_default: true },
    });
    expect(await isDefault(network.id)).toBeUndefined();
    await cloud.admin.call('PUT', `${V2}/networks/${first!.id}`, { network: { is_default: false } });
    expect((await change({ is_default: true })).status).toBe(200);
    expect([await isDefault(first!.id), await isDefault(second)]).toEqual([false, true]);
  });

  it('is for everybody as long as it is the default one', async () => {
    const [first] = (await cloud.admin.call<{ networks: Item[] }>('GET', `${V2}/networks?is_default=true`)).networks;
    const { rbac_policies } = await cloud.admin.call<{ rbac_policies: Item[] }>(
      'GET',
      `${V2}/rbac-policies?object_id=${first!.id}`,
    );
    const refused = await cloud.admin.request<Refused>('DELETE', `${V2}/rbac-policies/${rbac_policies[0]!.id}`);
    expect(refusalOf(refused)).toEqual([
      409,
      'RbacPolicyInUse',
      `RBAC policy on object ${first!.id} cannot be removed because other objects depend on it.\nDetails: Default external networks must be shared to everyone.`,
    ]);
  });
});
