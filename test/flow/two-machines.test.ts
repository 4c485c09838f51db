import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { namespaceOf } from '#drivers/network/linux/namespaces';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { NamespacedMachine, whyNoMachines } from '../setup/namespaced-machine.js';
import {
  GUEST_MS,
  NetworkTenant,
  ToldGuests,
  soon,
  whyNoGuests,
  type Subnet,
  type ToldGuest,
} from '../setup/real-network.js';
import { Tenant, orphansIn, type ServerBody } from '../setup/tenant.js';

const reason = (await whyNoGuests()) ?? (await whyNoMachines());
if (reason !== undefined) console.warn(`Guests of two machines are not tested: ${reason}`);

const NAME = 'novaflow-net';
/** A packet of the guests' MTU, 1450, without its heads. */
const WHOLE_PACKET = 1450 - 28;
const DHCP = 'DHCP agent';
const L3 = 'L3 agent';
interface Agent {
  readonly id: string;
  readonly host: string;
  readonly agent_type: string;
  readonly alive: boolean;
}

/** One cloud whose control plane is on this machine, and whose guests are on two others. Each test goes on from the last one. */
describe.skipIf(reason !== undefined)('Guests of two machines', () => {
  let own: OwnCloud;
  let one: NamespacedMachine;
  let two: NamespacedMachine;
  let mine: NetworkTenant;
  let told: ToldGuests;
  let world: string;
  let red: { id: string; subnets: Subnet[] };
  let blue: { id: string; subnets: Subnet[] };
  let router: string;
  let floating: { id: string; address: string };
  /** On red, one on each machine. */
  let ada: ToldGuest;
  let bob: ToldGuest;
  /** On blue, on the second machine. */
  let cleo: ToldGuest;
  /** The machine that serves DHCP, so that guests are told from there what to do, and that has the router. */
  let serving: NamespacedMachine;

  const agents = async (): Promise<Agent[]> =>
    (await mine.tenant.admin.call<{ agents: Agent[] }>('GET', '/network/v2.0/agents')).agents;
  /** Says whether new networks and routers may come to a host. */
  const take = async (host: string, admin_state_up: boolean): Promise<void> => {
    for (const agent of await agents())
      if (agent.host === host && [DHCP, L3].includes(agent.agent_type))
        await mine.put(`agents/${agent.id}`, { agent: { admin_state_up } }, mine.tenant.admin);
  };
  const hostsOf = async (path: string): Promise<string[]> =>
    (await mine.tenant.admin.call<{ agents: Agent[] }>('GET', `/network/v2.0/${path}`)).agents.map(({ host }) => host);
  /** Hosts that serve the DHCP of the networks, and that run the router. */
  const servers = async (): Promise<string[]> => [
    ...(await hostsOf(`networks/${red.id}/dhcp-agents`)),
    ...(await hostsOf(`networks/${blue.id}/dhcp-agents`)),
    ...(await hostsOf(`routers/${router}/l3-agents`)),
  ];
  /** New guests go to this host from now on. */
  const boots = async (host: string): Promise<void> => {
    const { services } = await mine.tenant.admin.call<{ services: { id: string; host: string }[] }>(
      'GET',
      '/compute/v2.1/os-services?binary=nova-compute',
    );
    for (const { id, host: other } of services)
      await mine.tenant.admin.call('PUT', `/compute/v2.1/os-services/${id}`, {
        status: other === host ? 'enabled' : 'disabled',
      });
  };
  /** Waits until so many servers have a host. */
  const placed = (count: number): Promise<true> =>
    until(
      async () => {
        const { servers: all } = await mine.tenant.admin.call<{ servers: ServerBody[] }>(
          'GET',
          '/compute/v2.1/servers/detail?all_tenants=1',
        );
        return all.filter((server) => server['OS-EXT-SRV-ATTR:host'] !== null).length === count || undefined;
      },
      100,
      GUEST_MS,
    );
  /** What a web server says to who asks it from outside. */
  const web = (address: string): Promise<string> =>
    serving
      .run('ip', 'netns', 'exec', namespaceOf('nvo', world), 'curl', '-sS', '--max-time', '1', `http://${address}/`)
      .catch(() => '');

  beforeAll(async () => {
    own = await startCloud({
      NOVAFLOW_HYPERVISOR: 'fake',
      NOVAFLOW_REPORT_INTERVAL: '1',
      // A machine that is busy with two more clouds reports some seconds late, and would lose its DHCP and routers.
      NOVAFLOW_AGENT_DOWN_TIME: '20',
    });
    mine = new NetworkTenant(await Tenant.make(own.at));
    [one, two] = [new NamespacedMachine(own.at, 'one', 1), new NamespacedMachine(own.at, 'two', 2)];
    serving = one;
    await Promise.all([one.powerOn(), two.powerOn(), NetworkTenant.seedImage(mine.tenant)]);
    await one.cable(two);
    await Promise.all([one.startRoles(), two.startRoles()]);
    const know = async (): Promise<boolean> =>
      (await agents()).filter(({ agent_type }) => agent_type === DHCP).length === 2;
    await until(async () => (await know()) || undefined, 100, GUEST_MS);
    // The machine of the control plane has simulated guests and networks, and is to have neither here.
    for (const { host } of await agents()) await take(host, host === one.name);

    const { admin } = mine.tenant;
    told = await ToldGuests.make(mine, () => serving.enter());
    world = (await mine.network(['198.51.100.0/24'], { 'router:external': true, v4: { enable_dhcp: false } }, admin))
      .id;
    red = await mine.network(['10.77.1.0/24']);
    blue = await mine.network(['10.77.2.0/24']);
    router = (await mine.make('routers', 'router', { external_gateway_info: { network_id: world } })).id;
    for (const { id } of [...red.subnets, ...blue.subnets])
      await mine.put(`routers/${router}/add_router_interface`, { subnet_id: id });
    await boots(one.name);
    const first = told.boot(mine, { uuid: red.id });
    await placed(1);
    await boots(two.name);
    [ada, bob, cleo] = await Promise.all([
      first,
      told.boot(mine, { uuid: red.id }),
      told.boot(mine, { uuid: blue.id }),
    ]);
  });
  afterAll(async () => {
    for (const machine of [one, two]) await machine?.remove();
    await own.stop();
  });

  it('have their leases from the DHCP of the other machine, and reach each other by the tunnel, with packets as large as any', async () => {
    const hosts = await Promise.all([ada, bob, cleo].map(({ id }) => mine.tenant.show(id)));
    expect(hosts.map((server) => server['OS-EXT-SRV-ATTR:host'])).toEqual(['one', 'two', 'two']);
    expect(await servers()).toEqual(['one', 'one', 'one']);
    for (const guest of [ada, bob, cleo]) expect(guest.console).toContain(`${NAME}: eth0 ${guest.card.v4}/24`);
    await soon(() => bob.hears(ada.card.v4)).toMatch(NAME);
    await soon(() => ada.hears(bob.card.v4)).toMatch(NAME);
    await soon(() => bob.run(`ping -c 1 -W 1 -s ${WHOLE_PACKET} ${ada.card.v4}`)).toContain(' 0% packet loss');
  });

  it('reach another network’s on the other machine by a router', async () => {
    await soon(() => cleo.hears(ada.card.v4)).toMatch(NAME);
    await soon(() => ada.hears(cleo.card.v4)).toMatch(NAME);
  });

  it('are reached from outside by a floating IP whose router is on the other machine', async () => {
    await mine.open(80);
    floating = await mine.floatingIp(world, bob.card.port);
    await soon(() => web(floating.address)).toContain(`eth0 ${bob.card.v4}/24`);
  });

  it('go on when the other machine has lost its power: DHCP, router and floating IP are theirs', async () => {
    await take(two.name, true);
    await one.cut();
    serving = two;
    await soon(servers).toEqual(['two', 'two', 'two']);
    await soon(() => web(floating.address)).toContain(`eth0 ${bob.card.v4}/24`);
    for (const [guest, other] of [
      [bob, cleo],
      [cleo, bob],
    ] as const) {
      await soon(() => guest.hears(other.card.v4)).toMatch(NAME);
      await soon(() => guest.run('udhcpc -i eth0 -f -n -q -t 2 -T 1 -s /bin/true 2>&1')).toContain(
        `lease of ${guest.card.v4} obtained`,
      );
    }
    expect(await bob.hears(ada.card.v4)).toBe('');
  });

  it('meet again when it has its power back, and what has moved stays', async () => {
    await one.powerOn();
    await one.cable(two);
    await one.startRoles();
    await soon(() => bob.hears(ada.card.v4)).toMatch(NAME);
    await soon(() => cleo.hears(ada.card.v4)).toMatch(NAME);
    expect(await servers()).toEqual(['two', 'two', 'two']);
    const namespaces = await one.run('ip', 'netns', 'list');
    expect(namespaces).toContain(namespaceOf('nvn', red.id));
    expect(namespaces).not.toContain(router);
  });

  it('leave nothing on either machine when all is deleted', async () => {
    const { tenant } = mine;
    await mine.letGo();
    await Promise.all([ada, bob, cleo].map(({ id }) => tenant.delete(id)));
    for (const { id } of [...red.subnets, ...blue.subnets])
      await mine.put(`routers/${router}/remove_router_interface`, { subnet_id: id });
    await mine.remove(`routers/${router}`);
    for (const id of [red.id, blue.id, told.network, world])
      await tenant.admin.call('DELETE', `/network/v2.0/networks/${id}`);
    for (const machine of [one, two]) await soon(() => machine.traces()).toEqual([]);
    expect(await orphansIn(own.at)).toEqual([]);
  });
});
