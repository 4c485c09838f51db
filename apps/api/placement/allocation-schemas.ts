import { Type, type TSchema } from 'typebox';
import { UUID_LIKE, dashed, type Resources, type Wanted } from '#services/placement/index';
import { byMinor } from '../http/by-minor.js';
import { check } from './dialect.js';
import { className } from './inventory-schemas.js';

/** The microversions at which a consumer's body changed (placement/schemas/allocation.py). */
const OWNER = 8;
const BY_PROVIDER = 12;
const GENERATION = 28;
const MAPPINGS = 34;
const TYPE = 38;
/** The microversions that brought the requests that write several consumers. */
export const SEVERAL = 13;
export const RESHAPER = 30;
const CHANGES = [0, OWNER, BY_PROVIDER, GENERATION, MAPPINGS, TYPE];

const strict = { additionalProperties: false };
const id = Type.String({ minLength: 1, maxLength: 255 });
const uuid = Type.String({ pattern: '^[0-9a-fA-F-]{36}$' });
const resources = Type.Record(className, Type.Integer({ minimum: 1 }), { ...strict, minProperties: 1 });
const listed = Type.Array(
  Type.Object(
    { resource_provider: Type.Object({ uuid: Type.String({ pattern: UUID_LIKE }) }, strict), resources },
    strict,
  ),
  { minItems: 1 },
);
const byProvider = (least: 0 | 1): TSchema =>
  Type.Record(uuid, Type.Object({ generation: Type.Optional(Type.Integer()), resources }, strict), {
    ...strict,
    minProperties: least,
  });
const mappings = Type.Record(
  Type.String({ pattern: '[a-zA-Z0-9_-]{1,64}' }),
  Type.Array(Type.String({ pattern: UUID_LIKE }), { minItems: 1 }),
  { minProperties: 1 },
);

/** @param empty a consumer may be given nothing: since it is written by generation, and where several are written */
const consumerSchema = (minor: number, empty: boolean): TSchema =>
  Type.Object(
    {
      allocations: minor < BY_PROVIDER ? listed : byProvider(empty || minor >= GENERATION ? 0 : 1),
      ...(minor < OWNER ? {} : { project_id: id, user_id: id }),
      ...(minor < GENERATION ? {} : { consumer_generation: Type.Unsafe<number | null>({ type: ['integer', 'null'] }) }),
      ...(minor < MAPPINGS ? {} : { mappings: Type.Optional(mappings) }),
      ...(minor < TYPE
        ? {}
        : { consumer_type: Type.String({ pattern: '^[A-Z0-9_]+$', minLength: 1, maxLength: 255 }) }),
    },
    strict,
  );
/** Minors before a request's first one are refused, so they change nothing. */
const changesSince = (first: number): number[] => [0, ...CHANGES.filter((minor) => minor > first)];
/** What one consumer is to hold, by microversion; and what several are. */
export const oneConsumer = byMinor((minor) => consumerSchema(minor, false), CHANGES);
export const consumers = byMinor(
  (minor) => Type.Record(uuid, consumerSchema(Math.max(minor, RESHAPER), true), strict),
  changesSince(RESHAPER),
);
export const severalConsumers = byMinor(
  (minor) => Type.Record(uuid, consumerSchema(Math.max(minor, SEVERAL), true), { ...strict, minProperties: 1 }),
  changesSince(SEVERAL),
);

interface Listed {
  readonly resource_provider: { readonly uuid: string };
  readonly resources: Resources;
}
/** A consumer's body, once it is checked. */
export interface ConsumerBody {
  readonly allocations: readonly Listed[] | Readonly<Record<string, { readonly resources: Resources }>>;
  readonly project_id?: string;
  readonly user_id?: string;
  readonly consumer_generation?: number | null;
  readonly consumer_type?: string;
}

/** What a consumer is to hold, of its checked body. */
export function wantedOf(consumerId: string, body: ConsumerBody): Wanted {
  const { allocations, project_id, user_id, consumer_generation: generation, consumer_type: type } = body;
  const pairs: readonly (readonly [string, Resources])[] = Array.isArray(allocations)
    ? allocations.map((one: Listed) => [dashed(one.resource_provider.uuid), one.resources])
    : Object.entries(allocations as Exclude<typeof allocations, readonly unknown[]>).map(([provider, one]) => [
        dashed(provider),
        one.resources,
      ]);
  return {
    consumerId: dashed(consumerId),
    owner: project_id === undefined || user_id === undefined ? undefined : { project_id, user_id },
    generation,
    type,
    byProvider: Object.fromEntries(pairs),
  };
}

/** The consumers of a checked request, by their ids. @throws 400 */
export const readConsumers = (schema: TSchema, body: unknown): Wanted[] =>
  Object.entries(check(schema, body) as Record<string, ConsumerBody>).map(([consumer, one]) => wantedOf(consumer, one));
