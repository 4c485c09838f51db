import { Prisma, type Statements } from '../kernel/database.js';
import { badRequest, conflict, notFound } from '../kernel/errors.js';
import { bool, rowType, rowsOf, text, texts } from '../kernel/rows.js';
import { BOUND } from './server-ports.js';

const PORT = rowType({ id: text, guarded: bool });
const NAMES = rowType({ names: texts });
const MIXED = rowType({ mixed: bool });

/** The security groups of a server, which are those of its ports (nova/network/security_group_api.py). */
export class ServerGroups {
  /** Gives all ports of a server one more group. @throws 400, 404 and 409 in Nova's words */
  async add(tx: Statements, serverId: string, groupId: string): Promise<void> {
    const ports = await portsOf(tx, serverId);
    if (ports.some(({ guarded }) => !guarded))
      throw badRequest(
        'Network requires port_security_enabled and subnet associated in order to apply security groups.',
      );
    const ids = ports.map(({ id }) => id);
    await tx.$executeRaw`
      INSERT INTO neutron.port_security_groups (port_id, security_group_id)
      SELECT id, ${groupId} FROM unnest(${ids}::text[]) AS ports(id) ON CONFLICT DO NOTHING`;
    const [found] = await rowsOf(tx, MIXED)`
      SELECT count(DISTINCT g.stateful) > 1 AS mixed FROM neutron.port_security_groups b
      JOIN neutron.security_groups g ON g.id = b.security_group_id WHERE b.port_id = ANY(${ids})`;
    if (found?.mixed)
      throw conflict(
        'SecurityGroupConnectionStateConflict',
        'Cannot apply both stateful and stateless security groups on the same port at the same time',
      );
    await countChange(tx, ids);
  }

  /** Takes a group from all ports of a server that have it. @param name as it was asked for @throws 404 */
  async remove(tx: Statements, serverId: string, groupId: string, name: string): Promise<void> {
    const ids = (await portsOf(tx, serverId)).map(({ id }) => id);
    const removed = await tx.$executeRaw`
      DELETE FROM neutron.port_security_groups WHERE port_id = ANY(${ids}) AND security_group_id = ${groupId}`;
    if (removed === 0)
      throw notFound('SecurityGroupNotFound', `Security group ${name} not associated with the instance ${serverId}`);
    await countChange(tx, ids);
  }

  /** What they are called; one without a name has its id. */
  async names(tx: Statements, serverId: string): Promise<string[]> {
    const [found] = await rowsOf(tx, NAMES)`
      SELECT ARRAY(SELECT DISTINCT COALESCE(NULLIF(g.name, ''), g.id) FROM neutron.ports p
        JOIN neutron.port_security_groups b ON b.port_id = p.id JOIN neutron.security_groups g ON g.id = b.security_group_id
        WHERE p.device_id = ${serverId} AND ${BOUND}) AS names`;
    return found!.names;
  }
}

async function portsOf(tx: Statements, serverId: string): Promise<{ id: string; guarded: boolean }[]> {
  const ports = await rowsOf(
    tx,
    PORT,
  )(Prisma.sql`
    SELECT p.id, p.port_security_enabled AND EXISTS (SELECT 1 FROM neutron.ip_allocations a WHERE a.port_id = p.id) AS guarded
    FROM neutron.ports p WHERE p.device_id = ${serverId} AND ${BOUND} ORDER BY p.id FOR NO KEY UPDATE`);
  if (ports.length > 0) return ports;
  throw notFound('SecurityGroupNotFound', `instance_id ${serverId} could not be found as device id on any ports`);
}

async function countChange(tx: Statements, portIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE neutron.ports SET revision_number = revision_number + 1, updated_at = now() WHERE id = ANY(${portIds})`;
}
