import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const MISSING = '11111111-2222-3333-4444-555555555555';
interface Refusal {
  readonly NeutronError?: { type: string; message: string };
}
interface Port {
  readonly id: string;
  readonly mac_address: string;
  readonly fixed_ips: { ip_address: string; subnet_id: string }[];
}

let tenant: Tenant;
beforeAll(async () => {
  tenant = await Tenant.make(cloud);
});
const make = async (what: 'network' | 'subnet' | 'port', fields: object): Promise<{ id: string }> =>
  (await tenant.api.call<Record<typeof what, { id: string }>>('POST', `/network/v2.0/${what}s`, { [what]: fields }))[
    what
  ];
async function networkOf(cidr: string): Promise<{ network: string; subnet: string }> {
  const network = (await make('network', {})).id;
  return { network, subnet: (await make('subnet', { network_id: network, ip_version: 4, cidr })).id };
}
async function refused(method: string, path: string, body?: object): Promise<unknown[]> {
  const answer = await tenant.api.request<Refusal>(method, `/network/v2.0/${path}`, body);
  return [answer.status, answer.body.NeutronError?.message];
}

it('a filter by a flag that is given several times takes each of them', async () => {
  const own = await Tenant.make(cloud);
  const named = async (query: string): Promise<string[]> =>
    (
      await own.api.call<{ networks: { name: string }[] }>(
        'GET',
        `/network/v2.0/networks?sort_key=name&sort_dir=asc&${query}`,
      )
    ).networks.map(({ name }) => name);
  for (const [name, up] of [
    ['down', false],
    ['up', true],
  ] as const)
    await own.api.call('POST', '/network/v2.0/networks', { network: { name, admin_state_up: up } });
  const mine = `project_id=${own.api.projectId}`;
  expect(await named(`${mine}&admin_state_up=true&admin_state_up=true`)).toEqual(['up']);
  expect(await named(`${mine}&admin_state_up=true&admin_state_up=false`)).toEqual(['down', 'up']);
});

describe('a page of a list', () => {
  it.each([
    ['networks', `Network ${MISSING} could not be found.`],
    ['subnets', `Subnet ${MISSING} could not be found.`],
    ['ports', `Port ${MISSING} could not be found.`],
  ])('of %s cannot begin after what is not there', async (path, message) => {
    expect(await refused('GET', `${path}?limit=2&marker=${MISSING}`)).toEqual([404, message]);
  });

  it('of volumes cannot begin after what is not there', async () => {
    const { status, body } = await tenant.api.request<{ itemNotFound?: { message: string } }>(
      'GET',
      `/volume/v3/volumes?marker=${MISSING}`,
    );
    expect([status, body.itemNotFound?.message]).toEqual([404, `Volume ${MISSING} could not be found.`]);
  });

  it("cannot begin after what is another project's", async () => {
    const other = await Tenant.make(cloud);
    const { network } = await other.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    expect(await refused('GET', `networks?limit=2&marker=${network.id}`)).toEqual([
      404,
      `Network ${network.id} could not be found.`,
    ]);
  });

  it('follows the last of the page before, also when that is filtered out by now, and ends empty', async () => {
    const name = randomUUID();
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await make('network', { name })).id);
    ids.sort();
    const page = async (query: string): Promise<string[]> =>
      (await tenant.api.call<{ networks: { id: string }[] }>('GET', `/network/v2.0/networks?${query}`)).networks.map(
        (n) => n.id,
      );
    expect(await page(`name=${name}&limit=2`)).toEqual(ids.slice(0, 2));
    expect(await page(`name=${name}&limit=2&marker=${ids[1]}`)).toEqual(ids.slice(2));
    expect(await page(`name=${name}&limit=2&marker=${ids[2]}`)).toEqual([]);
    expect(await page(`id=${ids[1]}&id=${ids[2]}&limit=2&marker=${ids[0]}`)).toEqual(ids.slice(1));
  });
});

describe('a port', () => {
  let own: { network: string; subnet: string };
  beforeAll(async () => {
    own = await networkOf('198.51.100.0/24');
  });
  const post = (fields: object): Promise<unknown[]> =>
    refused('POST', 'ports', { port: { network_id: own.network, ...fields } });
  const address = (n: number) => ({ ip_address: `198.51.100.${n}` });

  it.each([
    [
      'six addresses',
      { fixed_ips: [11, 12, 13, 14, 15, 16].map(address) },
      'Invalid input for operation: Exceeded maximum amount of fixed ips per port.',
    ],
    [
      'one address twice',
      { fixed_ips: [address(11), address(11)] },
      "Invalid input for fixed_ips. Reason: Duplicate IP address '198.51.100.11'.",
    ],
    [
      'an address with a prefix',
      { fixed_ips: [{ ip_address: '198.51.100.11/24' }] },
      "Invalid input for fixed_ips. Reason: '198.51.100.11/24' is not a valid IP address.",
    ],
    [
      'neither address nor subnet',
      { fixed_ips: [{}] },
      'Invalid input for operation: IP allocation requires subnet_id or ip_address.',
    ],
    [
      'an address of no subnet',
      { fixed_ips: [{ ip_address: '203.0.113.1' }] },
      'IP address 203.0.113.1 is not a valid IP for any of the subnets on the specified network.',
    ],
    [
      'the broadcast address',
      { fixed_ips: [address(255)] },
      'IP address 198.51.100.255 is not a valid IP for any of the subnets on the specified network.',
    ],
    [
      'no MAC address',
      { mac_address: '00:00:00:00:00:00' },
      "Invalid input for mac_address. Reason: '00:00:00:00:00:00' is not a valid MAC address.",
    ],
    [
      'the broadcast MAC address',
      { mac_address: 'FF:ff:ff:ff:ff:ff' },
      "Invalid input for mac_address. Reason: 'FF:ff:ff:ff:ff:ff' is not a valid MAC address.",
    ],
    [
      'a multicast MAC address',
      { mac_address: '01:00:5e:00:00:01' },
      'Invalid input for mac_address. Reason: MAC address 01:00:5e:00:00:01 is a multicast address, which is not supported..',
    ],
  ])('with %s is refused', async (_what, fields, message) => {
    expect(await post(fields)).toEqual([400, message]);
  });

  it('has its MAC address in one spelling, so that no two differ by their letters', async () => {
    const mac = { mac_address: 'FA-16-3E-AB-CD-01' };
    const { port } = await tenant.api.call<{ port: Port }>('POST', '/network/v2.0/ports', {
      port: { network_id: own.network, ...mac },
    });
    expect(port.mac_address).toBe('fa:16:3e:ab:cd:01');
    expect((await post({ mac_address: 'Fa:16:3e:AB:cd:01' }))[0]).toBe(409);
    const { ports } = await tenant.api.call<{ ports: Port[] }>(
      'GET',
      `/network/v2.0/ports?mac_address=FA:16:3E:AB:CD:01&network_id=${own.network}`,
    );
    expect(ports.map((p) => p.id)).toEqual([port.id]);
  });

  it('has no address when none is asked for', async () => {
    const { port } = await tenant.api.call<{ port: Port }>('POST', '/network/v2.0/ports', {
      port: { network_id: own.network, fixed_ips: [] },
    });
    expect(port.fixed_ips).toEqual([]);
  });

  it('is found by a part of its address', async () => {
    const { network } = await networkOf('198.18.0.0/24');
    const made = await make('port', { network_id: network, fixed_ips: [{ ip_address: '198.18.0.123' }] });
    await make('port', { network_id: network, fixed_ips: [{ ip_address: '198.18.0.45' }] });
    const find = async (part: string): Promise<string[]> =>
      (
        await tenant.api.call<{ ports: Port[] }>(
          'GET',
          `/network/v2.0/ports?network_id=${network}&fixed_ips=ip_address_substr%3D${encodeURIComponent(part)}`,
        )
      ).ports.map((p) => p.id);
    expect(await find('0.12')).toEqual([made.id]);
    expect(await find('.99')).toEqual([]);
    expect(await find('%')).toEqual([]);
  });
});

describe('a bulk request', () => {
  it('makes all that it lists', async () => {
    const { networks } = await tenant.api.call<{ networks: { id: string; name: string }[] }>(
      'POST',
      '/network/v2.0/networks',
      { networks: [{ name: 'one' }, { name: 'two' }] },
    );
    expect(networks.map((n) => n.name)).toEqual(['one', 'two']);
    const { subnets } = await tenant.api.call<{ subnets: { cidr: string }[] }>('POST', '/network/v2.0/subnets', {
      subnets: networks.map((n, i) => ({ network_id: n.id, ip_version: 4, cidr: `10.9.${i}.7/24` })),
    });
    expect(subnets.map((s) => s.cidr)).toEqual(['10.9.0.0/24', '10.9.1.0/24']);
    const { ports } = await tenant.api.call<{ ports: Port[] }>('POST', '/network/v2.0/ports', {
      ports: networks.map((n) => ({ network_id: n.id })),
    });
    expect(ports.map((p) => p.fixed_ips.length)).toEqual([1, 1]);
  });

  it('makes nothing when one of what it lists cannot be made', async () => {
    const { network } = await networkOf('10.8.0.0/24');
    const ports = [{ fixed_ips: [{ ip_address: '10.8.0.9' }] }, { fixed_ips: [{ ip_address: '10.8.0.9' }] }];
    expect(await refused('POST', 'ports', { ports: ports.map((p) => ({ network_id: network, ...p })) })).toEqual([
      409,
      expect.stringContaining('IP address 10.8.0.9 already allocated in subnet'),
    ]);
    expect(await tenant.api.call('GET', `/network/v2.0/ports?network_id=${network}`)).toEqual({ ports: [] });
    const cidrs = ['10.7.0.0/24', '10.7.0.128/25'];
    const { id } = await make('network', {});
    const subnets = cidrs.map((cidr) => ({ network_id: id, ip_version: 4, cidr }));
    expect(await refused('POST', 'subnets', { subnets })).toEqual([400, expect.stringContaining('overlaps')]);
    expect(await tenant.api.call('GET', `/network/v2.0/subnets?network_id=${id}`)).toEqual({ subnets: [] });
  });

  it('of nothing is refused', async () => {
    expect(await refused('POST', 'networks', { networks: [] })).toEqual([400, 'Resources required']);
  });
});

describe('the list of extensions', () => {
  it('names what is here, and nothing else', async () => {
    const { extensions } = await tenant.api.call<{ extensions: { alias: string; name: string }[] }>(
      'GET',
      '/network/v2.0/extensions',
    );
    const aliases = extensions.map((e) => e.alias);
    expect(aliases).toEqual(expect.arrayContaining(['quotas', 'sorting', 'filter-validation', 'revision-if-match']));
    expect(aliases).not.toContain('dvr');
    // Clients find one by its name, too.
    expect(extensions).toContainEqual(
      expect.objectContaining({ alias: 'external-net', name: 'Neutron external network' }),
    );
    for (const extension of extensions)
      expect(await tenant.api.call('GET', `/network/v2.0/extensions/${extension.alias}`)).toEqual({ extension });
    expect((await refused('GET', 'extensions/dvr'))[0]).toBe(404);
  });
});
