import { tracingChannel } from 'node:diagnostics_channel';
import type pg from 'pg';

/** Whoever traces this process listens here (apps/tracing). */
const channel = tracingChannel<string, Told>('novaflow.sql');

/** One use of a connection, from the wish for it until it is given back. */
interface Told {
  readonly name: string;
  attributes?: Readonly<Record<string, string | number>>;
  error?: unknown;
}
type Connected = Parameters<Parameters<pg.Pool['connect']>[0]>;

/** Of a statement's text this much tells which it is; values are never in it. */
const TEXT_CHARACTERS = 120;
/** Of so many statements the texts are told. */
const MOST_TEXTS = 10;

/**
 * The pool as it is, and where somebody traces one that tells of each transaction, and of each statement outside one: both are a use
 * of a connection, whether Prisma asks for it or `Sql` does.
 */
export function traced(pool: pg.Pool): pg.Pool {
  if (!channel.hasSubscribers) return pool;
  const original = pool.connect.bind(pool) as (callback: (...args: Connected) => void) => void;
  const connect = (callback: (...args: Connected) => void): void => {
    const told: Told = { name: 'SQL' };
    channel.start.publish(told);
    original((error, client, done) => {
      if (client === undefined) {
        told.error = error;
        channel.asyncEnd.publish(told);
        return callback(error, client, done);
      }
      return callback(error, client, watch(client, told));
    });
  };
  pool.connect = ((callback?: (...args: Connected) => void) =>
    callback === undefined
      ? new Promise((resolve, reject) => {
          connect((error, client) => (client === undefined ? reject(error!) : resolve(client)));
        })
      : connect(callback)) as pg.Pool['connect'];
  return pool;
}

/** Notes the statements of one use of a connection. @returns what gives it back */
function watch(client: pg.PoolClient, told: Told): pg.PoolClient['release'] {
  const texts: string[] = [];
  let count = 0;
  const query = client.query.bind(client) as (...all: unknown[]) => unknown;
  const release = client.release.bind(client);
  client.query = ((...args: unknown[]) => {
    const [first] = args;
    const text = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
    if (count++ < MOST_TEXTS && text !== undefined)
      texts.push(text.trim().replaceAll(/\s+/g, ' ').slice(0, TEXT_CHARACTERS));
    return query(...args);
  }) as pg.PoolClient['query'];
  const giveBack = (problem?: Error | boolean): void => {
    // Its own again: the next use of the connection has another one put in front.
    Reflect.deleteProperty(client, 'query');
    told.attributes = {
      'db.system.name': 'postgresql',
      'db.query.text': texts.join('; '),
      'novaflow.statements': count,
    };
    if (problem instanceof Error) told.error = problem;
    channel.asyncEnd.publish(told);
    release(problem);
  };
  client.release = giveBack;
  return giveBack;
}
