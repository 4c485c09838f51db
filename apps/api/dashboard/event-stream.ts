import type { FastifyReply } from 'fastify';
import type { Change } from '#services/operations/changes';

/** Often enough that no proxy takes the connection for a dead one, and that a token's end is seen soon. */
const HEARTBEAT_MS = 10_000;
/** What waits for a reader that does not read: hundreds of events. Then it is ended, and its page asks again. */
const MOST_WAITING = 64 << 10;
/** A change of more things at once is told as one of everything. */
const MOST_TOLD = 200;
/** Longest delay of a timer in Node. */
const LONGEST_MS = 2 ** 31 - 1;

/** Whom a stream is for. */
export interface Follower {
  readonly userId: string;
  /** When the token expires. */
  readonly endsAt: Date;
  /** Whether the token still holds. */
  holds(): Promise<boolean>;
}

/** One stream of server-sent events. It ends with its token, with its reader, and when its reader is too slow. */
export class EventStream {
  readonly userId: string;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly expiry: NodeJS.Timeout;
  private readonly atEnd: (() => void)[];
  private ended = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly follower: Follower,
    gone: () => void,
  ) {
    this.userId = follower.userId;
    this.atEnd = [gone];
    // Fastify would end the answer when the handler does.
    reply.hijack();
    const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    reply.raw.writeHead(200, {
      ...Object.fromEntries(headers),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx gathers what it passes on, unless it is told not to.
      'x-accel-buffering': 'no',
      // Where the api stops, a connection that outlives its stream would hold it up.
      connection: 'close',
    });
    reply.raw.on('close', () => this.end()).on('error', () => this.end());
    reply.raw.write(': follows\n\n');
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    const left = follower.endsAt.getTime() - Date.now();
    this.expiry = setTimeout(() => this.end(), Math.min(Math.max(0, left), LONGEST_MS));
  }

  /** What is to be done when it ends. */
  endsWith(done: () => void): void {
    if (this.ended) done();
    else this.atEnd.push(done);
  }

  tell(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const told = changes.length > MOST_TOLD ? [{ type: 'everything', id: '' }] : unique(changes);
    this.write(told.map(({ type, id }) => `data: ${JSON.stringify({ type, id })}\n\n`).join(''));
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.heartbeat);
    clearTimeout(this.expiry);
    for (const done of this.atEnd) done();
    this.reply.raw.end();
  }

  private async beat(): Promise<void> {
    if (await this.follower.holds()) this.write(':\n\n');
    else this.end();
  }

  private write(text: string): void {
    if (this.ended) return;
    this.reply.raw.write(text);
    if (this.reply.raw.writableLength <= MOST_WAITING) return;
    this.end();
    this.reply.raw.destroy();
  }
}

/** A server with two operations has changed once. */
const unique = (changes: readonly Change[]): Change[] => [
  ...new Map(changes.map((change) => [`${change.type} ${change.id}`, change])).values(),
];
