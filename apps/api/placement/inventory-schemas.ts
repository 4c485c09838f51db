import { Type, type Static } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import type { Inventory } from '#services/placement/index';
import { INT4_MAX } from '../http/numbers.js';

const strict = { additionalProperties: false };
const amount = Type.Integer({ minimum: 1, maximum: INT4_MAX });
/** A generation that no provider can have is another one than it has. */
export const generation = Type.Integer();
export const className = Type.String({ pattern: '^[A-Z0-9_]+$' });

const record = {
  total: amount,
  reserved: Type.Optional(Type.Integer({ minimum: 0, maximum: INT4_MAX })),
  min_unit: Type.Optional(amount),
  max_unit: Type.Optional(amount),
  step_size: Type.Optional(amount),
  allocation_ratio: Type.Optional(Type.Number({ maximum: 3.40282e38 })),
  resource_provider_generation: Type.Optional(generation),
};
const Record = Type.Object(record, strict);

/** Bodies of inventories (placement/schemas/inventory.py). */
export const ReplaceInventories = Type.Object(
  { resource_provider_generation: generation, inventories: Type.Record(className, Record, strict) },
  strict,
);
export const CreateInventory = Type.Object({ ...record, resource_class: className }, strict);
export const UpdateInventory = Type.Object({ ...record, resource_provider_generation: generation }, strict);

/** From here on all of an inventory may be reserved. */
const ALL_RESERVED = 26;

/** An inventory with what a request leaves out. @throws 400 for one that can give nothing */
export function inventoryOf(
  { resource_provider_generation: _generation, ...given }: Static<typeof Record>,
  name: string,
  minor: number,
  refuse: (message: string) => string,
): Inventory {
  const inventory = { reserved: 0, min_unit: 1, max_unit: INT4_MAX, step_size: 1, allocation_ratio: 1, ...given };
  const capacity = (inventory.total - inventory.reserved) * inventory.allocation_ratio;
  if (minor < ALL_RESERVED ? capacity <= 0 : capacity < 0)
    throw badRequest(
      refuse(
        `Invalid inventory for '${name}'. The reserved value is greater than ${minor < ALL_RESERVED ? 'or equal to ' : ''}total.`,
      ),
    );
  return inventory;
}
