import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
interface Refusal {
  readonly NeutronError?: { type: string; message: string };
}
type Thing = { id: string; revision_number: number } & Record<string, unknown>;

let tenant: Tenant;
let other: Tenant;
let network: string;
let subnet: string;
beforeAll(async () => {
  [tenant, other] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud)]);
  network = await tenant.ownNetwork('changing', '198.51.100.0/24');
  subnet = (await tenant.api.call<{ subnets: { id: string }[] }>('GET', `/network/v2.0/subnets?network_id=${network}`))
    .subnets[0]!.id;
});
async function put(path: string, body: object, by = tenant.api): Promise<unknown[]> {
  const answer = await by.request<Refusal>('PUT', `/network/v2.0/${path}`, body);
  return [answer.status, answer.body.NeutronError?.message];
}
const port = async (fields: object = {}): Promise<string> =>
  (
    await tenant.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
      port: { network_id: network, ...fields },
    })
  ).port.id;

describe('a change', () => {
  it('of a network, a subnet or a port is kept, and counted as a revision', async () => {
    for (const [path, key, change] of [
      [`networks/${network}`, 'network', { name: 'changed', description: 'd', admin_state_up: false, mtu: 1400 }],
      [
        `subnets/${subnet}`,
        'subnet',
        {
          name: 'changed',
          gateway_ip: '198.51.100.9',
          dns_nameservers: ['9.9.9.9'],
          allocation_pools: [{ start: '198.51.100.10', end: '198.51.100.20' }],
        },
      ],
      [
        `ports/${await port()}`,
        'port',
        { name: 'changed', device_id: 'mine', device_owner: 'me', admin_state_up: false },
      ],
    ] as const) {
      const before = await tenant.api.call<Record<string, Thing>>('GET', `/network/v2.0/${path}`);
      expect(await put(path, { [key]: change })).toEqual([200, undefined]);
      const after = await tenant.api.call<Record<string, Thing>>('GET', `/network/v2.0/${path}`);
      expect(after[key]).toMatchObject({ ...change, revision_number: before[key]!.revision_number + 1 });
    }
  });

  it('of a subnet is held to the rules that it was made by', async () => {
    const path = `subnets/${subnet}`;
    expect(await put(path, { subnet: { gateway_ip: '198.51.100.255' } })).toEqual([
      400,
      'Invalid input for operation: Gateway is not valid on subnet.',
    ]);
    expect(await put(path, { subnet: { gateway_ip: '198.51.100.15' } })).toEqual([
      409,
      'Gateway ip 198.51.100.15 conflicts with allocation pool 198.51.100.10-198.51.100.20.',
    ]);
    expect(
      await put(path, { subnet: { allocation_pools: [{ start: '198.51.100.30', end: '198.51.101.1' }] } }),
    ).toEqual([400, 'The allocation pool 198.51.100.30-198.51.101.1 spans beyond the subnet cidr 198.51.100.0/24.']);
    expect(await put(path, { subnet: { cidr: '10.0.0.0/24' } })).toEqual([
      400,
      'Cannot update read-only attribute cidr',
    ]);
  });

  it("of what is another project's is refused: not there, or not theirs to change", async () => {
    for (const [path, body] of [
      [`networks/${network}`, { network: { name: 'x' } }],
      [`subnets/${subnet}`, { subnet: { name: 'x' } }],
      [`ports/${await port()}`, { port: { name: 'x' } }],
    ] as const)
      expect((await put(path, body, other.api))[0]).toBe(404);
    expect(await put(`networks/${tenant.network}`, { network: { name: 'x' } })).toEqual([
      403,
      'rule:update_network is disallowed by policy',
    ]);
    expect(await put(`networks/${network}`, { network: { shared: true } })).toEqual([
      403,
      '(rule:update_network and rule:update_network:shared) is disallowed by policy',
    ]);
  });

  it('that takes a network away from those who use it is refused', async () => {
    const id = await tenant.ownNetwork('shared', '203.0.113.0/24');
    expect(await put(`networks/${id}`, { network: { shared: true } }, tenant.admin)).toEqual([200, undefined]);
    const used = await other.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
      port: { network_id: id },
    });
    expect(await put(`networks/${id}`, { network: { shared: false } }, tenant.admin)).toEqual([
      409,
      `Unable to reconfigure sharing settings for network ${id}. Multiple tenants are using it.`,
    ]);
    await other.api.call('DELETE', `/network/v2.0/ports/${used.port.id}`);
    expect(await put(`networks/${id}`, { network: { shared: false } }, tenant.admin)).toEqual([200, undefined]);
    await tenant.api.call('DELETE', `/network/v2.0/networks/${id}`);
  });

  it("of a server's port does not take it away from the server", async () => {
    const server = await tenant.post();
    expect((await tenant.settled(server)).status).toBe('ACTIVE');
    const { ports } = await tenant.api.call<{ ports: { id: string }[] }>(
      'GET',
      `/network/v2.0/ports?device_id=${server}`,
    );
    const path = `ports/${ports[0]!.id}`;
    expect(await put(path, { port: { device_id: '' } })).toEqual([409, expect.stringContaining('already bound')]);
    expect(await put(path, { port: { name: 'named' } })).toEqual([200, undefined]);
    await tenant.delete(server);
    expect((await tenant.api.request('GET', `/network/v2.0/${path}`)).status).toBe(404);
  });
});
