import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LinuxNetwork } from '#drivers/network/linux/linux';
import { whyNotLinux } from '#drivers/network/linux/probe';
import { StandIn, group, network, port, rule, stateOf } from '../setup/network-guests.js';

const reason = await whyNotLinux();
if (reason !== undefined) console.warn(`DHCPv6 of a Linux machine is not tested: ${reason}`);

/**
 * A client of DHCPv6 (RFC 8415) by Node alone, since Debian's busybox has none. Its arguments are its MAC and what it asks for:
 * an address with all else, or all else alone. It says in JSON what it was given.
 */
const CLIENT = `
const [mac, what] = process.argv.slice(1);
const [SOLICIT, ADVERTISE, REQUEST, REPLY, INFORMATION] = [1, 2, 3, 7, 11];
const [CLIENT_ID, SERVER_ID, IA_NA, IA_ADDRESS, WANTED, DNS] = [1, 2, 3, 5, 6, 23];
const option = (code, body) => { const head = Buffer.alloc(4); head.writeUInt16BE(code); head.writeUInt16BE(body.length, 2); return Buffer.concat([head, body]); };
const message = (type, ...options) => Buffer.concat([Buffer.from([type, 1, 2, 3]), ...options]);
const parsed = (bytes) => { const found = new Map(); for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt16BE(at + 2)) found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2))); return found; };
const text = (bytes) => bytes.toString('hex').replace(/(....)(?!$)/g, '$1:');
const me = option(CLIENT_ID, Buffer.from('00030001' + mac.replaceAll(':', ''), 'hex'));
const wanted = option(WANTED, Buffer.from([0, DNS]));
const empty = option(IA_NA, Buffer.alloc(12));
const socket = require('dgram').createSocket('udp6');
const send = (bytes) => socket.send(bytes, 547, 'ff02::1:2%eth0');
const end = (given) => { console.log(JSON.stringify(given)); process.exit(0); };
socket.on('message', (bytes) => {
  const options = parsed(bytes.subarray(4));
  const association = options.get(IA_NA);
  const address = association && parsed(association.subarray(12)).get(IA_ADDRESS);
  if (bytes[0] === ADVERTISE && address)
    return send(message(REQUEST, me, option(SERVER_ID, options.get(SERVER_ID)), option(IA_NA, association), wanted));
  const dns = options.get(DNS);
  end({ ...(address ? { address: text(address.subarray(0, 16)) } : {}), ...(dns ? { dns: text(dns.subarray(0, 16)) } : {}) });
});
socket.bind(546, () => {
  const first = what === 'address' ? message(SOLICIT, me, empty, wanted) : message(INFORMATION, me, wanted);
  send(first);
  // A server that was just started may not listen yet.
  setInterval(() => send(first), 500);
  setTimeout(() => end({}), 3000);
});`;

describe.skipIf(reason !== undefined)('DHCPv6 of a network', () => {
  let home: string;
  let running: string;
  let driver: LinuxNetwork;
  let watched: Promise<void>;
  const watching = new AbortController();
  const guests: StandIn[] = [];
  beforeAll(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'network-'));
    running = await mkdtemp(path.join(os.tmpdir(), 'network-run-'));
    // dnsmasq's user may enter it.
    await chmod(running, 0o755);
    driver = new LinuxNetwork(home, undefined, { run: running });
    watched = driver.watch({ told: () => undefined, repaired: () => undefined }, watching.signal);
  });
  afterAll(async () => {
    for (const guest of guests) await guest.stop();
    await driver.apply(stateOf([], [], []));
    watching.abort();
    await watched;
    for (const folder of [home, running]) await rm(folder, { recursive: true, force: true });
  });

  const given = async (guest: StandIn, what: 'address' | 'all else'): Promise<unknown> =>
    JSON.parse(await guest.run(process.execPath, '-e', CLIENT, guest.card.mac, what));

  it('gives a guest its port’s address and the name servers where its subnet is stateful, and the servers alone where it is stateless', async () => {
    const all = group(rule('ingress', null, null, null, 6));
    const stateful = network({ v6: 'fd09:4', raMode: 'dhcpv6-stateful' });
    const stateless = network({ v6: 'fd09:5', raMode: 'dhcpv6-stateless' });
    const ports = [port(stateful, ['fd09:4::77'], [all]), port(stateless, ['fd09:5::78'], [all])];
    const report = await driver.apply(stateOf([stateful, stateless], ports, [all]));
    expect(report.networks.map(({ error }) => error)).toEqual([null, null]);
    for (const each of ports) guests.push(await new StandIn({ driver, enter: [] }, each).start([]));
    const [first, second] = guests;
    const whole = (prefix: string, last: string): string => `${prefix}:0000:0000:0000:0000:0000:${last}`;
    expect(await given(first!, 'address')).toEqual({
      address: whole('fd09:0004', '0077'),
      dns: whole('fd09:0004', '0002'),
    });
    expect(await given(second!, 'all else')).toEqual({ dns: whole('fd09:0005', '0002') });
  });
});
