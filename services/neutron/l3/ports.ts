import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import type { Statements } from '../../kernel/database.js';
import { conflict } from '../../kernel/errors.js';
import { rowType, rowsOf } from '../../kernel/rows.js';
import { SUBNET, giveAddresses, subnetRanges, type AddressRequest, type FixedIp } from '../addresses.js';
import { newMac } from '../mac.js';

/** A port that Neutron makes for itself: a router's, a floating IP's. */
interface SystemPort {
  readonly networkId: string;
  /** '' for one that no project sees as its own. */
  readonly projectId: string;
  readonly deviceId: string;
  readonly deviceOwner: string;
  /** DOWN, until its host says otherwise. */
  readonly status?: 'DOWN' | 'N/A';
}
const MADE = rowType({ id: Type.String() });
/** As often as Neutron tries another MAC address (mac_generation_retries): two in a row of 16.7 million are rare already. */
const MAC_ATTEMPTS = 16;

/**
 * Makes a port with its addresses. No quota counts it, and no policy is asked: who may have it was asked of the router
 * or the floating IP.
 * @param wanted its addresses; one of each IP version when left out
 * @throws 400, 409 (ipam.ts), 404 for a network that is gone
 */
export async function makeSystemPort(
  tx: Statements,
  { networkId, projectId, deviceId, deviceOwner, status = 'DOWN' }: SystemPort,
  wanted?: readonly AddressRequest[],
): Promise<{ id: string; fixedIps: FixedIp[] }> {
  for (let attempt = 0; attempt < MAC_ATTEMPTS; attempt++) {
    const [made] = await rowsOf(tx, MADE)`
      INSERT INTO neutron.ports (id, project_id, network_id, mac_address, device_id, device_owner, status, port_security_enabled)
      VALUES (${randomUUID()}, ${projectId}, ${networkId}, ${newMac()}, ${deviceId}, ${deviceOwner}, ${status}, false)
      ON CONFLICT (network_id, mac_address) DO NOTHING RETURNING id`;
    if (made === undefined) continue;
    const subnets = await rowsOf(tx, SUBNET)(subnetRanges(networkId));
    const port = { id: made.id, network_id: networkId };
    return {
      id: made.id,
      fixedIps: await giveAddresses(
        tx,
        port,
        subnets.map((s) => s.subnet),
        wanted,
      ),
    };
  }
  throw conflict('MacAddressGenerationFailure', `Unable to generate unique mac on network ${networkId}.`);
}

/** Removes one, with its addresses and what says whose it is. */
export async function removeSystemPort(tx: Statements, id: string): Promise<void> {
  await tx.$executeRaw`DELETE FROM neutron.ports WHERE id = ${id}`;
}
