import { Type } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import { MAX_LIMIT } from '#services/kernel/paging';
import type { Condition, ListQuery } from '#services/kernel/resource/query';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import { isTimeOperator, isoTime, timeCondition } from '../http/time-filters.js';
import type { Parameter, Parameters } from '../http/described.js';
import type { QueryLists, ReadQuery } from '../kit/dialect.js';
import { DIRECTION, LIMIT, MARKER, WHOLE, filtersOf, sortKeyOf } from '../kit/parameters.js';

/** How many a list has that asks for no number (glance-api.conf: limit_param_default). */
const DEFAULT_LIMIT = 25;
/** Attributes of text that take `in:` and a list of values. */
const LISTS = new Set(['name', 'id', 'status', 'container_format', 'disk_format']);
const VISIBILITIES = new Set(['community', 'public', 'private', 'shared', 'all']);
const MEMBER_STATUSES = new Set(['pending', 'accepted', 'rejected', 'all']);
/** What is read elsewhere, or means nothing to a list. */
const OTHERS: Parameters = {
  limit: { ...LIMIT, description: `How many items a page has; ${DEFAULT_LIMIT} when left out.` },
  marker: MARKER,
  sort: { description: '`name:asc,size`' },
  sort_key: { many: true },
  sort_dir: { ...DIRECTION, many: true },
  member_status: { schema: Type.Enum([...MEMBER_STATUSES]) },
  visibility: { schema: Type.Enum([...VISIBILITIES]) },
  tag: { many: true, description: 'Images that have all of these tags.' },
};
const NOT_FILTERS = new Set(Object.keys(OTHERS));

/** What the query of an image list may say. Any other name is that of a property. */
export const parameters = (spec: AnySpec): Parameters => ({
  ...filtersOf(spec, (name, { shape }) => ({
    ...(LISTS.has(name) ? { description: '`in:a,b` takes several values.' } : {}),
    ...(shape.kind === 'time' ? { description: '`gt:2026-01-01T00:00:00Z`' } : {}),
  })),
  ...Object.fromEntries(
    Object.entries(spec.fields)
      .filter(([, { shape, options }]) => options.filter && shape.kind === 'int')
      .flatMap(([name]) => [`${name}_min`, `${name}_max`].map((one): [string, Parameter] => [one, WHOLE])),
  ),
  ...OTHERS,
  sort_key: { ...sortKeyOf(spec), many: true },
});

/** The largest number that the column of a size holds. */
const INT8_MAX = 9_223_372_036_854_775_807n;

/**
 * Reads a list's query (glance/api/v2/images.py: RequestDeserializer.index; the filters are those of
 * glance/db/sqlalchemy/api.py: _make_conditions_from_filters). What Glance does not know is the name of a property.
 * @throws 400 in Glance's words
 */
export function readQuery(spec: AnySpec, query: QueryLists): ReadQuery {
  const marker = query['marker']?.at(-1);
  return {
    conditions: conditionsOf(spec, query),
    tags: { all: query['tag']?.map((tag) => tag.trim()) },
    sort: sortOf(spec, query),
    limit: limitOf(query['limit']?.at(-1)),
    ...(marker === undefined ? {} : { marker }),
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest('limit param must be an integer');
  const limit = Number(text);
  if (limit < 0) throw badRequest('limit param must be positive');
  return Math.min(limit, MAX_LIMIT);
}

function conditionsOf(spec: AnySpec, query: QueryLists): Condition[] {
  const last = (name: string): string | undefined => query[name]?.at(-1);
  const visibility = last('visibility');
  if (visibility && !VISIBILITIES.has(visibility)) throw badRequest(`Invalid visibility value: ${visibility}`);
  const member = last('member_status');
  if (member !== undefined && !MEMBER_STATUSES.has(member)) throw badRequest(`Invalid status: ${member}`);
  const hidden = (last('os_hidden') ?? 'false').toLowerCase();
  return [
    { field: 'os_hidden', operator: 'in', values: [flagOf('os_hidden', hidden)] },
    ...(visibility && visibility !== 'all'
      ? [{ field: 'visibility', operator: 'in' as const, values: [visibility] }]
      : []),
    ...Object.keys(query).flatMap((name) => {
      const value = last(name);
      return value === undefined || NOT_FILTERS.has(name) || name === 'os_hidden' ? [] : conditionOf(spec, name, value);
    }),
  ];
}

function conditionOf(spec: AnySpec, name: string, value: string): Condition[] {
  const one = (operator: Condition['operator'], values: Condition['values'], field = name): Condition[] => [
    { field, operator, values },
  ];
  if (name === 'changes-since') throw badRequest('The "changes-since" filter is no longer available on v2.');
  const [, column = name, end] = /^(.*)_(min|max)$/.exec(name) ?? [];
  const field = filterable(spec, column);
  if (end !== undefined && (field?.shape.kind === 'int' || !/^\d+$/.test(value))) {
    if (field?.shape.kind !== 'int' || !/^\d+$/.test(value))
      throw badRequest('Unable to filter on a range with a non-numeric value.');
    return one(end === 'min' ? 'gte' : 'lte', [numberOf(field, value)], column);
  }
  const known = filterable(spec, name);
  // An attribute that is in no column has no value that could be compared.
  if (known === undefined && Object.hasOwn(spec.fields, name)) return one('in', [], 'id');
  switch (known?.shape.kind) {
    case 'bool':
      return one('in', [flagOf(name, value)]);
    case 'time':
      return timeOf(name, value);
    case 'int':
      if (!/^\d+$/.test(value)) throw badRequest(`Invalid value '${value}' for '${name}' filter.`);
      return one('in', [numberOf(known, value)]);
    default:
      return one('in', LISTS.has(name) ? listOf(value) : [value]);
  }
}

const filterable = (spec: AnySpec, name: string): AnyField | undefined =>
  Object.hasOwn(spec.fields, name) && spec.fields[name]!.options.filter === true ? spec.fields[name] : undefined;

/** No image is bigger than the largest number that its column takes, so a larger bound means the same as that one. */
function numberOf({ shape: { max } }: AnyField, value: string): bigint | number {
  const number = BigInt(value);
  if (max !== undefined) return number > BigInt(max) ? max : Number(number);
  return number > INT8_MAX ? INT8_MAX : number;
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

function timeOf(name: string, value: string): Condition[] {
  const [, operator = 'eq', text = value] = /^([a-z]+):(.*)$/.exec(value) ?? [];
  if (!isTimeOperator(operator)) throw badRequest('Unable to filter on a unknown operator.');
  const time = isoTime(text);
  if (time === undefined) throw badRequest(`Bad "${name}" query filter format. Use ISO 8601 DateTime notation.`);
  return timeCondition(name, operator, time);
}

/** `sort=name:asc,size`, or pairs of sort_key and sort_dir. */
function sortOf(spec: AnySpec, { sort, sort_key: keys, sort_dir: dirs }: QueryLists): ListQuery['sort'] {
  if (sort && (keys ?? dirs)) throw badRequest('Old and new sorting syntax cannot be combined');
  const pairs = sort
    ? (sort.at(-1) ?? '').split(',').map((one) => one.split(':'))
    : pairsOf(keys ?? ['created_at'], dirs ?? []);
  const asked = pairs.map(([key = '', direction = '']) => ({
    field: sortKey(spec, key.trim()),
    direction: sortDirection(direction.trim() || 'desc'),
  }));
  // What is equal comes by its age (glance/db/sqlalchemy/api.py: image_get_all).
  return asked.some(({ field }) => field === 'created_at')
    ? asked
    : [...asked, { field: 'created_at', direction: 'desc' }];
}

function pairsOf(keys: readonly string[], directions: readonly string[]): (string | undefined)[][] {
  if (directions.length > 1 && directions.length !== keys.length)
    throw badRequest('Number of sort dirs does not match the number of sort keys');
  return keys.map((key, i) => [key, directions[i] ?? directions[0]]);
}

function sortKey(spec: AnySpec, key: string): string {
  const keys = Object.keys(spec.fields).filter((name) => spec.fields[name]!.options.sort);
  if (!keys.includes(key))
    throw badRequest(`Invalid sort key: ${key}. It must be one of the following: ${keys.join(', ')}.`);
  return key;
}

function sortDirection(direction: string): 'asc' | 'desc' {
  if (direction !== 'asc' && direction !== 'desc') throw badRequest(`Invalid sort direction: ${direction}`);
  return direction;
}
