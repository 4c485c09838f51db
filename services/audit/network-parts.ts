import type { Statements } from '../kernel/database.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { NETWORK_CLASSES, type HostInventory, type NetworkPart, type Orphan } from './orphans.js';

/** `host` is where it is to be; '' for a network, which is on every host that has a part of it. */
const OWNER = rowType({ id: text, host: text });

export const isOfNetwork = (kind: Orphan['kind']): kind is NetworkPart['kind'] =>
  (NETWORK_CLASSES as readonly string[]).includes(kind);

/**
 * What machines have of networks and routers that are not there, or that are on another machine. The role that has it is
 * told of every change within a second and clears it away then; it also does so with every look at its machine.
 */
export async function networkOrphans(db: Statements, hosts: readonly HostInventory[]): Promise<Orphan[]> {
  const found = hosts.flatMap(({ machine, parts = [] }) => parts.map((part) => ({ ...part, machine })));
  if (found.length === 0) return [];
  const owners = [...new Set(found.map(({ owner }) => owner))];
  const rows = await rowsOf(db, OWNER)`
    SELECT id, '' AS host FROM neutron.networks WHERE id = ANY(${owners})
    UNION ALL SELECT id, host FROM neutron.routers WHERE id = ANY(${owners})`;
  const known = new Map(rows.map(({ id, host }) => [id, host]));
  return found.flatMap(({ owner, machine, ...part }): Orphan[] => {
    const host = known.get(owner);
    if (host === '' || host === machine) return [];
    const why =
      host !== undefined
        ? `its router is on ${host}`
        : owner === ''
          ? 'no card that is plugged here has it'
          : 'no record of its network or router';
    return [{ ...part, owner, machine, why }];
  });
}
