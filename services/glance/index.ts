import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import { isAdmin, type RequestContext } from '../kernel/context.js';
import { isConflict, type Database, type Prisma, type Statements } from '../kernel/database.js';
import { OpenStackError, badRequest, conflict, forbidden, notFound } from '../kernel/errors.js';
import { LIVE_UPLOAD, uploadLost, uploadToEnd, type Uploads } from '../kernel/uploads.js';
import { cutPage, pageArgs, type Page } from '../kernel/paging.js';
import { ownTarget, policies } from '../kernel/policy/index.js';
import { Recent } from '../kernel/recent.js';
import { imageFilters, imageSort, type Query } from './filters.js';
import { inspectImage } from './inspect-image.js';

export interface ImageInput {
  id?: string | undefined;
  name?: string | undefined;
  /** The project that it belongs to; only an administrator may name another than his own. */
  owner?: string | undefined;
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

/** Glance's own ceilings (glance-api.conf: image_tag_quota, image_property_quota). */
const MOST_TAGS = 128;
const MOST_PROPERTIES = 128;
/** glance-api.conf: image_size_cap, 1 TiB. */
const MOST_BYTES = 2 ** 40;
const tooMany = (what: string, count: number, most: number): OpenStackError =>
  new OpenStackError(
    413,
    'HTTPRequestEntityTooLarge',
    `The limit has been exceeded on the number of allowed image ${what}. Attempted: ${count}, Maximum: ${most}`,
  );

/** Glance: image records, and their bytes in the object store. */
export class Glance {
  private readonly recent = new Recent((id) => this.find(id));

  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly objects: ObjectStore,
    private readonly uploads: Uploads,
    /** Whether an upload must be of the format that its record names (glance-api.conf: require_image_format_match). */
    private readonly formatMustMatch = true,
  ) {}

  async create(ctx: RequestContext, input: ImageInput) {
    if (input.visibility === 'public')
      policies.enforce('glance', 'publicize_image', ctx.credentials, ownTarget(ctx.credentials));
    const { id = randomUUID(), name, owner = ctx.projectId, ...rest } = input;
    if (owner !== ctx.projectId && !isAdmin(ctx, 'glance'))
      throw forbidden(`You are not permitted to create images owned by '${owner}'.`);
    const tags = new Set(rest.tags);
    if (tags.size > MOST_TAGS) throw tooMany('tags', tags.size, MOST_TAGS);
    const properties = Object.keys(rest.properties).length;
    if (properties > MOST_PROPERTIES) throw tooMany('properties', properties, MOST_PROPERTIES);
    const given = Object.fromEntries(
      Object.entries({ ...rest, tags: [...tags] }).filter(([, v]) => v !== undefined),
    ) as Partial<Prisma.ImageCreateInput>;
    try {
      return await this.db.image.create({
        data: { visibility: 'shared', ...given, id, name: name ?? null, owner, status: 'queued' },
      });
    } catch (error) {
      // Also where the image of this id is deleted: its record is kept.
      if (isConflict(error)) throw conflict('Duplicate', `Image ID ${id} already exists!`);
      throw error;
    }
  }

  /** @throws 400 for a filter, a sort key or a marker that Glance does not know */
  async list(ctx: RequestContext, query: Query, page: Page) {
    const visible: Prisma.ImageWhereInput = isAdmin(ctx, 'glance')
      ? {}
      : { OR: [{ owner: ctx.projectId }, { visibility: { in: ['public', 'community'] } }] };
    const where = { AND: [visible, { deleted_at: null }, ...imageFilters(query)] };
    const sort = imageSort(query);
    if (page.marker !== undefined) {
      const seen = await this.db.image.count({ where: { AND: [visible, { id: page.marker, deleted_at: null }] } });
      if (seen === 0) throw badRequest(`No image found with ID ${page.marker}`);
    }
    const found = await this.db.image.findMany({
      where,
      orderBy: [...sort.map(({ key, dir }) => ({ [key]: dir })), { created_at: 'desc' }, { id: 'desc' }],
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
        const size = await inspectImage(this.objects, written, disk_format, this.formatMustMatch);
        await this.finishUpload(id, upload, written, size);
      },
      MOST_BYTES,
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

  /**
   * The bytes; undefined when there are none yet.
   * @param range which of them, once the size is known; nothing for all
   */
  async download(
    ctx: RequestContext,
    id: string,
    range: (size: number) => { readonly start: number; readonly end: number } | undefined = () => undefined,
  ) {
    const image = await this.get(ctx, id);
    if (image.status !== 'active' || !image.location) return undefined;
    const size = Number(image.size);
    const part = range(size);
    try {
      return { body: await this.objects.read(image.location, part), size, part, checksum: image.checksum ?? '' };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Deleted in this moment: its record goes before its bytes.
      await this.get(ctx, id);
      throw new OpenStackError(503, 'ServiceUnavailable', `The data of image ${id} is missing.`, { cause: error });
    }
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
    if (image.owner !== ctx.projectId && !isAdmin(ctx, 'glance'))
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
    (isAdmin(ctx, 'glance') || image.owner === ctx.projectId || ['public', 'community'].includes(image.visibility));
  if (!may) throw notFound('ImageNotFound', `No image found with ID ${id}`);
  return image;
}
