import type { Prisma } from '../kernel/database.js';
import type { Vif } from '../neutron/index.js';

/** What a server shows of its addresses, by the names of its networks: the cache of it in its record. */
export function addressesOf(vifs: readonly Vif[]): Prisma.InputJsonObject {
  // A network may be called `constructor`, which a plain object has already.
  const byNetwork = new Map<string, { addr: string; version: number; mac: string; type: string }[]>();
  for (const vif of vifs) {
    const addresses = vif.fixedIps.map(({ ip, version }) => ({ addr: ip, version, mac: vif.mac, type: 'fixed' }));
    if (addresses.length > 0) byNetwork.set(vif.networkName, [...(byNetwork.get(vif.networkName) ?? []), ...addresses]);
  }
  return Object.fromEntries(byNetwork);
}
