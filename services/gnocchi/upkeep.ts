import { Prisma, type Sql, type Statements } from '../kernel/database.js';
import { bool, rowType, rowsOf, text } from '../kernel/rows.js';

/** Days for which there is a partition ahead of time: a conductor that is away for a week leaves every measure a partition of its own. */
const AHEAD_DAYS = 7;
/** Metrics of one statement: each takes a look into an index for each of its granularities. */
const BATCH = 1_000;
/** Rows of deleted metrics of one statement: short enough that nobody waits for it. */
const PURGED = 100;
/** Only one conductor does this at a time. */
const LOCK = 'gnocchi upkeep';
/** Who stores or reads measures goes on meanwhile; a partition that is busy for longer is for the next time. */
const WAIT = '2s';

const PARTITION = rowType({ name: text, old: bool });

/**
 * Keeps the store of measures: makes partitions ahead of time, drops those that no rollup needs any more, and removes what archive
 * policies keep no longer, and what deleted metrics had.
 */
export class Upkeep {
  constructor(
    private readonly sql: Sql,
    private readonly settings: { readonly raw_retention: number },
  ) {}

  /** Does all of it once. Whoever comes while another one does it waits, and finds little to do. */
  async run(): Promise<void> {
    await this.makePartitions();
    await this.dropPartitions();
    await this.trimRollups();
    while (await this.purgeDeleted());
  }

  /** One for each day, from yesterday on. It is filled with what came before it was there, and then attached. */
  async makePartitions(): Promise<void> {
    const days = await rowsOf(this.sql, rowType({ day: text, name: text, from: text, to: text }))`
      SELECT to_char(day, 'YYYYMMDD') AS day, 'measures_' || to_char(day, 'YYYYMMDD') AS name,
        to_char(day, 'YYYY-MM-DD') || 'T00:00:00Z' AS from, to_char(day + interval '1 day', 'YYYY-MM-DD') || 'T00:00:00Z' AS to
      FROM generate_series((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + ${AHEAD_DAYS}::int, interval '1 day') AS day
      WHERE to_regclass('gnocchi.measures_' || to_char(day, 'YYYYMMDD')) IS NULL`;
    for (const { name, from, to } of days)
      await this.sql.transaction(async (tx) => {
        await patient(tx);
        if (await isThere(tx, name)) return;
        const table = Prisma.raw(`gnocchi.${name}`);
        const bounds = Prisma.raw(`'${from}'::timestamptz AND "timestamp" < '${to}'::timestamptz`);
        await tx.$executeRaw`CREATE TABLE ${table} (LIKE gnocchi.measures INCLUDING ALL)`;
        await tx.$executeRaw`LOCK TABLE gnocchi.measures_default IN SHARE ROW EXCLUSIVE MODE`;
        await tx.$executeRaw`
          WITH early AS (DELETE FROM gnocchi.measures_default WHERE "timestamp" >= ${bounds} RETURNING metric_id, "timestamp", value)
          INSERT INTO ${table} (metric_id, "timestamp", value) SELECT metric_id, "timestamp", value FROM early`;
        await tx.$executeRaw`
          ALTER TABLE gnocchi.measures ATTACH PARTITION ${table} FOR VALUES FROM (${Prisma.raw(`'${from}'`)}) TO (${Prisma.raw(`'${to}'`)})`;
      }, LOCK);
  }

  /**
   * Drops the days that are older than measures are needed for: the setting's days, or what the coarsest granularity and the widest
   * back window of any archive policy need. What is in no partition of a day is removed row by row.
   */
  async dropPartitions(): Promise<void> {
    const kept = keptSince(this.settings.raw_retention);
    const partitions = await rowsOf(this.sql, PARTITION)`
      SELECT c.relname AS name, to_timestamp(substr(c.relname, 10), 'YYYYMMDD') AT TIME ZONE 'UTC' AT TIME ZONE 'UTC' + interval '1 day' < ${kept} AS old
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'gnocchi.measures'::regclass AND c.relname ~ '^measures_[0-9]{8}$'`;
    for (const { name } of partitions.filter(({ old }) => old))
      await this.sql.transaction(async (tx) => {
        await patient(tx);
        if (await isThere(tx, name)) await tx.$executeRaw`DROP TABLE ${Prisma.raw(`gnocchi.${name}`)}`;
      }, LOCK);
    // Measures of long ago are there until newer ones of their metric have moved its window on.
    await this.sql.$executeRaw`
      DELETE FROM gnocchi.measures_default d USING gnocchi.metrics m, gnocchi.archive_policies p
      WHERE m.id = d.metric_id AND p.name = m.archive_policy_name
        AND d."timestamp" < m.newest - ${windowOf('p')}`;
  }

  /** Removes rollups that are older than their archive policy keeps them, as of the newest measure of their metric. */
  async trimRollups(): Promise<void> {
    for (let after: string | undefined = '00000000-0000-0000-0000-000000000000'; after !== undefined;) {
      const batch: { id: string }[] = await rowsOf(this.sql, rowType({ id: text }))`
        SELECT id::text FROM gnocchi.metrics WHERE id > ${after}::uuid AND newest IS NOT NULL ORDER BY id LIMIT ${BATCH}`;
      if (batch.length > 0)
        await this.sql.$executeRaw`
          DELETE FROM gnocchi.rollups r
          USING gnocchi.metrics m, gnocchi.archive_policies p, jsonb_to_recordset(p.definition) AS d(granularity float8, timespan float8)
          WHERE m.id = ANY(${batch.map(({ id }) => id)}::uuid[]) AND p.name = m.archive_policy_name AND d.timespan IS NOT NULL
            AND r.metric_id = m.id AND r.granularity = round(d.granularity * 1000000)::bigint
            AND r."timestamp" <= date_bin(d.granularity * interval '1 second', m.newest, 'epoch') - d.timespan * interval '1 second'`;
      after = batch.length === BATCH ? batch.at(-1)!.id : undefined;
    }
  }

  /** Removes deleted metrics with their measures. @returns whether there may be more */
  async purgeDeleted(): Promise<boolean> {
    return this.sql.transaction(async (tx) => {
      const gone = await rowsOf(tx, rowType({ id: text }))`
        SELECT id::text FROM gnocchi.metrics WHERE status = 'delete' ORDER BY id LIMIT ${PURGED} FOR UPDATE SKIP LOCKED`;
      const ids = gone.map(({ id }) => id);
      if (ids.length === 0) return false;
      await tx.$executeRaw`DELETE FROM gnocchi.rollups WHERE metric_id = ANY(${ids}::uuid[])`;
      await tx.$executeRaw`DELETE FROM gnocchi.measures WHERE metric_id = ANY(${ids}::uuid[])`;
      await tx.$executeRaw`DELETE FROM gnocchi.metrics WHERE id = ANY(${ids}::uuid[])`;
      return ids.length === PURGED;
    });
  }
}

/** A lock of a whole table is not waited for behind a long reader, since all others would wait behind it. */
const patient = (tx: Statements): Promise<number> =>
  tx.$executeRaw`SET LOCAL lock_timeout = ${Prisma.raw(`'${WAIT}'`)}`;

async function isThere(tx: Statements, name: string): Promise<boolean> {
  const [found] = await rowsOf(tx, rowType({ there: bool }))`
    SELECT to_regclass(${`gnocchi.${name}`}) IS NOT NULL AS there`;
  return found!.there;
}

/** For how long an archive policy's measures may be counted again: its back window, and two blocks for rates. */
const windowOf = (policy: 'p'): Prisma.Sql =>
  Prisma.raw(`
  ((${policy}.back_window + 2) * (SELECT max((d->>'granularity')::float8) FROM jsonb_array_elements(${policy}.definition) AS d)
    * interval '1 second')`);

const keptSince = (days: number): Prisma.Sql => Prisma.sql`
  (SELECT now() - GREATEST(${days}::int * interval '1 day', max(${windowOf('p')})) FROM gnocchi.archive_policies p)`;
