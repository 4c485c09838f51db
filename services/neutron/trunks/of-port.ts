import type { Queries } from '../../kernel/database.js';
import { isParent, isSubPort } from './refusals.js';

/** A port stays while it is of a trunk (neutron/services/trunk/rules.py: enforce_port_deletion_rules). @throws 409 */
export async function checkNoTrunk(tx: Queries, portId: string): Promise<void> {
  const sub = await tx.subPort.findUnique({ where: { port_id: portId }, select: { trunk_id: true } });
  if (sub !== null) throw isSubPort(portId, sub.trunk_id);
  const trunk = await tx.trunk.findUnique({ where: { port_id: portId }, select: { id: true } });
  if (trunk !== null) throw isParent(portId, trunk.id);
}
