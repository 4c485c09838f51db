import { Prisma } from '../kernel/database.js';
import { timeOf } from './store.js';
import { readNumber, readSpan, readTime, timesOr, SECOND } from './times.js';
import { readUuid } from './ids.js';
import type { Attributes } from './resource-types.js';
import { badQuery, badQueryValue, noAttribute } from './words.js';

/** A value that a filter compares with. */
export type FilterValue = string | number | boolean | null;
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like' | 'in';
/** What is looked for, as a tree (gnocchi/indexer/sqlalchemy.py: QueryTransformer). */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: Comparison; readonly field: string; readonly value: FilterValue | readonly FilterValue[] };

/** Gnocchi's names of its operators, and what each is. */
export const OPERATORS: Readonly<Record<string, Comparison | 'and' | 'or' | 'not'>> = {
  '=': '=',
  '==': '=',
  eq: '=',
  '<': '<',
  lt: '<',
  '>': '>',
  gt: '>',
  '<=': '<=',
  '≤': '<=',
  le: '<=',
  '>=': '>=',
  '≥': '>=',
  ge: '>=',
  '!=': '!=',
  '≠': '!=',
  ne: '!=',
  like: 'like',
  in: 'in',
  and: 'and',
  '∧': 'and',
  or: 'or',
  '∨': 'or',
  not: 'not',
};

type Kind = 'text' | 'uuid' | 'time' | 'number' | 'bool' | 'span';
/** A column or an attribute that can be compared. */
interface Field {
  readonly kind: Kind;
  readonly sql: Prisma.Sql;
}

const COLUMNS: Readonly<Record<string, Kind>> = {
  id: 'uuid',
  type: 'text',
  creator: 'text',
  original_resource_id: 'text',
  user_id: 'text',
  project_id: 'text',
  started_at: 'time',
  ended_at: 'time',
  revision_start: 'time',
};
const ATTRIBUTE_KINDS = { string: 'text', uuid: 'uuid', datetime: 'time', bool: 'bool', number: 'number' } as const;

/** What resources of a type are compared by, under their SQL. */
export interface Searched {
  readonly type: string;
  readonly attributes: Attributes;
  /** Whether it is their history that is searched, which knows when a revision ended. */
  readonly history: boolean;
}

/** The field of resources `r` by its name. @returns undefined where there is none */
export function fieldOf(
  { attributes, history }: Searched,
  name: string,
  alias: 'r' | 'marker' = 'r',
): Field | undefined {
  if (Object.hasOwn(COLUMNS, name)) return { kind: COLUMNS[name]!, sql: Prisma.raw(`${alias}.${name}`) };
  if (name === 'lifespan') return { kind: 'span', sql: Prisma.raw(`(${alias}.ended_at - ${alias}.started_at)`) };
  if (history && name === 'revision_end') return { kind: 'time', sql: Prisma.raw(`${alias}.revision_end`) };
  if (history && name === 'revision') return { kind: 'number', sql: Prisma.raw(`${alias}.revision`) };
  const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (attribute === undefined) return undefined;
  const kind = ATTRIBUTE_KINDS[attribute.type];
  const text = Prisma.sql`(${Prisma.raw(alias)}.attributes->>${name})`;
  return { kind, sql: Prisma.sql`${text}${Prisma.raw(CASTS[kind])}` };
}
const CASTS: Readonly<Record<Kind, string>> = {
  text: '',
  uuid: '::uuid',
  time: '::timestamptz',
  number: '::float8',
  bool: '::boolean',
  span: '',
};

/** A filter as a condition of SQL on resources `r`. @throws 400 for a field that there is not, or a value that is none of its own */
export function conditionOf(searched: Searched, filter: Filter): Prisma.Sql {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.of.length === 0
        ? Prisma.sql`TRUE`
        : Prisma.sql`(${Prisma.join(
            filter.of.map((one) => conditionOf(searched, one)),
            filter.op === 'and' ? ' AND ' : ' OR ',
          )})`;
    case 'not':
      return Prisma.sql`(NOT ${conditionOf(searched, filter.of)})`;
    default:
      return comparison(searched, filter.op, filter.field, filter.value);
  }
}

/** The part of `creator` that is the user's or the project's. */
const CREATORS: Readonly<Record<string, (value: string) => string>> = {
  created_by_user_id: (value) => `${value}:%`,
  created_by_project_id: (value) => `%:${value}`,
};
const escaped = (value: string): string => value.replace(/[\\%_]/g, '\\$&');

function comparison(
  searched: Searched,
  op: Comparison,
  name: string,
  value: FilterValue | readonly FilterValue[],
): Prisma.Sql {
  const creator = Object.hasOwn(CREATORS, name) ? CREATORS[name] : undefined;
  if (creator !== undefined) {
    if (!['=', '!=', 'like'].includes(op)) throw badQueryValue(value, name);
    const pattern = creator(op === 'like' ? String(value) : escaped(String(value)));
    return op === '!=' ? Prisma.sql`(r.creator NOT LIKE ${pattern})` : Prisma.sql`(r.creator LIKE ${pattern})`;
  }
  const field = fieldOf(searched, name);
  if (field === undefined) throw noAttribute(searched.type, name);
  if (op === 'in') {
    const values = (Array.isArray(value) ? (value as readonly FilterValue[]) : [value as FilterValue]).filter(
      (one) => one !== null,
    );
    if (values.length === 0) return Prisma.sql`FALSE`;
    return Prisma.sql`(${field.sql} IN (${Prisma.join(values.map((one) => valueOf(field.kind, one, name)))}))`;
  }
  if (typeof value === 'object' && value !== null) throw badQuery();
  if (value === null) {
    if (op === '=') return Prisma.sql`(${field.sql} IS NULL)`;
    return op === '!=' ? Prisma.sql`(${field.sql} IS NOT NULL)` : Prisma.sql`(NULL::boolean)`;
  }
  if (op === 'like') return Prisma.sql`(${field.sql}::text LIKE ${String(value)})`;
  const compared = Prisma.sql`${field.sql} ${Prisma.raw(op === '!=' ? '<>' : op)} ${valueOf(field.kind, value, name)}`;
  return op === '!=' ? Prisma.sql`(${field.sql} IS NULL OR ${compared})` : Prisma.sql`(${compared})`;
}

/** A value as a field's own kind. A reader says nothing, or throws RangeError, where it is none. */
const VALUES: Readonly<Record<Kind, (value: Exclude<FilterValue, null>) => Prisma.Sql | undefined>> = {
  text: (value) => Prisma.sql`${String(value)}::text`,
  uuid(value) {
    const uuid = readUuid(String(value));
    return uuid === undefined ? undefined : Prisma.sql`${uuid}::uuid`;
  },
  time: (value) => timeOf(Prisma.sql`${readTime(value)}::bigint`),
  span: (value) => Prisma.sql`(${readSpan(value) / SECOND}::float8 * interval '1 second')`,
  number(value) {
    const number = readNumber(value);
    return number === undefined ? undefined : Prisma.sql`${number}::float8`;
  },
  bool: (value) => (typeof value === 'boolean' ? Prisma.sql`${value}::boolean` : undefined),
};

/** @throws 400 for a value that is none of the field's */
function valueOf(kind: Kind, value: Exclude<FilterValue, null>, field: string): Prisma.Sql {
  const refusal = () => badQueryValue(value, field);
  const read = timesOr(() => VALUES[kind](value), refusal);
  if (read === undefined) throw refusal();
  return read;
}
