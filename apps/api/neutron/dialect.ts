import { Type, type TSchema } from 'typebox';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import { MAX_LIMIT } from '#services/kernel/paging';
import { type Condition, type ListQuery, type TagQuery } from '#services/kernel/resource/query';
import type { Write } from '#services/kernel/resource/fields';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import { seconds } from '../http/links.js';
import { wholeOfQuery } from '../http/numbers.js';
import { booleanOrBit, integerText, isTrue } from '../http/parameter-types.js';
import { pythonRepr } from '../http/python-repr.js';
import { timeOfQuery } from '../http/times.js';
import { validateNeutron } from '../http/validation.js';
import type { Parameters } from '../http/described.js';
import { DIRECTION, LIMIT, MARKER, TAG_FILTERS, filtersOf, sortKeyOf, sortKeysOf } from '../kit/parameters.js';
import type { AnsweredPage, Dialect, QueryLists, ReadQuery } from '../kit/dialect.js';

/** Parameters of a list that are no filters. */
const PAGING: Parameters = {
  fields: { many: true, description: 'Only these attributes of each item.' },
  limit: LIMIT,
  marker: MARKER,
  page_reverse: { schema: Type.Boolean(), description: 'The page before the marker.' },
};
/** Nothing, where a list cannot be sorted. */
const sortingOf = (spec: AnySpec): Parameters =>
  sortKeysOf(spec).length === 0
    ? {}
    : {
        sort_key: { ...sortKeyOf(spec), many: true },
        sort_dir: { ...DIRECTION, many: true, description: 'As many as there are sort keys.' },
      };
const NOT_FILTERS = new Set([...Object.keys({ ...PAGING, ...TAG_FILTERS }), 'sort_key', 'sort_dir', 'tenant_id']);

/** Neutron's API v2.0 (neutron/api/api_common.py, neutron_lib/api/attributes.py). */
export const neutronDialect: Dialect = {
  prefix: 'network/v2.0',
  update: 'PUT',
  picksFields: true,
  statuses: { create: 201, update: 200, delete: 204 },
  revisionOf,
  bulk: 'Resources required',
  enveloped: true,
  open: false,
  schemaOf,
  given,
  valueOf: writtenValue,
  wrap: (spec, item) => Type.Object({ [spec.names[0]]: item }),
  check: (schema, body, of) => validateNeutron(schema, body, (attribute) => of && refusalOf(of, attribute)),
  read,
  parameters: (spec) => ({
    ...PAGING,
    ...sortingOf(spec),
    ...(spec.tags ? TAG_FILTERS : {}),
    ...filtersOf(spec, () => ({ many: true })),
  }),
  time: seconds,
  one: (spec, view) => ({ [spec.names[0]]: view }),
  many: (spec, views, page) => ({ [spec.names[1]]: views, ...linksOf(spec, page) }),
};

/**
 * Numbers and booleans may be written as text, as the openstack client writes an MTU (neutron_lib/api/converters.py:
 * convert_to_int, convert_to_boolean).
 */
function schemaOf({ shape }: AnyField): TSchema {
  const { kind, schema, nullable, min = 0, max } = shape;
  if (kind === 'int') return integerText(min, max, ...(nullable ? (['null'] as const) : []));
  return kind === 'bool' ? booleanOrBit : schema;
}

function writtenValue({ shape }: AnyField, value: unknown): unknown {
  if (shape.kind === 'int') return Number(value);
  return shape.kind === 'bool' ? value === 1 || isTrue(value as boolean | string) : value;
}

/** What Neutron says of an attribute that it has and a request may not give (neutron/api/v2/base.py: prepare_request_body). */
function refusalOf(
  { spec, write }: { readonly spec: AnySpec; readonly write: Write },
  attribute: string,
): string | undefined {
  if (!Object.hasOwn(spec.fields, attribute)) return undefined;
  const { hidden, write: writes } = spec.fields[attribute]!.options;
  if (hidden && writes === undefined) return undefined;
  return write === 'put'
    ? `Cannot update read-only attribute ${attribute}`
    : `Attribute '${attribute}' not allowed in POST`;
}

/** `tenant_id` is the older name of `project_id`, and many clients know no other (neutron_lib/api/attributes.py: populate_project_info). */
function given({ tenant_id, ...item }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (tenant_id === undefined) return item;
  if (item['project_id'] !== undefined && item['project_id'] !== tenant_id)
    throw new OpenStackError(400, 'HTTPBadRequest', "'project_id' and 'tenant_id' do not match");
  return { ...item, project_id: tenant_id };
}

function read(spec: AnySpec, query: QueryLists): ReadQuery {
  const marker = query['marker']?.at(-1);
  return {
    conditions: conditionsOf(spec, query),
    tags: tagsOf(spec, query),
    sort: sortOf(spec, query),
    limit: limitOf(query['limit']?.at(-1)),
    ...(marker ? { marker } : {}),
    reverse: query['page_reverse']?.at(-1)?.toLowerCase() === 'true',
    fields: query['fields'],
  };
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return MAX_LIMIT;
  if (!/^\d+$/.test(text))
    throw new OpenStackError(
      400,
      'HTTPBadRequest',
      `Bad limit request: Limit must be an integer 0 or greater and not '${text}'.`,
    );
  // No limit, and one of 0, is as much as one page may have.
  return Math.min(Number(text) || MAX_LIMIT, MAX_LIMIT);
}

function conditionsOf(spec: AnySpec, query: QueryLists): Condition[] {
  const named: QueryLists = query['tenant_id'] ? { ...query, project_id: query['tenant_id'] } : query;
  const unknown = Object.keys(named).filter((name) => !NOT_FILTERS.has(name) && !filterable(spec, name));
  if (unknown.length > 0)
    throw new OpenStackError(400, 'HTTPBadRequest', `${pythonRepr(unknown)} is invalid attribute for filtering`);
  return Object.entries(named).flatMap(([name, values = []]): Condition[] => {
    if (NOT_FILTERS.has(name)) return [];
    const filter = spec.filters?.[name];
    if (filter !== undefined) return [{ field: name, operator: 'in', values }];
    const field = spec.fields[name]!;
    return [{ field: name, operator: 'in', values: values.map((value) => valueOf(name, field, value)) }];
  });
}

const filterable = (spec: AnySpec, name: string): boolean =>
  (spec.filters !== undefined && Object.hasOwn(spec.filters, name)) ||
  (Object.hasOwn(spec.fields, name) && spec.fields[name]!.options.filter === true);

function valueOf(name: string, { shape }: AnyField, text: string): string | number | boolean | Date | null {
  if (shape.kind === 'bool') {
    const value = text.toLowerCase();
    if (!['true', 'false', '1', '0'].includes(value))
      throw new OpenStackError(
        400,
        'InvalidInput',
        `Invalid input for operation: '${text}' is not a boolean for ${name}.`,
      );
    return value === 'true' || value === '1';
  }
  if (shape.kind === 'int')
    return wholeOfQuery(
      text,
      () => new OpenStackError(400, 'InvalidInput', `Invalid input for ${name}. Reason: '${text}' is not an integer.`),
    );
  if (shape.kind === 'time') return timeOfQuery(name, text);
  // neutron_lib converters: an empty filter finds what has no value.
  return shape.nullable && (text === '' || text === 'None') ? null : text;
}

function tagsOf(spec: AnySpec, query: QueryLists): TagQuery {
  const split = (name: string): string[] | undefined => query[name]?.flatMap((v) => v.split(','));
  return spec.tags === undefined
    ? {}
    : { all: split('tags'), any: split('tags-any'), notAll: split('not-tags'), notAny: split('not-tags-any') };
}

function sortOf(spec: AnySpec, query: QueryLists): ListQuery['sort'] {
  const keys = (query['sort_key'] ?? []).filter(Boolean).map((key) => (key === 'tenant_id' ? 'project_id' : key));
  const directions = (query['sort_dir'] ?? []).filter(Boolean);
  if (keys.length !== directions.length) throw badSort('The number of sort_keys and sort_dirs must be same');
  const absent = keys.filter((key) => !Object.hasOwn(spec.fields, key) || spec.fields[key]!.options.sort !== true);
  if (absent.length > 0) throw badSort(`${pythonRepr(absent)} is invalid attribute for sort_keys`);
  const wrong = directions.filter((one) => one !== 'asc' && one !== 'desc');
  if (wrong.length > 0)
    throw badSort(`${pythonRepr(wrong)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`);
  return keys.map((field, i) => ({ field, direction: directions[i] === 'asc' ? 'asc' : 'desc' }));
}

const badSort = (message: string): OpenStackError => new OpenStackError(400, 'HTTPBadRequest', message);

/** The links to the next page and to the one before (neutron/api/api_common.py: get_pagination_links). */
function linksOf(spec: AnySpec, page: AnsweredPage): object {
  const { url, query, limit, more, marker, reverse, first, last } = page;
  if (query['limit'] === undefined && !more) return {};
  const link = (rel: 'next' | 'previous', to: string | undefined): object[] => {
    if (to === undefined) return [];
    const params = new URLSearchParams(
      Object.entries(query).flatMap(([name, values = []]) =>
        ['marker', 'limit', 'page_reverse'].includes(name)
          ? []
          : values.map((value): [string, string] => [name, value]),
      ),
    );
    params.set('limit', String(limit));
    params.set('marker', to);
    if (rel === 'previous') params.set('page_reverse', 'True');
    return [{ rel, href: `${url}?${params.toString()}` }];
  };
  const next = reverse || more ? link('next', last) : [];
  const previous = (reverse && !more) || marker === undefined ? [] : link('previous', first);
  return next.length + previous.length === 0 ? {} : { [`${spec.names[1]}_links`]: [...next, ...previous] };
}

/** What a revision's header says. @returns undefined where there is none @throws 400 */
function revisionOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined;
  const [, digits] = /^revision_number=(\d{1,10})$/.exec(header) ?? [];
  if (digits === undefined) throw badRequest(`Bad If-Match header: '${header}' is not of the form revision_number=N.`);
  return Number(digits);
}
