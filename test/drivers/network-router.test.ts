import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandError, ip, ipShow, run, runIn } from '#drivers/network/linux/commands';
import { linkOf } from '#drivers/network/linux/pairs';
import { Namespaces, namespaceOf } from '#drivers/network/linux/namespaces';
import { Outside } from '#drivers/network/linux/outside';
import { Routers } from '#drivers/network/linux/router';
import type { RouterOfHost } from '#drivers/network/state';
import { card, network, subnet } from './network-samples.js';
import { StandIns } from './stand-ins.js';

/** Says how many bytes have come, once all have. */
const SINK = 'busybox nc -ll -p 91 -e wc -c';
const OUTSIDE = '203.0.113.1';
const GATEWAY = '203.0.113.10';
/** Two networks of one tenant, one of another tenant with the same addresses, and what is outside. */
const red = network([subnet('10.0.1.0/24', '10.0.1.1'), subnet('fd00:1::/64', 'fd00:1::1')]);
const blue = network([subnet('10.0.2.0/24', '10.0.2.1'), subnet('fd00:2::/64', 'fd00:2::1')]);
const other = network([subnet('10.0.1.0/24', '10.0.1.1')]);
const world = network([subnet('203.0.113.0/24', OUTSIDE), subnet('2001:db8::/64', '2001:db8::1')], true);
const networks = [red, blue, other, world];

const main: RouterOfHost = {
  id: randomUUID(),
  adminUp: true,
  interfaces: [card(red, '10.0.1.1/24', 'fd00:1::1/64'), card(blue, '10.0.2.1/24', 'fd00:2::1/64')],
  gateway: { ...card(world, `${GATEWAY}/24`, '2001:db8::10/64'), nexthops: [OUTSIDE, '2001:db8::1'], snat: true },
  routes: [],
  floatingIps: [
    { id: randomUUID(), floating: '203.0.113.21', fixed: '10.0.1.11' },
    { id: randomUUID(), floating: '203.0.113.22', fixed: '10.0.2.12' },
  ],
  forwardings: [
    {
      id: randomUUID(),
      floating: '203.0.113.30',
      externalPorts: '2222',
      internal: '10.0.1.13',
      internalPorts: '80',
      protocol: 'tcp',
    },
    {
      id: randomUUID(),
      floating: '203.0.113.30',
      externalPorts: '5000:5002',
      internal: '10.0.1.13',
      internalPorts: '80',
      protocol: 'udp',
    },
    {
      id: randomUUID(),
      floating: '203.0.113.30',
      externalPorts: '6079:6081',
      internal: '10.0.1.13',
      internalPorts: '79:81',
      protocol: 'tcp',
    },
  ],
  limits: [],
};
const stranger: RouterOfHost = {
  id: randomUUID(),
  adminUp: true,
  interfaces: [card(other, '10.0.1.1/24')],
  gateway: { ...card(world, '203.0.113.40/24'), nexthops: [OUTSIDE], snat: true },
  routes: [],
  floatingIps: [],
  forwardings: [],
  limits: [],
};

describe.skipIf(process.getuid?.() !== 0)('a router in a namespace', () => {
  const cloud = new StandIns();
  const sinks: ChildProcess[] = [];
  let folder: string;
  let namespaces: Namespaces;
  let routers: Routers;
  let outside: Outside;
  /** Guests: two on red, one on blue, one of the other tenant; and what is outside. */
  let ada: string;
  let bob: string;
  let eve: string;
  let mia: string;
  const out = namespaceOf('nvo', world.id);
  const router = namespaceOf('nvr', main.id);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'novaflow-router-'));
    namespaces = new Namespaces(path.join(folder, 'network'));
    // dnsmasq's user finds its files.
    await chmod(folder, 0o755);
    routers = new Routers(namespaces, running());
    outside = new Outside(namespaces);
    for (const { id } of networks) await cloud.network(id);
    ada = await cloud.guest(red.id, randomUUID(), ['10.0.1.11/24', 'fd00:1::11/64'], ['10.0.1.1', 'fd00:1::1']);
    mia = await cloud.guest(red.id, randomUUID(), ['10.0.1.13/24'], ['10.0.1.1']);
    bob = await cloud.guest(blue.id, randomUUID(), ['10.0.2.12/24', 'fd00:2::12/64'], ['10.0.2.1', 'fd00:2::1']);
    eve = await cloud.guest(other.id, randomUUID(), ['10.0.1.11/24'], ['10.0.1.1']);
    await outside.apply({ networks });
    await Promise.all([ada, mia, bob, eve, out].map((name) => cloud.listen(name, 80)));
  });
  afterAll(async () => {
    for (const sink of sinks) sink.kill();
    await routers.apply({ routers: [], networks });
    await outside.apply({ networks: [] });
    await cloud.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => applied());

  const running = (): string => path.join(folder, 'run');

  /** Makes the routers as they are to be, without an error. */
  async function applied(changed: Partial<RouterOfHost> = {}, by = routers): Promise<void> {
    const reports = await by.apply({ routers: [{ ...main, ...changed }, stranger], networks });
    expect(reports.map(({ error }) => error)).toEqual([null, null]);
  }

  it('has an outside of which it says that it is there', async () => {
    expect(await outside.apply({ networks })).toEqual([{ id: world.id, up: true, error: null }]);
  });

  it('joins its networks, by IPv4 and IPv6, without changing an address on the way', async () => {
    expect(await cloud.ask(ada, '10.0.2.12', 80)).toBe('10.0.1.11');
    expect(await cloud.ask(bob, '10.0.1.11', 80, 'udp')).toBe('10.0.2.12');
    expect(await cloud.ask(ada, 'fd00:2::12', 80)).toBe('fd00:1::11');
  });

  it('lets a guest out by its floating address, and one that has none by the gateway’s', async () => {
    expect(await cloud.ask(ada, OUTSIDE, 80)).toBe('203.0.113.21');
    expect(await cloud.ask(mia, OUTSIDE, 80)).toBe(GATEWAY);
    expect(await cloud.ask(mia, OUTSIDE, 80, 'udp')).toBe(GATEWAY);
  });

  it('translates nothing without SNAT, and then lets in who knows the way', async () => {
    await ip(out, [`route add 10.0.2.0/24 via ${GATEWAY}`]);
    try {
      expect(await cloud.ask(out, '10.0.2.12', 80)).toBe('no answer');
      await applied({ gateway: { ...main.gateway!, snat: false }, floatingIps: [] });
      expect(await cloud.ask(out, '10.0.2.12', 80)).toBe(OUTSIDE);
      expect(await cloud.ask(bob, OUTSIDE, 80)).toBe('10.0.2.12');
    } finally {
      await ip(out, [`route delete 10.0.2.0/24 via ${GATEWAY}`]);
    }
  });

  it('answers for floating addresses from outside, with the guest seeing who asks', async () => {
    expect(await cloud.ask(out, '203.0.113.21', 80)).toBe(OUTSIDE);
    expect(await cloud.ask(out, '203.0.113.22', 80, 'udp')).toBe(OUTSIDE);
  });

  it('forwards single ports, ranges to one port, and ranges port by port', async () => {
    expect(await cloud.ask(out, '203.0.113.30', 2222)).toBe(OUTSIDE);
    expect(await cloud.ask(out, '203.0.113.30', 5001, 'udp')).toBe(OUTSIDE);
    expect(await cloud.ask(out, '203.0.113.30', 6080)).toBe(OUTSIDE);
    expect(await cloud.ask(out, '203.0.113.30', 6081)).toBe('no answer');
    expect(await cloud.ask(out, '203.0.113.30', 80)).toBe('no answer');
  });

  it('lets guests reach each other, and themselves, by floating addresses (hairpin)', async () => {
    expect(await cloud.ask(ada, '203.0.113.22', 80)).toBe('203.0.113.21');
    expect(await cloud.ask(mia, '203.0.113.21', 80)).toBe(GATEWAY);
    expect(await cloud.ask(ada, '203.0.113.30', 2222)).toBe('203.0.113.21');
    expect(await cloud.ask(ada, '203.0.113.21', 80)).toBe('203.0.113.21');
  });

  it('keeps tenants with the same addresses apart, also when one of them sets a route to the other', async () => {
    expect(await cloud.ask(eve, OUTSIDE, 80)).toBe('203.0.113.40');
    expect(await cloud.ask(eve, '10.0.2.12', 80)).toBe('no answer');
    const reports = await routers.apply({
      routers: [main, { ...stranger, routes: [{ destination: '10.0.2.0/24', nexthop: GATEWAY }] }],
      networks,
    });
    expect(reports.map(({ error }) => error)).toEqual([null, null]);
    expect(await cloud.ask(eve, '10.0.2.12', 80)).toBe('no answer');
    expect(await cloud.ask(eve, '203.0.113.22', 80)).toBe('203.0.113.40');
  });

  it('has the extra routes that it is given, and says which of them cannot be', async () => {
    await ip(mia, ['address add 192.168.7.1/32 dev lo']);
    await runIn(mia, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
    expect(await cloud.ask(bob, '192.168.7.1', 80)).toBe('no answer');
    await applied({ routes: [{ destination: '192.168.7.0/24', nexthop: '10.0.1.13' }] });
    expect(await cloud.ask(bob, '192.168.7.1', 80)).toBe('10.0.2.12');
    const [report] = await routers.apply({
      routers: [{ ...main, routes: [{ destination: '192.168.7.0/24', nexthop: '172.31.0.1' }] }, stranger],
      networks,
    });
    expect(report).toMatchObject({
      up: false,
      error: expect.stringContaining('192.168.7.0/24 via 172.31.0.1') as string,
    });
    expect(await cloud.ask(bob, '192.168.7.1', 80)).toBe('no answer');
    expect(await cloud.ask(bob, '10.0.1.13', 80)).toBe('10.0.2.12');
  });

  it('advertises itself and its networks’ prefixes as they say, so that a guest has an IPv6 address and a way out without asking', async () => {
    const guest = await cloud.guest(red.id, randomUUID(), [], []);
    const routes = async (): Promise<string> => runIn(guest, 'ip', ['-6', 'route', 'show', 'default']);
    const made = async (raMode: string | null): Promise<void> => {
      const subnets = red.subnets.map((each) => (each.version === 6 ? { ...each, raMode } : each));
      const reports = await routers.apply({ routers: [main, stranger], networks: [{ ...red, subnets }, blue, world] });
      expect(reports[0]?.error).toBe(null);
    };
    const pid = async (): Promise<string> => readFile(path.join(running(), main.id, 'pid'), 'utf8');
    await made('slaac');
    await expect.poll(routes, { timeout: 10_000 }).toMatch(/^default via fe80::\S+ dev eth0 proto ra/);
    // It looks for a second whether somebody else has its address.
    await expect.poll(() => cloud.ask(guest, 'fd00:2::12', 80), { timeout: 10_000 }).toMatch(/^fd00:1::/);
    const first = await pid();
    await made('slaac');
    expect(await pid()).toBe(first);
    process.kill(Number(first), 'SIGKILL');
    await expect.poll(async () => readFile(`/proc/${first.trim()}/cmdline`, 'utf8').catch(() => '')).toBe('');
    await made('slaac');
    expect(await pid()).not.toBe(first);

    // Addresses of a server of DHCPv6: guests are told to ask for them, and make none themselves.
    await ip(guest, ['link set eth0 down']);
    await made('dhcpv6-stateful');
    await ip(guest, ['link set eth0 up']);
    await expect.poll(routes, { timeout: 10_000 }).toMatch(/^default via fe80::/);
    expect(await runIn(guest, 'ip', ['-6', 'address', 'show', 'dev', 'eth0', 'scope', 'global'])).toBe('');

    const last = (await pid()).trim();
    await made(null);
    await expect.poll(async () => readFile(`/proc/${last}/cmdline`, 'utf8').catch(() => '')).toBe('');
    expect(await readdir(running())).toEqual([]);
  });

  it('limits what leaves and comes by each address that has a limit, and nothing else', async () => {
    // Two seconds' worth: what is cut may have one of them at once.
    const bytes = 250_000;
    for (const name of [out, ada, bob]) sinks.push(spawn('ip', ['netns', 'exec', name, ...SINK.split(' ')]));
    /** Kilobits in a second, from a namespace to an address. */
    const rate = async (from: string, address: string): Promise<number> => {
      const began = performance.now();
      const sent = `until head -c ${bytes} /dev/zero | busybox nc ${address} 91 2>/dev/null; do sleep 0.05; done`;
      expect((await runIn(from, 'sh', ['-c', sent])).trim()).toBe(String(bytes));
      return (bytes * 8) / (performance.now() - began);
    };
    const ways = async (): Promise<boolean[]> => {
      const measured: number[] = [];
      for (const [from, address] of [
        [ada, OUTSIDE],
        [out, '203.0.113.21'],
        [mia, OUTSIDE],
        [out, '203.0.113.22'],
        [ada, '10.0.2.12'],
      ] as const)
        measured.push(await rate(from, address));
      return measured.map((kbps) => kbps < 2_500);
    };
    const few = { egressKbps: 1_000, egressBurstKb: 100, ingressKbps: 1_000, ingressBurstKb: 100 };
    await applied({ limits: [{ address: '203.0.113.21', ...few }] });
    expect(await ways()).toEqual([true, true, false, false, false]);
    const shown = (): Promise<string> =>
      runIn(router, 'tc', ['qdisc', 'show', 'dev', linkOf('nr', main.gateway!.portId)]);
    const before = await shown();
    await applied({ limits: [{ address: '203.0.113.21', ...few }] });
    expect(await shown()).toBe(before);
    await applied({ limits: [{ address: GATEWAY, egressKbps: 1_000, egressBurstKb: 100 }] });
    expect(await ways()).toEqual([false, false, true, false, false]);
    await applied();
    expect(await ways()).toEqual([false, false, false, false, false]);
    expect(await shown()).not.toContain('htb');
  });

  it('goes on with connections while its process starts anew, and while another router changes', async () => {
    const inside = await cloud.connect(ada, '10.0.2.12', 80);
    const outwards = await cloud.connect(mia, OUTSIDE, 80);
    const inwards = await cloud.connect(out, '203.0.113.21', 80);
    await applied({}, new Routers(namespaces, running()));
    await routers.apply({ routers: [main], networks });
    await applied({ routes: [{ destination: '192.168.8.0/24', nexthop: '10.0.1.13' }], forwardings: [] });
    expect(await inside('still here')).toBe('still here');
    expect(await outwards('still here')).toBe('still here');
    expect(await inwards('still here')).toBe('still here');
  });

  it('closes what a floating address had when it is removed, and moves it to another guest', async () => {
    const inwards = await cloud.connect(out, '203.0.113.21', 80);
    const forwarded = await cloud.connect(out, '203.0.113.30', 2222);
    const outwards = await cloud.connect(ada, OUTSIDE, 80);
    const begun = performance.now();
    await applied({ floatingIps: main.floatingIps.slice(1), forwardings: main.forwardings.slice(1) });
    console.log(`milliseconds from a floating address's removal to its end: ${Math.round(performance.now() - begun)}`);
    expect(await Promise.all([inwards('x'), forwarded('x'), outwards('x')])).toEqual(Array(3).fill('no answer'));
    expect(await cloud.ask(out, '203.0.113.21', 80)).toBe('no answer');
    await applied({ floatingIps: [{ ...main.floatingIps[0]!, fixed: '10.0.1.13' }] });
    expect(await cloud.ask(mia, OUTSIDE, 80)).toBe('203.0.113.21');
    expect(await cloud.ask(out, '203.0.113.21', 80)).toBe(OUTSIDE);
  });

  it('announces a floating address that comes from another router, so that nobody waits for it', async () => {
    expect(await cloud.ask(out, '203.0.113.21', 80)).toBe(OUTSIDE);
    const moved = { ...main.floatingIps[0]!, fixed: '10.0.1.11' };
    await routers.apply({
      routers: [
        { ...main, floatingIps: [] },
        { ...stranger, floatingIps: [moved] },
      ],
      networks,
    });
    const at = async (): Promise<string | undefined> =>
      (await ipShow<{ lladdr?: string }>(out, ['neighbour', 'show', '203.0.113.21']))[0]?.lladdr;
    await expect.poll(at).toBe(stranger.gateway!.mac);
    expect(await cloud.ask(out, '203.0.113.21', 80)).toBe(OUTSIDE);
    expect(await cloud.ask(eve, OUTSIDE, 80)).toBe('203.0.113.21');
  });

  const gateway = linkOf('nr', main.gateway!.portId);
  const [first] = main.interfaces;
  const sabotage: [what: string, how: () => Promise<unknown>][] = [
    ['its namespace is deleted', () => run('ip', ['netns', 'delete', router])],
    ['a card is deleted', () => ip(router, [`link delete ${linkOf('nr', first!.portId)}`])],
    [
      'a card leaves its bridge',
      () => ip(namespaceOf('nvn', world.id), [`link set ${linkOf('nq', main.gateway!.portId)} nomaster`]),
    ],
    ['a card is shut', () => ip(router, [`link set ${gateway} down`])],
    ['an address is taken', () => ip(router, [`address delete 203.0.113.21/32 dev ${gateway}`])],
    ['its rules are flushed', () => runIn(router, 'nft', ['flush', 'ruleset'])],
    ['one rule is changed', () => runIn(router, 'nft', ['flush', 'chain', 'inet', 'novaflow', 'postrouting'])],
    ['its default route is gone', () => ip(router, ['route delete default'])],
    ['its default route is another', () => ip(router, ['route replace default via 203.0.113.99 proto static'])],
    ['forwarding is switched off', () => runIn(router, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=0'])],
  ];
  it.each(sabotage)('is repaired when %s', async (_, how) => {
    await how();
    await applied();
    expect(await cloud.ask(ada, '10.0.2.12', 80)).toBe('10.0.1.11');
    expect(await cloud.ask(ada, OUTSIDE, 80)).toBe('203.0.113.21');
    expect(await cloud.ask(out, '203.0.113.22', 80)).toBe(OUTSIDE);
  });

  it('is not there while it is administratively down', async () => {
    expect(await routers.apply({ routers: [{ ...main, adminUp: false }], networks })).toEqual([
      { id: main.id, up: false, error: null },
    ]);
    expect(await cloud.ask(ada, '10.0.2.12', 80)).toBe('no answer');
  });

  it('takes nothing for an address that would be a rule or a command of its own', async () => {
    const bad = { ...main, floatingIps: [{ id: randomUUID(), floating: '203.0.113.9\n', fixed: '10.0.1.11' }] };
    const [report] = await routers.apply({ routers: [bad, stranger], networks });
    expect(report).toMatchObject({ up: false, error: expect.stringContaining('is not an IP address') as string });
  });

  it('leaves nothing behind when it is removed, and touches no namespace of another cloud', async () => {
    const foreign = namespaceOf('nvr', randomUUID());
    await run('ip', ['netns', 'add', foreign]);
    try {
      await routers.apply({ routers: [], networks });
      await outside.apply({ networks: [] });
      const left = (await ipShow<{ name: string }>('', ['netns', 'list'])).map(({ name }) => name);
      expect(left).toContain(foreign);
      expect(left).not.toContain(router);
      expect(left).not.toContain(out);
      for (const { id } of networks)
        expect(
          (await ipShow<{ ifname: string }>(namespaceOf('nvn', id), ['link', 'show'])).filter(({ ifname }) =>
            /^n[qp]/.test(ifname),
          ),
        ).toEqual([]);
      expect(await readdir(path.join(folder, 'network'))).toEqual([]);
      expect(await readdir(running())).toEqual([]);
    } finally {
      await run('ip', ['netns', 'delete', foreign]);
    }
  });

  it('says which network is not there, and makes the others', async () => {
    const lost = { ...main, interfaces: [card(network([]), '10.9.0.1/24')] };
    const reports = await routers.apply({ routers: [lost, stranger], networks });
    expect(reports.map(({ up }) => up)).toEqual([false, true]);
    await expect(ipShow(namespaceOf('nvn', randomUUID()), ['link', 'show'])).rejects.toBeInstanceOf(CommandError);
  });
});
