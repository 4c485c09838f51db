import type { Config } from '#config';
import { scopeOf, type RequestContext } from '../kernel/context.js';
import { Prisma, type Database, type Queries, type Sql, type Statements } from '../kernel/database.js';
import { OpenStackError, badRequest, conflict, notFound } from '../kernel/errors.js';
import { formatFault } from '../glance/disk-formats.js';
import type { Glance } from '../glance/index.js';
import type { End, NewOperation, OperationRecords } from '../kernel/operations.js';
import type { Outbox } from '../kernel/outbox.js';
import type { Policies } from '../kernel/policy/index.js';
import { Records } from '../kernel/resource/records.js';
import { bool, integer, json, nullable, rowType, rowsOf, text, time, type Row } from '../kernel/rows.js';
import { CREATE_VOLUME, DELETE_VOLUME, deletionOf } from './operations.js';
import { Attachments } from './attachments.js';
import { VolumeQuotas } from './quotas.js';
import { volume as volumeResource } from './resources/volume.js';
import { moveVolume } from './status.js';

export { CREATE_VOLUME } from './operations.js';
export { VOLUMES_ATTACHED, VOLUMES_UNDER_WAY, VOLUMES_WITH_BYTES, VOLUME_STATE_FACTS } from './volume-states.js';
export type { CreateVolumeRequest, DeleteVolumeRequest } from './operations.js';
export { volume } from './resources/volume.js';

/** A volume that a server boots with or is given. Ids are chosen with the request. */
export interface VolumeRequest {
  readonly volumeId: string;
  readonly attachmentId: string;
  /** The boot makes the volume, from an image or blank. Else it is there already. */
  readonly create: boolean;
  readonly imageId?: string;
  /** GiB */
  readonly sizeGb: number;
  readonly bootIndex: number | null;
  readonly device: string;
  readonly deleteOnTermination: boolean;
}
/** What a volume role needs to make a volume, or to hand it to a host. */
export interface VolumeToConnect {
  readonly volumeId: string;
  readonly create: boolean;
  readonly imageId?: string;
  readonly sizeGb: number;
  readonly bootIndex: number | null;
  readonly device: string;
}
const BACKEND = rowType({ host: text });
/** A volume role that is up. */
export type VolumeBackend = Row<typeof BACKEND>;
/** The volumes of a server that one volume role serves. */
export interface BackendVolumes {
  readonly volumeHost: string;
  readonly volumeIds: readonly string[];
}

const SUMMARY = rowType({ count: integer, size: integer, metadata: nullable(json()) });
const ROLE = rowType({ host: text, up: bool, updated_at: time });
const PLACE = rowType({ host: nullable(text) });
const DETACHED = rowType({ volume_id: text });
const ATTACHED = rowType({ id: text, host: nullable(text), size: integer, made_for_it: bool });

/** How recent a volume role's last report must be, in seconds (cinder.conf: service_down_time). */
const SERVICE_DOWN_TIME = 60;

/** Cinder: volumes and their attachments. */
export class Cinder {
  readonly quotas: VolumeQuotas;
  readonly volumes;
  readonly attachments: Attachments;

  constructor(
    private readonly db: Database,
    private readonly sql: Sql,
    private readonly glance: Glance,
    private readonly outbox: Outbox,
    private readonly operations: OperationRecords,
    policies: Policies,
    config: Config,
  ) {
    this.quotas = new VolumeQuotas(db, config);
    this.attachments = new Attachments(sql);
    const parts = {
      db,
      quotas: this.quotas,
      operations,
      start: (begun: readonly NewOperation[]) => void outbox.dispatch(begun),
      bootableImage: (ctx: RequestContext, id: string) => this.bootableImage(ctx, id),
    };
    this.volumes = new Records(volumeResource, parts, policies);
  }

  /** @throws 404 also for another project's */
  get(ctx: RequestContext, id: string) {
    return this.volumes.get(ctx, id);
  }

  /** The number of volumes and their GiB. @param allProjects of every project, where an administrator asks */
  async summary(ctx: RequestContext, allProjects: boolean): Promise<{ count: number; size: number; metadata: object }> {
    const { project_id: own } = scopeOf(ctx, 'cinder', allProjects);
    const project = own === undefined ? Prisma.sql`true` : Prisma.sql`project_id = ${own}`;
    const [found] = await rowsOf(this.sql, SUMMARY)`
      SELECT count(*)::int AS count, COALESCE(sum(size), 0)::int AS size, (
        SELECT jsonb_object_agg(key, options) FROM (
          SELECT key, jsonb_agg(DISTINCT value) AS options FROM cinder.volumes, jsonb_each(metadata)
          WHERE ${project} GROUP BY key) AS each) AS metadata
      FROM cinder.volumes WHERE ${project}`;
    return { count: found!.count, size: found!.size, metadata: found!.metadata ?? {} };
  }

  /** The volume roles, each up or down by the database's clock. */
  services(host?: string) {
    const only = host === undefined ? Prisma.sql`true` : Prisma.sql`host = ${host}`;
    return rowsOf(this.sql, ROLE)`
      SELECT host, updated_at > now() - make_interval(secs => ${SERVICE_DOWN_TIME}) AS up, updated_at
      FROM cinder.services WHERE ${only} ORDER BY host`;
  }

  /** The image a volume is to be made of. @throws 400 when there is none that can be used */
  async bootableImage(ctx: RequestContext, imageId: string): Promise<{ id: string; minimumGb: number }> {
    const image = await this.glance.get(ctx, imageId).catch((error: unknown) => {
      throw error instanceof OpenStackError && error.status === 404
        ? badRequest(`Invalid image identifier or unable to access requested image.`)
        : error;
    });
    if (image.status !== 'active') throw badRequest(`Invalid input received: Image ${image.id} is not active.`);
    const fault = formatFault(image);
    if (fault !== undefined) throw badRequest(`Invalid input received: ${fault}`);
    return { id: image.id, minimumGb: Math.max(1, image.min_disk, gib(image.virtual_size ?? image.size ?? 0n)) };
  }

  /** Picks the volume role for a new volume: the one with the fewest volumes among those that are up. */
  async pickBackend(tx: Queries): Promise<VolumeBackend> {
    const rows = await rowsOf(tx, BACKEND)`
      SELECT s.host FROM cinder.services s WHERE s.updated_at > now() - make_interval(secs => ${SERVICE_DOWN_TIME})
      ORDER BY (SELECT count(*) FROM cinder.volumes v WHERE v.host = s.host), s.host LIMIT 1`;
    if (!rows[0])
      throw new OpenStackError(
        503,
        'NoValidBackend',
        'No valid backend was found. No cinder-volume role has reported in.',
      );
    return rows[0];
  }

  /** Gives a creating volume its backend. Runs twice with the same answer. */
  async placeVolume(volumeId: string): Promise<VolumeBackend> {
    return this.db.$transaction(async (tx) => {
      const rows = await rowsOf(
        tx,
        PLACE,
      )`SELECT host FROM cinder.volumes WHERE id = ${volumeId} AND status = 'creating' FOR UPDATE`;
      if (!rows[0])
        throw new OpenStackError(404, 'VolumeNotFound', `Volume ${volumeId} is gone.`, { verdict: 'deleted' });
      const backend = rows[0].host === null ? await this.pickBackend(tx) : { host: rows[0].host };
      await tx.volume.update({ where: { id: volumeId }, data: { host: backend.host } });
      return backend;
    });
  }

  /** The last step of a creation: `available`, and its operation is done. */
  async finishCreation(volumeId: string, end: Omit<End, 'state'>): Promise<void> {
    await this.sql.transaction(async (tx) => {
      await moveVolume(tx, volumeId, ['creating'], 'available');
      await this.operations.finish(tx, { ...end, state: 'done' });
    });
  }

  /** Ends a creation: `available`, or `error`. @returns the status, which is another when it had ended already */
  async endCreation(volumeId: string, status: 'available' | 'error'): Promise<string> {
    await moveVolume(this.sql, volumeId, ['creating'], status);
    const volume = await this.db.volume.findUnique({ where: { id: volumeId }, select: { status: true } });
    return volume?.status ?? 'gone';
  }

  /**
   * Ends the wait of a volume that no operation works on: one that was being made is in error, one that a boot made or
   * that was being deleted is deleted, and one that nothing is attached to is available.
   * @returns what was done; undefined when the volume waits for nothing
   */
  async settleOrphan(id: string): Promise<string | undefined> {
    const volume = await this.db.volume.findUnique({ where: { id }, include: { attachments: true } });
    if (!volume) return undefined;
    const { status, created_for_server, attachments } = volume;
    if (created_for_server !== null || status === 'deleting') {
      const begun = status === 'deleting' ? await this.operations.newest(id, DELETE_VOLUME.kind) : undefined;
      if (begun !== undefined && (await this.outbox.retry(begun)) !== 'ended') return 'its delete was started again';
      const asker = { projectId: volume.project_id, userId: volume.user_id, requestId: 'audit' };
      const operation = deletionOf(volume, asker);
      await this.db.$transaction(async (tx) => {
        await tx.volumeAttachment.deleteMany({ where: { volume_id: id } });
        await tx.$executeRaw`
          UPDATE cinder.volumes SET status = 'deleting', created_for_server = NULL, operation_id = ${operation.id}, updated_at = now()
          WHERE id = ${id}`;
        await this.operations.add(tx, [operation]);
      });
      void this.outbox.dispatch([operation]);
      return 'its delete was started';
    }
    if (status === 'creating') {
      await this.endCreation(id, 'error');
      const begun = await this.operations.newest(id, CREATE_VOLUME.kind);
      if (begun !== undefined)
        await this.operations.finishNow({
          operationId: begun,
          state: 'failed',
          message: 'Found by an audit',
          story: [],
        });
      return 'put into error';
    }
    if (attachments.length > 0) {
      const { operation_id: operationId } = volume;
      if (operationId === null || !(await this.attachments.settle({ volumeId: id, operationId }))) return undefined;
      await this.operations.finishNow({ operationId, state: 'failed', message: 'Found by an audit', story: [] });
      return 'in use, as far as is known';
    }
    const freed = await this.sql.$executeRaw`
      UPDATE cinder.volumes v SET status = 'available', updated_at = now()
      WHERE id = ${id} AND status IN ('in-use', 'reserved')
        AND NOT EXISTS (SELECT 1 FROM cinder.volume_attachments a WHERE a.volume_id = v.id)`;
    return freed === 0 ? undefined : 'made available';
  }

  async forgetVolume(queries: Queries, volumeId: string): Promise<void> {
    await queries.volumeAttachment.deleteMany({ where: { volume_id: volumeId } });
    await queries.volume.deleteMany({ where: { id: volumeId } });
  }

  /** The last step of a delete: the record goes, and its operation is done. */
  async removeVolume(volumeId: string, end: Omit<End, 'state'>): Promise<void> {
    await this.db.$transaction(async (tx) => {
      await this.forgetVolume(tx, volumeId);
      await this.operations.finish(tx, { ...end, state: 'done' });
    });
  }

  /**
   * Makes the records of the volumes that a boot creates, reserves those it uses, and says which volume role serves
   * which of them. What is made goes to the backend of the first volume that is there already, and without one to the
   * backend with the fewest. Runs twice with the same result.
   * @throws 409 (abort) when a volume is in use, 404 when it is gone, 413 beyond the quota
   */
  async reserveForServer(
    tx: Queries,
    server: { id: string; projectId: string; userId: string; host: string },
    requests: readonly VolumeRequest[],
  ): Promise<BackendVolumes[]> {
    const existing = await tx.volume.findMany({ where: { id: { in: requests.map((r) => r.volumeId) } } });
    const hostOfExisting = existing.find((v) => v.host !== null)?.host;
    const { host: hostOfNew } = hostOfExisting ? { host: hostOfExisting } : await this.pickBackend(tx);
    const backends = new Map<string, string[]>();
    const added = requests.filter((r) => r.create && !existing.some((v) => v.id === r.volumeId));
    await this.quotas.reserve(
      tx,
      server.projectId,
      added.map((r) => r.sizeGb),
    );
    for (const request of requests) {
      const known = existing.find((v) => v.id === request.volumeId);
      if (!known && !request.create) throw notFound('VolumeNotFound', `Volume ${request.volumeId} could not be found.`);
      if (!known) await this.recordForServer(tx, server, request, hostOfNew);
      else if (!request.create && known.status !== 'reserved') await this.reserve(tx, known.id);
      await this.attach(tx, server, request);
      const host = known?.host ?? hostOfNew;
      backends.set(host, [...(backends.get(host) ?? []), request.volumeId]);
    }
    return [...backends].map(([volumeHost, volumeIds]) => ({ volumeHost, volumeIds }));
  }

  private async recordForServer(
    tx: Queries,
    server: { id: string; projectId: string; userId: string },
    request: VolumeRequest,
    host: string,
  ): Promise<void> {
    await tx.volume.create({
      data: {
        id: request.volumeId,
        project_id: server.projectId,
        user_id: server.userId,
        size: request.sizeGb,
        status: 'creating',
        image_id: request.imageId ?? null,
        bootable: request.imageId !== undefined,
        host,
        created_for_server: server.id,
      },
    });
  }

  private async reserve(tx: Queries, volumeId: string): Promise<void> {
    if (!(await moveVolume(tx, volumeId, ['available'], 'reserved')))
      throw conflict('InvalidVolume', `Invalid volume: volume ${volumeId} status must be 'available'.`);
  }

  private async attach(tx: Queries, server: { id: string; host: string }, request: VolumeRequest): Promise<void> {
    const taken = await tx.$executeRaw`
      INSERT INTO cinder.volume_attachments (id, volume_id, server_id, host, mountpoint)
      VALUES (${request.attachmentId}, ${request.volumeId}, ${server.id}, ${server.host}, ${request.device})
      ON CONFLICT (volume_id) DO UPDATE SET host = EXCLUDED.host WHERE cinder.volume_attachments.server_id = ${server.id}`;
    if (taken === 0) throw conflict('InvalidVolume', `Invalid volume: volume ${request.volumeId} is already attached.`);
  }

  /**
   * The servers run: their volumes are in use, and the ones their boots made stand on their own. A statement for the
   * caller's own. @param servers a query for their ids
   */
  activateVolumes(servers: Prisma.Sql): Prisma.Sql {
    return Prisma.sql`
      UPDATE cinder.volumes SET status = 'in-use', created_for_server = NULL, updated_at = now()
      WHERE id IN (SELECT volume_id FROM cinder.volume_attachments WHERE server_id IN (${servers}))`;
  }

  /**
   * Detaches a server's volumes. Those in `remove`, and those of a boot that never finished, lose their record (their
   * bytes are gone by then); the others are available again. Nothing there is fine.
   */
  async detachFromServer(tx: Statements, serverId: string, remove: readonly string[]): Promise<void> {
    const detached = await rowsOf(tx, DETACHED)`
      DELETE FROM cinder.volume_attachments WHERE server_id = ${serverId} RETURNING volume_id`;
    await tx.$executeRaw`
      DELETE FROM cinder.volumes v WHERE v.created_for_server = ${serverId}
        OR (v.id = ANY(${[...remove]}) AND NOT EXISTS (SELECT 1 FROM cinder.volume_attachments a WHERE a.volume_id = v.id))`;
    if (detached.length === 0) return;
    await tx.$executeRaw`
      UPDATE cinder.volumes SET status = 'available', operation_id = NULL, updated_at = now() WHERE id = ANY(${detached.map((d) => d.volume_id)})`;
  }

  /** The volumes that are attached to a server. */
  volumesOf(serverId: string) {
    return rowsOf(this.sql, ATTACHED)`
      SELECT v.id, v.host, v.size, v.created_for_server IS NOT DISTINCT FROM ${serverId} AS made_for_it
      FROM cinder.volumes v JOIN cinder.volume_attachments a ON a.volume_id = v.id WHERE a.server_id = ${serverId}`;
  }

  /** Takes away the attachments of a server that is gone. Volumes that its boot made are left to be deleted, bytes first. */
  async forgetServer(serverId: string): Promise<void> {
    await this.sql.$executeRaw`
      WITH detached AS (DELETE FROM cinder.volume_attachments WHERE server_id = ${serverId} RETURNING volume_id)
      UPDATE cinder.volumes SET status = 'available', updated_at = now()
      WHERE id IN (SELECT volume_id FROM detached) AND status IN ('in-use', 'reserved')`;
  }

  async reportService(host: string, facts: Prisma.InputJsonObject): Promise<void> {
    await this.sql.$executeRaw`
      INSERT INTO cinder.services (host, facts) VALUES (${host}, ${JSON.stringify(facts)}::jsonb)
      ON CONFLICT (host) DO UPDATE SET facts = EXCLUDED.facts, updated_at = now()`;
  }
}

const gib = (bytes: bigint): number => Number((bytes + (1n << 30n) - 1n) >> 30n);
