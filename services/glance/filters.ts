import type { Prisma } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';

/** A query's parameters, each with all its values. */
export type Query = Readonly<Record<string, readonly string[] | undefined>>;

/** Keys that a list may be sorted by (glance/api/v2/images.py). */
const SORT_KEYS = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const;
type SortKey = (typeof SORT_KEYS)[number];
export type Sort = readonly { readonly key: SortKey; readonly dir: 'asc' | 'desc' }[];

/** What is read elsewhere, or means nothing to a list. */
const NOT_FILTERS = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'member_status', 'visibility', 'tag']);
/** Columns that are compared as they are. */
const EQUAL = ['owner', 'checksum', 'os_hash_value'] as const;
const LISTS = ['name', 'id', 'status', 'container_format', 'disk_format'] as const;
const TIMES = ['created_at', 'updated_at'] as const;
const NUMBERS = ['size', 'min_disk', 'min_ram', 'virtual_size'] as const;
const COMPARISONS: Record<string, 'gt' | 'gte' | 'lt' | 'lte' | 'equals' | 'not'> = {
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
  eq: 'equals',
  neq: 'not',
};
/** 2026-11-21T01:02:03Z and the like; a zone may be left out, and is UTC then. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * The filters of an image list (glance/db/sqlalchemy/api.py: _make_conditions_from_filters). What Glance does not know
 * is taken for the name of a property.
 * @throws 400 in Glance's words for a filter that cannot be used
 */
export function imageFilters(query: Query): Prisma.ImageWhereInput[] {
  const last = (name: string): string | undefined => query[name]?.at(-1);
  const visibility = last('visibility');
  if (visibility && !['community', 'public', 'private', 'shared', 'all'].includes(visibility))
    throw badRequest(`Invalid visibility value: ${visibility}`);
  const member = last('member_status');
  if (member !== undefined && !['pending', 'accepted', 'rejected', 'all'].includes(member))
    throw badRequest(`Invalid status: ${member}`);
  const filters: Prisma.ImageWhereInput[] = [
    { os_hidden: flagOf('os_hidden', (last('os_hidden') ?? 'false').toLowerCase()) },
    ...(visibility && visibility !== 'all' ? [{ visibility }] : []),
    ...(query['tag'] ? [{ tags: { hasEvery: query['tag'].map((tag) => tag.trim()) } }] : []),
  ];
  for (const name of Object.keys(query)) {
    const value = last(name);
    if (value === undefined || NOT_FILTERS.has(name) || name === 'os_hidden') continue;
    filters.push(filterOf(name, value));
  }
  return filters;
}

function filterOf(name: string, value: string): Prisma.ImageWhereInput {
  const is = (names: readonly string[]): boolean => names.includes(name);
  if (name === 'changes-since') throw badRequest('The "changes-since" filter is no longer available on v2.');
  if (name === 'protected') return { protected: flagOf(name, value) };
  if (is(EQUAL)) return { [name]: value };
  if (is(LISTS)) return { [name]: { in: listOf(value) } };
  if (is(TIMES)) return { [name]: timeOf(name, value) };
  const bound = /^(.*)_(min|max)$/.exec(name);
  const [, column = name, end] = bound ?? [];
  const isNumber = (NUMBERS as readonly string[]).includes(column);
  if (bound && (isNumber || !/^\d+$/.test(value))) {
    if (!/^\d+$/.test(value) || !isNumber) throw badRequest('Unable to filter on a range with a non-numeric value.');
    return { [column]: { [end === 'min' ? 'gte' : 'lte']: numberOf(column, value) } };
  }
  if (isNumber) {
    if (!/^\d+$/.test(value)) throw badRequest(`Invalid value '${value}' for '${name}' filter.`);
    return { [name]: numberOf(name, value) };
  }
  return { properties: { path: [name], equals: value } };
}

/** No image is bigger than the largest number that its column takes, so a larger bound means the same as that one. */
function numberOf(column: string, value: string): bigint | number {
  const most = column.endsWith('size') ? 9_223_372_036_854_775_807n : 2_147_483_647n;
  const number = BigInt(value);
  const bound = number > most ? most : number;
  return column.endsWith('size') ? bound : Number(bound);
}

function flagOf(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false')
    throw badRequest(`Invalid value '${value}' for '${name}' filter. Valid values are 'true' or 'false'.`);
  return value === 'true';
}

/** `in:a,"b,c"` is a list of values, `eq:a` and `a` are one (glance/common/utils.py: split_filter_op). */
function listOf(value: string): string[] {
  const colon = value.indexOf(':');
  const operator = colon < 0 ? 'eq' : value.slice(0, colon);
  const operand = value.slice(colon + 1);
  if (operator === 'eq') return [operand];
  if (operator !== 'in') throw badRequest(`Unable to filter by unknown operator '${operator}'.`);
  if (!/^(?:[^",]*|"(?:[^"\\]|\\.)*")(?:,(?:[^",]*|"(?:[^"\\]|\\.)*"))*$/.test(operand))
    throw badRequest(`Invalid filter value ${operand}. The quote is not closed.`);
  return [...operand.matchAll(/"((?:[^"\\]|\\.)*)"|([^",]+)/g)].map((m) => m[1] ?? m[2] ?? '');
}

function timeOf(name: string, value: string): Prisma.DateTimeFilter {
  const [, operator = 'eq', time = value] = /^([a-z]+):(.*)$/.exec(value) ?? [];
  const comparison = COMPARISONS[operator];
  if (!comparison) throw badRequest('Unable to filter on a unknown operator.');
  // In a query a `+` that is not escaped is a space.
  const text = time.trim().replace(/ (\d{2}:?\d{2})$/, '+$1');
  const parsed = new Date(/(Z|[+-]\d{2}:?\d{2})$/.test(text) && text.includes('T') ? text : `${text}Z`);
  const year = parsed.getUTCFullYear();
  if (!ISO_TIME.test(text) || Number.isNaN(parsed.getTime()) || year < 1 || year > 9_999)
    throw badRequest(`Bad "${name}" query filter format. Use ISO 8601 DateTime notation.`);
  // What is shown has seconds; a record's time has more, and is within the second that is asked for.
  const next = new Date(parsed.getTime() + 1_000);
  if (parsed.getUTCMilliseconds() > 0) return { [comparison]: parsed };
  switch (comparison) {
    case 'equals':
      return { gte: parsed, lt: next };
    case 'not':
      return { not: { gte: parsed, lt: next } };
    case 'gt':
      return { gte: next };
    case 'lte':
      return { lt: next };
    default:
      return { [comparison]: parsed };
  }
}

/** `sort=name:asc,size`, or pairs of sort_key and sort_dir. @throws 400 in Glance's words */
export function imageSort(query: Query): Sort {
  const { sort, sort_key: keys, sort_dir: dirs } = query;
  if (sort && (keys ?? dirs)) throw badRequest('Old and new sorting syntax cannot be combined');
  if (sort)
    return (sort.at(-1) ?? '').split(',').map((one) => {
      const [key = '', dir = ''] = one.split(':');
      return { key: sortKey(key.trim()), dir: sortDir(dir.trim() || 'desc') };
    });
  const sorted = (keys ?? ['created_at']).map((key) => sortKey(key.trim()));
  if (dirs && dirs.length > 1 && dirs.length !== sorted.length)
    throw badRequest('Number of sort dirs does not match the number of sort keys');
  return sorted.map((key, i) => ({ key, dir: sortDir((dirs?.[i] ?? dirs?.[0] ?? 'desc').trim()) }));
}

function sortKey(key: string): SortKey {
  const known = SORT_KEYS.find((k) => k === key);
  if (!known) throw badRequest(`Invalid sort key: ${key}. It must be one of the following: ${SORT_KEYS.join(', ')}.`);
  return known;
}

function sortDir(dir: string): 'asc' | 'desc' {
  if (dir !== 'asc' && dir !== 'desc') throw badRequest(`Invalid sort direction: ${dir}`);
  return dir;
}
