import { Type } from 'typebox';
import type { Database, Statements } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { integer, rowType, rowsOf } from '../kernel/rows.js';
import { dashed } from './ids.js';
import { changeProvider, type Numbered } from './locked.js';
import { noProvider } from './words.js';

/** What a consumer holds of a provider. */
interface Held {
  readonly resources: Readonly<Record<string, number>>;
  readonly consumer_generation: number;
}

const USAGES = rowType({ generation: integer, usages: Type.Record(Type.String(), integer) });

/** What a provider is in, what it can, and how much of it is in use (placement/handlers/{aggregate,trait,usage}.py). */
export class ProviderParts {
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
  ) {}

  async aggregates(id: string): Promise<Numbered & { readonly aggregates: readonly string[] }> {
    const found = await this.db.resourceProvider.findUnique({ where: { id } });
    if (found === null) throw noProvider(id);
    return found;
  }

  /** @param expected the generation that the client read. Before 1.19 it names none, and the change is not counted */
  async setAggregates(id: string, expected: number | undefined, aggregates: readonly string[]): Promise<Numbered> {
    return changeProvider(this.db, id, expected, async (tx) => {
      await tx.resourceProvider.update({ where: { id }, data: { aggregates: aggregates.map(dashed) } });
      return expected !== undefined;
    });
  }

  async traits(id: string): Promise<Numbered & { readonly traits: readonly string[] }> {
    const found = await this.db.resourceProvider.findUnique({
      where: { id },
      include: { traits: { orderBy: { trait: 'asc' } } },
    });
    if (found === null) throw noProvider(id);
    return { id, generation: found.generation, traits: found.traits.map((one) => one.trait) };
  }

  /** @throws 404, 409, 400 for a trait that is not there */
  setTraits(id: string, expected: number | undefined, names: readonly string[]): Promise<Numbered> {
    return changeProvider(this.db, id, expected, async (tx) => {
      const wanted = new Set(names);
      const there = await tx.trait.findMany({ where: { name: { in: [...wanted] } } });
      const missing = [...wanted].filter((name) => there.every((one) => one.name !== name));
      if (missing.length > 0) throw badRequest(`No such trait ${missing.join(', ')}`);
      const before = await tx.providerTrait.findMany({ where: { resource_provider_id: id } });
      const added = [...wanted].filter((name) => before.every((one) => one.trait !== name));
      const { count } = await tx.providerTrait.deleteMany({
        where: { resource_provider_id: id, trait: { notIn: [...wanted] } },
      });
      await tx.providerTrait.createMany({ data: added.map((one) => ({ resource_provider_id: id, trait: one })) });
      return added.length + count > 0;
    });
  }

  /** How much of each class that it has is in use. */
  async usages(id: string): Promise<Numbered & { readonly usages: Readonly<Record<string, number>> }> {
    const [row] = await rowsOf(this.sql, USAGES)`
      SELECT p.generation, COALESCE((
        SELECT jsonb_object_agg(i.resource_class, COALESCE((SELECT sum(a.used) FROM placement.allocations a
            WHERE a.resource_provider_id = p.id AND a.resource_class = i.resource_class), 0))
        FROM placement.inventories i WHERE i.resource_provider_id = p.id), '{}') AS usages
      FROM placement.resource_providers p WHERE p.id = ${id}`;
    if (row === undefined) throw noProvider(id);
    return { id, ...row };
  }

  /** Who holds what of it. */
  async allocations(id: string): Promise<Numbered & { readonly allocations: Readonly<Record<string, Held>> }> {
    const found = await this.db.resourceProvider.findUnique({
      where: { id },
      include: { allocations: { orderBy: [{ consumer_id: 'asc' }, { resource_class: 'asc' }] } },
    });
    if (found === null) throw noProvider(id);
    const held = new Map<string, Held>();
    for (const { consumer_id, consumer_generation, resource_class, used } of found.allocations)
      held.set(consumer_id, {
        resources: { ...held.get(consumer_id)?.resources, [resource_class]: used },
        consumer_generation,
      });
    return { id, generation: found.generation, allocations: Object.fromEntries(held) };
  }
}
