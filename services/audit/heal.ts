import { queueImage, removeBytes } from './bytes.js';
import type { AuditParts } from './index.js';
import type { Orphan } from './orphans.js';

/** Repairs one kind of orphan. It looks again first: what it writes, it writes only if the orphan still is one. */
type Healer = (parts: AuditParts, orphan: Orphan) => Promise<string | undefined>;

/** Whether a server still owns what an audit found: it runs, is being built or is being deleted. */
const owns = async ({ db }: AuditParts, serverId: string): Promise<boolean> =>
  (await db.server.findFirst({
    where: {
      id: serverId,
      deleted_at: null,
      OR: [{ vm_state: { in: ['active', 'building'] } }, { task_state: 'deleting' }],
    },
    select: { id: true },
  })) !== null;

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
  port: ofServer(async ({ db, neutron }, serverId) => {
    await db.$transaction((tx) => neutron.serverPorts.unbind(tx, serverId));
    return 'deleted, or unbound if it was the user’s own';
  }),
  attachment: ofServer(async ({ cinder }, serverId) => {
    await cinder.forgetServer(serverId);
    return 'detached';
  }),
  async address({ neutron }, { id, owner }) {
    return (await neutron.forgetAddress(id, owner ?? '')) ? 'freed' : undefined;
  },
  async 'outbox row'({ outbox }, { id }) {
    return (await outbox.retry(id)) ? 'started' : undefined;
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

/** A server that waits for a workflow: its delete is started again; a boot cannot be, so the server goes to ERROR. */
async function healServer({ db, nova, operations }: AuditParts, { id }: Orphan): Promise<string | undefined> {
  const server = await db.server.findFirst({ where: { id, deleted_at: null }, include: { request_spec: true } });
  if (!server) return undefined;
  if (server.task_state === 'deleting') {
    if (await operations.isOpen(`delete-server/${id}`)) return undefined;
    await nova.servers.deleteAgain(server);
    return 'its delete was started again';
  }
  if (server.vm_state !== 'building') return undefined;
  if (await operations.isOpen(`boot-server/${id}`)) return undefined;
  const requestId = (server.request_spec?.spec as { requestId?: string } | null)?.requestId ?? '';
  const fault = {
    code: 500,
    message: `Build of instance ${id} aborted: its workflow ended before the server was ACTIVE.`,
    details: 'Found by an audit',
  };
  await nova.boots.bury({ serverId: id, requestId, fault, story: [] });
  return 'put into ERROR';
}

/**
 * A boot whose server is deleted undoes itself when it is cancelled. One that does not move would not heed that: it is
 * ended, and the next look finds its server.
 */
async function healWorkflow({ db, operations }: AuditParts, { id, owner }: Orphan): Promise<string | undefined> {
  if (owner === undefined || id !== `boot-server/${owner}`) return undefined;
  const building = await db.server.findFirst({
    where: { id: owner, deleted_at: null, vm_state: 'building', NOT: { task_state: 'deleting' } },
    select: { id: true },
  });
  if (!building) {
    await operations.cancel(id);
    return 'cancelled; it undoes itself';
  }
  await operations.terminate(id, 'The audit ends it: it is long past its build timeout and does not move.');
  return 'terminated';
}

async function healVolume({ cinder, operations }: AuditParts, { id }: Orphan): Promise<string | undefined> {
  for (const operation of ['create-volume', 'delete-volume'])
    if (await operations.isOpen(`${operation}/${id}`)) return undefined;
  return cinder.settleOrphan(id);
}
