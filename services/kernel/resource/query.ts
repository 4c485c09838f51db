import type { AnyField, Where } from './spec.js';

/** How a value of a list's query compares. `outside` has two values: below the first, or the second and above. */
export type Operator = 'in' | 'not' | 'outside' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'startsWith' | 'endsWith';

/** One condition of a list's query, its values converted to the column's type. */
export interface Condition {
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly (string | number | boolean | bigint | Date | null)[];
  /** Capital letters do not count. */
  readonly anyCase?: true;
}

/** A list's query as a resource understands it, whatever its service's syntax. */
export interface ListQuery {
  readonly conditions: readonly Condition[];
  readonly tags?: TagQuery;
  /** Fields, in the order of their weight. */
  readonly sort: readonly { readonly field: string; readonly direction: 'asc' | 'desc' }[];
  readonly limit: number;
  readonly marker?: string | undefined;
  /** How many to leave out, from the marker on or from the beginning. */
  readonly offset?: number;
  /** The page before the marker instead of the one behind it. */
  readonly reverse?: boolean;
  /** Only what the asker's own project has, also for an administrator. */
  readonly own?: boolean;
  /** Also what a list leaves out that does not ask for it (`listed` of a field). */
  readonly whole?: boolean;
  /** Only the brief fields are shown: what no record has, and others alone show, need not be found out. */
  readonly brief?: boolean;
  /** How many there are on all pages is asked for, too. */
  readonly count?: boolean;
}

/** Neutron's and Keystone's four filters of tags. */
export interface TagQuery {
  readonly all?: readonly string[] | undefined;
  readonly any?: readonly string[] | undefined;
  readonly notAll?: readonly string[] | undefined;
  readonly notAny?: readonly string[] | undefined;
}

/** The column of a field. */
export const columnOf = (name: string, field: AnyField): string => field.options.column ?? name;

/** Prisma hands on what is looked for as a pattern, in which these characters stand for others. */
const literal = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(/[\\%_]/g, String.raw`\$&`) : value;
const PATTERNS: ReadonlySet<Operator> = new Set(['contains', 'startsWith', 'endsWith']);

/** A condition as Prisma takes it. */
export function whereOf({ operator, values, anyCase }: Condition, column: string): Where {
  const mode = anyCase ? { mode: 'insensitive' } : {};
  const [value] = values;
  if (operator === 'in') {
    if (values.includes(null))
      return { OR: [{ [column]: null }, { [column]: { in: values.filter((v) => v !== null) } }] };
    if (values.length === 1) return { [column]: { equals: value, ...mode } };
    // Prisma has no `in` for booleans.
    if (typeof value === 'boolean') return { OR: [...new Set(values)].map((one) => ({ [column]: { equals: one } })) };
    return { [column]: { in: values, ...mode } };
  }
  if (operator === 'outside') return { OR: [{ [column]: { lt: value } }, { [column]: { gte: values[1] } }] };
  return { [column]: { [operator]: PATTERNS.has(operator) ? literal(value) : value, ...mode } };
}

/** The four filters as Prisma takes them. */
export function whereOfTags({ all, any, notAll, notAny }: TagQuery): Where[] {
  return [
    ...(all ? [{ tags: { hasEvery: all } }] : []),
    ...(any ? [{ tags: { hasSome: any } }] : []),
    ...(notAll ? [{ NOT: { tags: { hasEvery: notAll } } }] : []),
    ...(notAny ? [{ NOT: { tags: { hasSome: notAny } } }] : []),
  ];
}
