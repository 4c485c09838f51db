/**
 * Whether an allocation fits into an inventory: the one rule, written once for the scheduler, which filters hosts with
 * what it read of them, and once for the claim, which asks the database under a lock. A test holds the two together.
 */
import { Type, type Static } from 'typebox';
import { Prisma } from '../kernel/database.js';
import { float, integer } from '../kernel/rows.js';

/** What a provider has of one resource class, what is taken of it, and what a single allocation must keep to. */
export const PROVIDER_CLASS = Type.Object({
  /** What may be allocated in all: total − reserved, times the ratio. */
  capacity: float,
  used: integer,
  minUnit: integer,
  maxUnit: integer,
  stepSize: integer,
});
export type ProviderClass = Readonly<Static<typeof PROVIDER_CLASS>>;

/** Whether a provider has room for an amount of one of its classes. */
export const fits = (amount: number, of: ProviderClass | undefined): boolean =>
  amount === 0 ||
  (of !== undefined &&
    amount >= of.minUnit &&
    amount <= of.maxUnit &&
    amount % of.stepSize === 0 &&
    of.used + amount <= of.capacity);

/** The same of an inventory's row, but for its use, which the claim sums up itself. @param amount a column */
export const fitting = (amount: string, inventory: string): Prisma.Sql =>
  Prisma.raw(
    `${amount} BETWEEN ${inventory}.min_unit AND ${inventory}.max_unit AND ${amount} % ${inventory}.step_size = 0`,
  );

/** What may be allocated of an inventory in all. */
export const capacityOf = (inventory: string): Prisma.Sql =>
  Prisma.raw(`floor((${inventory}.total - ${inventory}.reserved) * ${inventory}.allocation_ratio)`);
