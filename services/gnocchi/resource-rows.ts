import { Prisma, type Statements } from '../kernel/database.js';
import { integer, json, nullable, rowType, rowsOf, text, textMap, type Row } from '../kernel/rows.js';
import type { AttributeValue } from './attributes.js';
import { afterMarker, orderOf, sortKeys, type Page } from './pages.js';
import { GENERIC, type ResourceType } from './resource-types.js';
import { conditionOf, fieldOf, type Filter, type Searched } from './search.js';
import { readUuid } from './ids.js';
import { badPage } from './words.js';

/** A time as Python's isoformat writes it. */
const isoOf = (column: string): string =>
  `regexp_replace(to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\\.000000$', '') || '+00:00'`;

const RESOURCE = rowType({
  id: text,
  type: text,
  creator: nullable(text),
  original_resource_id: text,
  user_id: nullable(text),
  project_id: nullable(text),
  started_at: text,
  ended_at: nullable(text),
  revision_start: text,
  revision_end: nullable(text),
  revision: integer,
  attributes: json<Readonly<Record<string, AttributeValue>>>(),
  metrics: textMap,
});
/** A resource, or one of its revisions, with its times as text and the ids of its metrics by their names. */
export type ResourceRow = Row<typeof RESOURCE>;

/** What a resource is now has no number of a revision, and this one in Gnocchi. */
const NOW = -1;
const COLUMNS =
  'id, type, creator, original_resource_id, user_id, project_id, started_at, ended_at, revision_start, attributes';
const CURRENT = `SELECT ${COLUMNS}, ${NOW} AS revision, NULL::timestamptz AS revision_end FROM gnocchi.resources`;
const HISTORY = `(SELECT ${COLUMNS}, revision, revision_end FROM gnocchi.resource_history UNION ALL ${CURRENT})`;

const SHOWN = Prisma.raw(`
  r.id::text, r.type, r.creator, r.original_resource_id, r.user_id, r.project_id, ${isoOf('r.started_at')} AS started_at,
  ${isoOf('r.ended_at')} AS ended_at, ${isoOf('r.revision_start')} AS revision_start, ${isoOf('r.revision_end')} AS revision_end,
  r.revision, r.attributes, COALESCE((SELECT jsonb_object_agg(m.name, m.id) FROM gnocchi.metrics m
    WHERE m.resource_id = r.id AND m.status = 'active' AND m.name IS NOT NULL), '{}') AS metrics`);

/** The order of lists that name none (RESOURCE_DEFAULT_PAGINATION). */
export const RESOURCE_ORDER = ['revision_start:asc', 'started_at:asc'];

/** Which resources are wanted. */
export interface ResourceQuery {
  readonly type: ResourceType;
  readonly filter?: Filter | undefined;
  readonly history?: boolean | undefined;
}

const searchedOf = ({ type, history = false }: ResourceQuery): Searched => ({
  type: type.name,
  attributes: type.attributes,
  history,
});

/** The condition of a query on resources `r`. @throws 400 for a field or a value of the filter that there is not */
export function conditionFor(query: ResourceQuery): Prisma.Sql {
  const conditions = [
    ...(query.type.name === GENERIC ? [] : [Prisma.sql`r.type = ${query.type.name}`]),
    ...(query.filter === undefined ? [] : [conditionOf(searchedOf(query), query.filter)]),
  ];
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, ' AND ');
}

/** A page of resources. @throws 400 for what cannot be sorted or searched by, or a marker that is none */
export async function listResources(db: Statements, query: ResourceQuery, page: Page): Promise<ResourceRow[]> {
  const searched = searchedOf(query);
  const source = Prisma.raw(searched.history ? HISTORY : `(${CURRENT})`);
  const keys = sortKeys(page.sorts, searched.history ? ['id', 'revision'] : ['id'], (name) => {
    const row = fieldOf(searched, name)?.sql;
    const marker = fieldOf(searched, name, 'marker')?.sql;
    return row === undefined || marker === undefined ? undefined : { row, marker };
  });
  const condition = conditionFor(query);
  const { marker } = page;
  if (marker === undefined)
    return rowsOf(db, RESOURCE)`
      SELECT ${SHOWN} FROM ${source} r WHERE ${condition} ORDER BY ${orderOf(keys)} LIMIT ${page.limit}`;
  const [id = '', revision = String(NOW)] = searched.history ? marker.split('@') : [marker];
  const uuid = readUuid(id);
  const invalid = badPage(`Invalid marker: \`${marker}'`);
  if (uuid === undefined || !/^-?\d{1,9}$/.test(revision)) throw invalid;
  const found = Prisma.sql`SELECT * FROM ${source} of_marker WHERE id = ${uuid}::uuid AND revision = ${Number(revision)}`;
  const rows = await rowsOf(db, RESOURCE)`
    WITH marker AS (${found})
    SELECT ${SHOWN} FROM ${source} r CROSS JOIN marker
    WHERE ${condition} AND ${afterMarker(keys)} ORDER BY ${orderOf(keys)} LIMIT ${page.limit}`;
  if (rows.length === 0 && (await rowsOf(db, MARKER)`SELECT id::text FROM (${found}) found`).length === 0)
    throw invalid;
  return rows;
}

const MARKER = rowType({ id: text });

/** One resource of a type, as it is now. */
export async function findResource(db: Statements, type: string, id: string): Promise<ResourceRow | undefined> {
  const ofType = type === GENERIC ? Prisma.sql`TRUE` : Prisma.sql`r.type = ${type}`;
  const [row] = await rowsOf(db, RESOURCE)`
    SELECT ${SHOWN} FROM ${Prisma.raw(`(${CURRENT})`)} r WHERE r.id = ${id}::uuid AND ${ofType}`;
  return row;
}
