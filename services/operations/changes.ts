import { BACK_SECONDS, ChangeFeed, unseen } from '../kernel/change-feed.js';
import type { Statements } from '../kernel/database.js';
import { rowType, rowsOf, text, time } from '../kernel/rows.js';
import type { Notifications } from '../notifications/index.js';

const CHANGE = rowType({ id: text, resource_type: text, resource_id: text, project_id: text, updated_at: time });

/** Something that is not as it was: what it is, and whose. What it is now is to be asked for. */
export interface Change {
  readonly type: string;
  readonly id: string;
  /** Null of what belongs to no project: a user, a flavor. */
  readonly projectId: string | null;
}

/** As often the database is asked, as long as anybody listens: soon enough for a person, and a few cheap queries a second. */
const EVERY_MS = 500;
/** Of one query: many times what a cloud does in the time that it looks back. */
const MOST = 10_000;

/** A change, with what tells it from an earlier one of the same thing. */
type Told = Change & { readonly key: string };

/**
 * What changes, for all who listen in this process, by two queries: operations, which change in steps that nobody is notified of,
 * and what notifications tell of.
 */
export class Changes {
  private readonly feed: ChangeFeed<Told>;
  /** Up to where notifications were read; undefined while nobody listens. */
  private cursor: string | undefined;

  constructor(
    private readonly sql: Statements,
    private readonly notifications: Pick<Notifications, 'now' | 'touched'>,
  ) {
    this.feed = new ChangeFeed(EVERY_MS, () =>
      unseen(
        () => this.look(),
        ({ key }) => key,
      ),
    );
  }

  /** @returns what ends it */
  listen(listener: (changes: readonly Change[]) => void): () => void {
    // What was told of while nobody listened is asked for by who begins to.
    if (!this.active) this.cursor = undefined;
    return this.feed.listen(listener);
  }

  /** Whether the database is asked at present. */
  get active(): boolean {
    return this.feed.active;
  }

  private async look(): Promise<readonly Told[]> {
    // What notifications tell of is read last: once its cursor has moved, this look has to be told.
    const operations = await this.operations();
    return [...operations, ...(await this.resources())];
  }

  /** The operations that have changed lately, and what they work on. */
  private async operations(): Promise<readonly Told[]> {
    const rows = await rowsOf(this.sql, CHANGE)`
      SELECT id, resource_type, resource_id, project_id, updated_at FROM operations.operations
      WHERE updated_at > now() - make_interval(secs => ${BACK_SECONDS}) ORDER BY updated_at DESC LIMIT ${MOST}`;
    return rows.toReversed().flatMap(({ id, resource_type, resource_id, project_id: projectId, updated_at }) => {
      const when = `${id} ${updated_at.getTime()}`;
      return [
        { key: `of ${when}`, type: resource_type, id: resource_id, projectId },
        { key: when, type: 'operation', id, projectId },
      ];
    });
  }

  /** What has been told of since the last look. */
  private async resources(): Promise<readonly Told[]> {
    const from = this.cursor;
    if (from === undefined) {
      this.cursor = await this.notifications.now();
      return [];
    }
    const { rows, cursor } = await this.notifications.touched(from, MOST);
    this.cursor = cursor;
    return rows.map(({ resource_type: type, resource_id: id, project_id: projectId }) => ({
      key: `${type} ${id} ${from}`,
      type,
      id,
      projectId,
    }));
  }
}
