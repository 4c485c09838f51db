import type { Sql } from '../kernel/database.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { withPatterns } from './patterns.js';

const MATCH = rowType({ id: text });

/** The flavors whose names a regular expression matches. @throws 400 for an expression that is none, or too much work */
export async function idsOfFlavorsNamed(sql: Sql, name: string): Promise<string[]> {
  const found = await withPatterns(
    sql,
    [['name', name]],
    (tx) => rowsOf(tx, MATCH)`SELECT id FROM nova.flavors WHERE name ~ ${name}`,
  );
  return found.map(({ id }) => id);
}
