import type { Statements } from '../kernel/database.js';
import { json, rowType, rowsOf, text } from '../kernel/rows.js';

/** An attribute of a resource type, as it is kept and answered (gnocchi/resource_type.py). */
export type Attribute = { readonly required: boolean } & (
  | { readonly type: 'string'; readonly min_length: number; readonly max_length: number }
  | { readonly type: 'uuid' | 'datetime' | 'bool' }
  | { readonly type: 'number'; readonly min: number | null; readonly max: number | null }
);
export type Attributes = Readonly<Record<string, Attribute>>;

export interface ResourceType {
  readonly name: string;
  readonly attributes: Attributes;
}

/** The type that every resource has at least: what it has is all that resources of all types have. */
export const GENERIC = 'generic';

const TYPE = rowType({ name: text, attributes: json<Attributes>() });

/** The resource types of some names, or all of them. Those that are not there are left out. */
export async function readTypes(db: Statements, names?: readonly string[]): Promise<Map<string, ResourceType>> {
  const rows = await rowsOf(db, TYPE)`
    SELECT name, attributes FROM gnocchi.resource_types
    WHERE ${names ?? null}::text[] IS NULL OR name = ANY(${names ?? null}::text[]) ORDER BY name`;
  return new Map(rows.map((row) => [row.name, row]));
}
