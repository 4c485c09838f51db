import type { Sql, Statements } from '../kernel/database.js';
import { unavailable } from '../kernel/errors.js';
import type { Outbox } from '../kernel/outbox.js';
import { bool, integer, rowType, rowsOf } from '../kernel/rows.js';
import { BOOT_SERVER } from './operations.js';

/**
 * While requests come, the load is read again after this time, in ms. A few boots more or less than allowed do no harm.
 */
const LOOK_MS = 250;

/** A boot ends by its build timeout. Recording its end may take this much longer. */
const OVERDUE_SECONDS = 60;

const LOCK = rowType({ mine: bool });
const COUNT = rowType({ n: integer });

/** A number by project. */
type Counts = ReadonlyMap<string, number>;
interface Load {
  /** Boots whose workflow has been started. */
  readonly underWay: number;
  /** Boots that wait. */
  readonly held: Counts;
}
const sum = (counts: Counts): number => [...counts.values()].reduce((a, b) => a + b, 0);

/**
 * Back-pressure. Only so many boots are under way at once: more would make each of them slower until they time out, and
 * none of them faster. What is asked for beyond that is accepted and waits in the outbox, in order and fairly between
 * projects; beyond what may wait, the answer is 503 with Retry-After. The build timeout counts from the start of the
 * workflow, so waiting uses up none of it.
 */
export class Admission {
  private load: { underWay: number; held: Map<string, number> } = { underWay: 0, held: new Map() };
  /** How many boots of each waiting project have been started. Each conductor counts its own, which is fair enough. */
  private turns = new Map<string, number>();
  private lookedAt = 0;
  private looking = false;

  constructor(
    private readonly sql: Sql,
    private readonly outbox: Outbox,
    private readonly most: { readonly underWay: number; readonly waiting: number },
    private readonly buildTimeoutSeconds: number,
  ) {}

  /**
   * Refuses a request when too many boots wait. A project that has less than its share of those is let in all the same.
   * @throws 503 with Retry-After
   */
  check(projectId: string): void {
    this.lookSoon();
    const { held } = this.load;
    const waiting = sum(held);
    if (waiting < this.most.waiting) return;
    const mine = held.get(projectId) ?? 0;
    const share = this.most.waiting / (held.size + (held.has(projectId) ? 0 : 1));
    if (mine >= share) throw unavailable(`${waiting} servers wait to be built. Try again later.`);
  }

  /** Whether boots that are accepted now have to wait for their turn. */
  mustWait(projectId: string, count: number): boolean {
    const { held, underWay } = this.load;
    const wait = held.size > 0 || underWay + count > this.most.underWay;
    if (wait) held.set(projectId, (held.get(projectId) ?? 0) + count);
    else this.load.underWay += count;
    return wait;
  }

  /** Starts boots that wait, as many as there is room for. @returns how many still wait */
  async release(): Promise<number> {
    if ((await this.outbox.held()).size === 0) return 0;
    const { starts, waiting } = await this.sql.transaction(async (tx) => {
      // One conductor at a time: two would see the same room and fill it twice.
      const [lock] = await rowsOf(tx, LOCK)`
        SELECT pg_try_advisory_xact_lock(hashtextextended('nova/admission', 0)) AS mine`;
      if (!lock?.mine) return { starts: [], waiting: 1 };
      const load = await this.read(tx);
      const room = this.most.underWay - load.underWay;
      if (room <= 0) return { starts: [], waiting: sum(load.held) };
      this.turns = this.turnsOf(load.held);
      const released = await this.outbox.release(tx, room, this.turns);
      for (const { project_id } of released) this.turns.set(project_id, (this.turns.get(project_id) ?? 0) + 1);
      return { starts: released, waiting: sum(load.held) - released.length };
    });
    await this.outbox.dispatch(starts);
    return waiting;
  }

  /**
   * The turns of the projects that are waiting. One that has just begun to wait gets the lowest count of the others.
   */
  private turnsOf(held: Counts): Map<string, number> {
    const known = [...held.keys()].flatMap((project) => this.turns.get(project) ?? []);
    const fewest = known.length === 0 ? 0 : Math.min(...known);
    return new Map([...held.keys()].map((project) => [project, this.turns.get(project) ?? fewest]));
  }

  /** Looks at the load in the background, if the last look is too long ago. */
  private lookSoon(): void {
    if (this.looking || Date.now() - this.lookedAt < LOOK_MS) return;
    this.looking = true;
    void this.look();
  }

  private async look(): Promise<void> {
    try {
      const { underWay, held } = await this.read(this.sql);
      this.load = { underWay, held: new Map(held) };
    } catch {
      // The request itself will find out that the database is away.
    } finally {
      this.lookedAt = Date.now();
      this.looking = false;
    }
  }

  /**
   * Counts the boots that are under way. Two kinds are left out. One whose server is being deleted or in ERROR: its
   * undo may wait for a host for days, and takes no capacity from boots. And one that began longer ago than a boot may
   * take: its workflow was lost with Temporal's data, and an audit will find it.
   */
  private async read(queries: Statements): Promise<Load> {
    const [begun, held] = await Promise.all([
      rowsOf(queries, COUNT)`
        SELECT count(*)::int AS n FROM operations.operations
        WHERE kind = ${BOOT_SERVER.kind} AND finished_at IS NULL AND (state = 'requested'
          OR state = 'running' AND started_at > now() - make_interval(secs => ${this.buildTimeoutSeconds + OVERDUE_SECONDS}))`,
      this.outbox.held(queries),
    ]);
    return { underWay: begun[0]?.n ?? 0, held };
  }
}
