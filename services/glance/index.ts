import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import { isAdmin, type RequestContext } from '../context.js';
import { isConflict, type Database, type Prisma, type Statements } from '../database.js';
import { OpenStackError, conflict, forbidden, notFound } from '../errors.js';
import { LIVE_UPLOAD, uploadLost, uploadToEnd, type Uploads } from '../objects/uploads.js';
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
    private readonly sql: Statements,
    private readonly objects: ObjectStore,
    private readonly uploads: Uploads,
  ) {}

  async create(ctx: RequestContext, input: ImageInput) {
    if (input.visibility === 'public' && !isAdmin(ctx))
      throw forbidden('You are not authorized to complete publicize_image action.');
    const { id = randomUUID(), name, ...rest } = input;
    const given = Object.fromEntries(
      Object.entries(rest).filter(([, v]) => v !== undefined),
    ) as Partial<Prisma.ImageCreateInput>;
    try {
      return await this.db.image.create({
        data: { visibility: 'shared', ...given, id, name: name ?? null, owner: ctx.projectId, status: 'queued' },
      });
    } catch (error) {
      // Also where the image of this id is deleted: its record is kept.
      if (isConflict(error)) throw conflict('Duplicate', `Image ID ${id} already exists!`);
      throw error;
    }
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

  /**
   * Streams the bytes in. A break leaves the image `queued`, ready for another try, and nothing in the store.
   * @throws 409 while another upload to it is under way; 410 when it was deleted meanwhile (glance/api/v2/image_data.py)
   */
  async upload(ctx: RequestContext, id: string, body: Readable): Promise<void> {
    const image = await this.owned(ctx, id);
    const { disk_format, container_format } = image;
    if (!disk_format || !container_format)
      throw new OpenStackError(
        400,
        'BadRequest',
        'Properties disk_format, container_format must be set prior to saving data.',
      );
    const upload = `${id}.${randomUUID()}`;
    await this.uploads.run(
      upload,
      body,
      () => this.beginUpload(id, upload),
      async (written) => {
        const size = await virtualSize(this.objects, written, disk_format);
        await this.finishUpload(id, upload, written, size);
      },
    );
    this.recent.forget();
  }

  /** An upload whose writer is dead is no obstacle: this one takes its place. */
  private async beginUpload(id: string, upload: string): Promise<void> {
    const begun = await this.sql.$executeRaw`
      WITH mine AS (
        UPDATE glance.images i SET status = 'saving', upload_id = ${upload}, updated_at = now()
        WHERE id = ${id} AND deleted_at IS NULL AND (status = 'queued' OR (status = 'saving' AND NOT EXISTS (
          SELECT 1 FROM objects.uploads WHERE name = i.upload_id AND ${LIVE_UPLOAD})))
        RETURNING upload_id)
      INSERT INTO objects.uploads (name) SELECT upload_id FROM mine`;
    if (begun > 0) return;
    const image = await this.find(id);
    if (!image) throw notFound('ImageNotFound', `No image found with ID ${id}`);
    throw conflict(
      'InvalidImageStatusTransition',
      `Image status transition from ${image.status} to saving is not allowed`,
    );
  }

  private async finishUpload(id: string, upload: string, written: WrittenObject, size: bigint | null): Promise<void> {
    const finished = await this.sql.$executeRaw`
      WITH mine AS (${uploadToEnd(upload)}),
      image AS (
        UPDATE glance.images i SET status = 'active', upload_id = NULL, location = ${written.location},
          size = ${written.size}::bigint, virtual_size = ${size === null ? null : String(size)}::bigint,
          checksum = ${written.md5}, os_hash_value = ${written.sha512}, updated_at = now()
        FROM mine WHERE i.id = ${id} AND i.upload_id = mine.name AND i.status = 'saving' AND i.deleted_at IS NULL
        RETURNING i.upload_id)
      DELETE FROM objects.uploads USING image WHERE name = ${upload}`;
    if (finished > 0) return;
    if (await this.find(id)) throw uploadLost();
    throw new OpenStackError(
      410,
      'HTTPGone',
      `Image ${id} could not be found after upload. The image may have been deleted during the upload, cleaning up the chunks uploaded.`,
    );
  }

  async download(
    ctx: RequestContext,
    id: string,
  ): Promise<{ body: Readable; size: number; checksum: string } | undefined> {
    const image = await this.get(ctx, id);
    if (image.status !== 'active' || !image.location) return undefined;
    return { body: await this.objects.read(image.location), size: Number(image.size), checksum: image.checksum ?? '' };
  }

  /** The record goes first: a process that ends in between leaves bytes for an audit, never a record without bytes. */
  async delete(ctx: RequestContext, id: string): Promise<void> {
    await this.owned(ctx, id);
    const [gone] = await this.sql.$queryRaw<{ location: string | null }[]>`
      UPDATE glance.images i SET status = 'deleted', deleted_at = now(), updated_at = now(), location = NULL
      FROM (SELECT id, location FROM glance.images
            WHERE id = ${id} AND deleted_at IS NULL AND NOT protected FOR UPDATE) before
      WHERE i.id = before.id RETURNING before.location`;
    this.recent.forget();
    if (gone?.location) await this.objects.remove(gone.location);
    if (gone) return;
    if (await this.find(id)) throw forbidden(`Image ${id} is protected and cannot be deleted.`);
    throw notFound('ImageNotFound', `No image found with ID ${id}`);
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
    image &&
    (isAdmin(ctx) ||
      ctx.roles.includes('service') ||
      image.owner === ctx.projectId ||
      ['public', 'community'].includes(image.visibility));
  if (!may) throw notFound('ImageNotFound', `No image found with ID ${id}`);
  return image;
}
