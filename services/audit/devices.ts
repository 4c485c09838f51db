import type { Statements } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import { rowType, rowsOf, text, texts } from '../kernel/rows.js';
import type { HostRole } from '../keystone/host-users.js';
import { STATES_WITH_GUEST, statusOf } from '../nova/index.js';
import type { DeviceKind, HostInventory, Orphan } from './orphans.js';
import { rested } from './rested.js';

/** What the records name of a server: its volumes and ports, also those that are being attached or detached. */
export interface NamedDevices {
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
}

const NAMED = { volumes: texts, ports: texts };
const NAMED_ROW = rowType(NAMED);
/** Also those of them that no operation works on: the guest has to have them. */
const COMPARED = rowType({
  id: text,
  host: text,
  vm_state: text,
  ...NAMED,
  settled_volumes: texts,
  settled_ports: texts,
});

/** The kinds of devices, with what records call them. */
const KINDS = {
  volumes: { kind: 'guest volume', record: 'attachment', device: 'disk' },
  ports: { kind: 'guest card', record: 'port', device: 'card' },
} as const;
export const DEVICES: Readonly<Record<DeviceKind, keyof typeof KINDS>> = {
  'guest volume': 'volumes',
  'guest card': 'ports',
};
export const isDevice = (kind: Orphan['kind']): kind is DeviceKind => Object.hasOwn(DEVICES, kind);

/**
 * Compares the devices that guests have with the attachments and ports, both ways, of servers that no operation works on.
 * Attaching and detaching leave a server as it is: what they hold is named by a record from before the guest gets a device
 * until after it has lost it, so a device without a record is nobody's. A record that an operation holds is not missed.
 */
export async function deviceOrphans(
  db: Statements,
  hosts: readonly HostInventory[],
  ageSeconds: number,
): Promise<Orphan[]> {
  const guests = hosts.flatMap(({ machine, devices = [] }) => devices.map((one) => ({ ...one, machine })));
  if (guests.length === 0) return [];
  const rows = await rowsOf(db, COMPARED)`
    SELECT s.id, s.host, s.vm_state,
      ARRAY(SELECT a.volume_id FROM cinder.volume_attachments a WHERE a.server_id = s.id) AS volumes,
      ARRAY(SELECT p.id FROM neutron.ports p WHERE p.device_id = s.id) AS ports,
      ARRAY(SELECT a.volume_id FROM cinder.volume_attachments a JOIN cinder.volumes v ON v.id = a.volume_id
            WHERE a.server_id = s.id AND v.operation_id IS NULL AND ${rested('v.updated_at', ageSeconds)}) AS settled_volumes,
      ARRAY(SELECT p.id FROM neutron.ports p WHERE p.device_id = s.id AND p.binding_host_id = s.host
            AND p.operation_id IS NULL AND ${rested('p.updated_at', ageSeconds)}) AS settled_ports
    FROM nova.servers s
    WHERE s.id = ANY(${guests.map(({ owner }) => owner)}) AND s.host IS NOT NULL AND s.deleted_at IS NULL
      AND s.task_state IS NULL AND s.vm_state = ANY(${[...STATES_WITH_GUEST]}) AND ${rested('s.updated_at', ageSeconds)}`;
  const servers = new Map(rows.map((row) => [row.id, row]));
  return guests.flatMap(({ machine, owner, host, ...has }) => {
    const server = servers.get(owner);
    if (server?.host !== host) return [];
    return (['volumes', 'ports'] as const).flatMap((which): Orphan[] => {
      const { kind, record, device } = KINDS[which];
      const stray = has[which].filter((id) => !server[which].includes(id));
      const missed = server[`settled_${which}`].filter((id) => !has[which].includes(id));
      const status = statusOf({ vm_state: server.vm_state, task_state: null });
      return [
        ...stray.map((id) => ({ kind, id, owner, host, machine, why: `the guest has it, and no ${record} says so` })),
        ...missed.map((id) => ({
          kind,
          id,
          owner,
          why: `the server is ${status}, and its guest has no such ${device}`,
          missing: true,
        })),
      ];
    });
  });
}

/** What the records name of a server now. */
export async function namedDevices(db: Statements, serverId: string): Promise<NamedDevices> {
  const [row] = await rowsOf(db, NAMED_ROW)`
    SELECT ARRAY(SELECT volume_id FROM cinder.volume_attachments WHERE server_id = ${serverId}) AS volumes,
      ARRAY(SELECT id FROM neutron.ports WHERE device_id = ${serverId}) AS ports`;
  return row!;
}

/** The same, for the compute role of the server's machine alone. @throws 404 */
export async function devicesForHost(
  db: Statements,
  { binary, machine }: HostRole,
  serverId: string,
): Promise<NamedDevices> {
  const its = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM nova.servers WHERE id = ${serverId} AND machine = ${machine} AND deleted_at IS NULL`;
  if (binary !== 'nova-compute' || its.length === 0)
    throw notFound('InstanceNotFound', `Instance ${serverId} could not be found.`);
  return namedDevices(db, serverId);
}
