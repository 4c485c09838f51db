import { Type, type TSchema } from 'typebox';
import { OpenStackError, badRequest, notFound } from '#services/kernel/errors';
import { parsePage } from '#services/kernel/paging';
import type { Condition } from '#services/kernel/resource/query';
import type { Action, AnyField, AnySpec } from '#services/kernel/resource/spec';
import { micros, nextLink, selfAndBookmark } from '../http/links.js';
import { INT4_MAX } from '../http/numbers.js';
import { booleanText, integerText, isTrue } from '../http/parameter-types.js';
import { pythonRepr } from '../http/python-repr.js';
import { validate } from '../http/validation.js';
import {
  fieldsAt,
  pathOf,
  type AnsweredPage,
  type Dialect,
  type QueryLists,
  type ReadQuery,
  type View,
} from '../kit/dialect.js';
import { DIRECTION, sortKeyOf, sortKeysOf } from '../kit/parameters.js';
import { takesName } from './query-names.js';
import { serviceVerbBody } from './service-bodies.js';
import { readSlice } from './slices.js';

/** How single resources differ in what no description says: Nova's own unevenness. */
interface Habits {
  /** Each item of a list stands under its name, as in a body of its own. */
  readonly nested?: true;
  /** Items have a link to themselves, and its bookmark. */
  readonly linked?: true;
  /** What is answered for what a microversion does not have, where that is not as usual. */
  readonly absent?: (minor: number, body: unknown) => OpenStackError;
  /** An item of a request is the whole body; `optional`: there need be none. */
  readonly flat?: true | 'optional';
  /** A request may have attributes that Nova does not know. */
  readonly open?: true;
  /** It is named by a UUID since a microversion, and by a number before. */
  readonly uuidSince?: number;
  /** Statuses that are not those of `statuses`. */
  readonly status?: (action: Action, minor: number) => number | undefined;
}
/** What Nova answers from Neutron's records as its first API did: made with 200, deleted with 202, and lenient with attributes. */
const PROXY: Habits = {
  open: true,
  status: (action) => (({ create: 200, delete: 202 }) as Partial<Record<Action, number>>)[action],
};
const HABITS: Readonly<Record<string, Habits>> = {
  security_group: PROXY,
  security_group_rule: PROXY,
  floating_ip: { ...PROXY, flat: 'optional' },
  flavor: { linked: true, status: (action) => (action === 'delete' ? 202 : undefined) },
  hypervisor: { uuidSince: 53 },
  // Until a path had its id, it had a verb.
  service: {
    flat: true,
    uuidSince: 53,
    // Nova looks at the body first, and then for a verb that is called so.
    absent(minor, body) {
      validate(serviceVerbBody(minor), body);
      return notFound('HTTPNotFound', 'Unknown action');
    },
  },
  keypair: {
    nested: true,
    status: (action, minor) =>
      minor >= 2 ? undefined : ({ create: 200, delete: 202 } as Partial<Record<Action, number>>)[action],
  },
};
const habitsOf = (spec: AnySpec): Habits => HABITS[spec.names[0]] ?? {};

/** Nova's API v2.1 with its microversions (nova/api/openstack/common.py, nova/api/validation/parameter_types.py). */
export const novaDialect: Dialect = {
  prefix: 'compute/v2.1',
  update: 'PUT',
  statuses: { create: 200, update: 200, delete: 204 },
  status: (spec, action, minor) =>
    habitsOf(spec).status?.(action, minor) ?? (action === 'create' && !habitsOf(spec).linked ? 201 : undefined),
  absent: (minor, spec, body) =>
    (spec && habitsOf(spec).absent?.(minor, body)) ??
    new OpenStackError(404, 'VersionNotFoundForAPIMethod', `API version 2.${minor} is not supported on this method.`),
  keyOf,
  beside: (spec, query, minor) => conditionsOf(spec, query, minor, 'GET', '/:id'),
  details: true,
  enveloped: (spec) => !habitsOf(spec).flat,
  open: (_write, _minor, spec) => habitsOf(spec).open === true,
  schemaOf,
  valueOf,
  wrap,
  check: validate,
  read,
  // Their names are those of query-names.ts.
  parameters: (spec) => (sortKeysOf(spec).length === 0 ? {} : { sort_key: sortKeyOf(spec), sort_dir: DIRECTION }),
  time: micros,
  decorate: (spec, view, key, base) =>
    habitsOf(spec).linked
      ? { ...view, links: selfAndBookmark(`${base}/compute`, '/v2.1', `${pathOf(spec)}/${key}`) }
      : view,
  one: (spec, view) => ({ [spec.names[0]]: view }),
  many: (spec, views, page) => ({
    [spec.names[1]]: habitsOf(spec).nested ? views.map((view) => ({ [spec.names[0]]: view })) : views,
    ...linksOf(spec, views, page),
  }),
};

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** @throws 400 for what is no UUID where it has to be one */
function keyOf(spec: AnySpec, key: string, minor: number): string {
  const { uuidSince } = habitsOf(spec);
  if (uuidSince !== undefined && minor >= uuidSince && key !== '' && !UUID.test(key))
    throw badRequest(`Invalid uuid ${key}`);
  return key;
}

function wrap(spec: AnySpec, item: TSchema): TSchema {
  const { flat, open = false } = habitsOf(spec);
  if (flat === 'optional') return Type.Unsafe({ ...item, type: ['object', 'null'] });
  return flat ? item : Type.Object({ [spec.names[0]]: item }, { additionalProperties: open });
}

/** Numbers and booleans also come as text. */
function schemaOf({ shape }: AnyField): TSchema {
  const { kind, schema, nullable, min = 0, max = INT4_MAX } = shape;
  if (kind === 'int') return integerText(min, max, ...(nullable ? (['null'] as const) : []));
  if (kind === 'bool') return booleanText;
  if (kind === 'number')
    return Type.Unsafe<number | string>({
      type: ['number', 'string'],
      pattern: '^(?!0+(\\.0+)?$)[0-9]+(\\.[0-9]+)?$',
      exclusiveMinimum: 0,
      maximum: max,
      textMaximum: max,
    });
  // One schema with two types says what is wrong better than two schemas do.
  if (kind === 'text' && nullable)
    return Type.Unsafe<string | null>({
      ...(schema as unknown as { anyOf: object[] }).anyOf[0],
      type: ['string', 'null'],
    });
  return schema;
}

function valueOf({ shape }: AnyField, value: unknown): unknown {
  if (shape.kind === 'int' || shape.kind === 'number') return Number(value);
  return shape.kind === 'bool' ? isTrue(value as boolean | string) : value;
}

function read(spec: AnySpec, query: QueryLists, minor: number): ReadQuery {
  const route = `/${pathOf(spec)}`;
  const known = (name: string): string | undefined =>
    takesName('GET', route, minor, name) ? query[name]?.at(-1) : undefined;
  // Lists that got pages later come whole before.
  const page = !takesName('GET', route, minor, 'limit')
    ? { limit: Number.MAX_SAFE_INTEGER - 2 }
    : takesName('GET', route, minor, 'offset')
      ? readSlice({ limit: known('limit'), offset: known('offset') })
      : parsePage({ limit: known('limit'), marker: known('marker') }, 0);
  return {
    ...page,
    conditions: conditionsOf(spec, query, minor, 'GET', ''),
    sort: sortOf(spec, known('sort_key'), known('sort_dir'), minor),
  };
}

/** The conditions of a query, by the names that its route takes at a microversion; others are ignored. */
function conditionsOf(spec: AnySpec, query: QueryLists, minor: number, method: string, below: string): Condition[] {
  return Object.entries(query).flatMap(([field, values = []]): Condition[] =>
    !['limit', 'marker', 'offset', 'sort_key', 'sort_dir'].includes(field) &&
    takesName(method, `/${pathOf(spec)}${below}`, minor, field)
      ? [{ field, operator: 'in', values }]
      : [],
  );
}

function sortOf(spec: AnySpec, key: string | undefined, direction = 'asc', minor: number): ReadQuery['sort'] {
  // It is looked at whether it says anything or not.
  if (direction !== 'asc' && direction !== 'desc') throw notOneOf('sort_dir', direction, ['asc', 'desc']);
  if (!key) return [];
  const keys = fieldsAt(spec, minor).flatMap(([field, { options }]) =>
    (options.sort === true ? [field] : (options.sort ?? [])).map((name) => ({ name, field })),
  );
  const found = keys.find(({ name }) => name === key);
  if (found === undefined) throw notOneOf('sort_key', key, keys.map(({ name }) => name).toSorted());
  return [{ field: found.field, direction }];
}

const notOneOf = (parameter: string, value: string, allowed: readonly string[]): OpenStackError =>
  badRequest(
    `Invalid input for query parameters ${parameter}. Value: ${value}. ${pythonRepr(value)} is not one of ${pythonRepr(allowed)}`,
  );

/** The link to the next page. It goes by the key that is shown, which has changed with the microversions. */
function linksOf(spec: AnySpec, views: readonly View[], { url, query, limit, more }: AnsweredPage): object {
  const last = views.at(-1)?.[spec.key ?? 'id'] as string | number | undefined;
  if (!more || last === undefined) return {};
  const single = Object.fromEntries(Object.entries(query).map(([name, values]) => [name, values?.at(-1)]));
  return { [`${spec.names[1]}_links`]: [nextLink(url, single, limit, String(last))] };
}
