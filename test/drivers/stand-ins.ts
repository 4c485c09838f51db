import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import readline from 'node:readline';
import { ip, run } from '#drivers/network/linux/commands';
import { BRIDGE, linkOf } from '#drivers/network/linux/pairs';
import { namespaceOf } from '#drivers/network/linux/namespaces';

/** The MTU of networks in VXLAN. */
const TENANT_MTU = 1450;
/** How long a packet that is dropped is waited for; one that arrives takes a millisecond. */
const SILENCE_MS = 1_000;

/** Answers every connection and every datagram with the address that it came from, and every further line with itself. */
const SERVER = `
const net = require('net'), dgram = require('dgram');
const port = Number(process.argv[1]);
const plain = (address) => address.replace('::ffff:', '');
net.createServer((s) => { s.on('error', () => undefined); s.write(plain(s.remoteAddress) + '\\n'); s.pipe(s); }).listen(port, '::', () => {
  const udp = dgram.createSocket('udp6');
  udp.on('message', (_, from) => udp.send(plain(from.address) + '\\n', from.port, from.address));
  udp.bind(port, () => console.log('listens'));
});`;
/** Says what comes, until its input ends; 'no answer' and 'closed' are what its name says. */
const CLIENT = `
const [kind, host, port] = process.argv.slice(1);
if (kind === 'udp') {
  const udp = require('dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const timer = setTimeout(() => { console.log('no answer'); udp.close(); }, ${SILENCE_MS});
  udp.on('message', (m) => { process.stdout.write(m); clearTimeout(timer); udp.close(); });
  udp.send('x', Number(port), host, (error) => { if (error) { console.log('no answer'); clearTimeout(timer); udp.close(); } });
  process.stdin.destroy();
} else {
  const s = require('net').connect({ host, port: Number(port), timeout: ${SILENCE_MS} });
  s.on('timeout', () => { console.log('no answer'); if (kind === 'once') process.exit(); });
  s.on('error', () => { console.log('no answer'); process.exit(); });
  s.on('data', (d) => { process.stdout.write(d); if (kind === 'once') process.exit(); });
  process.stdin.on('data', (d) => s.write(d));
  process.stdin.on('end', () => process.exit());
}`;

/** Namespaces that stand in for guests, with small servers in them; close() leaves nothing behind. */
export class StandIns {
  private readonly children = new Set<ChildProcess>();
  private readonly namespaces = new Set<string>();

  /** A network's namespace with its bridge and nothing else: what is on it is not filtered. */
  async network(id: string): Promise<void> {
    const namespace = namespaceOf('nvn', id);
    await this.namespace(namespace);
    await ip(namespace, [`link add ${BRIDGE} type bridge`, `link set ${BRIDGE} up`]);
  }

  /** A namespace with nothing but its loopback. */
  async namespace(name: string): Promise<void> {
    await run('ip', ['netns', 'add', name]);
    this.namespaces.add(name);
    await ip(name, ['link set lo up']);
  }

  /** A guest on a network. @param addresses with the lengths of their prefixes @param gateways its default routes */
  async guest(
    networkId: string,
    id: string,
    addresses: readonly string[],
    gateways: readonly string[],
  ): Promise<string> {
    const namespace = `nvt-${id}`;
    await this.namespace(namespace);
    await ip(namespace, [
      `link add eth0 type veth peer name ${linkOf('nt', id)} netns ${namespaceOf('nvn', networkId)}`,
      ...addresses.map((address) => `address add ${address} dev eth0 nodad`),
      // What its lease would tell it: a router's card drops a larger packet unseen, and a connection with it.
      `link set eth0 mtu ${TENANT_MTU} up`,
    ]);
    await ip(namespaceOf('nvn', networkId), [`link set ${linkOf('nt', id)} master ${BRIDGE} up`]);
    await ip(
      namespace,
      gateways.map((via) => `route add default via ${via}`),
    );
    return namespace;
  }

  /** A server of TCP and UDP. */
  async listen(namespace: string, port: number): Promise<void> {
    const child = this.start(namespace, ['-e', SERVER, String(port)]);
    const listens = once(readline.createInterface({ input: child.stdout! }), 'line');
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The server ended with ${code}.`)));
    // It is ended in its time, when nobody waits for it any more.
    ended.catch(() => undefined);
    await Promise.race([listens, ended]);
  }

  /** The address that a server sees of who asks it; 'no answer' where none comes. */
  async ask(namespace: string, host: string, port: number, kind: 'once' | 'udp' = 'once'): Promise<string> {
    const child = this.start(namespace, ['-e', CLIENT, kind, host, String(port)]);
    const [line] = (await once(readline.createInterface({ input: child.stdout! }), 'line')) as [string];
    return line;
  }

  /** A connection that stays. @returns what comes back for a line that is sent, 'no answer' where nothing does */
  async connect(namespace: string, host: string, port: number): Promise<(line: string) => Promise<string>> {
    const child = this.start(namespace, ['-e', CLIENT, 'stay', host, String(port)]);
    const lines = readline.createInterface({ input: child.stdout! });
    await once(lines, 'line');
    return async (line) => {
      const answer = new Promise<string>((resolve) => {
        const hear = (heard: string): void => {
          if (heard !== line && heard !== 'no answer') return;
          lines.off('line', hear);
          resolve(heard);
        };
        lines.on('line', hear);
      });
      child.stdin!.write(`${line}\n`);
      return answer;
    };
  }

  /** A program of Node's in a namespace: its lines one by one, and its end by that of its input. */
  run(namespace: string, args: readonly string[]): { line(): Promise<string>; end(): void } {
    const child = this.start(namespace, args);
    const lines = readline.createInterface({ input: child.stdout! });
    return {
      line: async () => ((await once(lines, 'line')) as [string])[0],
      end: () => child.stdin?.end(),
    };
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.children].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
    for (const namespace of this.namespaces) await run('ip', ['netns', 'delete', namespace]);
  }

  private start(namespace: string, args: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    this.children.add(child);
    return child;
  }
}
