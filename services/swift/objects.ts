import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { ObjectStore, WrittenObject } from '#drivers/objects/index';
import type { Database, Statements } from '../kernel/database.js';
import { OpenStackError, notFound } from '../kernel/errors.js';
import { uploadLost, uploadToEnd, type Uploads } from '../kernel/uploads.js';
import { nullable, rowType, rowsOf, text, time, type Row } from '../kernel/rows.js';
import { LIMITS, checkMetadata, checkObjectName, checkSize } from './limits.js';

export interface ObjectKey {
  readonly project_id: string;
  readonly container: string;
  readonly name: string;
}
/** What is said of an object with its bytes. */
export interface ObjectHeaders {
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Headers that are answered as they were sent, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's md5 of the body, checked when it is given. */
  readonly etag?: string;
  /** Bytes that the client announces, where it does. */
  readonly length?: number;
  /** `If-None-Match: *`: refused when there is such an object. */
  readonly onlyNew?: boolean;
}
export type ObjectRecord = Awaited<ReturnType<StoredObjects['get']>>;

/** A reader sees an object replaced at most this often in a row before it finds bytes; each time is a new, whole look. */
const LOOKS = 5;
const WRITTEN = rowType({ etag: text, updated_at: time, replaced: nullable(text) });
const GONE = rowType({ location: text });

/** The objects of Swift: records here, bytes in the store. */
export class StoredObjects {
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly store: ObjectStore,
    private readonly uploads: Uploads,
  ) {}

  /**
   * Streams an object in. It is seen when it is whole; what it replaces goes away then.
   * @throws 404 without a container, 412 when there must be no such object and is, 413, 422 for another md5
   */
  async put(key: ObjectKey, body: Readable, headers: ObjectHeaders): Promise<{ etag: string; updated_at: Date }> {
    checkObjectName(key.name);
    checkMetadata(headers.metadata, 'x-object-meta-');
    checkSize(headers.length ?? 0);
    const name = `swift-${randomUUID()}`;
    const finish = async (written: WrittenObject) => {
      if (headers.etag !== undefined && headers.etag !== written.md5)
        throw new OpenStackError(422, 'UnprocessableEntity', 'The body does not have the ETag that was sent with it.');
      return this.record(name, key, headers, written);
    };
    const { etag, updated_at, replaced } = await this.uploads.run(
      name,
      body,
      () => this.begin(name, key, headers.onlyNew ?? false),
      finish,
      LIMITS.max_file_size,
    );
    if (replaced !== null) await this.store.remove(replaced);
    return { etag, updated_at };
  }

  /** Also the early answer to what cannot succeed, before the body is read. */
  private async begin(name: string, { project_id, container, ...key }: ObjectKey, onlyNew: boolean): Promise<void> {
    const begun = await this.sql.$executeRaw`
      INSERT INTO objects.uploads (name) SELECT ${name} FROM swift.containers
      WHERE project_id = ${project_id} AND name = ${container} AND (NOT ${onlyNew}::boolean OR NOT EXISTS (
        SELECT 1 FROM swift.objects
        WHERE project_id = ${project_id} AND container = ${container} AND name = ${key.name}))`;
    if (begun > 0) return;
    if ((await this.db.container.count({ where: { project_id, name: container } })) === 0) throw noContainer(container);
    throw notNew();
  }

  /**
   * One statement, so that of any number of writers each learns which bytes it replaced itself: the row that an upsert
   * meets is locked, and its `location` is the one that goes.
   */
  private async record(
    upload: string,
    key: ObjectKey,
    headers: ObjectHeaders,
    written: WrittenObject,
  ): Promise<Row<typeof WRITTEN>> {
    // A container that was deleted while the bytes came is a foreign key that is violated: 404 (database-errors.ts).
    const [row] = await rowsOf(this.sql, WRITTEN)`
      WITH mine AS (${uploadToEnd(upload)}),
      written AS (
        INSERT INTO swift.objects AS o
          (project_id, container, name, location, size, etag, content_type, metadata, headers, updated_at)
        SELECT ${key.project_id}, ${key.container}, ${key.name}, ${written.location}, ${written.size}::bigint,
          ${written.md5}, ${headers.contentType}, ${JSON.stringify(headers.metadata)}::jsonb,
          ${JSON.stringify(headers.headers)}::jsonb, now()
        FROM mine
        ON CONFLICT (project_id, container, name) DO UPDATE SET
          location = EXCLUDED.location, replaced = o.location, size = EXCLUDED.size, etag = EXCLUDED.etag,
          content_type = EXCLUDED.content_type, metadata = EXCLUDED.metadata, headers = EXCLUDED.headers,
          updated_at = EXCLUDED.updated_at
        WHERE NOT ${headers.onlyNew ?? false}::boolean
        RETURNING etag, updated_at, replaced),
      ended AS (DELETE FROM objects.uploads USING written WHERE name = ${upload})
      SELECT * FROM written`;
    if (row) return row;
    if (headers.onlyNew && (await this.find(key))) throw notNew();
    throw uploadLost();
  }

  /** @throws 404 when there is no such object, or no such container */
  async get(key: ObjectKey) {
    const object = await this.find(key);
    if (!object) throw noObject(key);
    return object;
  }

  /**
   * An object with its bytes. One that is replaced in this moment is looked up again: its record changes before its
   * bytes go.
   * @param range which bytes of it, once it is known what it is; nothing for all
   */
  async open(
    key: ObjectKey,
    range: (object: ObjectRecord) => { readonly start: number; readonly end: number } | undefined = () => undefined,
  ): Promise<{ object: ObjectRecord; body: Readable }> {
    for (let looks = LOOKS; ; looks--) {
      const object = await this.get(key);
      try {
        return { object, body: await this.store.read(object.location, range(object)) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        if (looks === 1)
          throw new OpenStackError(503, 'ServiceUnavailable', `The data of ${key.container}/${key.name} is missing.`, {
            cause: error,
          });
      }
    }
  }

  /** Replaces what is said of an object, as Swift's POST does: what is not sent is gone. @throws 404 */
  async update(key: ObjectKey, headers: Omit<ObjectHeaders, 'contentType'> & { contentType?: string }): Promise<void> {
    checkMetadata(headers.metadata, 'x-object-meta-');
    const updated = await this.sql.$executeRaw`
      UPDATE swift.objects SET metadata = ${JSON.stringify(headers.metadata)}::jsonb,
        headers = ${JSON.stringify(headers.headers)}::jsonb,
        content_type = COALESCE(${headers.contentType ?? null}, content_type), updated_at = now()
      WHERE project_id = ${key.project_id} AND container = ${key.container} AND name = ${key.name}`;
    if (updated === 0) throw noObject(key);
  }

  /** The record goes first: a process that ends in between leaves bytes for an audit, never a record without bytes. */
  async delete(key: ObjectKey): Promise<void> {
    const [gone] = await rowsOf(this.sql, GONE)`
      DELETE FROM swift.objects
      WHERE project_id = ${key.project_id} AND container = ${key.container} AND name = ${key.name} RETURNING location`;
    if (!gone) throw noObject(key);
    await this.store.remove(gone.location);
  }

  private find({ project_id, container, name }: ObjectKey) {
    return this.db.storedObject.findUnique({
      where: { project_id_container_name: { project_id, container, name } },
    });
  }
}

export const noContainer = (name: string): OpenStackError => notFound('NotFound', `Container ${name} was not found.`);
const noObject = ({ container, name }: ObjectKey): OpenStackError =>
  notFound('NotFound', `Object ${container}/${name} was not found.`);
const notNew = (): OpenStackError =>
  new OpenStackError(412, 'PreconditionFailed', 'A precondition for this request was not met.');
