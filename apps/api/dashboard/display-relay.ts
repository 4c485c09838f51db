import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { WebSocketServer, createWebSocketStream, type WebSocket } from 'ws';
import type { Services } from '#services/index';
import { OpenStackError } from '#services/kernel/errors';
import type { Logger } from '#services/kernel/log';
import type { ConsoleGrant } from '#services/nova/index';
import { isOfOwnOrigin } from '../http/session-cookie.js';

/** Where noVNC finds a display. The token is the query's: a page cannot give a WebSocket headers of its own. */
const PATH = '/dashboard/vnc/websockify';
/** A viewer sends keys and movements, some bytes each, and what it pastes. */
const MOST_MESSAGE = 1 << 20;
/** Displays of one process: each is two connections, and as many as people look at. */
const MOST = 200;
/** So often it is looked whether who looks still may, and is still there. */
const LOOK_MS = 10_000;
/**
 * A display that changes is asked for again and again, and keys and movements are sent. From whom nothing came for an hour
 * has left a screen alone, at which anybody may sit down.
 */
const IDLE_MS = 60 * 60 * 1000;

/**
 * Joins viewers in browsers to guests' displays: RFB in a WebSocket on this side, and as it is on the host's
 * (nova/console/websocketproxy.py).
 */
export class DisplayRelay {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MOST_MESSAGE,
    // A display is compressed by RFB already.
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('binary') ? 'binary' : false),
  });
  private readonly open = new Set<WebSocket>();

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {}

  /** Takes the requests for displays out of those that a server gets. Others that ask for an upgrade get none. */
  over(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      // What a client writes may be no path at all, and nobody else would catch what that throws: the process would end.
      const asked = request.url ?? '/';
      const url = URL.canParse(asked, 'http://api') ? new URL(asked, 'http://api') : undefined;
      if (url?.pathname === PATH) void this.take(request, socket, head, url.searchParams.get('token') ?? '');
      else answerWithout(server, request, socket);
    });
  }

  /** The api stops. */
  close(): void {
    for (const viewer of this.open) viewer.terminate();
  }

  private async take(request: IncomingMessage, socket: Duplex, head: Buffer, token: string): Promise<void> {
    try {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') return refuse(socket, 400);
      // A page of another origin is not to use a token that it came to know.
      if (!isOfOwnOrigin(request)) return refuse(socket, 403);
      if (this.open.size >= MOST) return refuse(socket, 503);
      const grant = await this.services.nova.consoleTokens.find(token);
      const display = await this.services.nova.consoleTokens.open(grant);
      display.on('error', () => display.destroy());
      if (socket.destroyed) return void display.destroy();
      this.server.handleUpgrade(request, socket, head, (viewer) => this.join(viewer, display, grant));
    } catch (error) {
      const known = error instanceof OpenStackError ? error.status : 503;
      if (!(error instanceof OpenStackError)) this.log.warn({ err: error }, 'a display could not be opened');
      refuse(socket, known);
    }
  }

  private join(viewer: WebSocket, display: Duplex, grant: ConsoleGrant): void {
    this.open.add(viewer);
    let [answered, last] = [true, Date.now()];
    viewer.on('pong', () => (answered = true)).on('message', () => (last = Date.now()));
    const look = setInterval(() => {
      // A browser answers by itself. One that is gone without a word would keep its place for hours.
      if (!answered) return viewer.terminate();
      answered = false;
      viewer.ping();
      if (Date.now() - last > IDLE_MS) return viewer.close(1000, 'Nothing has happened for an hour.');
      this.services.nova.consoleTokens.holds(grant).then(
        (holds) => holds || viewer.close(1008, 'The console is closed.'),
        // The database is away for a moment.
        () => undefined,
      );
    }, LOOK_MS);
    viewer.on('close', () => {
      clearInterval(look);
      this.open.delete(viewer);
      display.destroy();
    });
    const stream = createWebSocketStream(viewer);
    // Where one end goes, both do.
    pipeline(stream, display, stream, () => viewer.close());
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  503: 'Service Unavailable',
};

function refuse(socket: Duplex, status: number): void {
  const known = Object.hasOwn(REASONS, status) ? status : 503;
  socket.end(`HTTP/1.1 ${known} ${REASONS[known]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** A client may ask for any upgrade (`h2c`) and has to do without: it is answered as if it had not asked. */
function answerWithout(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
  response.on('finish', () => socket.end());
  server.emit('request', request, response);
}
