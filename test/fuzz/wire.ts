import net from 'node:net';

/** A request as its bytes: no client library would send most of them. */
export interface WireRequest {
  readonly method: string;
  /** The target as it stands in the request line. */
  readonly target: string;
  /** Lines `name: value`. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** The client ends its side when it has sent this: the body may be cut off, and then there need be no answer. */
  readonly cut?: boolean;
}
export interface WireAnswer {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly ms: number;
}

/** Longer than any answer may take: what is late has then not been answered at all. */
const PATIENCE_MS = 30_000;

/** Sends a request on a connection of its own, and reads its answer to the end. */
export function send(base: URL, request: WireRequest): Promise<WireAnswer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = net.connect(Number(base.port), base.hostname);
    let done = false;
    const end = (): void => {
      if (done) return;
      done = true;
      socket.destroy();
      resolve({ ...parse(Buffer.concat(chunks)), ms: performance.now() - began });
    };
    socket.setTimeout(PATIENCE_MS, end);
    socket.on('error', end);
    socket.on('close', end);
    socket.on('end', end);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      // An answer with a length is whole before the connection is closed.
      if (isWhole(Buffer.concat(chunks), request.method)) end();
    });
    const lines = [`${request.method} ${request.target} HTTP/1.1`, ...request.headers, 'connection: close'];
    socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
    if (request.body.length > 0) socket.write(request.body);
    if (request.cut) socket.end();
  });
}

/** `100 Continue` is no answer yet. */
function split(bytes: Buffer): { head: string; body: Buffer } | undefined {
  const at = bytes.indexOf('\r\n\r\n');
  if (at < 0) return undefined;
  const head = bytes.subarray(0, at).toString('latin1');
  const rest = bytes.subarray(at + 4);
  return head.startsWith('HTTP/1.1 100') ? split(rest) : { head, body: rest };
}

function headersOf(head: string): Map<string, string> {
  return new Map(
    head
      .split('\r\n')
      .slice(1)
      .map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
}

/** Whether all of an answer with a length, or without a body, is there. */
export function isWhole(bytes: Buffer, method: string): boolean {
  const parts = split(bytes);
  if (!parts) return false;
  const length = headersOf(parts.head).get('content-length');
  return method === 'HEAD' || (length !== undefined && parts.body.length >= Number(length));
}

/** An answer as its bytes say it. */
export function parse(bytes: Buffer): Omit<WireAnswer, 'ms'> {
  const parts = split(bytes);
  if (!parts) return { status: 0, headers: new Map(), body: '' };
  const headers = headersOf(parts.head);
  const chunked = headers.get('transfer-encoding') === 'chunked';
  const body = chunked ? parts.body.toString().replaceAll(/(^|\r\n)[0-9a-f]+\r\n/g, '') : parts.body.toString();
  return { status: Number(parts.head.slice(9, 12)) || 0, headers, body };
}
