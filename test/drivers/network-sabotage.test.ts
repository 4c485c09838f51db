import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinuxNetwork } from '#drivers/network/linux/linux';
import { linkOf } from '#drivers/network/linux/pairs';
import type { NetworkOfHost, NetworkReport, NetworkState, RouterOfHost } from '#drivers/network/state';
import { StandIn, command, group, network, port, rule, stateOf, until, within } from '../setup/network-guests.js';
import { card, routerOf } from './network-samples.js';

/** A network whose guests have a router. */
const routed = (prefix: string, more: Partial<NetworkOfHost> = {}): NetworkOfHost => {
  const made = network({ v4: prefix }, more);
  return { ...made, subnets: made.subnets.map((subnet) => ({ ...subnet, gatewayIp: `${prefix}.1` })) };
};
const [red, blue] = [routed('10.9.1'), routed('10.9.2')];
const world = routed('203.0.113', { external: true, dhcp: false, dhcpPort: null });
const FLOATING = '203.0.113.21';
/** An extra route, that nobody needs. */
const MARK = '10.99.0.0/24';
const [inRed, inBlue, gateway] = [card(red, '10.9.1.1/24'), card(blue, '10.9.2.1/24'), card(world, '203.0.113.10/24')];
const main: RouterOfHost = {
  ...routerOf([inRed, inBlue]),
  gateway: { ...gateway, nexthops: ['203.0.113.1'], snat: true },
  routes: [{ destination: MARK, nexthop: '10.9.2.12' }],
  floatingIps: [{ id: randomUUID(), floating: FLOATING, fixed: '10.9.1.11' }],
};
const web = group(rule('ingress', 'tcp', 80));
const [first, second] = [port(red, ['10.9.1.11'], [web]), port(blue, ['10.9.2.12'], [web])];
const state: NetworkState = stateOf([red, blue, world], [first, second], [web], { routers: [main] });

const router = `nvr-${main.id}`;
const outside = `nvo-${world.id}`;
const [redSpace, worldSpace] = [`nvn-${red.id}`, `nvn-${world.id}`];
const [redLink, outLink] = [linkOf('nr', inRed.portId), linkOf('nr', gateway.portId)];
const redEnd = linkOf('nq', inRed.portId);
const outsideLink = linkOf('no', world.id);

/** What a careless administrator, a crash or another program may do to what joins networks, and to what serves them. */
const SABOTAGE: Record<string, (at: { dhcp: string; pid: string }) => Promise<unknown>> = {
  'the router’s namespace is deleted': () => command('ip', 'netns', 'delete', router),
  'the outside’s namespace is deleted': () => command('ip', 'netns', 'delete', outside),
  'the name of a network’s namespace is deleted': () => command('ip', 'netns', 'delete', redSpace),
  'the bridge of a network is deleted': () => within(redSpace, 'ip', 'link', 'delete', 'br0'),
  'the bridge of the external network is deleted': () => within(worldSpace, 'ip', 'link', 'delete', 'br0'),
  'a router’s card is deleted': () => within(router, 'ip', 'link', 'delete', redLink),
  'a router’s card is down': () => within(router, 'ip', 'link', 'set', outLink, 'down'),
  'a router’s card has another MTU': () => within(router, 'ip', 'link', 'set', redLink, 'mtu', '1000'),
  'a router’s card has another MAC': () => within(router, 'ip', 'link', 'set', redLink, 'address', '02:00:00:00:00:01'),
  'a router’s end is off its bridge': () => within(redSpace, 'ip', 'link', 'set', redEnd, 'nomaster'),
  'a router’s end is down': () => within(redSpace, 'ip', 'link', 'set', redEnd, 'down'),
  'a router’s address is gone': () => within(router, 'ip', 'address', 'flush', 'dev', redLink, 'scope', 'global'),
  'a floating address is gone': () => within(router, 'ip', 'address', 'delete', `${FLOATING}/32`, 'dev', outLink),
  'the default route is gone': () => within(router, 'ip', 'route', 'delete', 'default'),
  'the route to a network is gone': () => within(router, 'ip', 'route', 'delete', '10.9.1.0/24'),
  'an extra route leads elsewhere': () =>
    within(router, 'ip', 'route', 'replace', MARK, 'via', '10.9.1.11', 'proto', 'static'),
  'the router forwards no more': () => within(router, 'sysctl', '-q', '-w', 'net.ipv4.ip_forward=0'),
  'the router’s rules are flushed': () => within(router, 'nft', 'flush', 'ruleset'),
  'the router’s table is deleted': () => within(router, 'nft', 'delete', 'table', 'inet', 'novaflow'),
  'a rule drops what the router forwards': () =>
    within(router, 'nft', 'insert', 'rule', 'inet', 'novaflow', 'forward', 'drop'),
  'the outside’s link is deleted': () => within(outside, 'ip', 'link', 'delete', outsideLink),
  'the outside’s address is gone': () =>
    within(outside, 'ip', 'address', 'flush', 'dev', outsideLink, 'scope', 'global'),
  'the outside’s route is gone': () => within(outside, 'ip', 'route', 'delete', '203.0.113.0/24'),
  'dnsmasq is killed': ({ pid }) => command('kill', '-9', pid),
  'the file of a port’s lease is deleted': ({ dhcp }) => rm(path.join(dhcp, 'hosts', first.id)),
  'the files of all leases are deleted': ({ dhcp }) => rm(path.join(dhcp, 'hosts'), { recursive: true }),
  'dnsmasq’s options are overwritten': ({ dhcp }) => writeFile(path.join(dhcp, 'opts'), 'option:router,10.9.1.99\n'),
  'all files of dnsmasq are deleted': ({ dhcp }) => rm(dhcp, { recursive: true }),
};

interface Shown {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly address: string;
  readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
}

async function expectNoError(applied: Promise<NetworkReport>): Promise<void> {
  const { networks, ports, routers } = await applied;
  expect([...networks, ...ports, ...routers].flatMap(({ error }) => error ?? [])).toEqual([]);
}
const expectNothing = async (driver: LinuxNetwork): Promise<void> => expect(await driver.parts()).toEqual([]);

describe.skipIf(process.getuid?.() !== 0)('what joins networks and serves them', () => {
  let home: string;
  let running: string;
  let driver: LinuxNetwork;
  let watching: AbortController;
  let watched: Promise<void>;
  const repaired: string[] = [];
  let one: StandIn;
  let two: StandIn;

  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'sabotage-'));
    running = await mkdtemp(path.join(os.tmpdir(), 'sabotage-run-'));
    await chmod(running, 0o755);
    start();
    await expectNoError(driver.apply(state));
    [one, two] = [new StandIn({ driver, enter: [] }, first), new StandIn({ driver, enter: [] }, second)];
    for (const guest of [one, two]) {
      await guest.start();
      await guest.ip('route', 'add', 'default', 'via', guest.card.ips[0]!.replace(/\d+$/, '1'));
      await guest.listens(80);
    }
  });
  function start(): void {
    const metadata = ({ ip }: { ip: string }) => Promise.resolve({ status: 200, type: 'text/plain', body: ip });
    driver = new LinuxNetwork(home, undefined, { run: running, lookMs: 200, metadata });
    watching = new AbortController();
    watched = driver.watch({ told: () => undefined, repaired: (what) => repaired.push(...what) }, watching.signal);
  }
  afterAll(async () => {
    await one.stop();
    await two.stop();
    await driver.leave();
    watching.abort();
    await watched;
    await expectNothing(driver);
    for (const folder of [home, running]) await rm(folder, { recursive: true, force: true });
  });

  const dhcp = (): string => path.join(running, 'dhcp', red.id);

  /** Links, addresses, routes and rules of a namespace, without what is another after a link has been made anew. */
  async function contentOf(namespace: string): Promise<unknown[]> {
    const links = JSON.parse(await within(namespace, 'ip', '-j', 'address', 'show')) as Shown[];
    return [
      links
        .map(({ ifname, mtu, flags, master, address, addr_info }) => [
          ifname,
          mtu,
          flags,
          master,
          // Where nobody answers, any address will do.
          ifname.startsWith('nr') || (ifname === 'br0' && namespace === redSpace) ? address : '',
          addr_info
            .filter(({ scope }) => scope === 'global')
            .map(({ local }) => local)
            .toSorted(),
        ])
        .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
      (await within(namespace, 'ip', '-4', 'route', 'show'))
        .split('\n')
        .map((line) => line.trim())
        .toSorted(),
      await within(namespace, 'nft', '--stateless', 'list', 'ruleset'),
      await within(namespace, 'sysctl', 'net.ipv4.ip_forward'),
    ];
  }
  async function whole(): Promise<unknown[]> {
    const spaces = await Promise.all([router, outside, redSpace, worldSpace].map(contentOf));
    const files = (await readdir(dhcp(), { recursive: true })).toSorted();
    return [spaces, files, await readFile(path.join(dhcp(), 'opts'), 'utf8')];
  }
  /** Whether what is outside comes to the guest by its floating address. */
  const isReached = (): Promise<boolean> =>
    within(
      outside,
      process.execPath,
      '-e',
      `require('net').connect(80,'${FLOATING}',()=>process.exit(0)).setTimeout(1000,()=>process.exit(1)).on('error',()=>process.exit(1))`,
    ).then(
      () => true,
      () => false,
    );
  const toldOfItself = (): Promise<boolean> =>
    one.run('curl', '-s', '-m', '1', 'http://169.254.169.254/').then(
      (ip) => ip === '10.9.1.11',
      () => false,
    );

  it('is mended within seconds when it is broken, and said, and guests reach each other, the outside and metadata again', async () => {
    await until('all of it works', async () => (await isReached()) && (await one.reaches('10.9.2.12', 80)));
    const before = await whole();
    for (const [what, breakIt] of Object.entries(SABOTAGE)) {
      repaired.length = 0;
      await breakIt({ dhcp: dhcp(), pid: (await readFile(path.join(dhcp(), 'pid'), 'utf8')).trim() });
      await until(`it is said: ${what}`, () => Promise.resolve(repaired.some((text) => /^nv[nro]-\S+: /.test(text))));
      await until(`all is as it was: ${what}`, async () =>
        isDeepStrictEqual(await whole().catch(String), before),
      ).catch(async () => expect({ what, now: await whole() }).toEqual({ what, now: before }));
      await until(`guests reach each other: ${what}`, () => one.reaches('10.9.2.12', 80));
      await until(`the outside reaches a guest: ${what}`, isReached);
      await until(`a guest has its metadata: ${what}`, toldOfItself);
    }
    await one.ip('address', 'flush', 'dev', 'eth0');
    expect((await one.lease())?.address).toBe('10.9.1.11');
    await one.ip('route', 'replace', 'default', 'via', '10.9.1.1');
  }, 300_000);

  it('leaves connections alone while it is mended elsewhere, and says no more than was broken', async () => {
    const connection = await two.connection('10.9.1.11', 80);
    repaired.length = 0;
    const seen = await whole();
    await lookedAt();
    const mended = new Set(repaired.map((what) => what.replace(MARK, 'the route')));
    expect([[...mended], await connection.answers(), await whole()]).toEqual([
      [`${router}: route replace the route via 10.9.2.12 proto static`],
      true,
      seen,
    ]);
  });

  it('is cleared of what no record names: namespaces, cards of routers, tunnels, processes and files', async () => {
    const ids: readonly string[] = [randomUUID(), randomUUID(), randomUUID()];
    const [lost = '', gone = '', past = ''] = ids;
    const files = path.join(home, 'network');
    // As left by a role that was killed: one that lives would clear it away while it is planted.
    watching.abort();
    await watched;
    for (const name of [`nvn-${lost}`, `nvr-${gone}`, `nvo-${past}`]) {
      await writeFile(path.join(files, `${name}.json`), '{}\n');
      await command('ip', 'netns', 'add', name);
    }
    const stray = linkOf('nq', gone);
    await within(redSpace, 'ip', 'link', 'add', stray, 'master', 'br0', 'type', 'veth', 'peer', 'name', 'nobody');
    const tunnel = linkOf('nx', lost);
    await command('ip', 'link', 'add', tunnel, 'type', 'vxlan', 'id', '77', 'dstport', '4789', 'local', '127.0.0.1');
    // dnsmasq of a network whose other files are lost.
    const served = path.join(running, 'dhcp', lost);
    await mkdir(served, { recursive: true });
    const options = ['--conf-file=/dev/null', '--port=0', `--pid-file=${path.join(served, 'pid')}`];
    await within(`nvn-${lost}`, 'dnsmasq', ...options);
    const pid = (await readFile(path.join(served, 'pid'), 'utf8')).trim();
    const leftovers = async (): Promise<string[]> => [
      ...(await readdir('/run/netns')).filter((name) => ids.some((id) => name.includes(id))),
      ...(await readdir(files)).filter((name) => ids.some((id) => name.includes(id))),
      ...(await readdir(path.join(running, 'dhcp'))).filter((id) => id === lost),
      ...(await readdir('/sys/class/net')).filter((name) => name === tunnel),
      ...((await within(redSpace, 'ip', 'link', 'show')).includes(stray) ? [stray] : []),
      ...((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) === '' ? [] : [`dnsmasq ${pid}`]),
    ];
    expect(await leftovers()).toHaveLength(10);
    expect((await driver.parts()).filter(({ owner }) => ids.includes(owner)).map(({ kind }) => kind)).toEqual([
      'namespace',
      'namespace',
      'namespace',
      'tunnel',
      'dnsmasq',
    ]);
    start();
    await until('all of it is cleared away', async () => (await leftovers()).length === 0).catch(async () =>
      expect(await leftovers()).toEqual([]),
    );
    expect(await one.reaches('10.9.2.12', 80)).toBe(true);
  });

  it('is all that is touched: another cloud’s namespaces, links, rules, routes and dnsmasq stay', async () => {
    const other = `nvn-${randomUUID()}`;
    const folder = await mkdtemp(path.join(os.tmpdir(), 'foreign-'));
    const pidFile = path.join(folder, 'pid');
    await command('ip', 'netns', 'add', other);
    await within(other, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
    await within(other, 'dnsmasq', '--conf-file=/dev/null', '--port=0', `--pid-file=${pidFile}`);
    const pid = (await readFile(pidFile, 'utf8')).trim();
    await within(redSpace, 'ip', 'link', 'add', 'admin0', 'master', 'br0', 'type', 'veth', 'peer', 'name', 'admin1');
    await within(redSpace, 'nft', 'add', 'table', 'inet', 'admin');
    await within(router, 'nft', 'add', 'table', 'inet', 'admin');
    await within(router, 'ip', 'link', 'add', 'admin0', 'type', 'veth', 'peer', 'name', 'admin1');
    await within(router, 'ip', 'link', 'set', 'admin0', 'up');
    await within(router, 'ip', 'route', 'add', '192.0.2.0/24', 'dev', 'admin0');
    try {
      await lookedAt();
      expect({
        namespace: (await within(other, 'ip', 'link', 'show')).includes('br0'),
        dnsmasq: (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(pidFile),
        link: (await within(redSpace, 'ip', 'link', 'show', 'dev', 'admin0')).includes('master br0'),
        table: await within(redSpace, 'nft', 'list', 'table', 'inet', 'admin').then(() => true),
        routerTable: await within(router, 'nft', 'list', 'table', 'inet', 'admin').then(() => true),
        route: (await within(router, 'ip', 'route', 'show')).includes('192.0.2.0/24 dev admin0'),
      }).toEqual({ namespace: true, dnsmasq: true, link: true, table: true, routerTable: true, route: true });
    } finally {
      await command('kill', pid);
      await command('ip', 'netns', 'delete', other);
      // The rest goes with its namespace, which is removed at the end, whatever is in it.
      await rm(folder, { recursive: true });
    }
  });

  it('says that a port is down whose card was deleted, which nobody but its guest can be given anew', async () => {
    await within(`nvn-${blue.id}`, 'ip', 'link', 'delete', two.tap);
    const told = async () => (await driver.apply(state)).ports.find(({ id }) => id === second.id);
    await until('it is said', async () => (await told())?.up === false);
    expect((await told())?.error).toContain('gets it back by a hard reboot');
  });

  /** Waits until all of it has been looked at: what is broken now is mended by a look that began later, or by the second one. */
  async function lookedAt(): Promise<void> {
    for (const _ of [1, 2]) {
      await within(router, 'ip', 'route', 'delete', MARK);
      await until('a route is back', async () => (await within(router, 'ip', 'route', 'show')).includes(MARK));
    }
  }
});
