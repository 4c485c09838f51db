import { Prisma, isConflict, type Database, type Sql } from '../kernel/database.js';
import { GENERIC, readTypes, type ResourceType } from './resource-types.js';
import { readTypeChange } from './resource-type-bodies.js';
import { noResourceType, resourceTypeExists, resourceTypeInUse } from './words.js';

/** Resource types: what resources of a kind have besides what all have. */
export class ResourceTypes {
  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
  ) {}

  /** All of them: there are as many as an operator makes. */
  async list(): Promise<ResourceType[]> {
    return [...(await readTypes(this.sql)).values()];
  }

  /** Those of some names that are there. */
  some(names: readonly string[]): Promise<Map<string, ResourceType>> {
    return readTypes(this.sql, names);
  }

  /** @throws 404 */
  async get(name: string): Promise<ResourceType> {
    const type = (await readTypes(this.sql, [name])).get(name);
    if (type === undefined) throw noResourceType(name);
    return type;
  }

  /** @throws 409 */
  async create(type: ResourceType): Promise<ResourceType> {
    const data = { name: type.name, attributes: type.attributes as object };
    await this.db.resourceType.create({ data }).catch((error: unknown) => {
      throw isConflict(error) ? resourceTypeExists(type.name) : error;
    });
    return type;
  }

  /** Changes attributes by a JSON patch. What resources have that a new one is to be filled in for is written with it. @throws 400, 404 */
  async update(name: string, body: unknown): Promise<ResourceType> {
    return this.sql.transaction(async (tx) => {
      await tx.$executeRaw`SELECT 1 FROM gnocchi.resource_types WHERE name = ${name} FOR UPDATE`;
      const type = (await readTypes(tx, [name])).get(name);
      if (type === undefined) throw noResourceType(name);
      const { attributes, removed, filled } = readTypeChange(type, body);
      await tx.$executeRaw`
        UPDATE gnocchi.resource_types SET attributes = ${JSON.stringify(attributes)}::jsonb WHERE name = ${name}`;
      if (removed.length > 0 || Object.keys(filled).length > 0)
        for (const table of ['resources', 'resource_history'] as const)
          await tx.$executeRaw`
            UPDATE gnocchi.${Prisma.raw(table)} SET attributes = ${JSON.stringify(filled)}::jsonb || (attributes - ${removed}::text[])
            WHERE type = ${name}`;
      return { name, attributes };
    });
  }

  /** @throws 400 while there are resources of it, 404 */
  async delete(name: string): Promise<void> {
    if (name === GENERIC) throw resourceTypeInUse(name);
    await this.db.resourceType.delete({ where: { name } }).catch((error: unknown) => {
      const code = error instanceof Prisma.PrismaClientKnownRequestError ? error.code : undefined;
      if (code === 'P2025') throw noResourceType(name);
      throw code === 'P2003' ? resourceTypeInUse(name) : error;
    });
  }
}
