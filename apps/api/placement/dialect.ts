import { Type, type Static, type TSchema } from 'typebox';
import { OpenStackError } from '#services/kernel/errors';
import type { AnySpec } from '#services/kernel/resource/spec';
import { UUID_LIKE } from '#services/placement/index';
import { validateAtLength } from '../http/validation.js';
import { pathOf, type Dialect, type ReadQuery, type Row, type View } from '../kit/dialect.js';
import { QUERIES, checkNames, providerConditions, traitConditions } from './query.js';

/** From here on a create of a provider answers with it, and every GET says since when what it answers is so. */
const CREATE_ANSWERS = 20;
const LAST_MODIFIED = 15;
/** A list has no pages; Prisma's counts have 32 bits. */
const WHOLE = 2 ** 31 - 10;

/** How single resources differ in what no description says. */
interface Habits {
  /** Its items are nothing but names. */
  readonly named?: true;
  /** Each item has a link to itself. */
  readonly linked?: true;
  readonly answersCreate?: true;
  readonly conditions?: (query: Parameters<Dialect['read']>[1], minor: number) => ReadQuery['conditions'];
}
const HABITS: Readonly<Record<string, Habits>> = {
  resource_provider: {
    answersCreate: true,
    conditions(query, minor) {
      checkNames('resource_provider', query, minor);
      return providerConditions(query, minor);
    },
  },
  resource_class: { linked: true },
  trait: {
    named: true,
    conditions(query, minor) {
      checkNames('trait', query, minor);
      return traitConditions(query);
    },
  },
};
const habitsOf = (spec: AnySpec): Habits => HABITS[spec.names[0]] ?? {};

/** The path of one of them, as links have it. */
const hrefOf = (spec: AnySpec, key: string): string => `/placement/${pathOf(spec)}/${key}`;
const SAYING = 'JSON does not validate: ';

/** Checks a body in Placement's words. @throws 400 */
export const check = <T extends TSchema>(schema: T, body: unknown): Static<T> => validateAtLength(schema, body, SAYING);

/** What is answered for what a microversion does not have. */
export const absent = (): OpenStackError => new OpenStackError(404, 'HTTPNotFound', 'The resource could not be found.');

/** An answer must not be kept, and says since when it is so: what is counted is so as of now. */
export function freshness(rows: readonly Row[], minor: number): Record<string, string> {
  if (minor < LAST_MODIFIED) return {};
  const times = rows.flatMap(({ updated_at, created_at }) => [updated_at ?? created_at]);
  const last = times.reduce<number>((latest, time) => (time instanceof Date ? Math.max(latest, +time) : latest), 0);
  return { 'last-modified': new Date(last || Date.now()).toUTCString(), 'cache-control': 'no-cache' };
}

/** Placement's API (placement/handler.py). */
export const placementDialect: Dialect = {
  prefix: 'placement',
  update: 'PUT',
  statuses: { create: 201, update: 200, delete: 204 },
  changes: [CREATE_ANSWERS],
  status(spec, action, minor) {
    if (action === 'get' && habitsOf(spec).named) return 204;
    return action === 'create' && habitsOf(spec).answersCreate && minor >= CREATE_ANSWERS ? 200 : undefined;
  },
  bare(spec, action, minor) {
    if (action === 'get') return habitsOf(spec).named === true;
    return action === 'create' && !(habitsOf(spec).answersCreate && minor >= CREATE_ANSWERS);
  },
  headers: (spec, action, rows, minor) =>
    spec.names[0] === 'resource_class' && action !== 'list' && action !== 'get' ? {} : freshness(rows, minor),
  absent,
  enveloped: false,
  open: false,
  schemaOf({ shape: { kind, schema, nullable } }) {
    const inner = nullable ? (schema as unknown as { anyOf: { format?: string }[] }).anyOf[0]! : schema;
    if (kind !== 'text' || !('format' in inner)) return schema;
    return Type.Unsafe<string | null>({ type: nullable ? ['string', 'null'] : 'string', pattern: UUID_LIKE });
  },
  valueOf: (_field, value) => value,
  wrap: (_spec, item) => item,
  check,
  read: (spec, query, minor) => ({
    conditions: habitsOf(spec).conditions?.(query, minor) ?? [],
    sort: [],
    limit: WHOLE,
  }),
  parameters: (spec) => {
    const names: Readonly<Record<string, number>> =
      spec.names[0] in QUERIES ? QUERIES[spec.names[0] as keyof typeof QUERIES] : {};
    return Object.fromEntries(Object.entries(names).map(([name, since]) => [name, { since, many: true }]));
  },
  time: (date) => date.toISOString(),
  decorate: (spec, view, key) =>
    habitsOf(spec).linked ? { ...view, links: [{ rel: 'self', href: hrefOf(spec, key) }] } : view,
  location: (spec, key, base) => `${base}${hrefOf(spec, key)}`,
  one: (_spec, view) => view,
  many: (spec, views) => ({
    [spec.names[1]]: habitsOf(spec).named ? views.map((view: View) => view['name']) : views,
  }),
};
