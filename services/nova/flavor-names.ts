import type { Sql } from '../kernel/database.js';
import { withPatterns } from './patterns.js';

/** The flavors whose names a regular expression matches. @throws 400 for an expression that is none, or too much work */
export async function idsOfFlavorsNamed(sql: Sql, name: string): Promise<string[]> {
  const found = await withPatterns(
    sql,
    [['name', name]],
    (tx) => tx.$queryRaw<{ id: string }[]>`SELECT id FROM nova.flavors WHERE name ~ ${name}`,
  );
  return found.map(({ id }) => id);
}
