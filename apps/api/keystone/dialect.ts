import { Type, type TSchema } from 'typebox';
import { notFound } from '#services/kernel/errors';
import { MAX_LIMIT } from '#services/kernel/paging';
import type { Condition, ListQuery, Operator, TagQuery } from '#services/kernel/resource/query';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import { validate, validateParameter } from '../http/validation.js';
import { DIRECTION, LIMIT, MARKER, TAG_FILTERS, filtersOf, sortKeyOf, sortKeysOf } from '../kit/parameters.js';
import type { AnsweredPage, Dialect, QueryLists, ReadQuery } from '../kit/dialect.js';

/** keystone/api/validation/parameter_types.py: boolean */
const TRUE = ['True', 'TRUE', 'true', '1', 'y', 'Y', 'on', 'ON', 'yes'];
const FALSE = ['False', 'FALSE', 'false', '0', 'n', 'N', 'off', 'OFF', 'no'];
const Loose = Type.Unsafe<boolean | string>({ enum: [true, ...TRUE, false, ...FALSE] });
/** A filter that is there and says nothing is true, as in Keystone. */
const LooseFilter = Type.Unsafe<string>({ enum: [...TRUE, ...FALSE, ''] });
const Limit = Type.String({ pattern: '^[0-9]+$' });
const Direction = Type.Enum(['asc', 'desc']);

/** What follows two underscores in a filter's name; an `i` before it says that case does not count. */
const COMPARATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['contains', 'contains'],
  ['startswith', 'startsWith'],
  ['endswith', 'endsWith'],
]);
const COMPARED = `A name may end in ${[...COMPARATORS.keys()].map((one) => `__${one}`).join(', ')}, or the same with an i before it.`;
/** A list that names no limit is whole (keystone.conf: list_limit); Prisma's counts have 32 bits. */
const WHOLE = 2 ** 31 - 10;

/** Keystone's API v3 (keystone/server/flask/common.py). */
export const keystoneDialect: Dialect = {
  prefix: 'identity/v3',
  update: 'PATCH',
  statuses: { create: 201, update: 200, delete: 204 },
  enveloped: true,
  open: true,
  schemaOf: ({ shape }) => (shape.kind === 'bool' ? Loose : shape.schema),
  valueOf: ({ shape }, value) => (shape.kind === 'bool' && typeof value === 'string' ? TRUE.includes(value) : value),
  wrap: (spec, item) => Type.Object({ [spec.names[0]]: item }, { additionalProperties: false }),
  check: validate,
  read,
  parameters: (spec) => ({
    ...(spec.filtersAlone ? {} : { limit: LIMIT, marker: MARKER }),
    ...(sortKeysOf(spec).length === 0 ? {} : { sort_key: sortKeyOf(spec), sort_dir: DIRECTION }),
    ...(spec.tags ? TAG_FILTERS : {}),
    ...filtersOf(spec, (_name, { shape }) => (shape.kind === 'text' ? { description: COMPARED } : {})),
  }),
  /** 2026-11-21T00:23:35.000000Z */
  time: (date) => date.toISOString().replace('Z', '000Z'),
  tags: {
    max: 80,
    answer: (tags, url) => ({ links: { self: url }, tags }),
    missing: (tag) => notFound('NotFound', `Could not find project tag: ${tag}.`),
  },
  /** Attributes that clients made up stand beside Keystone's own, which they never hide. */
  decorate({ links = {} }, { extra = {}, ...view }, key, base, path) {
    const self = `${base}/identity/v3/${path}/${encodeURIComponent(key)}`;
    const others = Object.entries(links).map(([name, of]): [string, string] => [name, of(self)]);
    return { ...(extra as object), ...view, links: { ...Object.fromEntries(others), self } };
  },
  one: (spec, view) => ({ [spec.names[0]]: view }),
  many: (spec, views, page) => ({
    [spec.names[1]]: views,
    links: { next: nextOf(page), self: selfOf(page), previous: null },
    ...(page.more ? { truncated: true } : {}),
  }),
};

const None = Type.Object({}, { additionalProperties: false });

function read(spec: AnySpec, query: QueryLists): ReadQuery {
  if (spec.filtersAlone) {
    const taken = (name: string): boolean =>
      Object.hasOwn(spec.fields, name) && spec.fields[name]?.options.filter !== undefined;
    const others = Object.entries(query).filter(([name]) => !taken(name));
    validate(None, Object.fromEntries(others));
  }
  const limit = last(query, 'limit', Limit);
  const marker = query['marker']?.at(-1);
  return {
    conditions: Object.entries(query).flatMap(([name, values = []]) => conditionsOf(spec, name, values)),
    ...(spec.tags ? { tags: tagsOf(query) } : {}),
    sort: sortOf(spec, query),
    limit: limit === undefined ? WHOLE : Math.min(Number(limit), MAX_LIMIT),
    ...(marker ? { marker } : {}),
  };
}

/** Each value is a condition of its own. What Keystone does not know it ignores. @throws 400 for a value that is none */
function conditionsOf(spec: AnySpec, parameter: string, values: readonly string[]): Condition[] {
  const [name = '', ...comparators] = parameter.split('__');
  const comparator = comparators.length === 0 ? undefined : comparators.join('__');
  if (spec.filters !== undefined && Object.hasOwn(spec.filters, parameter))
    return [{ field: parameter, operator: 'in', values }];
  const field = Object.hasOwn(spec.fields, name) ? spec.fields[name] : undefined;
  if (field?.options.filter === undefined) return [];
  if (comparator === undefined)
    return values.map((value) => ({ field: name, operator: 'in', values: [valueOf(name, field, value)] }));
  const anyCase = comparator.startsWith('i');
  const operator = COMPARATORS.get(anyCase ? comparator.slice(1) : comparator);
  if (operator === undefined || field.shape.kind !== 'text') return [];
  return values.map((value) => ({ field: name, operator, values: [value], ...(anyCase ? { anyCase } : {}) }));
}

function valueOf(name: string, { shape }: AnyField, value: string): string | boolean {
  if (shape.kind !== 'bool') return validateParameter(shape.schema, name, value);
  return !FALSE.includes(validateParameter(LooseFilter, name, value));
}

function tagsOf(query: QueryLists): TagQuery {
  const split = (name: string): string[] | undefined => query[name]?.[0]?.split(',');
  return { all: split('tags'), any: split('tags-any'), notAll: split('not-tags'), notAny: split('not-tags-any') };
}

function sortOf(spec: AnySpec, query: QueryLists): ListQuery['sort'] {
  const direction = last(query, 'sort_dir', Direction) === 'desc' ? 'desc' : 'asc';
  const field = query['sort_key']?.at(-1) ?? '';
  return Object.hasOwn(spec.fields, field) && spec.fields[field]!.options.sort ? [{ field, direction }] : [];
}

function last(query: QueryLists, name: string, schema: TSchema): string | undefined {
  const value = query[name]?.at(-1);
  return value === undefined ? undefined : validateParameter(schema, name, value);
}

function nextOf({ url, query, limit, more, last: marker }: AnsweredPage): string | null {
  if (!more || marker === undefined) return null;
  const params = paramsOf(query);
  params.set('marker', marker);
  params.set('limit', String(limit));
  return `${url}?${params.toString()}`;
}

/** The address of a list as it was asked for, with the query written as every URI takes it. */
export function selfOf({ url, query }: Pick<AnsweredPage, 'url' | 'query'>): string {
  const params = paramsOf(query).toString();
  return params === '' ? url : `${url}?${params}`;
}

const paramsOf = (query: QueryLists): URLSearchParams =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value])),
  );
