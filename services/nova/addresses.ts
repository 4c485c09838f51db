import type { Prisma } from '../kernel/database.js';
import type { ServersFloatingIp, Vif } from '../neutron/index.js';

type Shown = {
  readonly addr: string;
  readonly version: number;
  readonly mac: string;
  readonly type: string;
};

/**
 * The addresses that a server shows, by the names of its networks: a copy of Neutron's, kept in the server's record.
 */
export function addressesOf(vifs: readonly Vif[]): Prisma.InputJsonObject {
  // A Map, because a plain object already has a `constructor`, which may be the name of a network.
  const byNetwork = new Map<string, Shown[]>();
  for (const vif of vifs) {
    const addresses = vif.fixedIps.map(({ ip, version }) => ({ addr: ip, version, mac: vif.mac, type: 'fixed' }));
    if (addresses.length > 0) byNetwork.set(vif.networkName, [...(byNetwork.get(vif.networkName) ?? []), ...addresses]);
  }
  return Object.fromEntries(byNetwork);
}

/** The same with the floating IPs that stand for them, behind the network's own (nova/api/openstack/common.py: get_networks_for_instance). */
export function withFloating(addresses: Prisma.JsonValue, floating: readonly ServersFloatingIp[]): Prisma.JsonValue {
  if (floating.length === 0) return addresses;
  return Object.fromEntries(
    Object.entries(addresses as unknown as Readonly<Record<string, readonly Shown[]>>).map(([network, own]) => [
      network,
      [
        ...own,
        ...floating
          .filter(({ networkName }) => networkName === network)
          .map(({ ip, mac }) => ({ addr: ip, version: 4, mac, type: 'floating' })),
      ],
    ]),
  );
}
