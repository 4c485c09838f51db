import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { BlockList, isIPv4, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NetworkState } from '../state.js';
import { checkedCidr, versionOf } from './addresses.js';
import { listenIn } from './metadata-listener.js';
import { NAMESPACES, namespaceOf } from './namespaces.js';
import { METADATA_ADDRESS, METADATA_PORT } from './router-names.js';

/** A guest asks for some dozen small documents, one after the other, and each is answered at once. */
const CONNECTION_MS = 15_000;
const MOST_CONNECTIONS_OF_GUEST = 16;
/** A network of a hundred guests that boot at once. */
const MOST_CONNECTIONS = 256;
/** A request is one short line and few headers. */
const MOST_HEADERS = 8 * 1024;

/** A guest, as its packets say: an address is one port's within a network. */
export interface MetadataAsker {
  readonly networkId: string;
  readonly ip: string;
}
export interface MetadataAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
}
/** Answers a guest. @param path as it was asked for, without its query */
export type AnswerMetadata = (asker: MetadataAsker, path: string) => Promise<MetadataAnswer>;

/** Where to listen, and which network who asks there is on. */
interface Place {
  readonly namespace: string;
  readonly host: string;
  readonly port: number;
  networkOf(ip: string): string | undefined;
}
interface Open {
  readonly server: Server;
  /** Tells the namespace from another that has its name. */
  readonly inode: number;
  place: Place;
}

/**
 * The metadata service of a host's guests: it listens in the namespaces of routers, which turn to it what guests send to
 * 169.254.169.254, and in those of networks that have that address themselves. Who asks is known by the socket and by the
 * address that the connection comes from, and by nothing that a guest writes.
 */
export class Metadata {
  private readonly open = new Map<string, Open>();
  private readonly guests = new Map<string, number>();
  private readonly askers = new WeakMap<Socket, MetadataAsker>();
  private readonly http = Object.assign(
    createServer({ maxHeaderSize: MOST_HEADERS }, (request, response) => {
      void this.respond(request, response);
    }),
    // Node's types do not have it: without it the server closes a connection whose client has closed its side.
    { httpAllowHalfOpen: true },
  );

  /** Connections that were refused, and end when the guest has sent all that it sends. */
  private readonly refused = new WeakSet<Duplex>();

  constructor(private readonly answer: AnswerMetadata) {
    this.http.on('clientError', (error: NodeJS.ErrnoException, socket) => this.refuse(error, socket));
  }

  /** Networks and routers have to be there first. Not to be called twice at once. @returns what could not be opened, by namespace */
  async apply(state: Pick<NetworkState, 'networks' | 'routers'>): Promise<ReadonlyMap<string, string>> {
    const places = new Map([...routerPlaces(state), ...networkPlaces(state)].map((place) => [place.namespace, place]));
    for (const namespace of this.open.keys()) if (!places.has(namespace)) await this.leave(namespace);
    const failed = new Map<string, string>();
    for (const place of places.values())
      await this.listen(place).catch((error: unknown) =>
        failed.set(place.namespace, error instanceof Error ? error.message : String(error)),
      );
    return failed;
  }

  /** Lets go of a namespace before it is removed: an open socket would keep it. */
  async leave(namespace: string): Promise<void> {
    const open = this.open.get(namespace);
    this.open.delete(namespace);
    if (open) await new Promise((resolve) => open.server.close(resolve));
  }

  async close(): Promise<void> {
    for (const namespace of this.open.keys()) await this.leave(namespace);
  }

  private async listen(place: Place): Promise<void> {
    const { ino: inode } = await stat(`${NAMESPACES}/${place.namespace}`);
    const known = this.open.get(place.namespace);
    if (known?.inode === inode && known.server.listening) {
      known.place = place;
      return;
    }
    await this.leave(place.namespace);
    const server = await listenIn(place.namespace, place.host, place.port);
    const open: Open = { server, inode, place };
    server.maxConnections = MOST_CONNECTIONS;
    server.on('connection', (socket) => this.welcome(open, socket));
    this.open.set(place.namespace, open);
  }

  private welcome({ place }: Open, socket: Socket): void {
    const ip = (socket.remoteAddress ?? '').replace('::ffff:', '');
    const networkId = place.networkOf(ip);
    const guest = `${networkId} ${ip}`;
    const connections = this.guests.get(guest) ?? 0;
    if (networkId === undefined || connections >= MOST_CONNECTIONS_OF_GUEST) {
      socket.destroy();
      return;
    }
    this.guests.set(guest, connections + 1);
    const timer = setTimeout(() => socket.destroy(), CONNECTION_MS);
    socket.on('close', () => {
      clearTimeout(timer);
      const left = (this.guests.get(guest) ?? 1) - 1;
      if (left === 0) this.guests.delete(guest);
      else this.guests.set(guest, left);
    });
    // Small clients close their side once they have asked: they are answered all the same, also when that takes a moment.
    socket.allowHalfOpen = true;
    this.askers.set(socket, { networkId, ip });
    this.http.emit('connection', socket);
  }

  /**
   * What is no request is refused, and what the guest still sends is read and thrown away: to close a connection with unread
   * bytes, as Node does by itself, resets it, and a reset takes the answer away that the guest has not read yet.
   */
  private refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.refused.has(socket)) return;
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    this.refused.add(socket);
    const why = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${why}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asker = this.askers.get(request.socket);
    const { status, type, body } =
      asker === undefined || (request.method !== 'GET' && request.method !== 'HEAD')
        ? { status: 405, type: 'text/plain', body: 'Metadata is only read.\n' }
        : await this.answer(asker, (request.url ?? '/').split('?')[0] ?? '/').catch(() => ({
            status: 503,
            type: 'text/plain',
            body: 'Metadata cannot be had at present. Try again.\n',
          }));
    const bytes = Buffer.from(body);
    response.writeHead(status, { 'content-type': `${type}; charset=UTF-8`, 'content-length': bytes.length });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

function routerPlaces({ routers }: Pick<NetworkState, 'routers'>): Place[] {
  return routers
    .filter(({ adminUp }) => adminUp)
    .map(({ id, interfaces }) => {
      const networks = interfaces.map(({ networkId, cidrs }) => ({ networkId, addresses: listOf(cidrs) }));
      return {
        namespace: namespaceOf('nvr', id),
        host: '0.0.0.0',
        port: METADATA_PORT,
        networkOf: (ip) => networks.find(({ addresses }) => isIPv4(ip) && addresses.check(ip))?.networkId,
      };
    });
}

function networkPlaces({ networks }: Pick<NetworkState, 'networks'>): Place[] {
  return networks
    .filter(({ metadata, dhcpPort }) => metadata && dhcpPort !== null)
    .map(({ id }) => ({ namespace: namespaceOf('nvn', id), host: METADATA_ADDRESS, port: 80, networkOf: () => id }));
}

/** The IPv4 addresses of these prefixes. */
function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs.map(checkedCidr)) {
    const [address = '', length] = cidr.split('/');
    if (versionOf(cidr) === 4) list.addSubnet(address, Number(length), 'ipv4');
  }
  return list;
}
