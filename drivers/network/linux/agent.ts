import { chmod, mkdir, rm } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../errors.js';
import type { CardId } from '../index.js';

/** Nova waits for Neutron as long as this, for each card (vif_plugging_timeout is 300 s for all of them). */
const CONNECT_MS = 60_000;
/** The network role may just be starting. */
const AGAIN_MS = 100;
const MOST_BYTES = 10_000;

/**
 * Answers the roles of this machine that start guests: one process alone changes a network's namespace.
 * @param connect joins a card's end to its network
 */
export async function serveConnects(
  socket: string,
  connect: (card: CardId) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(path.dirname(socket), { recursive: true, mode: 0o755 });
  await rm(socket, { force: true });
  const server = http.createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    void bodyOf(request)
      .then((card) => connect(card))
      .then(
        () => answer(200, {}),
        (error: unknown) => answer(503, { message: error instanceof Error ? error.message : String(error) }),
      );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  // Who may connect to it may join cards of this machine to networks: the role's own user.
  await chmod(socket, 0o600);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
}

async function bodyOf(request: http.IncomingMessage): Promise<CardId> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MOST_BYTES) throw new Error('The request is too long.');
  }
  const card: unknown = JSON.parse(text);
  if (!isCard(card)) throw new Error('The request names no card.');
  return card;
}

const isCard = (value: unknown): value is CardId =>
  typeof value === 'object' &&
  value !== null &&
  'portId' in value &&
  'host' in value &&
  typeof value.portId === 'string' &&
  typeof value.host === 'string';

/** Asks the network role to join a card's end to its network, and waits until it has. @throws DriverError (host) */
export async function askToConnect(socket: string, card: CardId): Promise<void> {
  for (const end = Date.now() + CONNECT_MS; ; await sleep(AGAIN_MS)) {
    try {
      const { status, text } = await post(socket, card);
      if (status === 200) return;
      throw notConnected(card, messageOf(text));
    } catch (error) {
      const down = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      );
      if (!down) throw error;
      if (Date.now() > end) throw notConnected(card, 'the network role of this host does not answer.');
    }
  }
}

const notConnected = ({ portId }: CardId, reason: string): DriverError =>
  new DriverError(
    'host',
    'VirtualInterfaceCreateException',
    `Port ${portId} was not connected to its network: ${reason}`,
  );

function messageOf(text: string): string {
  const body: unknown = JSON.parse(text);
  return typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : text;
}

function post(socketPath: string, card: CardId): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, path: '/connect', method: 'POST', timeout: CONNECT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error('The network role of this host did not answer in time.')));
    request.on('error', reject);
    request.end(JSON.stringify(card));
  });
}
