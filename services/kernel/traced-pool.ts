import { tracingChannel } from 'node:diagnostics_channel';
import type pg from 'pg';

/** Whoever traces this process listens here (apps/tracing). */
const channel = tracingChannel<string, Told>('novaflow.sql');

/** One use of a connection, from when it is asked for until it is given back. */
interface Told {
  readonly name: string;
  /** Whoever listens sets it where this use is a part of something traced. Of others nothing more is noted. */
  heard?: boolean;
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
    if (told.heard !== true) return original(callback);
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

/** The statements of one use of a connection. */
interface Use {
  readonly texts: string[];
  count: number;
}
/** Connections that note their statements, and for which use just now. */
const uses = new WeakMap<pg.PoolClient, { now: Use | undefined }>();

/** Notes the statements of one use of a connection. @returns what gives it back */
function watch(client: pg.PoolClient, told: Told): pg.PoolClient['release'] {
  const noting = uses.get(client) ?? noted(client);
  const use: Use = { texts: [], count: 0 };
  noting.now = use;
  const release = client.release.bind(client);
  const giveBack = (problem?: Error | boolean): void => {
    noting.now = undefined;
    told.attributes = {
      'db.system.name': 'postgresql',
      'db.query.text': use.texts.join('; '),
      'novaflow.statements': use.count,
    };
    if (problem instanceof Error) told.error = problem;
    channel.asyncEnd.publish(told);
    release(problem);
  };
  client.release = giveBack;
  return giveBack;
}

/** Puts itself in front of a connection's `query`, once: an object whose members come and go is slow for all who use it. */
function noted(client: pg.PoolClient): { now: Use | undefined } {
  const noting: { now: Use | undefined } = { now: undefined };
  const query = client.query.bind(client) as (...all: unknown[]) => unknown;
  client.query = ((...args: unknown[]) => {
    const { now } = noting;
    if (now && now.count++ < MOST_TEXTS) {
      const [first] = args;
      if (typeof first === 'string') now.texts.push(shortened(first));
      else now.texts.push(known((first as { text?: string } | undefined)?.text ?? ''));
    }
    return query(...args);
  }) as pg.PoolClient['query'];
  uses.set(client, noting);
  return noting;
}

const shortened = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').slice(0, TEXT_CHARACTERS);

/** Prepared statements are some hundred texts, again and again; what is over the limit is shortened each time. */
const MOST_KNOWN = 500;
const texts = new Map<string, string>();

function known(text: string): string {
  const before = texts.get(text);
  if (before !== undefined) return before;
  const short = shortened(text);
  if (texts.size < MOST_KNOWN) texts.set(text, short);
  return short;
}
