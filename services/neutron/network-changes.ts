import type { Queries } from '../kernel/database.js';
import { conflict } from '../kernel/errors.js';
import { LEAST_MTU } from './subnet-plan.js';

export interface NetworkChange {
  name?: string | undefined;
  description?: string | undefined;
  admin_state_up?: boolean | undefined;
  shared?: boolean | undefined;
  mtu?: number | undefined;
  port_security_enabled?: boolean | undefined;
}

/** Checks a change against what is on the network. @throws 409 in Neutron's words */
export async function checkNetworkChange(
  tx: Queries,
  network: { id: string; project_id: string },
  { shared, mtu }: NetworkChange,
): Promise<void> {
  if (shared === false) {
    const others = { network_id: network.id, project_id: { not: network.project_id } };
    if (await tx.port.findFirst({ where: others, select: { id: true } }))
      throw conflict(
        'InvalidSharedSetting',
        `Unable to reconfigure sharing settings for network ${network.id}. Multiple tenants are using it.`,
      );
  }
  if (mtu === undefined || mtu >= LEAST_MTU[6]) return;
  if (await tx.subnet.findFirst({ where: { network_id: network.id, ip_version: 6 }, select: { id: true } }))
    throw mtuConflict(network.id, LEAST_MTU[6]);
}

export const mtuConflict = (networkId: string, least: number) =>
  conflict('NetworkMTUSubnetConflict', `MTU of ${networkId} is not valid, subnet requires a minimum of ${least}`);
