import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ObjectStore } from '#drivers/objects/index';
import type { Database } from '../database.js';
import { OpenStackError, conflict, notFound } from '../errors.js';

/** What of a list is asked for (Swift's query parameters). */
export interface ListQuery {
  readonly prefix?: string;
  readonly marker?: string;
  readonly limit: number;
}
export interface ObjectHeaders {
  readonly contentType: string;
  readonly metadata: Record<string, string>;
  /** The client's md5 of the body, checked when it is given. */
  readonly etag?: string;
}

/** Swift: a project's containers and objects. Another project's account does not exist. */
export class Swift {
  constructor(
    private readonly db: Database,
    private readonly objects: ObjectStore,
  ) {}

  async listContainers(project_id: string, query: ListQuery) {
    return this.db.$queryRaw<{ name: string; count: number; bytes: number }[]>`
      SELECT c.name, count(o.name)::int AS count, COALESCE(sum(o.size), 0)::float8 AS bytes
      FROM swift.containers c LEFT JOIN swift.objects o ON o.project_id = c.project_id AND o.container = c.name
      WHERE c.project_id = ${project_id} AND starts_with(c.name, ${query.prefix ?? ''}) AND c.name > ${query.marker ?? ''}
      GROUP BY c.name ORDER BY c.name LIMIT ${query.limit}`;
  }

  /** @returns whether it is new */
  async putContainer(project_id: string, name: string): Promise<boolean> {
    const { count } = await this.db.container.createMany({ data: [{ project_id, name }], skipDuplicates: true });
    return count === 1;
  }

  async getContainer(project_id: string, name: string): Promise<{ count: number; bytes: number }> {
    const container = await this.db.container.findUnique({ where: { project_id_name: { project_id, name } } });
    if (!container) throw noContainer(name);
    const sums = await this.db.storedObject.aggregate({
      where: { project_id, container: name },
      _count: true,
      _sum: { size: true },
    });
    return { count: sums._count, bytes: Number(sums._sum.size ?? 0) };
  }

  async deleteContainer(project_id: string, name: string): Promise<void> {
    const { count } = await this.getContainer(project_id, name);
    if (count > 0)
      throw conflict(
        'Conflict',
        'There was a conflict when trying to complete your request: the container is not empty.',
      );
    await this.db.container.deleteMany({ where: { project_id, name, objects: { none: {} } } });
  }

  listObjects(project_id: string, container: string, query: ListQuery) {
    return this.db.storedObject.findMany({
      where: { project_id, container, name: { startsWith: query.prefix ?? '', gt: query.marker ?? '' } },
      orderBy: { name: 'asc' },
      take: query.limit,
    });
  }

  /** Streams an object in. It is seen when it is whole; what it replaces goes away then. */
  async putObject(
    project_id: string,
    container: string,
    name: string,
    body: Readable,
    headers: ObjectHeaders,
  ): Promise<{ etag: string }> {
    await this.getContainer(project_id, container);
    const written = await this.objects.write(`swift-${randomUUID()}`, body);
    const key = { project_id, container, name };
    try {
      if (headers.etag !== undefined && headers.etag !== written.md5)
        throw new OpenStackError(422, 'UnprocessableEntity', 'The body does not have the ETag that was sent with it.');
      const data = {
        location: written.location,
        size: written.size,
        etag: written.md5,
        content_type: headers.contentType,
        metadata: headers.metadata,
        updated_at: new Date(),
      };
      const before = await this.db.$transaction(async (tx) => {
        const old = await tx.storedObject.findUnique({
          where: { project_id_container_name: key },
          select: { location: true },
        });
        await tx.storedObject.upsert({
          where: { project_id_container_name: key },
          create: { ...key, ...data },
          update: data,
        });
        return old;
      });
      if (before) await this.objects.remove(before.location);
      return { etag: written.md5 };
    } catch (error) {
      await this.objects.remove(written.location);
      throw error;
    }
  }

  async getObject(project_id: string, container: string, name: string) {
    const object = await this.db.storedObject.findUnique({
      where: { project_id_container_name: { project_id, container, name } },
    });
    if (!object) throw notFound('NotFound', `Object ${container}/${name} was not found.`);
    return object;
  }

  read(location: string): Promise<Readable> {
    return this.objects.read(location);
  }

  async deleteObject(project_id: string, container: string, name: string): Promise<void> {
    const object = await this.getObject(project_id, container, name);
    await this.db.storedObject.deleteMany({ where: { project_id, container, name, location: object.location } });
    await this.objects.remove(object.location);
  }
}

const noContainer = (name: string): OpenStackError => notFound('NotFound', `Container ${name} was not found.`);
