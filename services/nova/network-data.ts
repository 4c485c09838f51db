import { Address4, Address6 } from 'ip-address';
import type { GuestCard } from '../neutron/index.js';

interface Service {
  readonly type: 'dns';
  readonly address: string;
}
interface Net {
  readonly id: string;
  readonly type: string;
  readonly link: string;
  readonly network_id: string;
  readonly ip_address?: string;
  readonly netmask?: string;
  readonly routes?: readonly { readonly network: string; readonly netmask: string; readonly gateway: string }[];
  readonly services?: readonly Service[];
}
/** OpenStack's network_data.json. */
export interface NetworkData {
  readonly links: readonly {
    readonly id: string;
    readonly vif_id: string;
    readonly type: string;
    readonly mtu: number | null;
    readonly ethernet_mac_address: string;
  }[];
  readonly networks: readonly Net[];
  readonly services: readonly Service[];
}

/** What Nova says of a card as it is; of any other it says that it is a physical one (LEGACY_EXPOSED_VIF_TYPES). */
const EXPOSED = new Set([
  'bridge',
  'ovs',
  'hw_veb',
  'hyperv',
  'vhostuser',
  'vrouter',
  'tap',
  'macvtap',
  'binding_failed',
]);

/** As Nova makes it (nova/virt/netutils.py): of each card the first address of IPv4 and the first of IPv6. */
export function networkData(cards: readonly GuestCard[]): NetworkData {
  const known = cards.filter(({ subnets }) => subnets.length > 0);
  const linkOf = ({ id }: GuestCard): string => `tap${id.slice(0, 11)}`;
  const chosen = known.flatMap((card) =>
    [4, 6].flatMap((version) => {
      const subnet = card.subnets.find((s) => s.version === version);
      return subnet === undefined ? [] : [{ card, subnet }];
    }),
  );
  const servers = new Set(chosen.flatMap(({ subnet }) => subnet.nameservers));
  return {
    links: known.map((card) => ({
      id: linkOf(card),
      vif_id: card.id,
      type: EXPOSED.has(card.vifType) ? card.vifType : 'phy',
      // DHCP says it, where there is DHCP.
      mtu: card.subnets.some(({ dhcp }) => dhcp) ? null : card.mtu,
      ethernet_mac_address: card.mac,
    })),
    networks: chosen.map(({ card, subnet }, index) => ({
      id: `network${index}`,
      link: linkOf(card),
      network_id: card.networkId,
      ...netOf(subnet),
    })),
    services: [...servers].map(dns),
  };
}

type Subnet = GuestCard['subnets'][number];
function netOf(subnet: Subnet): Pick<Net, 'type' | 'ip_address' | 'netmask' | 'routes' | 'services'> {
  const { version, addressMode, dhcp, gateway, cidr, address, routes, nameservers } = subnet;
  const kind = `ipv${version}`;
  if (addressMode === null && dhcp) return { type: `${kind}_dhcp` };
  const anywhere = version === 4 ? '0.0.0.0' : '::';
  return {
    type: addressMode === null ? kind : `${kind}_${addressMode}`,
    ip_address: address,
    netmask: maskOf(cidr),
    routes: [
      ...(gateway === null ? [] : [{ network: anywhere, netmask: anywhere, gateway }]),
      ...routes.map(({ destination, nexthop }) => ({
        network: destination.split('/')[0] ?? '',
        netmask: maskOf(destination),
        gateway: nexthop,
      })),
    ],
    services: nameservers.map(dns),
  };
}

const dns = (address: string): Service => ({ type: 'dns', address });

/** The netmask of a prefix, as an address. */
function maskOf(cidr: string): string {
  const length = BigInt(cidr.split('/')[1] ?? 0);
  const bits = cidr.includes(':') ? 128n : 32n;
  const mask = (1n << bits) - (1n << (bits - length));
  return (bits === 32n ? Address4.fromBigInt(mask) : Address6.fromBigInt(mask)).correctForm();
}
