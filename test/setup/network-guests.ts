import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { until as answered } from '#cli/bench/measure';
import type { NetworkDriver } from '#drivers/network/index';
import type { NetworkOfHost, NetworkState, PortOfHost, SecurityGroup, SecurityGroupRule } from '#drivers/network/state';

const execute = promisify(execFile);
const HOST = 'host-1';
/** A connection that is let through is there within milliseconds. */
const CONNECT_SECONDS = 1;

/** Runs a command in a network namespace. @returns what it wrote. @throws when it fails */
export const within = (namespace: string, ...args: string[]): Promise<string> =>
  command('ip', 'netns', 'exec', namespace, ...args);

export const command = async (program: string, ...args: string[]): Promise<string> =>
  (await execute(program, args, { timeout: 30_000 })).stdout;

/** A host: its driver, and how a command is run on it. */
export interface HostUnderTest {
  readonly driver: Pick<NetworkDriver, 'plug' | 'open' | 'connect' | 'unplug'>;
  /** What comes before a command; nothing on this machine itself. */
  readonly enter: readonly string[];
}

/** Waits until it is so. @throws after ten seconds */
export async function until(what: string, holds: () => Promise<boolean>, ms = 10_000): Promise<void> {
  await answered(async () => (await holds()) || undefined, 20, ms, `it is not so that ${what}`);
}

export const rule = (
  direction: SecurityGroupRule['direction'],
  protocol: string | null = null,
  port: number | null = null,
  remote: readonly string[] | null = null,
  version: 4 | 6 = 4,
): SecurityGroupRule => ({ id: randomUUID(), direction, version, protocol, portMin: port, portMax: port, remote });

/** What Neutron gives a new security group: all out, nothing in. */
export const group = (...rules: readonly SecurityGroupRule[]): SecurityGroup => ({
  id: randomUUID(),
  stateful: true,
  rules: [rule('egress'), rule('egress', null, null, null, 6), ...rules],
});

export function network(
  ranges: { v4?: string; v6?: string; raMode?: string },
  more: Partial<NetworkOfHost> = {},
): NetworkOfHost {
  const { v4, v6, raMode = null } = ranges;
  const subnet = { enableDhcp: true, dnsNameservers: [], hostRoutes: [], gatewayIp: null, raMode, addressMode: raMode };
  const mac = newMac();
  return {
    id: randomUUID(),
    vni: 1 + (randomBytes(3).readUIntBE(0, 3) % 0xff_fffe),
    mtu: 1450,
    adminUp: true,
    dhcp: true,
    external: false,
    peers: [],
    subnets: [
      ...(v4 === undefined
        ? []
        : [{ ...subnet, id: randomUUID(), cidr: `${v4}.0/24`, version: 4 as const, raMode: null, addressMode: null }]),
      ...(v6 === undefined ? [] : [{ ...subnet, id: randomUUID(), cidr: `${v6}::/64`, version: 6 as const }]),
    ],
    dhcpPort: {
      id: randomUUID(),
      mac,
      ips: [...(v4 === undefined ? [] : [`${v4}.2`]), ...(v6 === undefined ? [] : [`${v6}::2`])],
    },
    metadata: false,
    dnsDomain: 'openstacklocal',
    leases: [],
    ...more,
  };
}

export const newMac = (): string =>
  `fa:16:3e:${randomBytes(3)
    .toString('hex')
    .replaceAll(/(..)(?!$)/g, '$1:')}`;

export const port = (
  of: NetworkOfHost,
  ips: readonly string[],
  groups: readonly SecurityGroup[],
  more: Partial<PortOfHost> = {},
): PortOfHost => ({
  id: randomUUID(),
  networkId: of.id,
  serverId: randomUUID(),
  mac: newMac(),
  ips,
  adminUp: true,
  portSecurity: true,
  addressPairs: [],
  groups: groups.map(({ id }) => id),
  qos: null,
  ...more,
});

/** The state of a host with these, and leases for all of the ports. */
export function stateOf(
  networks: readonly NetworkOfHost[],
  ports: readonly PortOfHost[],
  groups: readonly SecurityGroup[],
  more: Partial<NetworkState> = {},
): NetworkState {
  return {
    generation: randomUUID(),
    host: HOST,
    tunnelAddress: null,
    networks: networks.map((each) => ({
      ...each,
      leases: ports
        .filter(({ networkId }) => networkId === each.id)
        .map(({ id, mac, ips }) => ({ portId: id, mac, ips, hostname: `host-${id.slice(0, 8)}`, options: [] })),
    })),
    ports,
    groups,
    routers: [],
    ...more,
  };
}

/**
 * A namespace that stands in for a guest: its card is one end of a pair, of which the other has the tap's name. To the
 * network there is no difference; what a guest does is done by programs of this machine.
 */
export class StandIn {
  readonly namespace = `ngt-${randomBytes(5).toString('hex')}`;
  readonly tap: string;
  private readonly children = new Set<ChildProcess>();

  constructor(
    private readonly host: HostUnderTest,
    readonly card: PortOfHost,
  ) {
    this.tap = `nt${card.id.replaceAll('-', '').slice(0, 11)}`;
  }

  /** Makes the card, connects it, and gives it the port's addresses unless DHCP is to. */
  async start(
    addresses: readonly string[] = this.card.ips.map((ip) => `${ip}/${ip.includes(':') ? 64 : 24}`),
  ): Promise<this> {
    const { id: portId, serverId, networkId, mac, ips } = this.card;
    await this.host.driver.plug({ portId, host: HOST, serverId, networkId, mac, mtu: 1450, ips });
    await this.host.driver.open({ portId, host: HOST });
    await this.onHost('ip', 'netns', 'add', this.namespace);
    await this.onHost('ip', 'link', 'delete', 'dev', this.tap);
    await this.onHost(
      'ip',
      'link',
      'add',
      'dev',
      this.tap,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'address',
      mac,
      'netns',
      this.namespace,
    );
    await this.run('sysctl', '-q', '-w', 'net.ipv6.conf.eth0.accept_dad=0', 'net.ipv6.conf.eth0.addr_gen_mode=0');
    await this.host.driver.connect({ portId, host: HOST });
    await this.ip('link', 'set', 'dev', 'lo', 'up');
    await this.ip('link', 'set', 'dev', 'eth0', 'up');
    for (const address of addresses) await this.ip('address', 'add', address, 'dev', 'eth0');
    return this;
  }

  ip(...args: string[]): Promise<string> {
    return this.onHost('ip', '-n', this.namespace, ...args);
  }

  run(...args: string[]): Promise<string> {
    return this.onHost('ip', 'netns', 'exec', this.namespace, ...args);
  }

  /** Runs a program of the guest's until it is stopped. */
  background(...args: string[]): ChildProcess {
    const [program = '', ...rest] = [...this.host.enter, 'ip', 'netns', 'exec', this.namespace, ...args];
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.children.add(child);
    return child;
  }

  /** Answers each line on this port of TCP with the same line. */
  async listens(tcp: number, address = '0.0.0.0'): Promise<void> {
    const code = `require('net').createServer(s=>s.pipe(s)).listen(${tcp},'${address}',()=>console.log('ready'))`;
    await ready(this.background(process.execPath, '-e', code));
  }

  /** Whether a connection comes about, and a line comes back on it. */
  reaches(address: string, tcp: number): Promise<boolean> {
    const code = `const s=require('net').connect(${tcp},'${address}',()=>s.write('x'));s.setTimeout(${CONNECT_SECONDS * 1000},()=>process.exit(1));s.on('data',()=>process.exit(0)).on('error',()=>process.exit(1))`;
    return this.run(process.execPath, '-e', code).then(
      () => true,
      () => false,
    );
  }

  /** Sends so many bytes, and waits until they have come back. @returns the seconds that it took */
  async sends(address: string, tcp: number, bytes: number): Promise<number> {
    const began = performance.now();
    const code = `let n=0;const s=require('net').connect(${tcp},'${address}',()=>s.write(Buffer.alloc(${bytes})));s.on('data',d=>{n+=d.length;if(n>=${bytes})process.exit(0)}).on('error',()=>process.exit(1))`;
    await this.run(process.execPath, '-e', code);
    return (performance.now() - began) / 1000;
  }

  /** A connection that stays; its answer tells whether a line comes back within a second. */
  async connection(address: string, tcp: number): Promise<{ answers(): Promise<boolean> }> {
    const code = `const s=require('net').connect(${tcp},'${address}',()=>console.log('ready'));process.stdin.on('data',d=>s.write(d));s.on('data',d=>process.stdout.write(d)).on('error',()=>process.exit(1))`;
    const child = this.background(process.execPath, '-e', code);
    await ready(child);
    return {
      answers: () =>
        new Promise((resolve) => {
          const timer = setTimeout(() => resolve(false), 1_000);
          child.stdout?.once('data', () => {
            clearTimeout(timer);
            resolve(true);
          });
          child.stdin?.write('hello\n');
        }),
    };
  }

  /** Asks DHCP for an address. @returns it, or undefined when nobody answers */
  async lease(): Promise<{ address: string; said: string } | undefined> {
    const script = `#!/bin/sh\n[ "$1" = bound ] && { ip address add $ip/$mask dev $interface; env; }\nexit 0\n`;
    const file = `/tmp/${this.namespace}.udhcpc`;
    await command('sh', '-c', `printf '%s' '${script}' > ${file} && chmod 755 ${file}`);
    const said = await this.run(
      'busybox',
      'udhcpc',
      '-i',
      'eth0',
      '-n',
      '-q',
      '-f',
      '-t',
      '3',
      '-T',
      '1',
      '-s',
      file,
      '-O',
      'staticroutes',
      '-O',
      'mtu',
    ).catch(() => undefined);
    await command('rm', '-f', file);
    const address = /^ip=(\S+)$/m.exec(said ?? '')?.[1];
    return address === undefined ? undefined : { address, said: said ?? '' };
  }

  private onHost(...args: string[]): Promise<string> {
    const [program = '', ...rest] = [...this.host.enter, ...args];
    return command(program, ...rest);
  }

  async stop(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await this.host.driver.unplug({ portId: this.card.id, host: HOST });
    await this.onHost('ip', 'netns', 'delete', this.namespace).catch(() => undefined);
  }
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`It ended with ${code}.`)));
  });
}
