import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { tlsOf, type Config } from '#config';
import { DISPLAY_PROTOCOL } from '#drivers/host-api/client';
import { isGenuine } from '#drivers/host-api/token';
import { uptime } from '#drivers/host-uptime';
import type { Hypervisor } from '#drivers/hypervisor/index';
import type { Logger } from '#services/kernel/log';

/** Nova shows at most this much of a console (MAX_CONSOLE_BYTES). */
const MOST_BYTES = 100 * 1024;
/** A request is a line and some headers; who takes longer to send it is cut off. */
const REQUEST_MS = 10_000;
/** The api asks for few consoles at once; more connections than this are somebody else's. */
const MOST_CONNECTIONS = 200;
const CONSOLE = /^\/guests\/([^/?]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/console(?:\?lines=(\d{1,9}))?$/;

const DISPLAY = /^\/guests\/([^/?]+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/display$/;
const UPTIME = /^\/hosts\/([^/?]+)\/uptime$/;

/**
 * What the api asks a compute role itself: what guests say, which must not stand in Temporal's histories, and what is
 * asked for a moment only.
 */
export interface HostApi {
  /** Where the api finds it, and the key of this start of the role: for its report, and for nobody else. */
  readonly report: { readonly url: string; readonly key: string };
  close(): Promise<void>;
}

/** @param hosts the names that this machine's guests run under. @throws when the port is taken */
export async function serveHostApi(
  config: Config,
  log: Logger,
  hypervisor: Hypervisor,
  hosts: readonly string[],
): Promise<HostApi> {
  const key = randomBytes(32).toString('base64url');
  const names = new Set(hosts);
  const tls = tlsOf(config);
  const limits = { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, key, names, hypervisor).then(
      ([status, text]) => send(response, status, text),
      (error: unknown) => {
        log.warn({ error: error instanceof Error ? error.message : error }, 'what the api asked for could not be read');
        send(response, 500, '');
      },
    );
  };
  const server =
    tls === undefined ? createServer(limits, onRequest) : createTlsServer({ ...limits, ...tls }, onRequest);
  server.maxConnections = MOST_CONNECTIONS;
  const displays = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    displays.add(socket);
    socket.on('close', () => displays.delete(socket)).on('error', () => socket.destroy());
    void showDisplay(request, socket, { key, hosts: names, hypervisor });
  });
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  const scheme = tls === undefined ? 'http' : 'https';
  return {
    report: { url: config.compute.host_url.replace(/\/$/, '') || `${scheme}://${addressOf(config)}:${port}`, key },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const display of displays) display.destroy();
      }),
  };
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${config.compute.host_port} is in use. Set NOVAFLOW_HOST_PORT to a free one.`)
          : error,
      ),
    );
    server.listen(config.compute.host_port, config.cloud.bind, resolve);
  });
}

/** Who listens on every address is found by the machine's name. */
function addressOf({ cloud: { bind, host: machine } }: Config): string {
  if (bind === '0.0.0.0' || bind === '::') return machine;
  return bind.includes(':') ? `[${bind}]` : bind;
}

/** Who has no token for this very request learns nothing, not even what there is. */
async function answer(
  { method = '', url = '', headers }: IncomingMessage,
  key: string,
  hosts: ReadonlySet<string>,
  hypervisor: Hypervisor,
): Promise<[status: number, text: string]> {
  const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
  if (!isGenuine(key, method, url, token, Date.now())) return [401, ''];
  if (method !== 'GET') return [404, ''];
  const [, machine] = UPTIME.exec(url) ?? [];
  if (machine !== undefined && hosts.has(decoded(machine))) {
    const text = await uptime();
    return text === undefined ? [501, ''] : [200, text];
  }
  const [, host, serverId, lines] = CONSOLE.exec(url) ?? [];
  if (host === undefined || serverId === undefined) return [404, ''];
  const guest = { serverId, host: decoded(host) };
  if (!hosts.has(guest.host)) return [404, ''];
  try {
    const text = await hypervisor.console(guest, lines === undefined ? undefined : Number(lines));
    return [200, Buffer.from(text).subarray(-MOST_BYTES).toString('utf8')];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [404, ''];
    throw error;
  }
}

/** Joins the connection to a guest's display. Who has no token for it, or asks for what is not there, is told so and cut off. */
async function showDisplay(
  { method = '', url = '', headers }: IncomingMessage,
  socket: Duplex,
  { key, hosts, hypervisor }: { key: string; hosts: ReadonlySet<string>; hypervisor: Hypervisor },
): Promise<void> {
  const refuse = (status: string): void => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
  if (!isGenuine(key, method, url, token, Date.now())) return refuse('401 Unauthorized');
  const [, host, serverId] = DISPLAY.exec(url) ?? [];
  const guest = { serverId: serverId ?? '', host: decoded(host ?? '') };
  if (headers.upgrade !== DISPLAY_PROTOCOL || serverId === undefined || !hosts.has(guest.host))
    return refuse('404 Not Found');
  const display = await hypervisor.display(guest).catch(() => undefined);
  if (display === undefined) return refuse('404 Not Found');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${DISPLAY_PROTOCOL}\r\n\r\n`);
  // Where one end goes, both do.
  pipeline(socket, display, socket, () => undefined);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}
