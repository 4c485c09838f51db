import { Prisma, type Database } from '../kernel/database.js';
import { bool, rowType, rowsOf, text, texts, word } from '../kernel/rows.js';
import { VOLUMES_ATTACHED, VOLUMES_UNDER_WAY } from '../cinder/index.js';
import { BOOT_SERVER, OWNS_THINGS, STATES_UNDER_WAY, STATES_WITH_GUEST } from '../nova/index.js';
import type { Orphan } from './orphans.js';
import { rested } from './rested.js';

/** An operation that is older was not started and not retried: the relay runs every second. */
const START_SECONDS = 60;
/** A boot that waits for its turn has it long before: as many wait as are built in some minutes. */
const HELD_SECONDS = 3_600;
/** A boot that is this much over its deadline has a workflow that does not move. */
const OVERDUE_SECONDS = 300;

const ORPHAN = rowType({ kind: word<Orphan['kind']>(), id: text, why: text, owner: text, missing: bool });
const WAITING = rowType({
  kind: word<'server' | 'volume' | 'port'>(),
  id: text,
  why: text,
  owner: text,
  operations: texts,
});
const OVERDUE = rowType({ id: text, server: text });
const IDLE = rowType({ id: text, owner: text, why: text });

/** Records that point at a server or volume that is not there to own them. One statement over all services. */
export async function orphanedRecords(db: Database, age: number): Promise<Orphan[]> {
  const rows = await rowsOf(db, ORPHAN)`
    WITH owners AS (
      SELECT id FROM nova.servers WHERE deleted_at IS NULL AND (${OWNS_THINGS} OR NOT ${rested('updated_at', age)})),
    orphans(kind, id, why, owner, missing) AS (
      SELECT 'claim', consumer_id || ' ' || resource_class, 'its server holds no host', consumer_id, false
        FROM placement.allocations
        WHERE consumer_type = 'INSTANCE' AND consumer_id NOT IN (SELECT id FROM owners) AND ${rested('created_at', age)}
      UNION ALL
      SELECT 'claim', s.id, 'a server that is ' || s.vm_state || ' has none', s.id, true FROM nova.servers s
        WHERE s.deleted_at IS NULL AND s.vm_state = ANY(${[...STATES_WITH_GUEST]}) AND s.task_state IS NULL AND s.vcpus > 0
          AND NOT EXISTS (SELECT 1 FROM placement.allocations a WHERE a.consumer_id = s.id)
      UNION ALL
      SELECT 'port', id, 'its server ' || device_id || ' is gone', device_id, false FROM neutron.ports
        -- Ports of routers and of DHCP are bound to hosts as well, and belong to no server.
        WHERE (created_by_nova OR binding_host_id <> '' AND device_owner LIKE 'compute:%') AND device_id NOT IN (SELECT id FROM owners) AND ${rested('updated_at', age)}
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
          AND created_for_server NOT IN (
            SELECT id FROM nova.servers WHERE vm_state = ANY(${[...STATES_UNDER_WAY]}) OR task_state = 'deleting')
      UNION ALL
      SELECT 'volume', v.id, 'it is ' || v.status || ' without an attachment', v.id, false FROM cinder.volumes v
        WHERE v.status = ANY(${[...VOLUMES_ATTACHED]}) AND v.created_for_server IS NULL AND ${rested('v.updated_at', age)}
          AND NOT EXISTS (SELECT 1 FROM cinder.volume_attachments a WHERE a.volume_id = v.id)
      UNION ALL
      SELECT 'operation', id, COALESCE(last_error, 'never tried'), resource_id, false FROM operations.operations
        WHERE requested_at < now() - make_interval(secs => CASE state WHEN 'held' THEN ${HELD_SECONDS}::int ELSE ${START_SECONDS}::int END)
          AND state IN ('requested', 'held'))
    SELECT kind, id, why, owner, missing FROM orphans`;
  return rows.map(({ missing, ...orphan }) => (missing ? { ...orphan, missing } : orphan));
}

/** Whether operation o works on record w: an operation of its own, or the one of a server that holds it. */
const WORKS_ON_IT = Prisma.sql`(o.resource_id = w.id OR o.id = w.operation_id) AND o.finished_at IS NULL`;

/** Records that something works on, and no open workflow does: nothing will ever end their wait. */
export async function unattendedRecords(db: Database, open: ReadonlySet<string>, age: number): Promise<Orphan[]> {
  const rows = await rowsOf(db, WAITING)`
    WITH waiting(kind, id, why, owner, operation_id) AS (
      SELECT 'server', id, 'being deleted, and no workflow deletes it', id, operation_id FROM nova.servers
        WHERE deleted_at IS NULL AND task_state = 'deleting' AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'server', id, 'in BUILD, and no workflow builds it', id, operation_id FROM nova.servers
        WHERE deleted_at IS NULL AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting' AND ${rested('created_at', age)}
      UNION ALL
      SELECT 'server', id, task_state || ', and no workflow works on it', id, operation_id FROM nova.servers
        WHERE deleted_at IS NULL AND vm_state <> 'building' AND task_state <> 'deleting' AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'volume', id, status || ', and no workflow works on it', id, operation_id FROM cinder.volumes
        WHERE status = ANY(${[...VOLUMES_UNDER_WAY]}) AND created_for_server IS NULL AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'volume', id, status || ', and no workflow attaches or detaches it', id, operation_id FROM cinder.volumes
        WHERE status IN ('reserved', 'detaching') AND operation_id IS NOT NULL AND ${rested('updated_at', age)}
      UNION ALL
      SELECT 'port', id, 'held, and no workflow attaches or detaches it', device_id, operation_id FROM neutron.ports
        WHERE operation_id IS NOT NULL AND ${rested('updated_at', age)})
    SELECT w.kind, w.id, w.why, w.owner, ARRAY(SELECT o.id FROM operations.operations o WHERE ${WORKS_ON_IT}) AS operations
    FROM waiting w
    WHERE NOT EXISTS (SELECT 1 FROM operations.operations o WHERE ${WORKS_ON_IT} AND o.state IN ('requested', 'held'))`;
  return rows
    .filter(({ operations }) => !operations.some((id) => open.has(id)))
    .map(({ kind, id, why, owner }) => ({ kind, id, why, owner }));
}

/** Open workflows of servers in BUILD long after their boot's deadline: they do not move. */
export async function overdueBoots(db: Database, open: ReadonlySet<string>): Promise<Orphan[]> {
  const rows = await rowsOf(db, OVERDUE)`
    SELECT o.id, s.id AS server FROM operations.operations o JOIN nova.servers s ON s.operation_id = o.id
    WHERE o.kind = ${BOOT_SERVER.kind} AND o.finished_at IS NULL AND o.state NOT IN ('requested', 'held')
      AND s.deleted_at IS NULL AND s.vm_state = 'building' AND s.task_state IS DISTINCT FROM 'deleting'
      AND o.requested_at < now() - make_interval(secs => (o.input ->> 'buildTimeoutSeconds')::int + ${OVERDUE_SECONDS})`;
  return rows
    .filter(({ id }) => open.has(id))
    .map(({ id, server }) => ({
      kind: 'workflow',
      id,
      owner: server,
      why: 'open long past its build timeout: it does not move',
    }));
}

/** What a version before 0.5.0 called its workflows: by what they did and to what. */
const OLDER = /^(?:boot|delete)-server\/|^(?:create|delete)-volume\//;

/** Open workflows that nobody waits for: of a server that is deleted, of an operation that has ended, of an older version. */
export async function idleWorkflows(db: Database, open: ReadonlySet<string>, age: number): Promise<Orphan[]> {
  const idle = await rowsOf(db, IDLE)`
    SELECT o.id, o.resource_id AS owner,
      CASE WHEN o.finished_at IS NULL THEN 'open, though its server is deleted' ELSE 'open, though its operation has ended' END AS why
    FROM operations.operations o LEFT JOIN nova.servers s ON s.id = o.resource_id
    WHERE o.id = ANY(${[...open]}) AND (${rested('o.finished_at', age)} OR s.deleted_at IS NOT NULL AND ${rested('s.deleted_at', age)})`;
  const older = [...open].filter((id) => OLDER.test(id));
  return [
    ...idle.map((row) => ({ kind: 'workflow' as const, ...row })),
    ...older.map((id) => ({
      kind: 'workflow' as const,
      id,
      owner: id.slice(id.indexOf('/') + 1),
      why: 'of an older version: nothing goes on with it',
    })),
  ];
}
