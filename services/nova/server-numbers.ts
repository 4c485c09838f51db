import type { Statements } from '../kernel/database.js';
import { integer, rowType, rowsOf } from '../kernel/rows.js';

/**
 * How many numbers are drawn at a time. Those that a process does not use are lost, as a sequence loses some by
 * rollbacks.
 */
const BLOCK = 32;
const NUMBER = rowType({ n: integer });

/**
 * Numbers for servers' instance names (instance-0000002a). They are drawn in blocks, to save a round trip for each
 * request.
 */
export class ServerNumbers {
  private drawn: number[] = [];

  async take(queries: Statements, count: number): Promise<number[]> {
    while (this.drawn.length < count) {
      const block = Math.max(BLOCK, count);
      const rows = await rowsOf(queries, NUMBER)`
        SELECT nextval('nova.servers_number_seq')::int AS n FROM generate_series(1, ${block})`;
      this.drawn.push(...rows.map((r) => r.n));
    }
    return this.drawn.splice(0, count);
  }
}
