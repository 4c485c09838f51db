import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Item } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';
import { wordsOf } from '../setup/words.js';

const agents = '/network/v2.0/agents';
const LINUX = { driver: 'linux', tunnel_address: '', availability_zone: 'nova' };

let cloud: ServiceApi;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'), { NOVAFLOW_AGENT_DOWN_TIME: '60' });
  for (const host of ['net1', 'net2']) await cloud.services.neutron.agentReports.report(host, LINUX);
});
afterAll(() => cloud.stop());

const listed = async (query = ''): Promise<Item[]> =>
  (await cloud.admin.call<{ agents: Item[] }>('GET', `${agents}${query}`)).agents;
const agentOf = async (host: string, type: string): Promise<Item> =>
  (await listed(`?host=${host}&agent_type=${encodeURIComponent(type)}`))[0]!;
const make = async (kind: string, item: object): Promise<Item> =>
  Object.values(await cloud.admin.call<Record<string, Item>>('POST', `/network/v2.0/${kind}s`, { [kind]: item }))[0]!;
/** As if the host had not reported for long. */
const silence = (host: string) =>
  cloud.database.query("UPDATE neutron.agents SET heartbeat_timestamp = now() - interval '5 minutes' WHERE host = $1", [
    host,
  ]);
const portsOf = async (networkId: string, owner: string): Promise<Item[]> =>
  (
    await cloud.admin.call<{ ports: Item[] }>(
      'GET',
      `/network/v2.0/ports?network_id=${networkId}&device_owner=${owner}`,
    )
  ).ports;

/** A network with DHCP and a guest's port on a host. */
async function usedNetwork(host: string): Promise<Item> {
  const network = await make('network', { name: 'used' });
  await make('subnet', { network_id: network.id, ip_version: 4, cidr: '10.20.0.0/24' });
  await make('port', { network_id: network.id, device_owner: 'compute:nova', 'binding:host_id': host });
  return network;
}

describe('Agents of hosts', () => {
  it('are reported by their host, each for what it does, and shown with whether they are alive', async () => {
    expect((await listed()).map(({ agent_type, binary, alive }) => [agent_type, binary, alive])).toEqual(
      expect.arrayContaining([
        ['DHCP agent', 'neutron-dhcp-agent', true],
        ['L3 agent', 'neutron-l3-agent', true],
        ['Linux bridge agent', 'neutron-linuxbridge-agent', true],
        ['Metadata agent', 'neutron-metadata-agent', true],
      ]),
    );
    await cloud.services.neutron.agentReports.report('old1', LINUX);
    await silence('old1');
    expect((await agentOf('old1', 'L3 agent'))['alive']).toBe(false);
    expect((await listed('?alive=false')).map(({ host }) => host)).toEqual(['old1', 'old1', 'old1', 'old1']);
    expect((await listed('?alive=true')).some(({ host }) => host === 'old1')).toBe(false);
  });

  it('are changed and deleted by administrators, and come back with the next report', async () => {
    const { id } = await agentOf('net1', 'Metadata agent');
    const change = { agent: { admin_state_up: false, description: 'at rest' } };
    const { agent } = await cloud.admin.call<{ agent: Item }>('PUT', `${agents}/${id}`, change);
    expect(agent).toMatchObject({ admin_state_up: false, description: 'at rest', alive: true });
    await cloud.admin.call('DELETE', `${agents}/${id}`);
    expect(await agentOf('net1', 'Metadata agent')).toBeUndefined();
    await cloud.services.neutron.agentReports.report('net1', LINUX);
    expect(await agentOf('net1', 'Metadata agent')).toMatchObject({ admin_state_up: true });
    expect(wordsOf(await cloud.admin.request('GET', `${agents}/${id}`))).toEqual([
      404,
      `Agent ${id} could not be found.`,
    ]);
  });

  it('are in availability zones, each of which is there for networks and for routers', async () => {
    await cloud.services.neutron.agentReports.report('east1', { ...LINUX, availability_zone: 'east' });
    const { availability_zones } = await cloud.admin.call<{ availability_zones: object[] }>(
      'GET',
      '/network/v2.0/availability_zones',
    );
    for (const resource of ['network', 'router'])
      expect(availability_zones).toContainEqual({ name: 'east', resource, state: 'available' });
  });
});

describe('A network’s DHCP', () => {
  it('is given to an agent with a port of its own as soon as a guest is on the network, and to no second one', async () => {
    const network = await usedNetwork('net1');
    await cloud.services.neutron.schedule.run();
    await cloud.services.neutron.schedule.run();
    const ports = await portsOf(network.id, 'network:dhcp');
    expect(ports).toHaveLength(1);
    expect(ports[0]!['fixed_ips']).toHaveLength(1);
    const served = await cloud.admin.call<{ agents: Item[] }>(
      'GET',
      `/network/v2.0/networks/${network.id}/dhcp-agents`,
    );
    expect(served.agents.map(({ agent_type }) => agent_type)).toEqual(['DHCP agent']);
  });

  it('moves to another agent when its own one is dead, and is told in the state of the new host', async () => {
    const network = await usedNetwork('net1');
    await cloud.services.neutron.schedule.run();
    const [before] = await portsOf(network.id, 'network:dhcp');
    const dead = String(before!['binding:host_id']);
    await silence(dead);
    await cloud.services.neutron.schedule.run();
    const [after, ...more] = await portsOf(network.id, 'network:dhcp');
    const host = String(after!['binding:host_id']);
    expect([host === dead, more]).toEqual([false, []]);
    const state = await cloud.services.neutron.hosts.next(host, undefined, new AbortController().signal);
    expect(state!.networks.find(({ id }) => id === network.id)).toMatchObject({ dhcp: true, metadata: true });
    await cloud.services.neutron.agentReports.heartbeat(dead);
  });

  it('can be given and taken by an administrator, with Neutron’s refusals for what is not so', async () => {
    const network = await make('network', {});
    const { id } = await agentOf('net1', 'DHCP agent');
    const { id: l3 } = await agentOf('net1', 'L3 agent');
    const give = (agent: string) =>
      cloud.admin.request('POST', `${agents}/${agent}/dhcp-networks`, { network_id: network.id });
    expect(wordsOf(await give(l3))).toEqual([404, `Agent ${l3} is not a valid DHCP Agent or has been disabled.`]);
    // openstacksdk reads the answer.
    const given = { status: 201, body: null };
    expect(await give(id)).toMatchObject(given);
    const router = await make('router', {});
    const routers = `${agents}/${l3}/l3-routers`;
    expect(await cloud.admin.request('POST', routers, { router_id: router.id })).toMatchObject(given);
    expect(wordsOf(await give(id))).toEqual([
      409,
      `The network ${network.id} has been already hosted by the DHCP Agent ${id}.`,
    ]);
    const { networks } = await cloud.admin.call<{ networks: Item[] }>('GET', `${agents}/${id}/dhcp-networks`);
    expect(networks.map((one) => one.id)).toContain(network.id);
    const take = () => cloud.admin.request('DELETE', `${agents}/${id}/dhcp-networks/${network.id}`);
    expect((await take()).status).toBe(204);
    expect(wordsOf(await take())).toEqual([409, `The network ${network.id} is not hosted by the DHCP agent ${id}.`]);
  });
});

describe('A host’s state', () => {
  it('is told as soon as something of it changes', async () => {
    const { hosts } = cloud.services.neutron;
    const quiet = new AbortController();
    const network = await usedNetwork('net1');
    const [port] = await portsOf(network.id, 'compute:nova');
    let state = (await hosts.next('net1', undefined, quiet.signal))!;
    const change = cloud.admin.call('PUT', `/network/v2.0/ports/${port!.id}`, { port: { admin_state_up: false } });
    // Members of a group that the port is in may be told before.
    while (state.ports.find(({ id }) => id === port!.id)?.adminUp !== false)
      state = (await hosts.next('net1', state.generation, quiet.signal))!;
    await change;
    const [other] = [await usedNetwork('elsewhere')];
    expect(state.networks.map(({ id }) => id)).toContain(network.id);
    expect(state.networks.map(({ id }) => id)).not.toContain(other.id);
  });

  it('that it has applied becomes the status of its ports, and of no other host’s', async () => {
    const { hosts } = cloud.services.neutron;
    const [mine, other] = [await usedNetwork('net1'), await usedNetwork('elsewhere')];
    const [port] = await portsOf(mine.id, 'compute:nova');
    const [foreign] = await portsOf(other.id, 'compute:nova');
    const parts = [port, foreign].map((one) => ({ id: one!.id, up: true }));
    await hosts.reports.take('net1', { ports: parts, floatingIps: [], seen: [] });
    expect((await portsOf(mine.id, 'compute:nova'))[0]!['status']).toBe('ACTIVE');
    expect((await portsOf(other.id, 'compute:nova'))[0]!['status']).toBe('DOWN');
  });

  it('is followed by what it sees of guests, the first of each, until the port is another server’s', async () => {
    const { hosts } = cloud.services.neutron;
    const network = await usedNetwork('net1');
    const [port] = await portsOf(network.id, 'compute:nova');
    const { id } = port!;
    const [{ ip_address: ip }] = port!['fixed_ips'] as [{ ip_address: string }];
    const asked = { requested_at: new Date(0) };
    const see = (host: string, event: 'plugged' | 'leased' | 'asked', key: string, agoMs: number) =>
      hosts.reports.take(host, { ports: [], floatingIps: [], seen: [{ event, networkId: network.id, key, agoMs }] });
    await see('net1', 'plugged', id, 5000);
    await see('net1', 'leased', ip, 3000);
    await see('net1', 'leased', ip, 10);
    await see('elsewhere', 'asked', ip, 10);
    const server = String(port!['device_id']);
    const [card] = await hosts.reports.seenOf({ resource_id: server, ...asked });
    expect(card).toMatchObject({ port_id: id, addresses: [ip], leased_address: ip, asked_at: null });
    expect(card!.leased_at!.getTime() - card!.plugged_at!.getTime()).toBeGreaterThan(1500);
    expect(card!.leased_at!.getTime() - card!.plugged_at!.getTime()).toBeLessThan(2500);
    expect(await hosts.reports.seenOf({ resource_id: server, requested_at: new Date(Date.now() + 60_000) })).toEqual(
      [],
    );
    const next = randomUUID();
    await cloud.database.query('UPDATE neutron.ports SET device_id = $1 WHERE id = $2', [next, id]);
    await see('net1', 'plugged', id, 0);
    expect(await hosts.reports.seenOf({ resource_id: server, ...asked })).toEqual([]);
    expect(await hosts.reports.seenOf({ resource_id: next, ...asked })).toMatchObject([
      { port_id: id, leased_at: null },
    ]);
  });
});
