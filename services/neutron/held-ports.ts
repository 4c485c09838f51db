import { Type } from 'typebox';
import { Prisma, type Lock, type Statements } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import { nullable, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { BOUND, type PortRequest, type ServerPorts, type Vif } from './server-ports.js';

/** A port that an operation attaches to a server or detaches from it. */
export interface HeldPort {
  readonly portId: string;
  readonly operationId: string;
}
/** A server's card, as Nova shows it. */
export type Card = Row<typeof CARD>;
const CARD = rowType({
  id: text,
  network_id: text,
  mac_address: text,
  status: text,
  device_tag: nullable(text),
  fixed_ips: Type.Array(Type.Object({ subnet_id: text, ip_address: text })),
});
const DEVICE = rowType({ device_id: text });

/**
 * Ports that are attached to servers that are there already, and detached from them. While an operation holds a port,
 * `operation_id` says so: each of its steps looks at it, so that one that comes back late does nothing. Each may run twice.
 */
export class HeldPorts {
  constructor(private readonly serverPorts: ServerPorts) {}

  /** Runs the transaction that takes a port within the project's quota (ServerPorts.withinQuota). */
  withinQuota<T>(
    projectId: string,
    request: PortRequest,
    take: (margin: number, ...lock: Lock) => Promise<T>,
  ): Promise<T> {
    return this.serverPorts.withinQuota(projectId, [request], take);
  }

  /**
   * Makes a port for a server, or binds one of the user's, with its addresses.
   * @throws 409 in Neutron's words when it is in use, when its address is, and beyond the quota; 404
   */
  async take(
    tx: Statements,
    server: { id: string; projectId: string; host: string },
    request: PortRequest & { readonly tag?: string | undefined },
    operationId: string,
    margin: number,
  ): Promise<Vif> {
    const { portId, tag } = request;
    if (!request.create) await checkFree(tx, portId);
    const [vif] = await this.serverPorts.bind(tx, server, [request], margin);
    await tx.$executeRaw`
      UPDATE neutron.ports SET operation_id = ${operationId}, device_tag = ${tag ?? null} WHERE id = ${portId}`;
    return vif!;
  }

  /** Holds a server's port for its detach. @throws 404 when it is not the server's, 409 while something else works on it */
  async beginDetaching(tx: Statements, serverId: string, { portId, operationId }: HeldPort): Promise<void> {
    const held = await tx.$executeRaw`
      UPDATE neutron.ports SET operation_id = ${operationId}
      WHERE id = ${portId} AND device_id = ${serverId} AND ${BOUND} AND operation_id IS NULL`;
    if (held > 0) return;
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM neutron.ports WHERE id = ${portId} AND device_id = ${serverId} AND ${BOUND}`;
    if (rows.length === 0) throw notFound('PortNotFound', `Port id ${portId} could not be found.`);
    throw conflict('PortInUse', `Port ${portId} is being attached or detached.`);
  }

  /** The port that the operation holds, as its host needs it; undefined when it does not hold it any more. */
  async held(tx: Statements, { portId, operationId }: HeldPort): Promise<Vif | undefined> {
    const [vif] = await this.serverPorts.vifs(tx, Prisma.sql`p.id = ${portId} AND p.operation_id = ${operationId}`);
    return vif;
  }

  /** The card is up, or was never taken away. */
  async keep(tx: Statements, { portId, operationId }: HeldPort): Promise<void> {
    await tx.$executeRaw`
      UPDATE neutron.ports SET status = 'ACTIVE', operation_id = NULL, updated_at = now()
      WHERE id = ${portId} AND operation_id = ${operationId}`;
  }

  /** The server has the port no more: one that was made for it goes, and the user's own is free again. */
  async free(tx: Statements, { portId, operationId }: HeldPort): Promise<void> {
    await this.serverPorts.unbindThose(tx, Prisma.sql`id = ${portId} AND operation_id = ${operationId}`);
  }

  /** Ends the wait of a port whose operation has ended without it: it counts as attached, and can be detached again. */
  async settle(tx: Statements, portId: string): Promise<boolean> {
    const settled = await tx.$executeRaw`
      UPDATE neutron.ports p SET operation_id = NULL WHERE id = ${portId} AND operation_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM operations.operations o WHERE o.id = p.operation_id AND o.finished_at IS NULL)`;
    return settled > 0;
  }

  /** A server's cards. @param portId only this one */
  async cards(tx: Statements, serverId: string, portId?: string): Promise<Card[]> {
    const only = portId === undefined ? Prisma.sql`true` : Prisma.sql`p.id = ${portId}`;
    return rowsOf(tx, CARD)`
      SELECT p.id, p.network_id, p.mac_address, p.status, p.device_tag,
        COALESCE((SELECT jsonb_agg(jsonb_build_object('subnet_id', a.subnet_id, 'ip_address', a.ip_address))
          FROM neutron.ip_allocations a WHERE a.port_id = p.id), '[]') AS fixed_ips
      FROM neutron.ports p WHERE p.device_id = ${serverId} AND ${BOUND} AND ${only} ORDER BY p.created_at, p.id`;
  }
}

/** A server's own port is in use, too: nothing is attached twice. */
async function checkFree(tx: Statements, portId: string): Promise<void> {
  const [port] = await rowsOf(tx, DEVICE)`
    SELECT device_id FROM neutron.ports WHERE id = ${portId} FOR NO KEY UPDATE`;
  if (!port) throw notFound('PortNotFound', `Port id ${portId} could not be found.`);
  if (port.device_id !== '') throw conflict('PortInUse', `Port ${portId} is still in use.`);
}
