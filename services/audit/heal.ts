import { queueImage, removeBytes } from './bytes.js';
import type { AuditParts } from './parts.js';
import { ownsThings } from '../nova/index.js';
import type { Orphan } from './orphans.js';

/** Repairs one kind of orphan. It looks again first: what it writes, it writes only if the orphan still is one. */
type Healer = (parts: AuditParts, orphan: Orphan) => Promise<string | undefined>;

/** Whether a server still owns what an audit found. */
async function owns({ db }: AuditParts, serverId: string): Promise<boolean> {
  const server = await db.server.findFirst({
    where: { id: serverId, deleted_at: null },
    select: { vm_state: true, task_state: true, host: true },
  });
  return server !== null && ownsThings(server);
}

/** What belonged to a server that owns nothing any more. */
const ofServer =
  (repair: (parts: AuditParts, serverId: string) => Promise<string>): Healer =>
  async (parts, { owner }) =>
    owner === undefined || (await owns(parts, owner)) ? undefined : repair(parts, owner);

const HEALERS: Partial<Record<Orphan['kind'], Healer>> = {
  claim: ofServer(async ({ placement }, serverId) => {
    await placement.releaseConsumer(serverId);
    return 'released';
  }),
  port: healPort,
  attachment: ofServer(async ({ cinder }, serverId) => {
    await cinder.forgetServer(serverId);
    return 'detached';
  }),
  async address({ neutron }, { id, owner }) {
    return (await neutron.forgetAddress(id, owner ?? '')) ? 'freed' : undefined;
  },
  async operation({ outbox }, { id }) {
    return (await outbox.retry(id)) === 'started' ? 'started' : undefined;
  },
  workflow: healWorkflow,
  server: healServer,
  volume: healVolume,
  image: ({ db }, { id }) => queueImage(db, id),
  'image bytes': ({ db, store }, { id }) => removeBytes(db, store, id),
  'object bytes': ({ db, store }, { id }) => removeBytes(db, store, id),
};

export async function healRecord(parts: AuditParts, orphan: Orphan): Promise<string | undefined> {
  return orphan.missing ? undefined : HEALERS[orphan.kind]?.(parts, orphan);
}

/**
 * A server that waits for a workflow that is not there: its delete is started again; a boot cannot be, so the server goes to
 * ERROR; what else was done to it is given up, and it is as it was.
 */
async function healServer({ db, nova, engine, operations }: AuditParts, { id }: Orphan): Promise<string | undefined> {
  const server = await db.server.findFirst({ where: { id, deleted_at: null } });
  if (!server) return undefined;
  const begun = await operations.openOf(id);
  for (const operation of begun) if (await engine.isOpen(operation.id)) return undefined;
  if (server.task_state === 'deleting') {
    await nova.servers.deleteAgain(server);
    return 'its delete was started again';
  }
  if (server.vm_state === 'building') {
    const fault = {
      code: 500,
      message: `Build of instance ${id} aborted: its workflow ended before the server was ACTIVE.`,
      details: 'Found by an audit',
    };
    await nova.boots.fail({ serverId: id, operationId: server.operation_id ?? '', fault, story: [], end: 'failed' });
    return 'put into ERROR';
  }
  await nova.serverActions.giveUp(id);
  const message = 'Found by an audit: its workflow ended before it did';
  for (const { id: operationId } of begun)
    await operations.finishNow({ operationId, state: 'failed', message, story: [] });
  return 'given up; the server is as it was';
}

/**
 * A boot whose server is deleted undoes itself when it is cancelled. One that does not move would not do so: it is
 * ended, and the next look finds its server.
 */
async function healWorkflow({ db, engine }: AuditParts, { id, owner }: Orphan): Promise<string | undefined> {
  const operation = await db.operation.findUnique({ where: { id }, select: { finished_at: true } });
  const overdue = await db.server.findFirst({
    where: {
      id: owner ?? '',
      operation_id: id,
      deleted_at: null,
      vm_state: 'building',
      NOT: { task_state: 'deleting' },
    },
    select: { id: true },
  });
  if (operation && !overdue) {
    await engine.cancel(id);
    return 'cancelled; it undoes itself';
  }
  await engine.terminate(id, 'The audit ends it: it does not move.');
  return 'terminated';
}

async function healVolume({ db, cinder, engine, operations }: AuditParts, { id }: Orphan): Promise<string | undefined> {
  const held = await db.volume.findUnique({ where: { id }, select: { operation_id: true } });
  const own = (await operations.openOf(id)).map((operation) => operation.id);
  for (const operation of new Set([...own, held?.operation_id ?? []].flat()))
    if (await engine.isOpen(operation)) return undefined;
  return cinder.settleOrphan(id);
}

const unbind = ofServer(async ({ db, neutron }, serverId) => {
  await db.$transaction((tx) => neutron.serverPorts.unbind(tx, serverId));
  return 'deleted, or unbound if it was the user’s own';
});

/** A port of a server that is gone is unbound; one that an operation held which has ended counts as attached. */
async function healPort(parts: AuditParts, orphan: Orphan): Promise<string | undefined> {
  const { db, engine, neutron, operations } = parts;
  const unbound = await unbind(parts, orphan);
  if (unbound !== undefined) return unbound;
  const held = await db.port.findUnique({ where: { id: orphan.id }, select: { operation_id: true } });
  const operationId = held?.operation_id ?? undefined;
  if (operationId === undefined || (await engine.isOpen(operationId))) return undefined;
  await operations.finishNow({ operationId, state: 'failed', message: 'Found by an audit', story: [] });
  return (await neutron.heldPorts.settle(db, orphan.id)) ? 'attached, as far as is known' : undefined;
}
