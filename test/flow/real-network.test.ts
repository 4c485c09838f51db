import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Namespaces, namespaceExists, namespaceOf } from '#drivers/network/linux/namespaces';
import { StandIns } from '../drivers/stand-ins.js';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import {
  Connection,
  GUEST_MS,
  NetworkTenant,
  ToldGuests,
  inside,
  soon,
  whyNoGuests,
  type Subnet,
  type ToldGuest,
} from '../setup/real-network.js';
import { Tenant, orphansIn } from '../setup/tenant.js';

const reason = await whyNoGuests();
if (reason !== undefined) console.warn(`Guests on a real network are not tested: ${reason}`);

/** The addresses of what is outside, and of the tenants' networks. Both tenants have the same. */
const [WORLD, RED, BLUE] = ['198.51.100.0/24', '10.77.1.0/24', '10.77.2.0/24'];
const OUTSIDE = '198.51.100.1';
const slaac = { ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' };
const NAME = 'novaflow-net';
/** The config drive, which guests have for their user data, tells them the same sooner. */
const WHO = 'metadata-of /openstack/latest/meta_data.json';

/** A few guests, which all tests share: booting one takes longer than asking it. */
describe.skipIf(reason !== undefined)('Guests on a real network', () => {
  const stands = new StandIns();
  let own: OwnCloud;
  let mine: NetworkTenant;
  let others: NetworkTenant;
  let told: ToldGuests;
  /** Networks. Red and blue are joined by a router. */
  let world: string;
  let red: { id: string; subnets: Subnet[] };
  let blue: { id: string; subnets: Subnet[] };
  let router: string;
  /** What is heard of red on blue before they were joined. */
  let apart: string;
  /** Two guests on red, one on blue, and another tenant's that has the address which ada has. */
  let ada: ToldGuest;
  let bob: ToldGuest;
  let cleo: ToldGuest;
  let eve: ToldGuest;
  const out = (): string => namespaceOf('nvo', world);
  const ADA = '10.77.1.11';

  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_NETWORK_DRIVER: 'linux' });
    [mine, others] = [new NetworkTenant(await Tenant.make(own.at)), new NetworkTenant(await Tenant.make(own.at))];
    const { admin } = mine.tenant;
    await NetworkTenant.seedImage(mine.tenant);
    told = await ToldGuests.make(mine);
    world = (await mine.network([WORLD], { 'router:external': true, v4: { enable_dhcp: false } }, admin)).id;
    red = await mine.network([RED, 'fd77:1::/64'], { v6: slaac });
    blue = await mine.network([BLUE, 'fd77:2::/64'], { v6: slaac });
    const same = await others.network([RED]);
    const on = (uuid: string, fixed_ip?: string) => (fixed_ip === undefined ? { uuid } : { uuid, fixed_ip });
    [ada, bob, cleo, eve] = await Promise.all([
      told.boot(mine, on(red.id, ADA), 'say user data of the metadata service'),
      told.boot(mine, on(red.id)),
      told.boot(mine, on(blue.id)),
      told.boot(others, on(same.id, ADA)),
    ]);
    // A lease's route to the service goes by the network's DHCP, and is no longer one once a router is there.
    for (const guest of [ada, bob, cleo])
      await until(
        async () => ((await guest.run(WHO)).includes(`"uuid":"${guest.id}"`) ? true : undefined),
        100,
        GUEST_MS,
      );
    await until(async () => (await bob.hears(ADA)) || undefined, 100, GUEST_MS);
    apart = await cleo.hears(ADA);
    router = (await mine.make('routers', 'router', { external_gateway_info: { network_id: world } })).id;
    for (const { id } of [...red.subnets, ...blue.subnets])
      await mine.put(`routers/${router}/add_router_interface`, { subnet_id: id });
  });
  /** What a test has opened is closed also when it failed, so that it alone has failed. */
  afterEach(async () => {
    await mine.close();
    await mine.letGo();
  });
  afterAll(async () => {
    await stands.close();
    await own.stop();
  });

  /** Asks a web server from outside. @returns the answer; undefined when nobody answers in that time */
  const web = async (url: string, seconds = 2): Promise<string | undefined> => {
    const answer = await inside(out(), 'curl', '-sS', '--max-time', String(seconds), `http://${url}/`);
    return answer === '' ? undefined : answer;
  };
  const opens = (url: string): Promise<string> => until(() => web(url, 0.3), 10, GUEST_MS);
  const closes = (url: string): Promise<true> =>
    until(async () => ((await web(url, 0.3)) === undefined ? true : undefined), 10, GUEST_MS);
  const timed = async (task: () => Promise<unknown>): Promise<number> => {
    const began = performance.now();
    await task();
    return performance.now() - began;
  };

  it('have the address and the MTU of their port by DHCP, and one of their IPv6 prefix by its advertisement', async () => {
    for (const guest of [ada, bob, cleo]) {
      const { card, console } = guest;
      expect(console).toContain(`${NAME}: eth0 ${card.v4}/24`);
      expect(await guest.run('cat /sys/class/net/eth0/mtu')).toBe('1450\n');
      await soon(() => guest.run('ip -6 -o addr show dev eth0 scope global')).toContain(`${card.v6}/64`);
    }
    expect(ada.console).toContain(`${NAME}: user data of the metadata service`);
    expect(ada.card.v4).toBe(ADA);
  });

  it('reach each other on their network, and another network’s only once a router joins them, by IPv4 and IPv6', async () => {
    for (const address of [ADA, ada.card.v6]) await soon(() => bob.hears(address)).toMatch(NAME);
    expect(apart).toBe('');
    for (const address of [ADA, ada.card.v6]) await soon(() => cleo.hears(address)).toMatch(NAME);
    // By what the router advertises, and by no other way.
    expect(await cleo.run('ip -6 route show default')).toMatch(/^default via fe80::\S+ dev eth0/);
  });

  it('are told who they are and given their user data by a router as by a network without one, in both formats', async () => {
    const checked = async (): Promise<void> => {
      const answer = (at: string) => soon(() => ada.run(`metadata-of ${at}`));
      await answer('/openstack/latest/meta_data.json').toContain(`"uuid":"${ada.id}"`);
      for (const at of ['/openstack/latest/user_data', '/latest/user-data'])
        await answer(at).toContain('say user data of the metadata service');
      await answer('/latest/meta-data/instance-id').toMatch(/\ni-[0-9a-f]{8}$/);
      await answer('/latest/meta-data/local-ipv4').toMatch(new RegExp(`\\n${ADA}$`));
    };
    const { ports } = await mine.tenant.admin.call<{ ports: { fixed_ips: { ip_address: string }[] }[] }>(
      'GET',
      `/network/v2.0/ports?network_id=${told.network}&device_owner=network:dhcp`,
    );
    await ada.run(`ip route replace 169.254.169.254/32 via ${ports[0]!.fixed_ips[0]!.ip_address} dev eth1`);
    await checked();
    await ada.run('ip route delete 169.254.169.254/32');
    expect(await ada.run('ip route get 169.254.169.254')).toContain('via 10.77.1.1 dev eth0');
    await checked();
  });

  it('are reached from outside by a floating IP and by a forwarded port, and leave by theirs or by the router’s address', async () => {
    for (const guest of [bob, cleo])
      await guest.run(`ip route replace default via ${guest.card.v4.replace(/\d+$/, '1')} dev eth0`);
    await until(async () => (await namespaceExists(out())) || undefined, 100, GUEST_MS);
    await stands.listen(out(), 7000);
    const { routers } = await mine.tenant.api.call<{
      routers: { external_gateway_info: { external_fixed_ips: { ip_address: string }[] } }[];
    }>('GET', `/network/v2.0/routers?id=${router}`);
    const gateway = routers[0]!.external_gateway_info.external_fixed_ips[0]!.ip_address;
    await soon(() => ada.hears(OUTSIDE, 7000)).toBe(gateway);

    const floating = await mine.floatingIp(world, ada.card.port);
    await soon(() => ada.hears(OUTSIDE, 7000)).toBe(floating.address);
    await soon(() => bob.hears(OUTSIDE, 7000)).toBe(gateway);
    expect(await web(floating.address)).toBeUndefined();
    await mine.open(80);
    expect(await opens(floating.address)).toContain(`eth0 ${ADA}/24`);

    const forwarding = await mine.floatingIp(world);
    const { id } = await mine.make(`floatingips/${forwarding.id}/port_forwardings`, 'port_forwarding', {
      protocol: 'tcp',
      external_port: 8080,
      internal_port: 80,
      internal_port_id: cleo.card.port,
      internal_ip_address: cleo.card.v4,
    });
    expect(await opens(`${forwarding.address}:8080`)).toContain(`eth0 ${cleo.card.v4}/24`);
    expect(await web(forwarding.address, 0.5)).toBeUndefined();
    await mine.remove(`floatingips/${forwarding.id}/port_forwardings/${id}`);
    await closes(`${forwarding.address}:8080`);
    for (const one of [forwarding, floating]) await mine.remove(`floatingips/${one.id}`);
    await closes(floating.address);
    await soon(() => ada.hears(OUTSIDE, 7000)).toBe(gateway);
  });

  it('are open to others once a rule says so, and closed when it is gone; what is connected goes on as long as any rule allows it', async () => {
    const { address } = await mine.floatingIp(world, ada.card.port);
    const times: { opened: number[]; closed: number[] } = { opened: [], closed: [] };
    for (let turn = 0; turn < 3; turn++) {
      let rule = '';
      times.opened.push(await timed(async () => ((rule = await mine.open(80)), opens(address))));
      times.closed.push(await timed(async () => (await mine.remove(`security-group-rules/${rule}`), closes(address))));
    }
    console.log(
      `milliseconds from a request to what it does: ${JSON.stringify(times, (_, v) => (typeof v === 'number' ? Math.round(v) : v))}`,
    );

    await ada.serves(7, 'cat');
    const narrow = await mine.open(7);
    await mine.open(80);
    await opens(address);
    const connection = Connection.open(out(), address, 7);
    await soon(() => connection.answers()).toBe(true);
    const wide = await mine.open(1, 100);
    await mine.remove(`security-group-rules/${narrow}`);
    const narrowIsGone = async (): Promise<true | undefined> =>
      / proto-dst 7 /.test(await inside(namespaceOf('nvn', red.id), 'nft', 'list', 'table', 'inet', 'novaflow_ports'))
        ? undefined
        : true;
    await until(narrowIsGone, 50, GUEST_MS);
    await soon(() => connection.answers()).toBe(true);
    await mine.remove(`security-group-rules/${wide}`);
    await soon(() => connection.answers()).toBe(false);
    await soon(() => web(address)).toContain(NAME);
    connection.end();
  });

  it('get nowhere with an address or a MAC that is not their port’s, until the port says that it may have it', async () => {
    const stolen = '10.77.1.99';
    const asked = async (): Promise<boolean> =>
      (await ada.run(`arping -f -c 2 -w 2 -I eth0 ${stolen}`)).includes('Unicast reply');
    await bob.run(`ip addr add ${stolen}/24 dev eth0; ip route replace ${ADA}/32 dev eth0 src ${stolen}`);
    expect([await bob.hears(ADA), await asked()]).toEqual(['', false]);
    await mine.put(`ports/${bob.card.port}`, { port: { allowed_address_pairs: [{ ip_address: stolen }] } });
    await soon(() => bob.hears(ADA)).toMatch(NAME);
    await soon(asked).toBe(true);
    await mine.put(`ports/${bob.card.port}`, { port: { allowed_address_pairs: [] } });
    await soon(() => bob.hears(ADA)).toBe('');
    await bob.run(`ip route delete ${ADA}/32; ip addr delete ${stolen}/24 dev eth0`);
    await soon(() => bob.hears(ADA)).toMatch(NAME);

    await bob.run('ip link set eth0 address fa:16:3e:ff:ff:ff; ip neigh flush dev eth0');
    expect(await bob.hears(ADA)).toBe('');
    await bob.run(`ip link set eth0 address ${bob.card.mac}; ip neigh flush dev eth0`);
    await soon(() => bob.hears(ADA)).toMatch(NAME);
  });

  it('take a card while they run, with its lease, and are no DHCP server to others on it until their port says so', async () => {
    const plug = async (guest: ToldGuest, body: object): Promise<string> => {
      const { interfaceAttachment } = await mine.tenant.api.call<Record<'interfaceAttachment', { port_id: string }>>(
        'POST',
        `/compute/v2.1/servers/${guest.id}/os-interface`,
        { interfaceAttachment: body },
      );
      return interfaceAttachment.port_id;
    };
    const unplug = async (guest: ToldGuest, port: string): Promise<void> => {
      await mine.tenant.api.call('DELETE', `/compute/v2.1/servers/${guest.id}/os-interface/${port}`);
      await mine.said(guest.id, 'eth2 is gone');
    };
    const onBlue = await plug(ada, { net_id: blue.id });
    const { v4 } = await mine.card(ada.id, blue.id);
    await mine.said(ada.id, `${NAME}: eth2 ${v4}/24`);
    await soon(() => ada.hears(cleo.card.v4)).toMatch(NAME);
    await unplug(ada, onBlue);

    const dark = await mine.network(['10.77.9.0/24'], { v4: { enable_dhcp: false } });
    const [rogue, victim] = [await plug(bob, { net_id: dark.id }), await plug(cleo, { net_id: dark.id })];
    const cards = [bob, cleo].map((guest) =>
      until(async () => (await guest.run('ls /sys/class/net')).includes('eth2') || undefined, 100, GUEST_MS),
    );
    await Promise.all(cards);
    await bob.run(
      'printf "start 10.77.9.50\\nend 10.77.9.60\\ninterface eth2\\n" > /etc/udhcpd.conf; mkdir -p /var/lib/misc; : > /var/lib/misc/udhcpd.leases',
    );
    await bob.run(
      `ip addr add ${(await mine.card(bob.id, dark.id)).v4}/24 dev eth2; udhcpd -f /etc/udhcpd.conf > /dev/null 2>&1 &`,
    );
    const leased = async (): Promise<boolean> =>
      (await cleo.run('udhcpc -i eth2 -f -n -q -t 2 -T 1 -s /bin/true')).includes('lease of 10.77.9.');
    expect(await leased()).toBe(false);
    // The same without port security: so the server was there all the time.
    await mine.put(`ports/${rogue}`, { port: { port_security_enabled: false, security_groups: [] } });
    await soon(leased).toBe(true);
    await Promise.all([unplug(bob, rogue), unplug(cleo, victim)]);
    const deleted = async (): Promise<true | undefined> =>
      (await mine.tenant.api.request('DELETE', `/network/v2.0/networks/${dark.id}`)).status === 204 || undefined;
    await until(deleted, 100, GUEST_MS);
  });

  it('move no more bytes than the policy of a port allows, in the direction that it says', async () => {
    const [seconds, kbps, port] = [3, 1_000, 99];
    const allowed = (seconds * kbps * 1000) / 8;
    /** Bytes that come from the other one in that time. */
    const moved = async (to: ToldGuest, from: ToldGuest): Promise<number> => {
      // The shell has a word of its own for the end that the command is given.
      const said = await to.run(`timeout ${seconds} nc ${from.card.v4} ${port} < /dev/null | wc -c`);
      expect(said).toMatch(/^\d+$/m);
      return Number(/^\d+$/m.exec(said)?.[0]);
    };
    for (const guest of [ada, bob]) {
      await guest.serves(port, 'cat /dev/zero');
      await soon(() => guest.run('netstat -ltn')).toContain(`:${port} `);
    }
    const { admin } = mine.tenant;
    const policy = await mine.make('qos/policies', 'policy', { name: 'narrow', shared: true }, admin);
    const limit = async (direction: 'ingress' | 'egress'): Promise<{ id: string }> =>
      mine.make(
        `qos/policies/${policy.id}/bandwidth_limit_rules`,
        'bandwidth_limit_rule',
        { max_kbps: kbps, direction },
        admin,
      );
    const onHost = (...command: string[]) => soon(() => inside(namespaceOf('nvn', red.id), ...command));
    const rules = () => onHost('nft', 'list', 'ruleset');
    const queues = () => onHost('tc', 'qdisc', 'show');

    const free = [await moved(bob, ada), await moved(ada, bob)];
    const { id } = await limit('egress');
    await mine.put(`ports/${ada.card.port}`, { port: { qos_policy_id: policy.id } });
    await rules().toContain('limit rate over');
    const from = [await moved(bob, ada), await moved(ada, bob)];
    await admin.call('DELETE', `/network/v2.0/qos/policies/${policy.id}/bandwidth_limit_rules/${id}`);
    await limit('ingress');
    await queues().toContain('htb');
    await rules().not.toContain('limit rate over');
    const into = [await moved(bob, ada), await moved(ada, bob)];
    console.log(`bytes from and to a port in ${seconds} s: ${JSON.stringify({ allowed, free, from, into })}`);
    for (const limited of [from[0]!, into[1]!]) {
      // A burst of most of a second's bytes goes beyond; TCP needs some time to find out how fast it may be.
      expect(limited).toBeLessThan(2 * allowed);
      expect(limited).toBeGreaterThan(allowed / 5);
    }
    for (const unlimited of [...free, from[1]!, into[0]!]) expect(unlimited).toBeGreaterThan(4 * allowed);
    await mine.put(`ports/${ada.card.port}`, { port: { qos_policy_id: null } });
    await queues().not.toContain('htb');
    await admin.call('DELETE', `/network/v2.0/qos/policies/${policy.id}`);
  });

  it('do not meet those of another tenant who have the same addresses', async () => {
    expect(eve.console).toContain(`${NAME}: eth0 ${ADA}/24`);
    expect(eve.card.v4).toBe(ada.card.v4);
    expect(await eve.hears(bob.card.v4)).toBe('');
    await soon(() => bob.hears(ADA)).toContain((await ada.run('hostname')).trim());
  });

  it('keep their network while the host’s roles are killed, and they take over what they find', async () => {
    const { address } = await mine.floatingIp(world, ada.card.port);
    await mine.open(80);
    await opens(address);
    // Of a network that was made again the links have other numbers.
    const links = (): Promise<string[]> =>
      Promise.all(
        [out(), namespaceOf('nvn', red.id), namespaceOf('nvr', router)].map((n) => inside(n, 'ip', '-br', 'link')),
      );
    const before = await links();
    const killed = own.cloud.pids()['network']!;
    process.kill(killed, 'SIGKILL');
    await soon(() => web(address)).toContain(NAME);
    await soon(() => cleo.hears(ada.card.v6)).toMatch(NAME);
    await until(
      () => Promise.resolve(![killed, undefined].includes(own.cloud.pids()['network']) || undefined),
      100,
      GUEST_MS,
    );
    await soon(() => web(address)).toContain(NAME);
    // The role is at work again: a change comes through.
    await mine.close();
    await closes(address);
    expect(await links()).toEqual(before);
  });

  it('leave nothing of their networks behind when all is deleted', async () => {
    for (const [{ tenant }, guests] of [
      [mine, [ada, bob, cleo]],
      [others, [eve]],
    ] as const)
      await Promise.all(guests.map(({ id }) => tenant.delete(id)));
    for (const { id } of [...red.subnets, ...blue.subnets])
      await mine.put(`routers/${router}/remove_router_interface`, { subnet_id: id });
    await mine.remove(`routers/${router}`);
    for (const { id } of [red, blue]) await mine.remove(`networks/${id}`);
    const namespaces = new Namespaces(path.join(own.at.home, 'network'));
    await until(
      async () => {
        const [networks, routers] = [await namespaces.list('nvn'), await namespaces.list('nvr')];
        return [red, blue].some(({ id }) => networks.includes(id)) || routers.includes(router) ? undefined : true;
      },
      100,
      GUEST_MS,
    );
    expect(await orphansIn(own.at)).toEqual([]);
  });
});
