import { spawn } from 'node:child_process';
import { Server } from 'node:net';
import { DriverError } from '../../errors.js';

/** A process of Node's starts within 0.2 s, also on a busy machine; one that takes so long hangs. */
const START_MS = 20_000;
/** Opens the socket, hands it over, and ends. Its arguments: the address and the port. */
const OPENER = `
const [host, port] = process.argv.slice(1);
const server = require('node:net').createServer();
server.on('error', (error) => process.send({ error: error.message }, () => process.exit(1)));
server.listen({ host, port: Number(port) }, () => process.send({}, server, () => process.exit()));`;

/**
 * A socket that listens in a network namespace and belongs to this process, which itself stays where it is: a short-lived
 * process enters the namespace, opens the socket and passes it on. So no process is needed per namespace, but one
 * descriptor.
 * @throws DriverError (host) when it cannot be opened
 */
export function listenIn(namespace: string, host: string, port: number): Promise<Server> {
  const args = ['netns', 'exec', namespace, process.execPath, '--no-warnings', '-e', OPENER, host, String(port)];
  const child = spawn('ip', args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: START_MS,
    killSignal: 'SIGKILL',
    // What this process knows is not for one that runs next to guests' traffic.
    env: { PATH: process.env['PATH'] },
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(0, 1000)));
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new DriverError('host', 'MetadataListener', `Nothing listens on ${host} in ${namespace}: ${why}`));
    child.on('message', (message, handle) => {
      if (handle instanceof Server) resolve(handle);
      else fail(JSON.stringify(message));
    });
    child.on('error', (error) => fail(error.message));
    child.on('close', (code) => fail(`its opener ended (${code ?? 'killed'}). ${said}`));
  });
}
