import { Type, type TSchema } from 'typebox';
import { byMinor } from '../http/by-minor.js';
import { className } from './inventory-schemas.js';

/** The microversions from which an answer says more: of aggregates, and of who holds what. */
export const AGGREGATES_BY_GENERATION = 19;
export const SHOWS_OWNER = 12;
export const SHOWS_CONSUMER_GENERATION = 28;
export const SHOWS_CONSUMER_TYPE = 38;

const strict = { additionalProperties: false };
const text = Type.String();
const whole = Type.Integer();
const amounts = Type.Record(className, whole, strict);

const inventory = {
  total: whole,
  reserved: whole,
  min_unit: whole,
  max_unit: whole,
  step_size: whole,
  allocation_ratio: Type.Number(),
};
export const InventoriesAnswer = Type.Object(
  {
    resource_provider_generation: whole,
    inventories: Type.Record(className, Type.Object(inventory, { title: 'InventoryListed', ...strict }), strict),
  },
  { title: 'ProviderInventories', ...strict },
);
export const InventoryAnswer = Type.Object(
  {
    ...inventory,
    resource_provider_generation: Type.Optional(Type.Integer({ description: 'Left out when it is 0.' })),
  },
  { title: 'Inventory', ...strict },
);

export const aggregatesAnswer = byMinor(
  (minor) =>
    Type.Object(
      {
        aggregates: Type.Array(Type.String({ format: 'uuid' })),
        ...(minor < AGGREGATES_BY_GENERATION ? {} : { resource_provider_generation: whole }),
      },
      { title: 'ProviderAggregates', ...strict },
    ),
  [0, AGGREGATES_BY_GENERATION],
);
export const TraitsAnswer = Type.Object(
  { traits: Type.Array(text), resource_provider_generation: whole },
  { title: 'ProviderTraits', ...strict },
);
export const ProviderUsagesAnswer = Type.Object(
  { resource_provider_generation: whole, usages: amounts },
  { title: 'ProviderUsages', ...strict },
);

/** What each consumer holds of a provider. */
export const providerAllocationsAnswer = byMinor(
  (minor) => {
    const generation = minor < SHOWS_CONSUMER_GENERATION ? {} : { consumer_generation: whole };
    const held = Type.Object({ resources: amounts, ...generation }, strict);
    return Type.Object(
      { resource_provider_generation: whole, allocations: Type.Record(text, held, strict) },
      { title: 'ProviderAllocations', ...strict },
    );
  },
  [0, SHOWS_CONSUMER_GENERATION],
);

/** What a consumer holds of each provider. Of one that holds nothing nothing else is known. */
const ofHolder = (schema: TSchema): TSchema =>
  Type.Optional(Type.Unsafe({ ...schema, description: 'Left out for a consumer that holds nothing.' }));
export const allocationsAnswer = byMinor(
  (minor) =>
    Type.Object(
      {
        allocations: Type.Record(text, Type.Object({ generation: whole, resources: amounts }, strict), strict),
        ...(minor < SHOWS_OWNER ? {} : { project_id: ofHolder(text), user_id: ofHolder(text) }),
        ...(minor < SHOWS_CONSUMER_GENERATION ? {} : { consumer_generation: ofHolder(whole) }),
        ...(minor < SHOWS_CONSUMER_TYPE ? {} : { consumer_type: ofHolder(text) }),
      },
      { title: 'ConsumerAllocations', ...strict },
    ),
  [0, SHOWS_OWNER, SHOWS_CONSUMER_GENERATION, SHOWS_CONSUMER_TYPE],
);

/** Amounts by class; later by the consumers' type first, each with how many consumers they are of. */
const amountsByType = Type.Record(
  text,
  Type.Object({ consumer_count: whole }, { additionalProperties: whole }),
  strict,
);
export const usagesAnswer = byMinor(
  (minor) =>
    Type.Object(
      { usages: minor < SHOWS_CONSUMER_TYPE ? amounts : amountsByType },
      { title: 'ProjectUsages', ...strict },
    ),
  [0, SHOWS_CONSUMER_TYPE],
);
