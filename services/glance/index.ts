import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import { isAdmin, type RequestContext } from '../kernel/context.js';
import type { Config } from '#config';
import type { Database, Sql } from '../kernel/database.js';
import { OpenStackError, conflict, forbidden } from '../kernel/errors.js';
import { notifying, type Happened } from '../kernel/notifications.js';
import type { Policies } from '../kernel/policy/index.js';
import { LIVE_UPLOAD, uploadLost, uploadToEnd, type Uploads } from '../kernel/uploads.js';
import { Recent } from '../kernel/recent.js';
import { Records } from '../kernel/resource/records.js';
import { inspectImage } from './inspect-image.js';
import { IMAGES_WITH_BYTES } from './image-states.js';
import { ImageQuotas, mebibytes } from './quotas.js';
import { SHOWN, image as imageResource } from './resources/image.js';
import { noImage } from './words.js';

export { checkCount, checkName } from './image-names.js';
export { IMAGES_UNDER_WAY, IMAGES_WITH_BYTES } from './image-states.js';
export { image } from './resources/image.js';

/** glance-api.conf: image_size_cap, 1 TiB. */
const MOST_BYTES = 2 ** 40;

interface Owned {
  readonly id: string;
  readonly owner: string;
}

/** What Glance tells of an image beside what the kit does (glance/notifier.py). */
const told = (id: string, project: string, ...events: readonly string[]): Happened => ({
  events,
  publisher: 'image',
  type: 'image',
  id,
  project,
});

/** Glance: image records, and their bytes in the object store. */
export class Glance {
  readonly images;
  readonly quotas: ImageQuotas;
  private readonly recent = new Recent((id) => this.find(id));

  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    private readonly objects: ObjectStore,
    private readonly uploads: Uploads,
    private readonly policies: Policies,
    private readonly config: Config,
  ) {
    this.quotas = new ImageQuotas(db, sql, config);
    const parts = { db, objects, policies, quotas: this.quotas, imageChanged: () => this.recent.forget() };
    this.images = new Records(imageResource, parts, policies);
  }

  /** @throws 404 also for another project's private image, which must look like a missing one */
  get(ctx: RequestContext, id: string) {
    return this.images.get(ctx, id);
  }

  /** The same for a boot, from what was read a moment ago. */
  async getRecent(ctx: RequestContext, id: string) {
    const found = await this.recent.get(id);
    const there = found && (isAdmin(ctx, 'glance') || found.owner === ctx.projectId || SHOWN.has(found.visibility));
    const target = { project_id: found?.owner ?? '', visibility: found?.visibility ?? '' };
    if (!there || !this.policies.allows('glance', 'get_image', ctx.credentials, target)) throw noImage(id);
    return found;
  }

  private find(id: string) {
    return this.db.image.findFirst({ where: { id, deleted_at: null } });
  }

  /**
   * Streams the bytes in. A break leaves the image `queued`, ready for another try, and nothing in the store.
   * @param length in bytes, where the client says it
   * @throws 409 while another upload to it is under way; 410 when it was deleted meanwhile; 413 where it is more than the
   *   owner may have (glance/api/v2/image_data.py)
   */
  async upload(ctx: RequestContext, id: string, body: Readable, length = 0): Promise<void> {
    const image = await this.images.getFor(ctx, id, 'update', 'upload_image');
    const { disk_format, container_format, owner } = image;
    const { require_image_format_match } = this.config.glance;
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
      () => this.beginUpload({ id, owner }, upload, length),
      async (written) => {
        const size = await inspectImage(this.objects, written, disk_format, require_image_format_match);
        await this.finishUpload(ctx, { id, owner }, upload, written, size);
      },
      MOST_BYTES,
    );
    this.recent.forget();
  }

  /** An upload whose writer is dead is no obstacle: this one takes its place. */
  private async beginUpload({ id, owner }: Owned, upload: string, length: number): Promise<void> {
    const more = { image_size_total: mebibytes(length), image_count_uploading: 1 };
    const begun = await this.quotas.within(
      owner,
      more,
      (on) => on.$executeRaw`
      WITH mine AS (
        UPDATE glance.images i SET status = 'saving', upload_id = ${upload}, updated_at = now()
        WHERE id = ${id} AND deleted_at IS NULL AND (status = 'queued' OR (status = 'saving' AND NOT EXISTS (
          SELECT 1 FROM objects.uploads WHERE name = i.upload_id AND ${LIVE_UPLOAD})))
        RETURNING upload_id)
      INSERT INTO objects.uploads (name) SELECT upload_id FROM mine`,
    );
    if (begun > 0) return;
    const image = await this.find(id);
    if (!image) throw noImage(id);
    throw conflict(
      'InvalidImageStatusTransition',
      `Image status transition from ${image.status} to saving is not allowed`,
    );
  }

  /** What was sent is counted as it came: a client need not say how much it will be, and others finish meanwhile. */
  private async finishUpload(
    ctx: RequestContext,
    { id, owner }: Owned,
    upload: string,
    written: WrittenObject,
    size: bigint | null,
  ): Promise<void> {
    const more = { image_size_total: mebibytes(written.size) };
    const finished = await this.quotas.within(
      owner,
      more,
      (on) => on.$executeRaw`
      WITH mine AS (${uploadToEnd(upload)}),
      image AS (
        UPDATE glance.images i SET status = 'active', upload_id = NULL, location = ${written.location},
          size = ${written.size}::bigint, virtual_size = ${size === null ? null : String(size)}::bigint,
          checksum = ${written.md5}, os_hash_value = ${written.sha512}, updated_at = now()
        FROM mine WHERE i.id = ${id} AND i.upload_id = mine.name AND i.status = 'saving' AND i.deleted_at IS NULL
        RETURNING i.upload_id, notifications.image(i) AS payload),
      told AS (${notifying(ctx, told(id, owner, 'image.upload', 'image.activate'), 'image')})
      DELETE FROM objects.uploads USING image WHERE name = ${upload}`,
    );
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
    const image = await this.images.getFor(ctx, id, 'get', 'download_image');
    if (image.status === 'deactivated' && !isAdmin(ctx, 'glance'))
      throw forbidden('The requested image has been deactivated. Image data download is forbidden.');
    if (!IMAGES_WITH_BYTES.includes(image.status) || !image.location) return undefined;
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

  /**
   * Keeps an image's bytes from everybody but administrators, or gives them back. What is so already stays as it is.
   * @throws 403 in Glance's words for an image without bytes
   */
  async setActive(ctx: RequestContext, id: string, active: boolean): Promise<void> {
    const action = active ? 'reactivate' : 'deactivate';
    const { status, owner } = await this.images.getFor(ctx, id, 'update', action);
    const [from, to] = active ? ['deactivated', 'active'] : ['active', 'deactivated'];
    if (status !== from && status !== to) throw forbidden(`Not allowed to ${action} image in status '${status}'`);
    await this.sql.$executeRaw`
      WITH image AS (
        UPDATE glance.images i SET status = ${to}, updated_at = now()
        WHERE id = ${id} AND status = ${from} AND deleted_at IS NULL RETURNING notifications.image(i) AS payload)
      ${notifying(ctx, told(id, owner, `image.${action}`), 'image')}`;
    this.recent.forget();
  }
}
