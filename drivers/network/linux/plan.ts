import type { NetworkOfHost, NetworkState, PortOfHost, SecurityGroup } from '../state.js';
import { checkedAddress, checkedMac } from './addresses.js';
import { dhcpAddresses, planDhcp, type DnsmasqPlan } from './dhcp.js';
import { firewall } from './firewall.js';
import type { LinksPlan } from './links.js';
import { namespaceOf } from './namespaces.js';
import { outsidePeerOf, routerPeerOf, tapOf, vxlanOf } from './names.js';

/** All that one network's namespace is to be, in the words of the tools that make it. */
export interface NetworkPlan {
  readonly id: string;
  readonly namespace: string;
  readonly links: LinksPlan;
  readonly peers: readonly string[];
  /** What nft loads. */
  readonly rules: string;
  readonly ports: readonly PortOfHost[];
  readonly dhcp: DnsmasqPlan | undefined;
}

/** VXLAN's network identifiers have 24 bits. */
const MOST_VNI = 2 ** 24 - 1;

/** All of a state that one network's plan is made of: the same makes the same plan. */
export interface PlanInput {
  readonly network: NetworkOfHost;
  readonly ports: readonly PortOfHost[];
  readonly groups: readonly SecurityGroup[];
  readonly tunnelAddress: string | null;
  /** Ends on its bridge of routers and of what is outside. */
  readonly joined: readonly string[];
}

export function inputsOf({ networks, ports, groups, tunnelAddress, routers }: NetworkState): PlanInput[] {
  const portsOf = new Map<string, PortOfHost[]>(networks.map(({ id }) => [id, []]));
  for (const port of ports) portsOf.get(port.networkId)?.push(port);
  const cards = routers
    .filter((router) => router.adminUp)
    .flatMap(({ interfaces, gateway }) => [...interfaces, ...(gateway === null ? [] : [gateway])]);
  const byId = new Map(groups.map((group) => [group.id, group]));
  return networks.map((network) => {
    const own = portsOf.get(network.id) ?? [];
    const used = new Set(own.flatMap((port) => port.groups));
    const joined = [
      ...cards.filter(({ networkId }) => networkId === network.id).map(({ portId }) => routerPeerOf(portId)),
      ...(network.external ? [outsidePeerOf(network.id)] : []),
    ];
    return { network, ports: own, groups: [...used].flatMap((id) => byId.get(id) ?? []), tunnelAddress, joined };
  });
}

/** @throws DriverError (input) for what is no address, MAC or protocol */
export function planNetwork({ network, ports, groups, tunnelAddress: local, joined: ends }: PlanInput): NetworkPlan {
  const { id, mtu, adminUp } = network;
  const peers = network.peers.map(checkedAddress);
  const joined = local !== null && network.vni > 0 && network.vni <= MOST_VNI && peers.length > 0;
  return {
    id,
    namespace: namespaceOf('nvn', id),
    links: {
      mtu,
      up: adminUp,
      mac: network.dhcpPort === null ? null : checkedMac(network.dhcpPort.mac),
      addresses: dhcpAddresses(network),
      vxlan: joined ? { name: vxlanOf(id), vni: network.vni, local: checkedAddress(local) } : null,
      taps: new Map(ports.map((port) => [tapOf(port.id), { up: port.adminUp }])),
      peers: new Set(ends),
    },
    peers: joined ? peers : [],
    rules: firewall(ports, new Map(groups.map((group) => [group.id, group]))),
    ports,
    dhcp: planDhcp(network),
  };
}
