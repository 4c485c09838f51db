import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { TOKEN_MS, sign } from './token.js';

/** Where a compute role answers, and the key that it made at its start. */
export interface HostApiAddress {
  readonly url: string;
  readonly key: string;
}
export interface ConsoleOf {
  readonly host: string;
  readonly serverId: string;
  /** The last lines of it; all where it is left out. */
  readonly lines?: number | undefined;
}
/** The host answered, but not with what was asked for. */
export class HostApiError extends Error {
  override readonly name = 'HostApiError';
  constructor(readonly status: number) {
    super(`The host answered ${status}.`);
  }
}

/** A host gives at most 100 KiB; whatever answers with more is no host of ours. */
const MOST_BYTES = 128 * 1024;

export const pathOfConsole = ({ host, serverId, lines }: ConsoleOf): string =>
  `/guests/${encodeURIComponent(host)}/${serverId}/console${lines === undefined ? '' : `?lines=${lines}`}`;

/** The machine's own words, whichever of its hosts is named. */
export const pathOfUptime = (host: string): string => `/hosts/${encodeURIComponent(host)}/uptime`;

/** The end of a guest's console, from the host that runs it. @throws HostApiError, or what kept it from an answer */
export const readConsole = (at: HostApiAddress, console: ConsoleOf, signal: AbortSignal): Promise<string> =>
  read(at, pathOfConsole(console), signal);

export const pathOfDisplay = ({ host, serverId }: Omit<ConsoleOf, 'lines'>): string =>
  `/guests/${encodeURIComponent(host)}/${serverId}/display`;
/** What a connection becomes that is asked for a display (the Upgrade header). */
export const DISPLAY_PROTOCOL = 'rfb';

/** A guest's display, from the host that runs it: the connection speaks RFB from then on. @throws HostApiError, or what kept it */
export function openDisplay(at: HostApiAddress, guest: Omit<ConsoleOf, 'lines'>, signal: AbortSignal): Promise<Duplex> {
  const target = pathOfDisplay(guest);
  const url = new URL(at.url + target);
  const request = (url.protocol === 'https:' ? https : http).get(url, {
    agent: false,
    headers: {
      authorization: `Bearer ${sign(at.key, 'GET', target, Date.now() + TOKEN_MS)}`,
      connection: 'Upgrade',
      upgrade: DISPLAY_PROTOCOL,
    },
  });
  return new Promise((resolve, reject) => {
    const late = (): void => void request.destroy(new Error('The host did not answer in time.'));
    signal.addEventListener('abort', late, { once: true });
    request.once('upgrade', (_answer, socket: Duplex, head) => {
      signal.removeEventListener('abort', late);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once('response', (answer) => {
      answer.resume();
      reject(new HostApiError(answer.statusCode ?? 0));
    });
    request.once('error', reject);
  });
}

/** What `uptime` says on a host. @throws HostApiError, or what kept it from an answer */
export const readUptime = (at: HostApiAddress, host: string, signal: AbortSignal): Promise<string> =>
  read(at, pathOfUptime(host), signal);

async function read(at: HostApiAddress, target: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(at.url + target, {
    headers: { authorization: `Bearer ${sign(at.key, 'GET', target, Date.now() + TOKEN_MS)}` },
    // A host speaks for itself: the api must not be sent on to other addresses.
    redirect: 'error',
    signal,
  });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new HostApiError(answer.status);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error('The host answered with more than it is asked for.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
