import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { OpenStackError } from '#services/kernel/errors';

/** The slowest that an upload may be over one window, in bytes a second: less is a connection that holds a place. */
const SLOWEST = 1_024;

/** The connection is closed with the answer: nobody waits for the rest of the body. */
const tooSlow = (message: string): OpenStackError =>
  new OpenStackError(408, 'HTTPRequestTimeout', message, { headers: { connection: 'close' } });

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Answers 408 when a small body has not come whole in its time. */
export function limitBody(raw: IncomingMessage, reply: FastifyReply, ms: number): void {
  const timer = setTimeout(() => {
    if (!raw.complete && !reply.sent) void reply.send(tooSlow(`The body did not arrive within ${ms / 1000} seconds.`));
  }, ms);
  raw.once('close', () => clearTimeout(timer));
}

/**
 * Gives the rest of a body that nobody reads some time to come: who is still sending then has read the answer before
 * the connection is closed. Without the limit it would hold its place for as long as it likes, with or without a token.
 */
export function limitRest(raw: IncomingMessage, ms: number): void {
  if (raw.complete || !hasBody(raw)) return;
  const timer = setTimeout(() => raw.socket.destroy(), ms);
  raw.once('close', () => clearTimeout(timer));
}

/**
 * The body of an upload, which may take any time in all and must not stand still. It is read only when somebody reads
 * this: a request that is refused before leaves its body to the server, which drops it.
 * @param windowMs in each such time at least a KiB for each of its seconds has to come, unless the reader is the slow one
 */
export class UploadBody extends Readable {
  private timer: NodeJS.Timeout | undefined;
  private bytes = 0;
  /** The reader had enough, in some part of this window. */
  private full = false;

  constructor(
    private readonly source: IncomingMessage,
    private readonly windowMs: number,
  ) {
    super();
  }

  override _read(): void {
    if (this.timer === undefined) this.begin();
    else this.source.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearInterval(this.timer);
    this.source.off('data', this.onChunk).off('end', this.onEnd).off('error', this.onFail);
    // Whoever listens no more must not be ended by an error; and what still comes is dropped.
    this.source.on('error', () => undefined).resume();
    done(error);
  }

  private begin(): void {
    this.timer = setInterval(() => this.check(), this.windowMs);
    this.source.on('data', this.onChunk).on('end', this.onEnd).on('error', this.onFail);
  }

  private readonly onChunk = (chunk: Buffer): void => {
    this.bytes += chunk.length;
    if (this.push(chunk)) return;
    this.full = true;
    this.source.pause();
  };

  private readonly onEnd = (): void => {
    clearInterval(this.timer);
    this.push(null);
  };

  private readonly onFail = (error: Error): void => void this.destroy(error);

  private check(): void {
    const enough = this.full || this.bytes >= (SLOWEST * this.windowMs) / 1000;
    if (!enough) this.destroy(tooSlow(`Less than ${SLOWEST} bytes a second came for ${this.windowMs / 1000} seconds.`));
    this.bytes = 0;
    this.full = this.source.isPaused();
  }
}
