import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ip, ipShow, run, runIn } from '#drivers/network/linux/commands';
import { Namespaces, namespaceOf } from '#drivers/network/linux/namespaces';
import { Routers } from '#drivers/network/linux/router';
import { card, network, routerOf, subnet } from './network-samples.js';
import { StandIns } from './stand-ins.js';

const red = network([subnet('10.0.1.0/24', '10.0.1.1')]);
const world = network([subnet('203.0.113.0/24', '203.0.113.1')], true);
const networks = [red, world];
const router = {
  ...routerOf([card(red, '10.0.1.1/24')]),
  gateway: { ...card(world, '203.0.113.10/24'), nexthops: ['203.0.113.1'], snat: true },
  floatingIps: [{ id: randomUUID(), floating: '203.0.113.21', fixed: '10.0.1.11' }],
};
const OUTSIDE = path.resolve('dist/drivers/network/linux/outside.js');
const NAMESPACES = path.resolve('dist/drivers/network/linux/namespaces.js');

describe.skipIf(process.getuid?.() !== 0)('What is outside of an external network', () => {
  const cloud = new StandIns();
  let home: string;
  let ada: string;
  /** Namespaces stand in for the machine, and for another one in its network. */
  const machine = `nvt-${randomUUID()}`;
  const site = `nvt-${randomUUID()}`;

  /** Makes the outside as a role does that runs on the machine. */
  async function applied(joined: boolean, of = networks): Promise<void> {
    const script = `
      const { Outside } = await import(${JSON.stringify(OUTSIDE)});
      const { Namespaces } = await import(${JSON.stringify(NAMESPACES)});
      const outside = new Outside(new Namespaces(process.argv[1]), ${joined});
      console.log(JSON.stringify(await outside.apply({ networks: JSON.parse(process.argv[2]) })));`;
    const args = [
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      path.join(home, 'network'),
      JSON.stringify(of),
    ];
    // `ip netns exec` would keep the namespaces that are made there to itself.
    expect(JSON.parse(await run('nsenter', [`--net=/run/netns/${machine}`, ...args]))).toEqual(
      of.filter(({ external }) => external).map(({ id }) => ({ id, up: true, error: null })),
    );
  }

  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-outside-'));
    for (const { id } of networks) await cloud.network(id);
    await cloud.namespace(machine);
    await cloud.namespace(site);
    await ip(machine, [
      `link add eth0 type veth peer name eth0 netns ${site}`,
      'address add 198.51.100.1/24 dev eth0',
      'link set eth0 up',
    ]);
    await ip(site, [
      'address add 198.51.100.2/24 dev eth0',
      'link set eth0 up',
      'route add 203.0.113.0/24 via 198.51.100.1',
    ]);
    ada = await cloud.guest(red.id, randomUUID(), ['10.0.1.11/24'], ['10.0.1.1']);
    await applied(false);
    const routers = new Routers(new Namespaces(path.join(home, 'network')), path.join(home, 'run'));
    expectNoError(await routers.apply({ routers: [router], networks }));
    await Promise.all([ada, machine, site].map((name) => cloud.listen(name, 80)));
  });
  afterAll(async () => {
    await applied(false, []);
    await new Routers(new Namespaces(path.join(home, 'network')), path.join(home, 'run')).apply({
      routers: [],
      networks,
    });
    await cloud.close();
    await rm(home, { recursive: true });
  });
  const expectNoError = (reports: readonly { error: string | null }[]): void => {
    for (const { error } of reports) if (error !== null) throw new Error(error);
  };

  it('reaches nothing of the machine, nor is reached from it, as long as nobody says so', async () => {
    expect(await cloud.ask(ada, '198.51.100.2', 80)).toBe('no answer');
    expect(await cloud.ask(machine, '203.0.113.21', 80)).toBe('no answer');
  });

  it('reaches the world by the machine, and is reached from the machine alone, once it is joined', async () => {
    await applied(true);
    await applied(true);
    expect(await cloud.ask(ada, '198.51.100.2', 80)).toBe('198.51.100.1');
    expect(await cloud.ask(ada, '198.51.100.2', 80, 'udp')).toBe('198.51.100.1');
    expect(await cloud.ask(machine, '203.0.113.21', 80)).toMatch(/^169\.254\.(19[2-9]|2\d\d)\.\d+$/);
    expect(await cloud.ask(site, '203.0.113.21', 80)).toBe('no answer');
  });

  it('reaches neither the machine itself nor the metadata of a cloud that the machine is a guest of', async () => {
    await ip(site, ['address add 169.254.169.254/32 dev eth0']);
    await ip(machine, ['route add 169.254.169.254/32 via 198.51.100.2']);
    await applied(true);
    expect(await cloud.ask(machine, '169.254.169.254', 80)).toBe('198.51.100.1');
    for (const address of ['198.51.100.1', '169.254.169.254'])
      expect(await cloud.ask(namespaceOf('nvo', world.id), address, 80)).toBe('no answer');
  });

  it('is apart again, with nothing left on the machine, when the setting is taken back', async () => {
    await applied(true);
    await applied(false);
    expect(await cloud.ask(ada, '198.51.100.2', 80)).toBe('no answer');
    expect(
      (await ipShow<{ ifname: string }>(machine, ['link', 'show'])).map(({ ifname }) => ifname).toSorted(),
    ).toEqual(['eth0', 'lo']);
    expect(await runIn(machine, 'nft', ['list', 'ruleset'])).toBe('');
    expect(await ipShow(machine, ['route', 'show', '203.0.113.0/24'])).toEqual([]);
  });

  it('runs an operator’s command, and says why where it cannot', async () => {
    const outside = (folder: string, ...args: string[]) =>
      promisify(execFile)(process.execPath, ['dist/cli/outside.js', ...args], {
        env: { ...process.env, NOVAFLOW_HOME: folder },
      });
    expect((await outside(home, 'ip', '-brief', 'address')).stdout).toContain('203.0.113.1/24');
    expect((await outside(home, '--network', world.id, 'echo', '-n', '--network')).stdout).toBe('--network');
    await expect(outside(home, 'sh', '-c', 'exit 7')).rejects.toMatchObject({ code: 7 });
    await expect(outside(home, '--network', red.id, 'true')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Those that have one: ${world.id}`) as string,
    });
    await expect(outside(path.join(home, 'none'), 'true')).rejects.toMatchObject({
      stderr: expect.stringContaining('There is no outside here') as string,
    });
  });
});
