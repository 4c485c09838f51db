import { rowType, rowsOf, time } from './rows.js';
import type { Statements } from './sql.js';

const NOW = rowType({ now: time });

/** The time by the database's clock: the one that all processes agree on. In a transaction it is when that began. */
export async function databaseTime(on: Statements): Promise<Date> {
  const [row] = await rowsOf(on, NOW)`SELECT now() AS now`;
  return row!.now;
}
