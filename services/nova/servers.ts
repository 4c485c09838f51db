import type { Config } from '#config';
import type { Cinder } from '../cinder/index.js';
import { isAdmin, scopeOf, type RequestContext } from '../kernel/context.js';
import { Prisma, type Database, type Sql } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import { insertRows } from '../kernel/insert.js';
import type { Glance } from '../glance/index.js';
import type { Fernet } from '../keystone/index.js';
import type { Neutron } from '../neutron/index.js';
import { newOperation, type Asker, type NewOperation, type OperationRecords } from '../kernel/operations.js';
import type { Outbox } from '../kernel/outbox.js';
import { fetchPage, type Page } from '../kernel/paging.js';
import { json, nullable, rowType, rowsOf, text, textMap } from '../kernel/rows.js';
import { withFloating } from './addresses.js';
import { newAdminPass, newReservationId, planServers } from './create-server.js';
import type { Admission } from './admission.js';
import type { Consoles } from './consoles.js';
import type { Flavors } from './flavors.js';
import type { Hosts } from './hosts.js';
import type { Keypairs } from './keypairs.js';
import type { Quotas } from './quotas.js';
import { newServer } from './new-server.js';
import { otherQuotas, takenElsewhere } from './other-quotas.js';
import { DELETE_SERVER } from './operations.js';
import { resourcesOf } from './scheduler/index.js';
import { checkCount } from './server-limits.js';
import { ServerNumbers } from './server-numbers.js';
import { idsMatching, type ServerFilters } from './server-patterns.js';
import type { CreateServerRequest, SchedulerHints, ServerChange } from './server-request.js';
import { STATES_WITH_GUEST } from './vm-states.js';

interface Parts {
  readonly db: Database;
  readonly sql: Sql;
  readonly config: Config;
  readonly fernet: Fernet;
  readonly outbox: Outbox;
  readonly operations: OperationRecords;
  readonly quotas: Quotas;
  readonly flavors: Flavors;
  readonly keypairs: Keypairs;
  readonly hosts: Hosts;
  readonly admission: Admission;
  readonly consoles: Consoles;
  readonly glance: Glance;
  readonly neutron: Neutron;
  readonly cinder: Cinder;
}

const KEPT = rowType({
  server_id: text,
  hints: nullable(json<SchedulerHints>()),
  image_properties: nullable(textMap),
  kernel_id: nullable(text),
  ramdisk_id: nullable(text),
});

/** nova-api's part of a server's life: it writes the server once, when it is requested. After that the workflows do. */
export class Servers {
  private readonly numbers = new ServerNumbers();

  constructor(private readonly parts: Parts) {}

  /**
   * Accepts a request for one or more servers: checks it whole, then writes servers, request specs, devices
   * and the operations that boot them in one transaction.
   */
  async create(
    ctx: RequestContext,
    request: CreateServerRequest,
  ): Promise<{ ids: string[]; adminPass: string; reservationId: string }> {
    this.parts.admission.check(ctx.projectId);
    const plan = await planServers(this.parts, ctx, request);
    const adminPass = request.adminPass ?? newAdminPass();
    const reservationId = newReservationId();
    const { VCPU: cores, MEMORY_MB: ram, DISK_GB: disk } = resourcesOf(plan);
    const each = { instances: 1, cores, ram, disk } as const;
    const others = otherQuotas(this.parts, ctx.projectId, takenElsewhere(plan.networks, request.blockDevices));
    const lock = await this.parts.quotas.lockOf(ctx.projectId);
    const { ids, operations } = await this.parts.sql.transaction(async (tx) => {
      const count = await this.parts.quotas.reserve(tx, ctx.projectId, each, request, others);
      checkCount(count);
      const numbers = await this.numbers.take(tx, count);
      const held = this.parts.admission.mustWait(ctx.projectId, count);
      const births = numbers.map((number, index) =>
        newServer(this.parts, ctx, request, plan, { number, index, held, adminPass, reservationId }),
      );
      await insertRows(tx, {
        'nova.servers': births.map((b) => b.server),
        'nova.request_specs': births.map((b) => ({ server_id: b.server.id, spec: b.spec })),
        'nova.block_device_mappings': births.flatMap((b) => b.devices),
        ...this.parts.operations.rows(births.map((b) => b.operation)),
      });
      return { ids: births.map((b) => b.server.id), operations: births.map((b) => b.operation) };
    }, lock);
    void this.parts.outbox.dispatch(operations);
    return { ids, adminPass, reservationId };
  }

  async list(ctx: RequestContext, filters: ServerFilters, page: Page) {
    const query = await this.queryOf(ctx, filters);
    return fetchPage(page, (args) => this.parts.db.server.findMany({ ...query, ...args }), this.markerOf(ctx, filters));
  }

  /** Ids and names only. */
  async listRefs(ctx: RequestContext, filters: ServerFilters, page: Page) {
    const query = { ...(await this.queryOf(ctx, filters)), select: { id: true, name: true } };
    return fetchPage(page, (args) => this.parts.db.server.findMany({ ...query, ...args }), this.markerOf(ctx, filters));
  }

  private async queryOf(ctx: RequestContext, filters: ServerFilters) {
    return { where: await this.whereOf(ctx, filters), orderBy: filters.orderBy };
  }

  private async whereOf(ctx: RequestContext, filters: ServerFilters): Promise<Prisma.ServerWhereInput> {
    // The policy for all projects was checked when the filters were read.
    const projectId = filters.allProjects ? undefined : ctx.projectId;
    const scope = projectId === undefined ? {} : { project_id: projectId };
    const ids = await idsMatching(this.parts.sql, { projectId, ...filters });
    return { AND: [scope, filters.where, ...(ids === undefined ? [] : [{ id: { in: ids } }])] };
  }

  /** Looks up a marker: a deleted server is one where the list has deleted servers. @throws 400 where it is none */
  private markerOf(ctx: RequestContext, { withDeleted }: ServerFilters): (marker: string) => Promise<unknown> {
    const find = (marker: string): Promise<unknown> =>
      withDeleted ? this.getEvenDeleted(ctx, marker) : this.get(ctx, marker);
    return (marker) => find(marker).catch(() => Promise.reject(markerNotFound(marker)));
  }

  /**
   * Adds what a view shows beside the server's own row: the volumes that are attached (a server that is not ACTIVE
   * shows none), and what was kept of its request.
   * @param request whether the request is shown: its scheduler hints, and the properties that its image had
   */
  async withParts<S extends { id: string; vm_state: string; addresses: Prisma.JsonValue }>(
    servers: readonly S[],
    request: boolean,
  ) {
    const addressed = servers.filter(({ addresses }) => Object.keys(addresses as object).length > 0);
    const [floating, requests, withVolumes] = await Promise.all([
      // Most who ask wait for a server that has no address yet.
      addressed.length === 0 ? [] : this.parts.neutron.serverPorts.floatingIps(addressed.map(({ id }) => id)),
      request ? this.keptOf(servers.map((s) => s.id)) : [],
      this.withVolumes(servers),
    ]);
    const kept = new Map(requests.map((k) => [k.server_id, k]));
    return withVolumes.map((s) => ({
      ...s,
      addresses: withFloating(
        s.addresses,
        floating.filter(({ serverId }) => serverId === s.id),
      ),
      scheduler_hints: kept.get(s.id)?.hints ?? {},
      image_properties: kept.get(s.id)?.image_properties ?? {},
      kernel_id: kept.get(s.id)?.kernel_id ?? '',
      ramdisk_id: kept.get(s.id)?.ramdisk_id ?? '',
    }));
  }

  private keptOf(ids: readonly string[]) {
    return rowsOf(this.parts.sql, KEPT)`
      SELECT server_id, spec->'schedulerHints' AS hints, spec->'imageProperties' AS image_properties,
        spec->'direct'->>'kernelId' AS kernel_id, spec->'direct'->>'ramdiskId' AS ramdisk_id
      FROM nova.request_specs WHERE server_id = ANY(${ids}::text[])`;
  }

  private async withVolumes<S extends { id: string; vm_state: string }>(servers: readonly S[]) {
    const withGuest = servers.filter((s) => STATES_WITH_GUEST.includes(s.vm_state)).map((s) => s.id);
    const devices =
      withGuest.length === 0
        ? []
        : await this.parts.db.blockDeviceMapping.findMany({
            where: { server_id: { in: withGuest }, volume_id: { not: null } },
            select: { server_id: true, volume_id: true, delete_on_termination: true },
          });
    const volumes = new Map<string, typeof devices>(servers.map((s) => [s.id, []]));
    for (const device of devices) volumes.get(device.server_id)?.push(device);
    return servers.map((s) => ({ ...s, volumes: volumes.get(s.id) ?? [] }));
  }

  /** @throws 404 for what is deleted, and for another project's server, which must look like a missing one */
  async get(ctx: RequestContext, id: string) {
    const server = await this.parts.db.server.findFirst({
      where: { id, deleted_at: null, ...scopeOf(ctx, 'nova', true) },
    });
    if (!server) throw instanceNotFound(id);
    return server;
  }

  /** Like get, but a deleted server counts: its actions can still be read (since microversion 2.21). */
  async getEvenDeleted(ctx: RequestContext, id: string) {
    const server = await this.parts.db.server.findFirst({
      where: { id, ...scopeOf(ctx, 'nova', true) },
      select: { id: true, deleted_at: true },
    });
    if (!server) throw instanceNotFound(id);
    return server;
  }

  /** Changes what is named; null takes a description away. */
  async update(ctx: RequestContext, id: string, change: ServerChange) {
    checkPin(await this.get(ctx, id), change);
    const sets = Object.entries(change).flatMap(([column, value]) =>
      value === undefined ? [] : [Prisma.sql`${Prisma.raw(`"${column}"`)} = ${value}`],
    );
    if (sets.length > 0)
      await this.parts.sql.$executeRaw`
        UPDATE nova.servers SET ${Prisma.join(sets)}, updated_at = now() WHERE id = ${id} AND deleted_at IS NULL`;
    return this.get(ctx, id);
  }

  /** Accepts a delete, in whatever state the server is. A second delete while the first one runs changes nothing. */
  async delete(ctx: RequestContext, id: string): Promise<void> {
    const server = await this.get(ctx, id);
    if (server.locked && !isAdmin(ctx, 'nova')) throw conflict('InstanceIsLocked', `Instance ${id} is locked`);
    if (server.task_state === 'deleting') return;
    const operation = deletion(server, ctx);
    const accepted = await this.parts.sql.transaction(async (tx) => {
      const marked = await tx.$executeRaw`
        UPDATE nova.servers SET task_state = 'deleting', operation_id = ${operation.id}, updated_at = now()
        WHERE id = ${id} AND deleted_at IS NULL AND task_state IS DISTINCT FROM 'deleting'`;
      if (marked === 0) return false;
      await this.parts.operations.cancelAll(tx, id);
      await this.parts.operations.add(tx, [operation]);
      return true;
    });
    if (accepted) void this.parts.outbox.dispatch([operation]);
  }

  /** @throws 409 in Nova's words when the server is still being built */
  async refuseWhileBuilding(ctx: RequestContext, id: string, action: string): Promise<void> {
    const { vm_state } = await this.get(ctx, id);
    if (vm_state === 'building')
      throw conflict('InstanceInvalidState', `Cannot '${action}' instance ${id} while it is in vm_state ${vm_state}`);
  }

  /**
   * Starts a server's delete again after somebody terminated its workflow. If the delete has not ended, there must not
   * be a second one, even if the first cannot be started at present: they would cancel each other and wait for each
   * other for ever.
   */
  async deleteAgain(server: {
    id: string;
    name: string;
    project_id: string;
    user_id: string;
    vm_state: string;
    operation_id: string | null;
  }): Promise<void> {
    const { outbox, sql, operations } = this.parts;
    if (server.operation_id !== null && (await outbox.retry(server.operation_id)) !== 'ended') return;
    const operation = deletion(server, { projectId: server.project_id, userId: server.user_id, requestId: 'audit' });
    const accepted = await sql.transaction(async (tx) => {
      const marked = await tx.$executeRaw`
        UPDATE nova.servers SET operation_id = ${operation.id}
        WHERE id = ${server.id} AND deleted_at IS NULL AND operation_id IS NOT DISTINCT FROM ${server.operation_id}`;
      // Another audit was faster.
      if (marked === 0) return false;
      await operations.add(tx, [operation]);
      return true;
    });
    if (accepted) await outbox.dispatch([operation]);
  }

  async consoleOutput(ctx: RequestContext, id: string, lines?: number): Promise<string> {
    const server = await this.get(ctx, id);
    if (server.host === null || server.machine === null || server.launched_at === null)
      throw conflict('InstanceNotReady', `Instance ${id} is not ready`);
    return this.parts.consoles.read({ serverId: id, host: server.host, lines });
  }
}

/**
 * A server can be pinned only to the zone that it is in, and a pin must be removed before another one is set.
 * @throws 409 in Nova's words
 */
function checkPin(
  server: { availability_zone: string | null; pinned_availability_zone: string | null },
  { pinned_availability_zone: asked }: ServerChange,
): void {
  const { availability_zone: zone, pinned_availability_zone: pinned } = server;
  if (asked === undefined || asked === null || asked === pinned) return;
  if (pinned !== null)
    throw conflict(
      'HTTPConflict',
      'Cannot change pinned availability zone directly. Unpin first by setting pinned_availability_zone to null.',
    );
  if (asked !== zone)
    throw conflict(
      'HTTPConflict',
      `Server can only be pinned to its current availability zone '${zone ?? 'None'}', but '${asked}' was requested.`,
    );
}

const instanceNotFound = (id: string) => notFound('InstanceNotFound', `Instance ${id} could not be found.`);
const markerNotFound = (marker: string) => {
  const error = notFound('MarkerNotFound', `marker [${marker}] not found`);
  return Object.assign(error, { status: 400 });
};

const deletion = (
  server: { id: string; name: string; project_id: string; vm_state: string },
  asker: Asker,
): NewOperation =>
  newOperation(DELETE_SERVER, server.id, { serverId: server.id }, asker, {
    summary: `Delete ${server.name}`,
    details: `Server **${server.name}** of project ${server.project_id}, ${server.vm_state} at the time. Requested by ${asker.requestId}.`,
  });
