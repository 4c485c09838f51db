import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError, FastifyError } from 'fastify';
import { OpenStackError } from '#services/kernel/errors';
import type { Logger } from '#services/kernel/log';
import { errorAnswer, serviceOf } from './error-answer.js';
import { observe } from './metrics.js';

/** What the HTTP parser refuses, by its code; anything else is a malformed request. */
const PARSER_CODES: ReadonlyMap<string, readonly [status: number, type: string, message: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'HTTPRequestHeaderFieldsTooLarge', 'The headers are too large.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'HTTPRequestEntityTooLarge', 'The chunk extensions are too large.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'HTTPRequestTimeout', 'The request did not arrive in time.']],
]);

/** A client that reads notices the refusal at once; one that goes on sending for longer does not read. */
const LINGER_MS = 2_000;

/** What a request is named by, when it is refused before it is one. */
interface Refused {
  readonly method: string;
  readonly url: string;
  readonly requestId: string;
}

/**
 * What the HTTP server refuses by itself, before any hook or handler of ours: bad URLs, headers, chunks, expectations.
 * It is answered like everything else: in the service's shape, with a request id, a log line and a metric.
 */
export class Refusals {
  /** The answer that a connection waits for. */
  private readonly pending = new WeakMap<Socket, ServerResponse>();
  /** Connections that end with an answer that is out: what the parser still finds on them gets no answer of its own. */
  private readonly ending = new WeakSet<Socket>();

  constructor(
    private readonly publicUrl: string,
    private readonly log: Logger,
  ) {}

  /** Fastify's router: a path that cannot be decoded, or a part of it that is too long. */
  readonly byRouter = (error: FastifyError, request: { raw: unknown }, reply: { raw: unknown }): void => {
    const refusal =
      error.code === 'FST_ERR_MAX_PARAM_LENGTH'
        ? new OpenStackError(414, 'HTTPRequestURITooLong', 'A part of the URL is too long.')
        : new OpenStackError(400, 'HTTPBadRequest', 'Malformed request URL');
    this.respond(refusal, request.raw as IncomingMessage, reply.raw as ServerResponse);
  };

  /** The HTTP parser: there may be no request yet, only a connection. */
  readonly byParser = (error: ConnectionError, socket: Socket): void => {
    if (this.ending.has(socket)) return void socket.end();
    const pending = this.pending.get(socket);
    // Nobody listens any more, or half an answer is out: there is nothing to say.
    if (error.code === 'ECONNRESET' || !socket.writable || pending?.headersSent) return void socket.destroy();
    const refused = pending ? nameOf(pending.req) : readFrom(error.rawPacket);
    const [status, type, message] = PARSER_CODES.get(error.code) ?? [400, 'HTTPBadRequest', 'Malformed request'];
    const { headers, body } = this.answer(new OpenStackError(status, type, message), refused);
    const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
    socket.end([`HTTP/1.1 ${status} ${type}`, ...lines, '', body].join('\r\n'));
    this.linger(socket);
  };

  /** An Expect header other than 100-continue. */
  readonly byExpectation = (request: IncomingMessage, response: ServerResponse): void => {
    this.respond(new OpenStackError(417, 'HTTPExpectationFailed', 'The expectation cannot be met.'), request, response);
  };

  /** Remembers which answer a connection waits for. */
  readonly watch = (request: IncomingMessage, response: ServerResponse): void => {
    this.pending.set(request.socket, response);
    response.once('close', () => this.pending.delete(request.socket));
  };

  /**
   * Reads on, and throws away, what a client still sends after its refusal: closing a connection with unread bytes
   * resets it, and a reset takes an answer away that the client has not read yet.
   */
  private linger(socket: Socket): void {
    this.ending.add(socket);
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('end', () => socket.destroy()).once('close', () => clearTimeout(timer));
  }

  private respond(error: OpenStackError, request: IncomingMessage, response: ServerResponse): void {
    const { headers, body } = this.answer(error, nameOf(request));
    // What follows was not sent for this answer: the connection ends with it.
    this.ending.add(request.socket);
    response
      .writeHead(error.status, { ...headers, connection: 'close' })
      .end(request.method === 'HEAD' ? undefined : body);
  }

  private answer(error: OpenStackError, { method, url, requestId }: Refused) {
    const { headers, body } = errorAnswer(error, { url, requestId }, this.publicUrl);
    const text = JSON.stringify(body);
    observe(method, 'refused', error.status, 0);
    const path = url.split('?')[0]?.slice(0, 256);
    this.log.info({ requestId, method, path, status: error.status, why: error.message }, 'request refused');
    return {
      headers: {
        'x-openstack-request-id': requestId,
        ...(serviceOf(url) === 'compute' ? { 'x-compute-request-id': requestId } : {}),
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
        ...headers,
      },
      body: text,
    };
  }
}

export const newRequestId = (): string => `req-${randomUUID()}`;

const nameOf = ({ method = '', url = '/' }: IncomingMessage): Refused => ({ method, url, requestId: newRequestId() });

/** The request line, where the parser came so far. */
function readFrom(packet: unknown): Refused {
  const bytes = packet instanceof Uint8Array ? Buffer.from(packet).subarray(0, 4_096) : Buffer.alloc(0);
  const [, method = 'unknown', url = '/'] = /^([A-Z]{1,20}) (\S+)/.exec(bytes.toString('latin1')) ?? [];
  return { method: METHODS.has(method) ? method : 'unknown', url, requestId: newRequestId() };
}
/** A metric has one series a method, so a method that somebody made up must not be one. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'COPY']);
