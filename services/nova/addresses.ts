import type { Prisma } from '../kernel/database.js';
import type { Vif } from '../neutron/index.js';

/**
 * The addresses that a server shows, by the names of its networks: a copy of Neutron's, kept in the server's record.
 */
export function addressesOf(vifs: readonly Vif[]): Prisma.InputJsonObject {
  // A Map, because a plain object already has a `constructor`, which may be the name of a network.
  const byNetwork = new Map<string, { addr: string; version: number; mac: string; type: string }[]>();
  for (const vif of vifs) {
    const addresses = vif.fixedIps.map(({ ip, version }) => ({ addr: ip, version, mac: vif.mac, type: 'fixed' }));
    if (addresses.length > 0) byNetwork.set(vif.networkName, [...(byNetwork.get(vif.networkName) ?? []), ...addresses]);
  }
  return Object.fromEntries(byNetwork);
}
