import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ip, run, runIn } from '#drivers/network/linux/commands';
import { Metadata, type MetadataAsker } from '#drivers/network/linux/metadata';
import { Namespaces, namespaceOf } from '#drivers/network/linux/namespaces';
import { BRIDGE } from '#drivers/network/linux/pairs';
import { Routers } from '#drivers/network/linux/router';
import { card, network, routerOf, subnet } from './network-samples.js';
import { StandIns } from './stand-ins.js';

const red = network([subnet('10.0.1.0/24', '10.0.1.1')]);
const blue = network([subnet('10.0.2.0/24', '10.0.2.1')]);
/** Has the same addresses as the red one. */
const other = network([subnet('10.0.1.0/24', '10.0.1.1')]);
/** Has no router, and serves metadata by its DHCP port. */
const alone = {
  ...network([subnet('10.0.1.0/24', '10.0.1.1')]),
  metadata: true,
  dhcpPort: { id: randomUUID(), mac: '', ips: [] },
};
const world = network([subnet('203.0.113.0/24', '203.0.113.1')], true);
const networks = [red, blue, other, alone, world];
const main = {
  ...routerOf([card(red, '10.0.1.1/24'), card(blue, '10.0.2.1/24')]),
  gateway: { ...card(world, '203.0.113.10/24'), nexthops: ['203.0.113.1'], snat: true },
};
const stranger = routerOf([card(other, '10.0.1.1/24')]);
const state = { networks, routers: [main, stranger] };

describe.skipIf(process.getuid?.() !== 0)('the metadata service of a host', () => {
  const cloud = new StandIns();
  let folder: string;
  let metadata: Metadata;
  let routers: Routers;
  const guests = { ada: '', bob: '', eve: '', mia: '', out: '' };
  /** Answers with who asks, and for what. */
  const answer = (asker: MetadataAsker, at: string) => {
    if (at === '/broken') return Promise.reject(new Error('The control plane is away.'));
    const said = { status: 200, type: 'text/plain', body: `${asker.networkId} ${asker.ip} ${at}` };
    return at === '/slow' ? delay(300, said) : Promise.resolve(said);
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'novaflow-metadata-'));
    metadata = new Metadata(answer);
    routers = new Routers(new Namespaces(folder), path.join(folder, 'run'), (namespace) => metadata.leave(namespace));
    for (const { id } of networks) await cloud.network(id);
    await ip(namespaceOf('nvn', alone.id), [`address add 169.254.169.254/32 dev ${BRIDGE}`]);
    await ip(namespaceOf('nvn', alone.id), [`route add 10.0.1.0/24 dev ${BRIDGE}`]);
    guests.ada = await cloud.guest(red.id, randomUUID(), ['10.0.1.11/24'], ['10.0.1.1']);
    guests.bob = await cloud.guest(blue.id, randomUUID(), ['10.0.2.11/24'], ['10.0.2.1']);
    guests.eve = await cloud.guest(other.id, randomUUID(), ['10.0.1.11/24'], ['10.0.1.1']);
    guests.mia = await cloud.guest(alone.id, randomUUID(), ['10.0.1.11/24'], []);
    await ip(guests.mia, ['route add 169.254.169.254/32 dev eth0']);
    guests.out = await cloud.guest(world.id, randomUUID(), ['203.0.113.1/24'], []);
  });
  afterAll(async () => {
    await metadata.close();
    await routers.apply({ ...state, routers: [] });
    await cloud.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => applied());

  async function applied(): Promise<void> {
    expect((await routers.apply(state)).map(({ error }) => error)).toEqual([null, null]);
    expect([...(await metadata.apply(state))]).toEqual([]);
  }
  const get = (from: keyof typeof guests, at: string, ...options: string[]): Promise<string> =>
    runIn(guests[from], 'curl', ['-s', '-m', '3', ...options, `http://169.254.169.254${at}`]);

  it('knows who asks by network and address, also where tenants have the same addresses', async () => {
    expect(await get('ada', '/latest')).toBe(`${red.id} 10.0.1.11 /latest`);
    expect(await get('bob', '/latest')).toBe(`${blue.id} 10.0.2.11 /latest`);
    expect(await get('eve', '/latest')).toBe(`${other.id} 10.0.1.11 /latest`);
    expect(await get('mia', '/latest')).toBe(`${alone.id} 10.0.1.11 /latest`);
  });

  it('answers a client that has closed its side already, also when the answer takes a moment', async () => {
    const ask = `import socket
s = socket.create_connection(('169.254.169.254', 80), 3)
s.sendall(b'GET /slow HTTP/1.0\\r\\n\\r\\n')
s.shutdown(socket.SHUT_WR)
print(b''.join(iter(lambda: s.recv(4096), b'')).decode())`;
    expect(await runIn(guests.ada, 'python3', ['-c', ask])).toContain(`${red.id} 10.0.1.11 /slow`);
  });

  it('believes nothing that a guest writes about who it is', async () => {
    const lies = ['X-Forwarded-For: 10.0.1.12', 'X-Instance-ID: x', 'X-Neutron-Router-ID: x', 'Host: 10.0.1.12'];
    expect(await get('ada', '/a?b=c', ...lies.flatMap((lie) => ['-H', lie]))).toBe(`${red.id} 10.0.1.11 /a`);
  });

  it('is not reached from outside, nor at the router’s own address', async () => {
    const router = namespaceOf('nvr', main.id);
    const asks = (from: string, at: string): Promise<string> => runIn(from, 'curl', ['-s', '-m', '1', at]);
    await expect(asks(guests.out, 'http://203.0.113.10:9697/')).rejects.toThrow('failed');
    await expect(asks(guests.ada, 'http://10.0.1.1:9697/')).rejects.toThrow('failed');
    expect(await runIn(router, 'ss', ['-Hltn'])).toContain(':9697');
  });

  it('says that it is only read, and that an answer cannot be had at present', async () => {
    expect(await get('ada', '/latest', '-X', 'PUT', '-w', '%{http_code}', '-o', '/dev/null')).toBe('405');
    expect(await get('ada', '/broken', '-w', '%{http_code}', '-o', '/dev/null')).toBe('503');
    expect(await get('ada', '/latest', '-H', `X: ${'x'.repeat(20_000)}`, '-w', '%{http_code}', '-o', '/dev/null')).toBe(
      '431',
    );
  });

  it('refuses a client that goes on sending so that it reads why', async () => {
    const ask = `import select, socket
s = socket.create_connection(('169.254.169.254', 80), 3)
s.sendall(b'GET /latest HTTP/1.1\\r\\nX: ' + b'x' * 20000)
select.select([s], [], [], 3)
for part in range(50):
    s.sendall(b'x' * 20000)
print(s.recv(4096).decode())`;
    expect(await runIn(guests.ada, 'python3', ['-c', ask])).toContain('HTTP/1.1 431 ');
  });

  it('listens again in a namespace that was deleted, and after its process has started anew', async () => {
    await run('ip', ['netns', 'delete', namespaceOf('nvr', main.id)]);
    await applied();
    expect(await get('ada', '/again')).toBe(`${red.id} 10.0.1.11 /again`);
    await metadata.close();
    metadata = new Metadata(answer);
    await applied();
    expect(await get('bob', '/again')).toBe(`${blue.id} 10.0.2.11 /again`);
  });

  it('gives no guest more than its share of connections, and all others theirs', async () => {
    const hold = `let closed = 0; const net = require('net');
      for (let n = 0; n < 40; n++)
        net.connect(80, '169.254.169.254').on('error', () => undefined).on('close', () => ++closed === 24 && console.log('24'));
      process.stdin.on('end', () => process.exit()).resume();`;
    const greedy = cloud.run(guests.ada, ['-e', hold]);
    expect(await greedy.line()).toBe('24');
    expect(await get('bob', '/meanwhile')).toBe(`${blue.id} 10.0.2.11 /meanwhile`);
    greedy.end();
    await expect.poll(() => get('ada', '/after').catch(() => '')).toBe(`${red.id} 10.0.1.11 /after`);
  });

  it('is gone where its router is', async () => {
    await routers.apply({ networks, routers: [stranger] });
    expect([...(await metadata.apply({ networks, routers: [stranger] }))]).toEqual([]);
    await expect(get('ada', '/latest')).rejects.toThrow('failed');
    expect(await get('eve', '/latest')).toBe(`${other.id} 10.0.1.11 /latest`);
  });
});
