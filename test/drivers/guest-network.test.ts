import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_LINE, netImage, type NetImage } from '#apps/standalone/net-image/index';
import { POWER_STATE, type DirectBoot, type GuestSpec } from '#drivers/hypervisor/index';
import { guardTable } from '#drivers/network/host-guard';
import { UserNetwork } from '#drivers/network/user';
import { HOST, QemuGuests } from '../setup/qemu-guests.js';

const run = promisify(execFile);
const NETWORK = randomUUID();
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1rF9p7qV5bYv8l5k2bFhYtL0Z9d3m1Qw7u6c4e8g2h somebody@somewhere';
const GREETING = 'a service of the host';
/** A network namespace stands for what is outside of this host; its addresses are of the range for such tests (RFC 2544). */
const OUTSIDE = {
  name: `nvt-${process.pid}`,
  link: `nvt${process.pid % 100_000}`,
  host: '198.18.77.1',
  there: '198.18.77.2',
};

const image: NetImage | undefined = await netImage().catch((error: unknown) => {
  console.warn(`novaflow-net cannot be made here, and is not tested: ${String(error)}`);
  return undefined;
});

describe.skipIf(image === undefined)('novaflow-net on QEMU’s user-mode network', () => {
  let guests: QemuGuests;
  let network: UserNetwork;
  let service: Server;
  let port: number;
  let direct: DirectBoot;
  let outside: ChildProcess | undefined;

  beforeAll(async () => {
    guests = await QemuGuests.open();
    network = await UserNetwork.open(path.join(guests.home, 'vifs'), guests.home, guests.user);
    guests.cards = network;
    direct = {
      kernel: await guests.imageOf(image!.kernel),
      ramdisk: await guests.imageOf(image!.ramdisk),
      commandLine: COMMAND_LINE,
    };
    service = createServer((socket) => socket.on('error', () => undefined).end(`${GREETING}\n`));
    await new Promise<void>((done) => service.listen(0, '0.0.0.0', done));
    port = (service.address() as { port: number }).port;
    if (network.closed === undefined) outside = await openOutside(port);
  });
  afterAll(async () => {
    await guests.end();
    await new Promise((done) => service.close(done));
    if (outside) await closeOutside(outside);
    if (network.closed === undefined) await run('nft', ['delete', 'table', 'inet', guardTable(guests.home)]);
  });

  async function card(ip: string): Promise<{ id: string; mac: string }> {
    const portId = randomUUID();
    const mac = `fa:16:3e:00:00:${ip.split('.')[3]!.padStart(2, '0').slice(-2)}`;
    await network.plug({ portId, serverId: randomUUID(), host: HOST, networkId: NETWORK, mac, mtu: 1500, ips: [ip] });
    return { id: portId, mac };
  }

  const driveOf = (userData: string): NonNullable<GuestSpec['configDrive']> => ({
    'openstack/latest/meta_data.json': JSON.stringify({
      uuid: randomUUID(),
      name: 'guest one',
      hostname: 'guest-one.novalocal',
      public_keys: { mine: KEY },
      keys: [{ name: 'mine', type: 'ssh', data: KEY }],
    }),
    'openstack/latest/user_data': userData,
  });

  const consoleOf = (guest: GuestSpec): Promise<string> => guests.driver().console(guest);

  it('boots by its kernel in 80 MB with its port’s address, reads its config drive, runs its user data, takes a card while it runs, and goes down by its power button', async () => {
    const nics = [await card('10.20.0.42')];
    const userData = '#!/bin/sh\n. /lib/say\nsay "asked $(nc 127.0.0.1 22 < /dev/null)"\n';
    const guest = await guests.spawned({ ram: 80, direct, nics, configDrive: driveOf(userData) });
    await guests.says(guest, 'user data ended with 0');
    const said = await consoleOf(guest);
    expect(said).toContain(`novaflow-net: server ${guest.serverId}`);
    expect(said).toMatch(/^novaflow-net: eth0 10\.20\.0\.42\/24 via /m);
    expect(said).toMatch(/^novaflow-net: metadata from config drive: name guest one, hostname guest-one\.novalocal/m);
    const print = await fingerprint(KEY);
    expect(said).toContain(`novaflow-net: ssh key ssh-ed25519 SHA256:${print} somebody@somewhere`);
    expect(said).toContain('novaflow: guest up');
    expect(said).toContain('novaflow-net: asked novaflow-net guest-one.novalocal');

    const more = await card('10.20.1.7');
    await guests.driver().attachCard(guest, more);
    await guests.says(guest, 'eth1 10.20.1.7/24');
    await guests.driver().detachCard(guest, more.id);
    await guests.says(guest, 'eth1 is gone');

    await guests.driver().powerOff(guest, 60);
    expect(await guests.driver().powerState(guest)).toBe(POWER_STATE.SHUTDOWN);
    expect(await consoleOf(guest)).toContain('novaflow-net: power button, going down');
  });

  it('reaches what is outside of the host, and no service of the host by whatever address it tries', async () => {
    const own = Object.values(os.networkInterfaces()).flatMap((all) => all ?? []);
    const address = own.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
    const userData = `#!/bin/sh
. /lib/say
try() { say "$1: $(timeout 5 nc -w 3 "$2" ${port} < /dev/null 2> /dev/null || echo nothing)"; }
try outside ${OUTSIDE.there}
gateway=$(ip route | awk '/^default/ {print $3}')
try gateway "\${gateway:-10.20.0.1}"
try 'own address' ${address}
echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
ip addr del 127.0.0.1/8 dev lo
ip route flush table local proto kernel dev lo
ip route add 127.0.0.0/8 dev eth0 via "\${gateway:-10.20.0.1}" onlink
try loopback 127.0.0.1
try 'another loopback' 127.1.2.3
`;
    const guest = await guests.spawned({
      ram: 96,
      direct,
      nics: [await card('10.20.0.43')],
      configDrive: driveOf(userData),
    });
    await guests.says(guest, 'user data ended with 0');
    const said = await consoleOf(guest);
    expect(said).toContain('novaflow-net: eth0 10.20.0.43/24');
    expect(said).not.toContain(GREETING);
    for (const where of ['gateway', 'own address', 'loopback', 'another loopback'])
      expect(said).toMatch(new RegExp(`novaflow-net: ${where}: (nothing)?\\r?$`, 'm'));
    if (network.closed === undefined) expect(said).toContain('novaflow-net: outside: from outside');
    else expect(said).toContain('novaflow-net: outside: nothing');
  });

  it.skipIf(image?.boots !== 'by itself')('boots from its disk alone as well', async () => {
    const root = { image: await guests.imageOf(image!.disk), format: 'raw', size: 2 ** 25 };
    const guest = await guests.spawned({ ram: 128, root, nics: [await card('10.20.0.44')] });
    await guests.says(guest, 'novaflow: guest up');
    expect(await consoleOf(guest)).toContain('novaflow-net: eth0 10.20.0.44/24');
  });
});

async function fingerprint(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(key.split(' ')[1]!, 'base64'));
  return Buffer.from(digest).toString('base64').replace(/=+$/, '');
}

/** A network behind a link of this host, in which a server says that it is there. It takes root. */
async function openOutside(port: number): Promise<ChildProcess> {
  const { name, link, host, there } = OUTSIDE;
  const ip = (line: string) => run('ip', line.split(' '));
  await ip(`netns add ${name}`);
  await ip(`link add ${link} type veth peer name out netns ${name}`);
  await ip(`addr add ${host}/30 dev ${link}`);
  await ip(`link set ${link} up`);
  await ip(`-n ${name} addr add ${there}/30 dev out`);
  await ip(`-n ${name} link set out up`);
  const server = `require('net').createServer((s) => s.on('error', () => {}).end('from outside\\n')).listen(${port}, '${there}', () => console.log('listens'))`;
  const child = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function closeOutside(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit');
  server.kill();
  await ended;
  await run('ip', ['netns', 'delete', OUTSIDE.name]);
}
