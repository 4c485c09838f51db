import { Type } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import { MAX_LIMIT } from '#services/kernel/paging';
import type { Condition, ListQuery } from '#services/kernel/resource/query';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import { INT4_MAX, wholeOfQuery } from '../http/numbers.js';
import { isTrue } from '../http/parameter-types.js';
import { isTimeOperator, isoTime, timeCondition } from '../http/time-filters.js';
import type { Parameter, Parameters } from '../http/described.js';
import type { QueryLists, ReadQuery } from '../kit/dialect.js';
import { DIRECTION, LIMIT, MARKER, WHOLE, filtersOf, sortKeyOf } from '../kit/parameters.js';

/** Microversions that change a list's query (cinder/api/microversions.py). */
const STRICT_BOOTABLE = 2;
const REFUSES_FILTERS = 31;
const WITH_COUNT = 45;
const TIME_FILTERS = 60;
const CONSUMES_QUOTA = 65;

/** Parameters of a list that are no filters. */
const OTHERS: Parameters = {
  limit: LIMIT,
  marker: MARKER,
  offset: { ...WHOLE, description: 'How many items are left out.' },
  sort: { description: '`name:asc,size`' },
  sort_key: {},
  sort_dir: DIRECTION,
  all_tenants: { schema: Type.Boolean(), description: 'Those of all projects. For administrators.' },
  with_count: { schema: Type.Boolean(), since: WITH_COUNT },
};
const NOT_FILTERS = new Set(Object.keys(OTHERS));

/** What a list's query may say. */
export const parameters = (spec: AnySpec): Parameters => ({
  ...Object.fromEntries(
    Object.entries(filtersOf(spec)).map(([name, one]): [string, Parameter] => {
      const first = since(name, spec);
      return [name, first === 0 ? one : { ...one, since: first }];
    }),
  ),
  ...OTHERS,
  sort_key: sortKeyOf(spec),
});

const invalid = (why: string): Error => badRequest(`Invalid input received: ${why}`);

/**
 * Reads a list's query (cinder/api/common.py, cinder/api/v3/volumes.py). A filter that is not for users is left out, or
 * refused from 3.31 on; an administrator's that nothing is compared with finds nothing.
 * @throws 400 in Cinder's words
 */
export function readQuery(spec: AnySpec, query: QueryLists, minor: number, admin: boolean): ReadQuery {
  const last = (name: string): string | undefined => query[name]?.at(-1);
  const marker = last('marker');
  return {
    conditions: conditionsOf(spec, query, minor, admin),
    sort: sortOf(spec, last),
    limit: limitOf(last('limit')),
    offset: offsetOf(last('offset')),
    ...(marker ? { marker } : {}),
    own: !(admin && isTrue(last('all_tenants'))),
    count: minor >= WITH_COUNT && isTrue(last('with_count')),
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return MAX_LIMIT;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest('limit param must be an integer');
  if (Number(text) < 0) throw badRequest('limit param must be positive');
  return Math.min(Number(text), MAX_LIMIT);
}

/** oslo_utils.strutils.validate_integer */
function offsetOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest('offset must be an integer');
  if (Number(text) < 0) throw badRequest('offset must be >= 0');
  if (Number(text) > INT4_MAX) throw badRequest(`offset must be <= ${INT4_MAX}`);
  return Number(text);
}

function conditionsOf(spec: AnySpec, query: QueryLists, minor: number, admin: boolean): Condition[] {
  const names = Object.keys(query).filter(
    (name) => !NOT_FILTERS.has(name) || (name === 'with_count' && minor < WITH_COUNT),
  );
  const isKnown = (name: string): boolean => hasFilter(spec, name, admin) && since(name, spec) <= minor;
  const unknown = names.filter((name) => !isKnown(name));
  if (unknown.length > 0 && !admin && minor >= REFUSES_FILTERS)
    throw badRequest(`Invalid filters ${unknown.join(',')} are found in query options.`);
  if (unknown.length > 0 && admin && unknown.some((name) => name !== 'with_count'))
    return [{ field: 'id', operator: 'in', values: [] }];
  return names.filter(isKnown).flatMap((name) => conditionOf(spec, name, query[name]?.at(-1) ?? '', minor));
}

const hasFilter = ({ fields, filters }: AnySpec, name: string, admin: boolean): boolean => {
  if (filters !== undefined && Object.hasOwn(filters, name)) return true;
  const filter = Object.hasOwn(fields, name) ? fields[name]!.options.filter : undefined;
  return filter === true || (filter === 'admin' && admin);
};

function since(name: string, { fields }: AnySpec): number {
  if (name === 'consumes_quota') return CONSUMES_QUOTA;
  return Object.hasOwn(fields, name) && fields[name]!.shape.kind === 'time' ? TIME_FILTERS : 0;
}

function conditionOf(spec: AnySpec, name: string, value: string, minor: number): Condition[] {
  if (name === 'bootable' && minor >= STRICT_BOOTABLE && !/^(1|0|t|f|true|false|on|off|y|n|yes|no)$/i.test(value))
    throw invalid(`'${name} = ${value}'`);
  if (spec.filters?.[name] !== undefined) return [{ field: name, operator: 'in', values: [value] }];
  const field = spec.fields[name]!;
  return field.shape.kind === 'time'
    ? timesOf(name, value)
    : [{ field: name, operator: 'in', values: [valueOf(name, field, value)] }];
}

function valueOf(name: string, { shape: { kind } }: AnyField, value: string): string | number {
  return kind === 'int' ? wholeOfQuery(value, () => invalid(`Invalid ${name} filter ${value}.`)) : value;
}

/** `gt:2026-01-01T00:00:00,lt:…` */
function timesOf(name: string, value: string): Condition[] {
  return value.split(',').flatMap((one) => {
    const colon = one.indexOf(':');
    const operator = colon < 0 ? one : one.slice(0, colon);
    if (!isTimeOperator(operator)) throw badRequest(`Invalid ${operator} operator`);
    const time = isoTime(one.slice(colon + 1));
    if (time === undefined) throw badRequest(`Invalid ${one.slice(colon + 1)} value`);
    return timeCondition(name, operator, time);
  });
}

/** `sort=key:direction,key…`, or the older `sort_key` and `sort_dir` (cinder/api/common.py get_sort_params). */
function sortOf(spec: AnySpec, last: (name: string) => string | undefined): ListQuery['sort'] {
  const [sort, key, dir] = [last('sort'), last('sort_key'), last('sort_dir')];
  if (sort !== undefined && (key !== undefined || dir !== undefined))
    throw badRequest(
      "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
    );
  const wanted = sort?.split(',').map((one) => one.split(':')) ?? [[key ?? 'created_at', dir]];
  return wanted.map(([name = '', direction = '']) => {
    const field = name.trim();
    if (!Object.hasOwn(spec.fields, field) || !spec.fields[field]!.options.sort) throw invalid('Invalid sort key');
    const way = direction.trim() || 'desc';
    if (way !== 'asc' && way !== 'desc') throw invalid('Unknown sort direction, must be one of: asc, desc.');
    return { field, direction: way };
  });
}
