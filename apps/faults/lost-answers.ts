/**
 * Commits whose answer is lost: the connection to the database breaks when PostgreSQL has committed and before its client
 * is told. Loaded when such a fault strikes first, so in development mode only, and by roles that have a database.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import pg from 'pg';

/** The connection below a client of pg, which its types leave out. */
type Wire = EventEmitter & { readonly stream: Duplex };
interface Client {
  readonly connection: Wire;
}
/** A piece of work that is to lose the answer to its first commit. */
interface Losing {
  lost: boolean;
  /** Called between the commit and the break. */
  readonly losing: () => void;
}
type Query = (this: Client, ...given: unknown[]) => unknown;

const running = new AsyncLocalStorage<Losing>();
/** A transaction's end, or a statement that writes and is a transaction by itself. */
const COMMITS = /^\s*COMMIT\b|\b(INSERT|UPDATE|DELETE)\b/i;
/** PostgreSQL's word for a connection without a transaction: whatever was sent is committed. */
const IDLE = 'I';

const client = pg.Client.prototype as unknown as { query: Query };
const { query } = client;
client.query = function (...given) {
  const work = running.getStore();
  if (work && !work.lost && COMMITS.test(textOf(given[0]))) breakWhenCommitted(this.connection, work);
  return query.apply(this, given);
};

/** Runs `work`, and breaks its connection when it has committed for the first time. */
export const losingTheAnswer = <T>(work: () => Promise<T>, losing: () => void): Promise<T> =>
  running.run({ lost: false, losing }, work);

const textOf = (asked: unknown): string =>
  typeof asked === 'string' ? asked : ((asked as { text?: string }).text ?? '');

/** Looks at the end of the next answer, and keeps it from its reader when that leaves no transaction open. */
function breakWhenCommitted(wire: Wire, work: Losing): void {
  const emit = wire.emit.bind(wire);
  wire.emit = (event: string, ...given: unknown[]) => {
    if (event !== 'readyForQuery') return emit(event, ...given);
    wire.emit = emit;
    if (work.lost || (given[0] as { status?: string }).status !== IDLE) return emit(event, ...given);
    work.lost = true;
    work.losing();
    wire.stream.destroy();
    return true;
  };
}
