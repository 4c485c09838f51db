import { Prisma, type Statements } from './database.js';

/** Rows by table. All rows of one table have the same columns; the order of the tables does not matter. */
export type RowsByTable = Readonly<Record<`${string}.${string}`, readonly object[]>>;

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * Inserts rows into several tables in one statement: one round trip for all that a request writes. Foreign keys are
 * checked at its end. Rows travel as JSON, so a column takes what its type reads from text. A row that is there
 * already (same key) stays as it is.
 */
export async function insertRows(queries: Statements, tables: RowsByTable): Promise<void> {
  const filled = Object.entries(tables).filter(([, rows]) => rows.length > 0);
  if (filled.length === 0) return;
  const parts = filled.map(([table, rows], i) => {
    const name = table.split('.').map(identifier).join('.');
    const columns = Object.keys(rows[0]!).map(identifier).join(', ');
    const source = Prisma.sql`${JSON.stringify(rows)}::jsonb`;
    return Prisma.sql`${Prisma.raw(`t${i} AS (INSERT INTO ${name} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${name}, `)}${source}${Prisma.raw(') ON CONFLICT DO NOTHING)')}`;
  });
  await queries.$executeRaw`WITH ${Prisma.join(parts)} SELECT 1`;
}
