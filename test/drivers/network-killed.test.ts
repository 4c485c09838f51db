import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LinuxNetwork } from '#drivers/network/linux/linux';
import { linkOf } from '#drivers/network/linux/pairs';
import type { NetworkState, RouterOfHost } from '#drivers/network/state';
import { StandIn, command, group, network, port, rule, stateOf, until, within } from '../setup/network-guests.js';
import { card, routerOf } from './network-samples.js';

/** A role's whole life: it applies a state, and ends. */
const ROLE = `
const { LinuxNetwork } = await import(${JSON.stringify(path.resolve('dist/drivers/network/linux/linux.js'))});
const { readFile } = await import('node:fs/promises');
const [home, run, state] = process.argv.slice(1);
process.env.ROLE = process.pid;
const report = await new LinuxNetwork(home, undefined, { run }).apply(JSON.parse(await readFile(state, 'utf8')));
const errors = [report.networks, report.ports, report.routers].flat().flatMap(({ error }) => error ?? []);
if (errors.length > 0) throw new Error(errors.join());`;
/** The programs that it runs. Each of these does as the real one, is counted, and kills the role when its turn has come. */
const PROGRAMS = ['ip', 'nft', 'bridge', 'tc', 'nsenter'];

const red = network({ v4: '10.9.1' }, { peers: ['198.51.100.6'] });
const world = network({ v4: '203.0.113' }, { external: true, dhcp: false, dhcpPort: null });
const web = group(rule('ingress', 'tcp', 80));
const [first, second, third] = ['11', '12', '13'].map((last) => port(red, [`10.9.1.${last}`], [web]));
const main: RouterOfHost = {
  ...routerOf([card(red, '10.9.1.1/24')]),
  gateway: { ...card(world, '203.0.113.10/24'), nexthops: ['203.0.113.1'], snat: true },
};
const subnets = world.subnets.map((subnet) => ({ ...subnet, gatewayIp: '203.0.113.1' }));
const here = { tunnelAddress: '198.51.100.5' };
const made = stateOf([red, { ...world, subnets }], [first!, second!], [web], { routers: [main], ...here });
/** The same, and something of each kind has changed. */
const changed = stateOf(
  [
    { ...red, peers: ['198.51.100.6', '198.51.100.10'] },
    { ...world, subnets },
  ],
  [{ ...first!, qos: { ingressKbps: 100_000 } }, second!, third!],
  [{ ...web, rules: [...web.rules, rule('ingress', 'tcp', 81)] }],
  {
    routers: [
      {
        ...main,
        routes: [{ destination: '10.99.0.0/24', nexthop: '10.9.1.12' }],
        floatingIps: [{ id: randomUUID(), floating: '203.0.113.21', fixed: '10.9.1.11' }],
      },
    ],
    ...here,
  },
);
const none = stateOf([], [], []);
const spaces = [`nvn-${red.id}`, `nvn-${world.id}`, `nvr-${main.id}`, `nvo-${world.id}`];

interface Shown {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
}

describe.skipIf(process.getuid?.() !== 0)(
  'the role of a machine’s network that is killed with any of its commands',
  () => {
    let home: string;
    let running: string;
    let programs: string;
    const link = linkOf('nh', randomUUID());

    beforeAll(async () => {
      await command('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', `${link}p`);
      await command('ip', 'address', 'add', '198.51.100.5/30', 'dev', link);
      await command('ip', 'link', 'set', link, 'up');
      home = await mkdtemp(path.join(os.tmpdir(), 'killed-'));
      running = path.join(home, 'run');
      programs = path.join(home, 'programs');
      await chmod(home, 0o755);
      for (const folder of [running, programs]) await mkdir(folder);
      for (const program of PROGRAMS) {
        const real = (await command('sh', '-c', `command -v ${program}`)).trim();
        const text = `#!/bin/sh
${real} "$@"; code=$?
echo "${program}" "$@" >> "$COUNT"; [ "$(wc -l < "$COUNT")" -ge "$KILL_AT" ] && kill -9 "$ROLE"
exit $code
`;
        await writeFile(path.join(programs, program), text, { mode: 0o755 });
      }
    });
    afterEach(() => fresh().apply(none));
    afterAll(async () => {
      await command('ip', 'link', 'delete', link);
      await rm(home, { recursive: true, force: true });
    });

    const fresh = (): LinuxNetwork => new LinuxNetwork(home, undefined, { run: running });
    async function apply(state: NetworkState): Promise<void> {
      const { networks, ports, routers } = await fresh().apply(state);
      expect([...networks, ...ports, ...routers].flatMap(({ error }) => error ?? [])).toEqual([]);
    }

    /** One that is lost never answers; a machine that is busy with others may take longer than usual. */
    const lives = async (connection: { answers(): Promise<boolean> }): Promise<boolean> =>
      (await connection.answers()) || connection.answers();

    /** A process that applies a state, and is killed with its nth command. @returns whether it was; else it has ended well */
    async function killed(state: NetworkState, nth: number): Promise<boolean> {
      const [file, count] = [path.join(home, 'wanted.json'), path.join(home, 'count')];
      await writeFile(file, JSON.stringify(state));
      await rm(count, { force: true });
      const env = { ...process.env, PATH: `${programs}:${process.env['PATH']}`, COUNT: count, KILL_AT: String(nth) };
      const args = ['--input-type=module', '-e', ROLE, home, running, file];
      return new Promise((resolve, reject) => {
        execFile(process.execPath, args, { env }, (error, _, stderr) => {
          if (error === null) resolve(false);
          else if (error.signal === 'SIGKILL') resolve(true);
          else reject(new Error(stderr));
        });
      });
    }
    /** With each command in turn, until one comes to its end. @returns how often it was killed */
    async function withEach(state: NetworkState, then: (after: string) => Promise<void>): Promise<number> {
      for (let nth = 1; ; nth++) {
        if (!(await killed(state, nth))) return nth - 1;
        await then(`${nth}: ${(await readFile(path.join(home, 'count'), 'utf8')).split('\n')[nth - 1]}`);
      }
    }

    /** Of all namespaces: links, addresses, routes, rules, tunnels' peers, limits; and the files of DHCP. */
    async function whole(): Promise<unknown> {
      const each = async (space: string): Promise<unknown> => {
        const links = JSON.parse(await within(space, 'ip', '-j', 'address', 'show')) as Shown[];
        const sorted = (text: string, mark: string): string[] =>
          text
            .split('\n')
            .filter((line) => line.includes(mark))
            .toSorted();
        return [
          links
            .map(({ ifname, mtu, flags, addr_info }) =>
              [
                ifname,
                mtu,
                flags.includes('UP'),
                addr_info.filter((a) => a.scope === 'global').map((a) => a.local),
              ].join(),
            )
            .toSorted(),
          sorted(await within(space, 'ip', '-4', 'route', 'show'), ''),
          await within(space, 'nft', '--stateless', 'list', 'ruleset'),
          sorted(await within(space, 'bridge', 'fdb', 'show'), ' dst '),
          sorted(await within(space, 'tc', 'qdisc', 'show'), 'htb'),
        ];
      };
      return [await Promise.all(spaces.map(each)), (await readdir(running, { recursive: true })).toSorted()];
    }
    /** What there is of this cloud's networks on the machine. */
    async function left(): Promise<string[]> {
      const ids = [red.id, world.id, main.id];
      const names = [...ids, ...[first!, second!, third!].map(({ id }) => id)].map((id) => linkOf('', id).slice(0, 11));
      const processes = await Promise.all(
        (await readdir('/proc'))
          .filter((name) => /^\d+$/.test(name))
          .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
      );
      return [
        ...(await readdir('/run/netns')).filter((name) => ids.some((id) => name.endsWith(id))),
        ...(await readdir('/sys/class/net')).filter((name) => names.some((each) => name.endsWith(each))),
        ...(await readdir(path.join(home, 'network'))).filter((name) => name !== 'state.json'),
        ...(await readdir(path.join(running, 'dhcp')).catch(() => [])),
        ...processes.filter((line) => line.includes(`--pid-file=${running}/`)),
      ];
    }

    it('makes the same of it the next time, and leaves nothing when all is removed', async () => {
      await apply(made);
      const wanted = await whole();
      await apply(none);
      expect(await left()).toEqual([]);
      const kills = await withEach(made, async (after) => {
        await apply(made);
        expect({ after, found: await whole() }).toEqual({ after, found: wanted });
        await apply(none);
        expect({ after, left: await left() }).toEqual({ after, left: [] });
      });
      expect(kills).toBeGreaterThan(20);
    }, 600_000);

    it('goes on with the removal the next time, and leaves nothing', async () => {
      await apply(made);
      const kills = await withEach(none, async (after) => {
        await apply(none);
        expect({ after, left: await left() }).toEqual({ after, left: [] });
        await apply(made);
      });
      expect(kills).toBeGreaterThan(8);
      expect(await left()).toEqual([]);
    }, 600_000);

    it('has its guests keep their connection, while something of each kind changes and when it is found again', async () => {
      await apply(made);
      const watching = new AbortController();
      const driver = fresh();
      const watched = driver.watch({ told: () => undefined, repaired: () => undefined }, watching.signal);
      const guests = [first!, second!].map((each) => new StandIn({ driver, enter: [] }, each));
      try {
        for (const guest of guests) await guest.start();
        await guests[1]!.listens(80);
        const connection = await guests[0]!.connection('10.9.1.12', 80);
        watching.abort();
        await watched;
        const kills = await withEach(changed, async (after) => {
          expect({ after, lives: await lives(connection) }).toEqual({ after, lives: true });
          await apply(changed);
          expect({ after, lives: await lives(connection) }).toEqual({ after, lives: true });
          await apply(made);
        });
        expect(kills).toBeGreaterThan(5);
        await until('the guest is limited', async () =>
          (await within(spaces[0]!, 'tc', 'qdisc', 'show')).includes(`htb`),
        );
      } finally {
        for (const guest of guests) await guest.stop();
      }
    }, 600_000);
  },
);
