import pg from 'pg';
import { onNobodysBehalf } from './log-context.js';

/** How long after a broken connection the next one is tried, in ms. */
const AGAIN_MS = 500;
/** A connection that has not answered for this long, in ms, may be dead without anybody having said so. */
const TRUSTED_MS = 1_000;
/** After this long without an answer, in ms, a connection is given up: one that died unsaid would be so for a quarter of an hour. */
const PATIENCE_MS = 5_000;
/** How often it is asked for a sign of life at most, in ms: a few times within the time that it is trusted. */
const ASK_MS = 300;

/**
 * Hears what transactions say on a channel of PostgreSQL (NOTIFY), by a connection of its own. It is made when somebody first asks
 * whether it hears, and asked for signs of life only as long as somebody does.
 */
export class Listener {
  private client: pg.Client | undefined;
  private connecting: Promise<void> | undefined;
  private closed = false;
  // A process is a second old before times of its clock could be told from none if 0 stood for that.
  private triedAt = -Infinity;
  private askedAt = -Infinity;
  private answeredAt = -Infinity;
  /** While one question waits for its answer, another one would only wait behind it. */
  private asking = false;
  private readonly hearers: (() => void)[] = [];

  constructor(
    private readonly url: string,
    private readonly channel: string,
  ) {}

  /** Whether all that was said until a second ago was heard. While it is not, nobody may rely on it. */
  get hears(): boolean {
    const now = performance.now();
    if (this.client === undefined) {
      if (!this.closed && now - this.triedAt >= AGAIN_MS) this.connecting = onNobodysBehalf(() => this.connect(now));
    } else if (this.answeredAt > 0 && !this.asking && now - this.askedAt >= ASK_MS) void this.ask(this.client, now);
    return now - this.answeredAt < TRUSTED_MS;
  }

  /**
   * Whether this process holds a lease, which one process has at a time: an advisory lock of this connection. With the
   * connection it ends, so that another process has it as soon as PostgreSQL knows that this one is gone, and nobody waits for
   * an expiry. It is asked for each time, as a lock that was lost with its connection would else be believed in; PostgreSQL
   * only counts how often one session took it.
   * @returns false also while PostgreSQL cannot be reached
   */
  async holds(name: string): Promise<boolean> {
    if (!this.hears) await this.connecting;
    const { client } = this;
    if (client === undefined || this.answeredAt === -Infinity) return false;
    try {
      const { rows } = await client.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held',
        [name],
      );
      return rows[0]?.held === true;
    } catch {
      this.lose(client);
      return false;
    }
  }

  /** @param heard called for everything that is said, and when something may have been missed */
  onHeard(heard: () => void): void {
    this.hearers.push(heard);
  }

  private heard(): void {
    for (const heard of this.hearers) heard();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.client?.end().catch(() => undefined);
  }

  private async connect(now: number): Promise<void> {
    this.triedAt = now;
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
    });
    this.client = client;
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    client.on('notification', () => this.heard());
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(this.channel)}`);
      // What was said before this was not heard.
      this.heard();
      if (this.client === client) this.answeredAt = performance.now();
    } catch {
      this.lose(client);
    }
  }

  /** What was said before the answer was sent has come before it. */
  private async ask(client: pg.Client, now: number): Promise<void> {
    this.askedAt = now;
    this.asking = true;
    try {
      await client.query('SELECT 1');
      if (this.client === client) this.answeredAt = now;
    } catch {
      this.lose(client);
    } finally {
      if (this.client === client) this.asking = false;
    }
  }

  private lose(client: pg.Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.answeredAt = -Infinity;
    this.asking = false;
    this.heard();
    void client.end().catch(() => undefined);
  }
}
