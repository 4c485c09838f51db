import { once } from 'node:events';
import net from 'node:net';
import { isWhole, parse } from '../fuzz/wire.js';

/** A connection that a test writes to byte by byte, since no client leaves a request half sent. */
export class Connection {
  private received = Buffer.alloc(0);
  private ended = false;

  private constructor(private readonly socket: net.Socket) {
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      socket.emit('more');
    });
    // What is cut while it is written to is closed, and that is all there is to know.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
      socket.emit('more');
    });
  }

  static async open(base: string): Promise<Connection> {
    const { hostname, port } = new URL(base);
    const socket = net.connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Begins a request: its headers, and as much of its body as is given. */
  begin(line: string, headers: Record<string, string> = {}, body = ''): void {
    const lines = Object.entries({ host: 'cloud', ...headers }).map(([name, value]) => `${name}: ${value}`);
    this.write(`${[`${line} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`);
  }

  write(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Waits for the answer: its status is 0 when the connection was closed without one. */
  async answer(): Promise<ReturnType<typeof parse>> {
    while (!this.ended && !isWhole(this.received, 'GET')) await once(this.socket, 'more');
    const answer = parse(this.received);
    this.received = Buffer.alloc(0);
    return answer;
  }

  /** Waits until the other side has closed it. */
  async closed(): Promise<void> {
    while (!this.ended) await once(this.socket, 'more');
  }

  close(): void {
    this.socket.destroy();
  }
}
