import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ObjectStore } from '#drivers/objects/index';
import { isAdmin, type RequestContext } from '../context.js';
import type { Database, Prisma } from '../database.js';
import { OpenStackError, conflict, forbidden, notFound } from '../errors.js';
import { cutPage, pageArgs, type Page } from '../paging.js';
import { Recent } from '../recent.js';
import { virtualSize } from './virtual-size.js';

export interface ImageInput {
  id?: string | undefined;
  name?: string | undefined;
  disk_format?: string | undefined;
  container_format?: string | undefined;
  visibility?: string | undefined;
  min_disk?: number | undefined;
  min_ram?: number | undefined;
  protected?: boolean | undefined;
  os_hidden?: boolean | undefined;
  tags?: string[] | undefined;
  properties: Record<string, string>;
}

export interface ImageFilters {
  name?: string[];
  id?: string[];
  status?: string;
  visibility?: string;
  owner?: string;
  os_hidden?: boolean;
}

/** Glance: image records, and their bytes in the object store. */
export class Glance {
  private readonly recent = new Recent((id) => this.find(id));

  constructor(
    private readonly db: Database,
    private readonly objects: ObjectStore,
  ) {}

  async create(ctx: RequestContext, input: ImageInput) {
    if (input.visibility === 'public' && !isAdmin(ctx))
      throw forbidden('You are not authorized to complete publicize_image action.');
    const { id = randomUUID(), name, ...rest } = input;
    if (await this.db.image.findUnique({ where: { id }, select: { id: true } }))
      throw conflict('Duplicate', `Image ID ${id} already exists!`);
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, v]) => v !== undefined),
    ) as Partial<Prisma.ImageCreateInput>;
    return this.db.image.create({
      data: { visibility: 'shared', ...given, id, name: name ?? null, owner: ctx.projectId, status: 'queued' },
    });
  }

  async list(ctx: RequestContext, filters: ImageFilters, page: Page) {
    const visible: Prisma.ImageWhereInput = isAdmin(ctx)
      ? {}
      : { OR: [{ owner: ctx.projectId }, { visibility: { in: ['public', 'community'] } }] };
    const { name, id, ...equal } = filters;
    const found = await this.db.image.findMany({
      where: {
        AND: [
          visible,
          {
            os_hidden: false,
            ...equal,
            deleted_at: null,
            ...(name ? { name: { in: name } } : {}),
            ...(id ? { id: { in: id } } : {}),
          },
        ],
      },
      orderBy: [{ created_at: 'desc' }, { id: 'desc' }],
      ...pageArgs(page),
    });
    return cutPage(found, page);
  }

  /** @throws 404 also for another project's private image, which must not be told from a missing one */
  async get(ctx: RequestContext, id: string) {
    return visibleTo(ctx, id, await this.find(id));
  }

  /** The same for a boot, from what was read a moment ago. */
  async getRecent(ctx: RequestContext, id: string) {
    return visibleTo(ctx, id, await this.recent.get(id));
  }

  private find(id: string) {
    return this.db.image.findFirst({ where: { id, deleted_at: null } });
  }

  /** Streams the bytes in. A break leaves the image `queued`, ready for another try, and nothing in the store. */
  async upload(ctx: RequestContext, id: string, body: Readable): Promise<void> {
    const image = await this.owned(ctx, id);
    if (!image.disk_format || !image.container_format)
      throw new OpenStackError(
        400,
        'BadRequest',
        'Properties disk_format, container_format must be set prior to saving data.',
      );
    const { count } = await this.db.image.updateMany({ where: { id, status: 'queued' }, data: { status: 'saving' } });
    if (count === 0)
      throw conflict(
        'InvalidImageStatusTransition',
        `Image status transition from ${image.status} to saving is not allowed`,
      );
    try {
      const written = await this.objects.write(id, body);
      const virtual_size = await virtualSize(this.objects, written, image.disk_format);
      await this.db.image.update({
        where: { id },
        data: {
          status: 'active',
          location: written.location,
          size: written.size,
          virtual_size,
          checksum: written.md5,
          os_hash_value: written.sha512,
          updated_at: new Date(),
        },
      });
      this.recent.forget();
    } catch (error) {
      await this.db.image.updateMany({ where: { id, status: 'saving' }, data: { status: 'queued' } });
      throw error;
    }
  }

  async download(
    ctx: RequestContext,
    id: string,
  ): Promise<{ body: Readable; size: number; checksum: string } | undefined> {
    const image = await this.get(ctx, id);
    if (image.status !== 'active' || !image.location) return undefined;
    return { body: await this.objects.read(image.location), size: Number(image.size), checksum: image.checksum ?? '' };
  }

  async delete(ctx: RequestContext, id: string): Promise<void> {
    const image = await this.owned(ctx, id);
    if (image.protected) throw forbidden(`Image ${id} is protected and cannot be deleted.`);
    await this.db.image.update({ where: { id }, data: { status: 'deleted', deleted_at: new Date(), location: null } });
    this.recent.forget();
    if (image.location) await this.objects.remove(image.location);
  }

  private async owned(ctx: RequestContext, id: string) {
    const image = await this.get(ctx, id);
    if (image.owner !== ctx.projectId && !isAdmin(ctx))
      throw forbidden(`You are not authorized to complete this action on image ${id}.`);
    return image;
  }
}

/** @throws 404 also for another project's private image, which must not be told from a missing one */
function visibleTo<I extends { owner: string; visibility: string }>(
  ctx: RequestContext,
  id: string,
  image: I | null,
): I {
  const may =
    image && (isAdmin(ctx) || image.owner === ctx.projectId || ['public', 'community'].includes(image.visibility));
  if (!may) throw notFound('ImageNotFound', `No image found with ID ${id}`);
  return image;
}
