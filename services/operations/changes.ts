import type { Statements } from '../kernel/database.js';
import { rowType, rowsOf, text, time } from '../kernel/rows.js';

const CHANGE = rowType({ id: text, resource_type: text, resource_id: text, project_id: text, updated_at: time });

/** Something that is not as it was: what it is, and whose. What it is now is to be asked for. */
export interface Change {
  readonly type: string;
  readonly id: string;
  readonly projectId: string;
}
type Listener = (changes: readonly Change[]) => void;

/** As often the database is asked, as long as anybody listens: soon enough for a person, and two cheap queries a second. */
const EVERY_MS = 500;
/**
 * So far back each query looks. A transaction is dated by its beginning and may last for ten seconds
 * (services/kernel/database.ts), so what is older than the newest may be new all the same.
 */
const BACK_SECONDS = 15;
/** Of one query: many times what a cloud does in the time that it looks back. */
const MOST = 10_000;

/**
 * What changes, for all who listen in this process, by one query. A NOTIFY in each transaction would make all of them wait for each
 * other where they commit.
 */
export class Changes {
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | undefined;
  private asking = false;
  /** When each operation changed last, of those that the last query saw. */
  private seen: ReadonlyMap<string, number> | undefined;

  constructor(private readonly sql: Statements) {}

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.look(), EVERY_MS).unref();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** Whether the database is asked at present. */
  get active(): boolean {
    return this.timer !== undefined;
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.seen = undefined;
  }

  private async look(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const rows = await rowsOf(this.sql, CHANGE)`
        SELECT id, resource_type, resource_id, project_id, updated_at FROM operations.operations
        WHERE updated_at > now() - make_interval(secs => ${BACK_SECONDS}) ORDER BY updated_at DESC LIMIT ${MOST}`;
      const { seen } = this;
      const isNew = ({ id, updated_at }: (typeof rows)[number]): boolean => seen?.get(id) !== updated_at.getTime();
      if (this.active) this.seen = new Map(rows.map(({ id, updated_at }) => [id, updated_at.getTime()]));
      // Who begins to listen asks for everything himself.
      if (seen !== undefined) this.tell(rows.filter(isNew).toReversed());
    } catch {
      // The database is away for a moment: the next query sees what this one would have.
    } finally {
      this.asking = false;
    }
  }

  private tell(rows: readonly { id: string; resource_type: string; resource_id: string; project_id: string }[]): void {
    if (rows.length === 0) return;
    const changes = rows.flatMap(({ id, resource_type, resource_id, project_id: projectId }): Change[] => [
      { type: resource_type, id: resource_id, projectId },
      { type: 'operation', id, projectId },
    ]);
    for (const listener of this.listeners) listener(changes);
  }
}
