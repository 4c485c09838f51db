import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Prisma } from '#prisma';
import { databaseError, wasHindered } from './database-errors.js';

/** Statements as they are written: by Prisma, by one of its transactions, or straight by the driver. */
export interface Statements {
  $queryRaw<T = unknown>(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T>;
  /** @returns how many rows it wrote */
  $executeRaw(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number>;
}

/**
 * A step's transaction takes milliseconds; a statement that waits 10 s is a machine in trouble, and giving up frees its
 * locks. In one round trip with the beginning.
 */
const BEGIN = "BEGIN; SET LOCAL statement_timeout = '10s'";

/** @throws what the database said, as a service's error where there is one for it (database-errors.ts) */
function explain(error: unknown): never {
  throw databaseError(error, true) ?? error;
}

/**
 * How often a transaction is begun in all when another one was in its way. Two that hinder each other need a second
 * attempt; a third is for the crowd. What is then still hindered is answered with 503, which clients repeat.
 */
const ATTEMPTS = 3;
/** Longer than one of our transactions takes, so that the other one is done by then. */
const HINDRANCE_MS = 30;

/** Statements straight through the driver, on a pool or on one connection of it. Integers of 64 bits come as text. */
class Direct implements Statements {
  constructor(
    private readonly connection: { query(statement: pg.QueryConfig): Promise<pg.QueryResult> },
    protected readonly nameOf: (text: string) => string,
  ) {}

  async $queryRaw<T>(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<T> {
    return (await this.send(query, values)).rows as T;
  }

  async $executeRaw(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]): Promise<number> {
    return (await this.send(query, values)).rowCount ?? 0;
  }

  private send(query: TemplateStringsArray | Prisma.Sql, values: unknown[]): Promise<pg.QueryResult> {
    const { text, values: parameters } = query instanceof Prisma.Sql ? query : Prisma.sql(query, ...values);
    return this.connection.query({ name: this.nameOf(text), text, values: parameters }).catch(explain);
  }
}

type LockMode = 'exclusive' | 'shared';
/** An advisory lock of a transaction: its name and how it is held. */
export type Lock = [name?: string, mode?: LockMode];

/**
 * The way of the statements that every boot goes through. It is the same pool and the same SQL as through Prisma, at a
 * third of the CPU: Prisma's own part of a transaction costs the conductor more than PostgreSQL's
 * (docs/operators/tune.md).
 */
export class Sql extends Direct {
  constructor(
    private readonly pool: pg.Pool,
    nameOf: (text: string) => string,
  ) {
    super(pool, nameOf);
  }

  /**
   * Runs `work` in a transaction: read committed, as PostgreSQL has it. Whatever it throws rolls all of it back.
   * @param work is run again from its beginning when PostgreSQL gave the transaction up for another one's sake (a
   *   deadlock): all that it does, it does by statements
   * @param lock the name of an advisory lock that it holds from its beginning, in the same round trip
   * @param mode `shared` waits for those that hold it exclusively, and only for those
   * @throws 503 when it was given up each time
   */
  async transaction<T>(work: (tx: Statements) => Promise<T>, lock?: string, mode: LockMode = 'exclusive'): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work, lock, mode);
      } catch (error) {
        if (!wasHindered(error) || attempt === ATTEMPTS) throw error;
        // At a time of its own: two that begin again together would meet again.
        await sleep(HINDRANCE_MS * attempt * (0.5 + Math.random()));
      }
    }
  }

  private async attempt<T>(work: (tx: Statements) => Promise<T>, lock: string | undefined, mode: LockMode): Promise<T> {
    const client = await this.pool.connect().catch(explain);
    // A connection that breaks between two statements says so here; the next statement fails by it.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let broken: Error | undefined;
    try {
      const locking =
        lock === undefined
          ? ''
          : `; SELECT pg_advisory_xact_lock${mode === 'shared' ? '_shared' : ''}(hashtextextended(${client.escapeLiteral(lock)}, 0))`;
      await client.query(BEGIN + locking).catch(explain);
      const result = await work(new Direct(client, this.nameOf));
      await client.query('COMMIT').catch(explain);
      return result;
    } catch (error) {
      broken = await client.query('ROLLBACK').then(
        () => undefined,
        (failed: unknown) => (failed instanceof Error ? failed : new Error(String(failed))),
      );
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }
}
