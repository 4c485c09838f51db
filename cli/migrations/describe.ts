import type pg from 'pg';

/** Where a table's service is called as its schema; the rest of PostgreSQL is not ours. */
const OURS = `n.nspname NOT IN ('public', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'`;

const TABLES = `
  SELECT n.nspname AS service, format('CREATE TABLE %I.%I (', n.nspname, c.relname) || E'\\n' || (
      SELECT string_agg('  ' || line, E',\\n' ORDER BY place) FROM (
        SELECT a.attnum AS place, format('%I ', a.attname) || CASE
            WHEN pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) IS NOT NULL
              THEN CASE a.atttypid WHEN 'int8'::regtype THEN 'BIGSERIAL NOT NULL' ELSE 'SERIAL NOT NULL' END
            ELSE upper(format_type(a.atttypid, a.atttypmod)) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
              || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') END AS line
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL
        SELECT 10000, format('CONSTRAINT %I ', conname) || pg_get_constraintdef(oid) FROM pg_constraint
        WHERE conrelid = c.oid AND contype IN ('p', 'u', 'c', 'x')) lines) || E'\\n)'
      || COALESCE(' PARTITION BY ' || pg_get_partkeydef(c.oid), '') || ';' AS sql
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${OURS} ORDER BY 1, c.relname`;

/** A partitioned table comes with the partition for what fits into no other; those that come and go are made by its service. */
const PARTITIONS = `
  SELECT n.nspname AS service,
    format('CREATE TABLE %I.%I PARTITION OF %s ', n.nspname, c.relname, i.inhparent::regclass) || pg_get_expr(c.relpartbound, c.oid) || ';' AS sql
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
  WHERE c.relkind = 'r' AND c.relispartition AND ${OURS} ORDER BY 1, c.relname`;

const INDEXES = `
  SELECT n.nspname AS service, pg_get_indexdef(i.indexrelid) || ';' AS sql
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OURS} AND NOT c.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
  ORDER BY 1, c.relname`;

const FOREIGN_KEYS = `
  SELECT n.nspname AS service,
    format('ALTER TABLE %I.%I ADD CONSTRAINT %I ', n.nspname, c.relname, k.conname) || pg_get_constraintdef(k.oid) || ';' AS sql
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype = 'f' AND ${OURS} ORDER BY 1, c.relname, k.conname`;

/**
 * Functions and the triggers that call them, from whichever schema. They look at tables of several services, so they are a
 * part of their own, which sorts behind all of those.
 */
const TRIGGERS = `
  SELECT 'triggers' AS service, pg_get_functiondef(p.oid) || ';' AS sql, 1 AS place, n.nspname || '.' || proname AS name
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OURS}
  UNION ALL SELECT 'triggers', pg_get_triggerdef(oid) || ';', 2, tgname || ' ' || tgrelid::regclass FROM pg_trigger
    WHERE NOT tgisinternal
  ORDER BY place, name`;

/** What there is none of, so that nobody has to describe it. */
const OTHERS = `
  SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind NOT IN ('r', 'p', 'i', 'I', 'S') AND ${OURS}
  UNION ALL SELECT typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE typtype IN ('e', 'd', 'r') AND ${OURS}`;

/**
 * A database's tables, indexes, foreign keys, functions and triggers as the SQL that makes them, by service: the same text for the same tables.
 * @throws for a view or type of its own, which it does not describe
 */
export async function describeDatabase(db: pg.Client): Promise<Map<string, string>> {
  const { rows: others } = await db.query<{ name: string }>(OTHERS);
  if (others.length > 0)
    throw new Error(`cli/migrations/describe.ts does not describe ${others.map(({ name }) => name).join(', ')} yet.`);
  const described = new Map<string, string>();
  for (const query of [TABLES, PARTITIONS, INDEXES, FOREIGN_KEYS, TRIGGERS]) {
    const { rows } = await db.query<{ service: string; sql: string }>(query);
    for (const { service, sql } of rows)
      described.set(service, `${described.get(service) ?? headOf(service)}\n${sql}\n`);
  }
  return described;
}

/** Triggers have no schema of their own. */
const headOf = (service: string): string => (service === 'triggers' ? '' : `CREATE SCHEMA ${service};\n`);

const COLUMNS = `
  SELECT n.nspname AS service, format('%I.%I', n.nspname, c.relname) AS "table",
    string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns,
    string_agg(format('quote_nullable(%I)', a.attname), ' || '', '' || ' ORDER BY a.attnum) AS quoted
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.atthasdef
  WHERE c.relkind = 'r' AND ${OURS} GROUP BY 1, 2 ORDER BY 1, 2`;

/**
 * The rows that migrations put into an empty database (the standard resource classes and traits), as the SQL that inserts
 * them, by service. What a column has by default, such as a time, it gets anew.
 */
export async function describeRows(db: pg.Client): Promise<Map<string, string>> {
  const described = new Map<string, string>();
  const { rows: tables } = await db.query<{ service: string; table: string; columns: string; quoted: string }>(COLUMNS);
  for (const { service, table, columns, quoted } of tables) {
    const { rows } = await db.query<{ values: string }>(`SELECT ${quoted} AS values FROM ${table} ORDER BY 1`);
    if (rows.length === 0) continue;
    const values = rows.map((row) => `  (${row.values})`).join(',\n');
    described.set(service, `${described.get(service) ?? ''}INSERT INTO ${table} (${columns}) VALUES\n${values};\n`);
  }
  return described;
}
