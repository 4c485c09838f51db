import { Prisma, type Statements } from '../../kernel/database.js';
import { BACK_SECONDS, ChangeFeed, type Look } from '../../kernel/change-feed.js';
import { jsonList, rowType, rowsOf, text } from '../../kernel/rows.js';

/** A part of what hosts are told that has changed: a network, a router, a security or address group by its id, or a host by its name. */
export interface HostChange {
  readonly kind: string;
  readonly key: string;
}

const SEEN = rowType({ snapshot: text, changes: jsonList<HostChange>() });

/** As often the database is asked while a host waits: a change is to be on its hosts within a second. */
const EVERY_MS = 200;
/** Rows are of use for `BACK_SECONDS`; one that is removed later costs nothing. */
const KEPT_SECONDS = 60;

/** What triggers say of the records that hosts are told of (prisma/migrations: neutron.tell_hosts). */
export class HostChanges {
  private readonly feed: ChangeFeed<HostChange>;

  constructor(private readonly sql: Statements) {
    this.feed = new ChangeFeed(EVERY_MS, () => this.looks());
  }

  /** @returns what ends it */
  listen(listener: (changes: readonly HostChange[]) => void): () => void {
    return this.feed.listen(listener);
  }

  /** Removes what nobody looks at any more. */
  async purge(): Promise<void> {
    await this.sql.$executeRaw`
      DELETE FROM neutron.host_changes WHERE changed_at < now() - make_interval(secs => ${KEPT_SECONDS})`;
  }

  /**
   * Each look but the first gives what has committed since the one before, each row once, however late its transaction ends: what a
   * statement sees is its snapshot, and the next one asks for what that did not see.
   */
  private looks(): Look<HostChange> {
    let last: string | undefined;
    return async () => {
      const news =
        last === undefined
          ? Prisma.sql`changed_at > now() - make_interval(secs => ${BACK_SECONDS})`
          : Prisma.sql`xid >= pg_snapshot_xmin(${last}::pg_snapshot)::text::bigint
              AND NOT pg_visible_in_snapshot(xid::text::xid8, ${last}::pg_snapshot)`;
      const [found] = await rowsOf(this.sql, SEEN)`
        SELECT pg_current_snapshot()::text AS snapshot, COALESCE(jsonb_agg(jsonb_build_object('kind', kind, 'key', key) ORDER BY id), '[]') AS changes
        FROM neutron.host_changes WHERE ${news}`;
      last = found!.snapshot;
      return found!.changes;
    };
  }
}
