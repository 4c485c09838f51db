import { Prisma, type Database } from '../kernel/database.js';
import type { Orphan } from './orphans.js';

/** An outbox row that is older was not started and not retried: the relay runs every second. */
const OUTBOX_SECONDS = 60;
/** A boot that waits for its turn has it long before: as many wait as are built in some minutes. */
const HELD_SECONDS = 3_600;
/** A boot that is this much over its deadline has a workflow that does not move. */
const OVERDUE_SECONDS = 300;

/** True for a row that has rested for the audit's age threshold. */
const rested = (column: string, seconds: number) =>
  Prisma.sql`${Prisma.raw(column)} <= now() - make_interval(secs => ${seconds})`;

/** Records that point at a server or volume that is not there to own them. One statement over all services. */
export async function orphanedRecords(db: Database, age: number): Promise<Orphan[]> {
  const rows = await db.$queryRaw<(Orphan & { missing: boolean })[]>`
    WITH owners AS (
      SELECT id FROM nova.servers
      WHERE deleted_at IS NULL AND (vm_state = 'active' OR vm_state = 'building' OR task_state = 'deleting'
            OR NOT ${rested('updated_at', age)})),
    orphans(kind, id, why, owner, missing) AS (
      SELECT 'claim', consumer_id || ' ' || resource_class, 'its server holds no host', consumer_id, false
        FROM placement.allocations
        WHERE consumer_id NOT IN (SELECT id FROM owners) AND ${rested('created_at', age)}
      UNION ALL
      SELECT 'claim', s.id, 'an ACTIVE server has none', s.id, true FROM nova.servers s
        WHERE s.deleted_at IS NULL AND s.vm_state = 'active' AND s.task_state IS NULL AND s.vcpus > 0
          AND NOT EXISTS (SELECT 1 FROM placement.allocations a WHERE a.consumer_id = s.id)
      UNION ALL
      SELECT 'port', id, 'its server ' || device_id || ' is gone', device_id, false FROM neutron.ports
        WHERE (created_by_nova OR binding_host_id <> '') AND device_id NOT IN (SELECT id FROM owners) AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'address', ip_address, 'no port holds it', a.port_id, false FROM neutron.ip_allocations a
        WHERE NOT EXISTS (SELECT 1 FROM neutron.ports p WHERE p.id = a.port_id)
      UNION ALL
      SELECT 'attachment', volume_id, 'its server ' || server_id || ' is gone', server_id, false
        FROM cinder.volume_attachments
        WHERE server_id NOT IN (SELECT id FROM owners) AND ${rested('attached_at', age)}
      UNION ALL
      SELECT 'volume', id, 'made for the boot of ' || created_for_server || ', which is over', id, false
        FROM cinder.volumes
        WHERE created_for_server IS NOT NULL AND status <> 'deleting' AND ${rested('updated_at', age)}
          AND created_for_server NOT IN (SELECT id FROM nova.servers WHERE vm_state = 'building' OR task_state = 'deleting')
      UNION ALL
      SELECT 'volume', v.id, 'it is ' || v.status || ' without an attachment', v.id, false FROM cinder.volumes v
        WHERE v.status IN ('in-use', 'reserved') AND v.created_for_server IS NULL AND ${rested('v.updated_at', age)}
          AND NOT EXISTS (SELECT 1 FROM cinder.volume_attachments a WHERE a.volume_id = v.id)
      UNION ALL
      SELECT 'outbox row', workflow_id, COALESCE(last_error, 'never tried'), workflow_id, false
        FROM outbox.workflow_starts
        WHERE created_at < now() - make_interval(secs => CASE WHEN held THEN ${HELD_SECONDS}::int ELSE ${OUTBOX_SECONDS}::int END))
    SELECT kind, id, why, owner, missing FROM orphans`;
  return rows.map(({ missing, ...orphan }) => (missing ? { ...orphan, missing } : orphan));
}

/** Records that wait for a workflow, and which one: what is not open is orphaned. */
export interface Waiting {
  readonly kind: 'server' | 'volume';
  readonly id: string;
  readonly workflowId: string;
  readonly why: string;
}

export async function waitingForWorkflows(db: Database, age: number): Promise<Waiting[]> {
  return db.$queryRaw<Waiting[]>`
    WITH waiting(kind, id, "workflowId", why) AS (
      SELECT 'server', id, 'boot-server/' || id, 'in BUILD, and no workflow builds it' FROM nova.servers
        WHERE deleted_at IS NULL AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting' AND ${rested('created_at', age)}
      UNION ALL
      SELECT 'server', id, 'delete-server/' || id, 'being deleted, and no workflow deletes it' FROM nova.servers
        WHERE deleted_at IS NULL AND task_state = 'deleting' AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'volume', id, 'create-volume/' || id, 'creating, and no workflow creates it' FROM cinder.volumes
        WHERE status = 'creating' AND created_for_server IS NULL AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'volume', id, 'delete-volume/' || id, 'being deleted, and no workflow deletes it' FROM cinder.volumes
        WHERE status = 'deleting' AND ${rested('updated_at', age)})
    SELECT w.* FROM waiting w
    WHERE NOT EXISTS (SELECT 1 FROM outbox.workflow_starts o WHERE o.workflow_id = w."workflowId")`;
}

/** Open workflows of servers in BUILD long after their boot's deadline: they do not move. */
export async function overdueBoots(db: Database, open: ReadonlySet<string>): Promise<Orphan[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT s.id FROM nova.servers s JOIN nova.request_specs r ON r.server_id = s.id
    WHERE s.deleted_at IS NULL AND s.vm_state = 'building' AND s.task_state IS DISTINCT FROM 'deleting'
      AND s.created_at < now() - make_interval(secs => (r.spec ->> 'buildTimeoutSeconds')::int + ${OVERDUE_SECONDS})
      AND NOT EXISTS (SELECT 1 FROM outbox.workflow_starts o WHERE o.workflow_id = 'boot-server/' || s.id)`;
  return rows
    .map(({ id }) => ({ id, workflow: `boot-server/${id}` }))
    .filter(({ workflow }) => open.has(workflow))
    .map(({ id, workflow }) => ({
      kind: 'workflow',
      id: workflow,
      owner: id,
      why: 'open long past its build timeout: it does not move',
    }));
}

/** Which of these open workflows belong to a server whose record is deleted. */
export async function idleWorkflows(db: Database, open: ReadonlySet<string>, age: number): Promise<Orphan[]> {
  const ids = [...open].flatMap((w) => /^(?:boot|delete)-server\/(.+)$/.exec(w)?.[1] ?? []);
  if (ids.length === 0) return [];
  const deleted = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM nova.servers WHERE id = ANY(${ids}) AND deleted_at IS NOT NULL AND ${rested('deleted_at', age)}`;
  return deleted
    .flatMap(({ id }) => [`boot-server/${id}`, `delete-server/${id}`].map((workflow) => ({ id, workflow })))
    .filter(({ workflow }) => open.has(workflow))
    .map(({ id, workflow }) => ({
      kind: 'workflow',
      id: workflow,
      owner: id,
      why: 'open, though its server is deleted',
    }));
}
