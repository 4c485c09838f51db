import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { randomBytes, randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findGuestUser } from '#drivers/guest-user';
import { QemuHypervisor } from '#drivers/hypervisor/qemu';
import { LinuxNetwork } from '#drivers/network/linux/linux';
import type { NetworkReport, NetworkState, PortOfHost } from '#drivers/network/state';
import { StandIn, command, group, network, port, rule, stateOf, until, within } from '../setup/network-guests.js';
import { SecondHost } from '../setup/network-host.js';

let home: string;
/** dnsmasq's user may enter it. */
let running: string;
let driver: LinuxNetwork;
let watching: AbortController;
let watched: Promise<void>;
const guests: StandIn[] = [];
const repaired: string[] = [];
let told: NetworkReport | undefined;

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'network-'));
  running = await mkdtemp(path.join(os.tmpdir(), 'network-run-'));
  await chmod(running, 0o755);
  start();
});

afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.stop();
  await driver.apply(stateOf([], [], []));
  watching.abort();
  await watched;
  for (const folder of [home, running]) await rm(folder, { recursive: true, force: true });
});

function start(): void {
  const metadata = () => Promise.resolve({ status: 200, type: 'text/plain', body: 'yours' });
  driver = new LinuxNetwork(home, undefined, { run: running, lookMs: 300, metadata });
  watching = new AbortController();
  repaired.length = 0;
  watched = driver.watch(
    { told: (report) => (told = report), repaired: (what) => repaired.push(...what) },
    watching.signal,
  );
}

const guestOf = async (of: PortOfHost, addresses?: readonly string[]): Promise<StandIn> => {
  const guest = new StandIn({ driver, enter: [] }, of);
  guests.push(guest);
  return guest.start(addresses);
};
const apply = async (state: NetworkState): Promise<void> => {
  const report = await driver.apply(state);
  expect([...report.networks, ...report.ports].flatMap(({ error }) => error ?? [])).toEqual([]);
};

describe('a network of one Linux machine', () => {
  it('gives guests their addresses by DHCP with MTU and routes, and lets them reach each other by the rules that they have', async () => {
    const web = group(rule('ingress', 'tcp', 80));
    const net = network({ v4: '10.9.0' }, { metadata: true });
    const [a, b] = [port(net, ['10.9.0.11'], [web]), port(net, ['10.9.0.12'], [web])];
    await apply(stateOf([net], [a, b], [web]));
    const [one, two] = [await guestOf(a, []), await guestOf(b, [])];
    const [first, second] = [await one.lease(), await two.lease()];
    expect([first?.address, second?.address]).toEqual(['10.9.0.11', '10.9.0.12']);
    expect(first?.said).toContain('staticroutes=169.254.169.254/32 10.9.0.2');
    expect(first?.said).toContain('mtu=1450');
    await two.listens(80);
    await two.listens(81);
    expect([await one.reaches('10.9.0.12', 80), await one.reaches('10.9.0.12', 81)]).toEqual([true, false]);
  });

  it('tells when a card has joined, when its guest has leased an address and when it has asked for metadata, each the first time', async () => {
    const all = group(rule('ingress'));
    const net = network({ v4: '10.9.0' }, { metadata: true });
    const a = port(net, ['10.9.0.11'], [all]);
    await apply(stateOf([net], [a], [all]));
    const began = Date.now();
    const guest = await guestOf(a, []);
    expect((await guest.lease())?.address).toBe('10.9.0.11');
    await guest.ip('route', 'replace', '169.254.169.254/32', 'dev', 'eth0');
    const asks = () => guest.run('curl', '-s', '-m', '3', 'http://169.254.169.254/latest');
    expect(await asks()).toBe('yours');
    const seen = () => (told?.seen ?? []).toSorted((one, other) => one.at - other.at);
    await until('all is told', () => Promise.resolve(seen().length === 3));
    expect(seen().map(({ event, networkId, key }) => [event, networkId, key])).toEqual([
      ['plugged', net.id, a.id],
      ['leased', net.id, '10.9.0.11'],
      ['asked', net.id, '10.9.0.11'],
    ]);
    for (const { at } of seen()) expect(at).toBeGreaterThanOrEqual(began - 1);
    const first = JSON.stringify(seen());
    await guest.lease();
    await asks();
    expect(JSON.stringify((await driver.apply(stateOf([net], [a], [all]))).seen?.toSorted((x, y) => x.at - y.at))).toBe(
      first,
    );
    // Another process of the guest leases and asks anew.
    await driver.connect({ portId: a.id, host: 'host-1' });
    await until('it begins anew', () =>
      Promise.resolve(
        seen()
          .map(({ event }) => event)
          .join() === 'plugged',
      ),
    );
  });

  it('opens a port within a second of its rule, and closes it as fast, also for a connection that is there', async () => {
    const net = network({ v4: '10.9.0' });
    const closed = group();
    const open = { ...closed, rules: [...closed.rules, rule('ingress', 'tcp', 80, ['10.9.0.0/25', '10.9.0.200'])] };
    const [a, b] = [port(net, ['10.9.0.11'], [closed]), port(net, ['10.9.0.12'], [closed])];
    await apply(stateOf([net], [a, b], [closed]));
    const [one, two] = [await guestOf(a), await guestOf(b)];
    await two.listens(80);
    expect(await one.reaches('10.9.0.12', 80)).toBe(false);

    const began = performance.now();
    await apply(stateOf([net], [a, b], [open]));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await one.reaches('10.9.0.12', 80)).toBe(true);

    const connection = await one.connection('10.9.0.12', 80);
    expect(await connection.answers()).toBe(true);
    const more = { ...open, rules: [...open.rules, rule('ingress', 'tcp', 443), rule('ingress', 'icmp', 8)] };
    await apply(stateOf([net], [a, b], [more]));
    expect(await connection.answers()).toBe(true);

    // A member of the remote group that leaves it takes its permission with it.
    await apply(
      stateOf([net], [a, b], [{ ...closed, rules: [...closed.rules, rule('ingress', 'tcp', 80, ['10.9.0.200'])] }]),
    );
    expect([await connection.answers(), await one.reaches('10.9.0.12', 80)]).toEqual([false, false]);
  });

  it('lets answers pass without a rule of their own where the group is stateful, and not where it is stateless', async () => {
    const net = network({ v4: '10.9.0' });
    const server = { ...group(rule('ingress', 'tcp', 80)), stateful: true };
    const client = { ...group(), stateful: false };
    const [a, b] = [port(net, ['10.9.0.11'], [client]), port(net, ['10.9.0.12'], [server])];
    await apply(stateOf([net], [a, b], [client, server]));
    const [one, two] = [await guestOf(a), await guestOf(b)];
    await two.listens(80);
    expect(await one.reaches('10.9.0.12', 80)).toBe(false);
    const answers = rule('ingress', 'tcp', null, ['10.9.0.12']);
    await apply(stateOf([net], [a, b], [{ ...client, rules: [...client.rules, answers] }, server]));
    expect(await one.reaches('10.9.0.12', 80)).toBe(true);
  });

  it('drops what a guest sends from an address or MAC that is not its own, unless an address pair or no port security allows it', async () => {
    const all = group(rule('ingress'));
    const net = network({ v4: '10.9.0' });
    const [a, b] = [port(net, ['10.9.0.11'], [all]), port(net, ['10.9.0.12'], [all])];
    await apply(stateOf([net], [a, b], [all]));
    const [thief, other] = [await guestOf(a), await guestOf(b)];
    await other.listens(80);
    expect(await thief.reaches('10.9.0.12', 80)).toBe(true);

    const asked = (): Promise<boolean> =>
      other.run('busybox', 'arping', '-q', '-f', '-c', '2', '-w', '2', '-I', 'eth0', '10.9.0.99').then(
        () => true,
        () => false,
      );
    await thief.ip('address', 'replace', '10.9.0.99/24', 'dev', 'eth0');
    await thief.ip('route', 'replace', '10.9.0.12/32', 'dev', 'eth0', 'src', '10.9.0.99');
    expect([await thief.reaches('10.9.0.12', 80), await asked()]).toEqual([false, false]);

    const paired = { ...a, addressPairs: [{ ip: '10.9.0.96/28', mac: a.mac }] };
    await apply(stateOf([net], [paired, b], [all]));
    expect([await thief.reaches('10.9.0.12', 80), await asked()]).toEqual([true, true]);

    await thief.ip('link', 'set', 'dev', 'eth0', 'address', 'fa:16:3e:ff:ff:ff');
    expect([await thief.reaches('10.9.0.12', 80), await asked()]).toEqual([false, false]);
    await apply(stateOf([net], [{ ...a, portSecurity: false, groups: [] }, b], [all]));
    await other.ip('neighbour', 'flush', 'all');
    expect([await thief.reaches('10.9.0.12', 80), await asked()]).toEqual([true, true]);
  });

  it('keeps a guest from being the DHCP server or the router of its neighbours', async () => {
    const all = group(rule('ingress'), rule('ingress', null, null, null, 6));
    const net = network({ v4: '10.9.0', v6: 'fd09:1', raMode: 'slaac' }, { dhcp: false, dhcpPort: null });
    const [a, b] = [port(net, ['10.9.0.11'], [all]), port(net, ['10.9.0.12'], [all])];
    const trusted = { ...a, portSecurity: false, groups: [] };
    await apply(stateOf([net], [a, b], [all]));
    const [rogue, victim] = [await guestOf(a), await guestOf(b, [])];
    await rogue.ip('address', 'add', 'fd09:1::11/64', 'dev', 'eth0');
    rogue.background(
      'dnsmasq',
      '--no-daemon',
      '--conf-file=/dev/null',
      '--port=0',
      '--interface=eth0',
      '--leasefile-ro',
      '--dhcp-range=10.9.0.50,10.9.0.60',
      '--dhcp-range=fd09:1::,ra-only',
      '--enable-ra',
      '--dhcp-authoritative',
    );
    const advertised = async (): Promise<boolean> =>
      (await victim.ip('address', 'show', 'dev', 'eth0')).includes('fd09:1:');
    expect(await victim.lease()).toBeUndefined();
    expect(await advertised()).toBe(false);
    // The same without port security: so the server was there all the time.
    await apply(stateOf([net], [trusted, b], [all]));
    expect((await victim.lease())?.address).toMatch(/^10\.9\.0\.[56]/);
    await victim.ip('link', 'set', 'dev', 'eth0', 'down');
    await victim.ip('link', 'set', 'dev', 'eth0', 'up');
    await until('the router is heard', advertised);
  });

  it('keeps networks with the same addresses apart', async () => {
    const all = group(rule('ingress'));
    const [left, right] = [network({ v4: '10.9.0' }), network({ v4: '10.9.0' })];
    const ports = [
      port(left, ['10.9.0.11'], [all]),
      port(left, ['10.9.0.12'], [all]),
      port(right, ['10.9.0.11'], [all]),
      port(right, ['10.9.0.12'], [all]),
    ];
    await apply(stateOf([left, right], ports, [all]));
    const [a, b, c, d] = await Promise.all(ports.map((each) => guestOf(each)));
    await b!.listens(80);
    expect([await a!.reaches('10.9.0.12', 80), await c!.reaches('10.9.0.12', 80)]).toEqual([true, false]);
    await d!.listens(80);
    expect(await c!.reaches('10.9.0.12', 80)).toBe(true);
  });

  it('tells guests of their IPv6 prefix, so that they have an address of it without asking', async () => {
    const all = group(rule('ingress', 'tcp', 80, ['fd09:2::/64', 'fd09:3::/64'], 6));
    const net = network({ v6: 'fd09:2', raMode: 'slaac' });
    const [a, b] = [port(net, [], [all]), port(net, ['fd09:2::12'], [all])];
    const slaac = eui64('fd09:2:0:0', a.mac);
    await apply(stateOf([net], [{ ...a, ips: [slaac] }, b], [all]));
    const [one, two] = [await guestOf({ ...a, ips: [slaac] }, []), await guestOf(b)];
    const has = async (): Promise<boolean> =>
      JSON.stringify(JSON.parse(await one.ip('-json', 'address', 'show', 'dev', 'eth0'))).includes(compressed(slaac));
    await until('the guest has its address', has);
    await two.listens(80, '::');
    await until('they reach each other', () => one.reaches('fd09:2::12', 80));
    expect(await one.ip('-6', 'route', 'show', 'default')).not.toContain('default via');
  });

  it('limits what goes into a guest and what comes out of it, and marks what it sends', async () => {
    const all = group(rule('ingress'));
    const net = network({ v4: '10.9.0' });
    const [a, b] = [port(net, ['10.9.0.11'], [all]), port(net, ['10.9.0.12'], [all])];
    const limited = {
      ...b,
      qos: { ingressKbps: 2_000, ingressBurstKb: 100, egressKbps: 2_000, egressBurstKb: 400, dscp: 46 },
    };
    await apply(stateOf([net], [a, b], [all]));
    const [one, two] = [await guestOf(a), await guestOf(b)];
    await two.listens(80);
    await one.listens(80);
    const seconds = async (from: StandIn, address: string): Promise<number> => from.sends(address, 80, 400_000);
    expect(await seconds(one, '10.9.0.12')).toBeLessThan(1);
    await apply(stateOf([net], [a, limited], [all]));
    // 400 kB, and back again, by 2 Mbit/s are 1.6 s each way.
    expect(await seconds(one, '10.9.0.12')).toBeGreaterThan(1.2);
    const rules = await within(`nvn-${net.id}`, 'nft', 'list', 'ruleset');
    expect(rules).toContain('ip dscp set ef');
    await apply(stateOf([net], [a, b], [all]));
    expect(await seconds(one, '10.9.0.12')).toBeLessThan(1);
  });
});

describe('a guest of QEMU', () => {
  it('has its card on the network from its first packet on, again after a power cycle, and another one while it runs', async () => {
    const all = group(rule('ingress'));
    const net = network({ v4: '10.9.0' });
    const [first, second] = [port(net, ['10.9.0.11'], [all]), port(net, ['10.9.0.12'], [all])];
    await apply(stateOf([net], [first, second], [all]));
    const plugged = ({ id: portId, serverId, networkId, mac, ips }: PortOfHost): Promise<void> =>
      driver.plug({ portId, host: 'host-1', serverId, networkId, mac, mtu: 1450, ips });
    const user = await findGuestUser('', home);
    await chmod(home, 0o711);
    const withUser = new LinuxNetwork(home, user, { run: running });
    const qemu = new QemuHypervisor(path.join(home, 'hosts'), 'tcg', user, { cards: withUser });
    const guest = { serverId: first.serverId, host: 'host-1' };
    // Without a disk its firmware asks DHCP for something to boot.
    const asked = async (of: PortOfHost): Promise<boolean> =>
      (await driver.counters()).some(
        ({ portId, outgoingPackets, incomingPackets }) =>
          portId === of.id && outgoingPackets > 0 && incomingPackets > 0,
      );
    try {
      await plugged(first);
      const nics = [{ id: first.id, mac: first.mac }];
      await qemu.spawn(
        { ...guest, name: 'instance-1', vcpus: 1, ram: 64, disks: [], nics },
        () => undefined,
        new AbortController().signal,
      );
      await until('DHCP has answered it', () => asked(first), 60_000);
      expect((await driver.apply(stateOf([net], [first, second], [all]))).ports.map(({ up }) => up)).toEqual([
        true,
        false,
      ]);
      await qemu.reboot(guest, 'HARD', 0);
      await until('DHCP has answered it again', () => asked(first), 60_000);
      await plugged(second);
      await qemu.attachCard(guest, { id: second.id, mac: second.mac });
      const report = await driver.apply(stateOf([net], [first, second], [all], { generation: 'later' }));
      expect(report.ports.map(({ up, error }) => ({ up, error }))).toEqual([
        { up: true, error: null },
        { up: true, error: null },
      ]);
    } finally {
      await qemu.destroy(guest, () => undefined);
      for (const each of [first, second]) await driver.unplug({ portId: each.id, host: 'host-1' });
    }
  });

  it('finds its network again after the machine’s cloud was stopped, of which nothing was left', async () => {
    const net = network({ v4: '10.9.0' });
    const [a, b] = [port(net, ['10.9.0.11'], []), port(net, ['10.9.0.12'], [])];
    await apply(stateOf([net], [a, b], []));
    const pid = (await readFile(path.join(running, 'dhcp', net.id, 'pid'), 'utf8')).trim();
    await driver.leave();
    expect(await command('ip', 'netns', 'list')).not.toContain(net.id);
    // A process that has ended and that nobody has asked about has no command line.
    expect(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).toBe('');
    watching.abort();
    await watched;
    start();
    const guest = await guestOf(a, []);
    expect((await guest.lease())?.address).toBe('10.9.0.11');
  });
});

/** What a careless administrator, a crash or a guest's neighbour may do to a network. */
const SABOTAGE: Record<string, (at: { ns: string; tap: string; id: string; pid: string }) => Promise<unknown>> = {
  'the bridge is deleted': ({ ns }) => within(ns, 'ip', 'link', 'delete', 'br0'),
  'the bridge is down': ({ ns }) => within(ns, 'ip', 'link', 'set', 'br0', 'down'),
  'the bridge has another MAC': ({ ns }) => within(ns, 'ip', 'link', 'set', 'br0', 'address', '02:00:00:00:00:01'),
  'the bridge has another MTU': ({ ns }) => within(ns, 'ip', 'link', 'set', 'br0', 'mtu', '1000'),
  'the address of DHCP is gone': ({ ns }) => within(ns, 'ip', 'address', 'flush', 'dev', 'br0', 'scope', 'global'),
  'the tap is off the bridge': ({ ns, tap }) => within(ns, 'ip', 'link', 'set', tap, 'nomaster'),
  'the tap is down': ({ ns, tap }) => within(ns, 'ip', 'link', 'set', tap, 'down'),
  'the tap has another MTU': ({ ns, tap }) => within(ns, 'ip', 'link', 'set', tap, 'mtu', '600'),
  'all rules are flushed': ({ ns }) => within(ns, 'nft', 'flush', 'ruleset'),
  'the rules of groups are deleted': ({ ns }) => within(ns, 'nft', 'delete', 'table', 'inet', 'novaflow_ports'),
  'a rule lets everything pass': ({ ns }) =>
    within(ns, 'nft', 'insert', 'rule', 'bridge', 'novaflow_ports', 'prerouting', 'accept'),
  'bridged packets pass by the rules': ({ ns }) =>
    within(ns, 'sysctl', '-q', '-w', 'net.bridge.bridge-nf-call-iptables=0'),
  'dnsmasq is killed': ({ pid }) => command('kill', '-9', pid),
  'the tunnel is deleted': ({ ns, id }) =>
    within(ns, 'ip', 'link', 'delete', `nx${id.replaceAll('-', '').slice(0, 11)}`),
  'the tunnel has lost its peer': ({ ns, id }) =>
    within(
      ns,
      'bridge',
      'fdb',
      'delete',
      '00:00:00:00:00:00',
      'dev',
      `nx${id.replaceAll('-', '').slice(0, 11)}`,
      'dst',
      '198.51.100.6',
    ),
  'the limit of a port is gone': ({ ns, tap }) => within(ns, 'tc', 'qdisc', 'delete', 'dev', tap, 'root'),
  'a stray tap is on the bridge': ({ ns }) =>
    within(ns, 'ip', 'link', 'add', 'ntffffffffff', 'master', 'br0', 'type', 'veth', 'peer', 'name', 'stray'),
  'the name of the namespace is deleted': ({ ns }) => command('ip', 'netns', 'delete', ns),
};

describe('the hosts of a network', () => {
  it('are one network by VXLAN, and a host that has left it is heard no more', async () => {
    const folders = await Promise.all([1, 2].map(() => mkdtemp(path.join(os.tmpdir(), 'network-host-'))));
    await chmod(folders[1]!, 0o755);
    const other = SecondHost.start(folders[0]!, folders[1]!);
    // The first host's address is in its own namespace, as the second's is.
    const link = `nh${randomBytes(4).toString('hex')}`;
    try {
      await until(
        'the second host has a network of its own',
        async () =>
          (await command(...(['nsenter', `--target=${other.pid}`, '--net', 'ip', 'link'] as const))).split('\n')
            .length < 5,
      );
      await command('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'up0', 'netns', other.pid);
      await command('ip', 'address', 'add', '198.51.100.1/30', 'dev', link);
      await command('ip', 'link', 'set', link, 'up');
      for (const args of [
        ['address', 'add', '198.51.100.2/30', 'dev', 'up0'],
        ['link', 'set', 'up0', 'up'],
      ])
        await command('nsenter', `--target=${other.pid}`, '--net', 'ip', ...args);
      const web = group(rule('ingress', 'tcp', 80));
      const net = network({ v4: '10.9.0' });
      const [a, b] = [port(net, ['10.9.0.11'], [web]), port(net, ['10.9.0.12'], [web])];
      const here = stateOf([{ ...net, peers: ['198.51.100.2'] }], [a], [web], { tunnelAddress: '198.51.100.1' });
      await apply({
        ...here,
        networks: here.networks.map((n) => ({
          ...n,
          leases: [a, b].map((p) => ({ portId: p.id, mac: p.mac, ips: p.ips, hostname: '', options: [] })),
        })),
      });
      await other.driver.apply(
        stateOf([{ ...net, peers: ['198.51.100.1'], dhcp: false, dhcpPort: null }], [b], [web], {
          tunnelAddress: '198.51.100.2',
        }),
      );
      const one = await guestOf(a);
      const two = await new StandIn(other, b).start([]);
      // DHCP is served by the first host alone.
      expect((await two.lease())?.address).toBe('10.9.0.12');
      await two.listens(80);
      await two.listens(81);
      expect([await one.reaches('10.9.0.12', 80), await one.reaches('10.9.0.12', 81)]).toEqual([true, false]);
      await apply(stateOf([net], [a], [web], { tunnelAddress: '198.51.100.1' }));
      expect(await one.reaches('10.9.0.12', 80)).toBe(false);
      await two.stop();
      await other.driver.apply(stateOf([], [], []));
    } finally {
      await other.stop();
      await command('ip', 'link', 'delete', link).catch(() => undefined);
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the role of a machine’s network', () => {
  it('finds all again when it starts anew, and changes nothing of it', async () => {
    const web = group(rule('ingress', 'tcp', 80));
    const net = network({ v4: '10.9.0' });
    const [a, b] = [port(net, ['10.9.0.11'], [web]), port(net, ['10.9.0.12'], [web])];
    const state = stateOf([net], [a, b], [web]);
    await apply(state);
    const [one, two] = [await guestOf(a), await guestOf(b)];
    await two.listens(80);
    const connection = await one.connection('10.9.0.12', 80);
    const pid = (): Promise<string> => readFile(path.join(running, 'dhcp', net.id, 'pid'), 'utf8');
    const before = await pid();
    watching.abort();
    await watched;
    start();
    const report = await driver.apply(state);
    expect(report.ports.map(({ up }) => up)).toEqual([true, true]);
    expect([await connection.answers(), await pid()]).toEqual([true, before]);
  });

  it('applies a state that has not changed at no cost, and one more port in a network of a thousand fast', async () => {
    const web = group(
      rule(
        'ingress',
        'tcp',
        80,
        Array.from({ length: 1000 }, (_, i) => `10.8.${i >> 8}.${i & 255}`),
      ),
    );
    const net = network({ v4: '10.9.0' });
    const ports = Array.from({ length: 200 }, (_, i) => port(net, [`10.9.0.${10 + i}`], [web]));
    const state = stateOf([net], ports, [web]);
    const time = async (next: NetworkState): Promise<number> => {
      const began = performance.now();
      await apply(next);
      return performance.now() - began;
    };
    const first = await time(state);
    // Compared with each other: the machine may have other work.
    expect(await time({ ...state, generation: 'another' })).toBeLessThan(first / 10);
    const more = [...ports, port(net, ['10.9.0.250'], [web])];
    expect(await time(stateOf([net], more, [web]))).toBeLessThan(3 * first);
  });

  it('says which network cannot be made and why, and makes the others', async () => {
    const bad = network({ v4: '10.9.0' }, { dhcpPort: { id: randomUUID(), mac: 'no mac; flush ruleset', ips: [] } });
    const good = network({ v4: '10.9.0' });
    const p = port(good, ['10.9.0.11'], []);
    const report = await driver.apply(stateOf([bad, good], [p], []));
    expect(report.networks).toEqual([
      { id: bad.id, up: false, error: expect.stringContaining('is not a MAC address') as string },
      { id: good.id, up: true, error: null },
    ]);
    expect(report.ports).toEqual([{ id: p.id, up: false, error: null }]);
    await guestOf(p);
    expect((await driver.apply(stateOf([good], [p], []))).ports).toEqual([{ id: p.id, up: true, error: null }]);
  });
});

describe('what is broken on a machine', () => {
  const link = `nh${randomBytes(4).toString('hex')}`;
  afterEach(() => command('ip', 'link', 'delete', link));

  it('is mended within seconds, and said, and the guests go on', async () => {
    // Another host, which does not answer.
    await command('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', `${link}p`);
    await command('ip', 'address', 'add', '198.51.100.5/30', 'dev', link);
    await command('ip', 'link', 'set', link, 'up');
    const web = group(rule('ingress', 'tcp', 80));
    const net = network({ v4: '10.9.0' }, { peers: ['198.51.100.6'] });
    const [a, b] = [
      port(net, ['10.9.0.11'], [web], { qos: { ingressKbps: 100_000 } }),
      port(net, ['10.9.0.12'], [web]),
    ];
    await apply(stateOf([net], [a, b], [web], { tunnelAddress: '198.51.100.5' }));
    const [one, two] = [await guestOf(a), await guestOf(b)];
    await two.listens(80);
    await two.listens(81);
    const ns = `nvn-${net.id}`;
    const whole = async (): Promise<string> =>
      JSON.stringify([
        (JSON.parse(await within(ns, 'ip', '-d', '-j', 'address', 'show')) as Shown[])
          .map(({ ifname, mtu, flags, master, linkinfo, addr_info }) => ({
            ifname,
            mtu,
            flags,
            master,
            kind: linkinfo?.info_kind,
            addresses: addr_info.filter(({ scope }) => scope === 'global').map(({ local }) => local),
          }))
          .toSorted((x, y) => (x.ifname < y.ifname ? -1 : 1)),
        await within(ns, 'nft', 'list', 'ruleset'),
        (await within(ns, 'bridge', 'fdb', 'show')).split('\n').filter((line) => line.includes(' dst ')),
        (await within(ns, 'tc', 'qdisc', 'show')).split('\n').filter((line) => line.includes('htb')),
        await within(ns, 'sysctl', 'net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables'),
      ]);
    const before = await whole();
    for (const [what, breakIt] of Object.entries(SABOTAGE)) {
      repaired.length = 0;
      await breakIt({
        ns,
        tap: one.tap,
        id: net.id,
        pid: (await readFile(path.join(running, 'dhcp', net.id, 'pid'), 'utf8')).trim(),
      });
      await until(`what was broken is mended: ${what}`, () => Promise.resolve(repaired.length > 0));
      // A link's state follows its carrier a little later; the guests' own connections begin anew.
      await until(`all is as it was: ${what}`, async () => (await whole().catch(String)) === before);
      await until(`they reach each other again: ${what}`, () => one.reaches('10.9.0.12', 80));
      expect({ what, closed: await one.reaches('10.9.0.12', 81) }).toEqual({ what, closed: false });
    }
    await one.ip('address', 'flush', 'dev', 'eth0');
    expect((await one.lease())?.address).toBe('10.9.0.11');
  });
});

interface Shown {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind: string };
  readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
}

const eui64 = (prefix: string, mac: string): string => {
  const b = mac.split(':');
  return `${prefix}:${(Number.parseInt(b[0]!, 16) ^ 2).toString(16)}${b[1]}:${b[2]}ff:fe${b[3]}:${b[4]}${b[5]}`;
};
/** The URL's parser writes an IPv6 address in its short form. */
const compressed = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);
