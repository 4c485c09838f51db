import { ip, ipShow } from './commands.js';
import { isPeer, isTap, isVxlan } from './names.js';
import { BRIDGE } from './pairs.js';

/** The links of one network's namespace as they are to be. */
export interface LinksPlan {
  readonly mtu: number;
  readonly up: boolean;
  /** The bridge's own address on the link; null where nobody answers there: then any will do. */
  readonly mac: string | null;
  /** The bridge's addresses with the lengths of their prefixes. */
  readonly addresses: readonly string[];
  /** What joins the network to other hosts; null where there are none. */
  readonly vxlan: VxlanPlan | null;
  /** By tap. */
  readonly taps: ReadonlyMap<string, { readonly up: boolean }>;
  /** Ends of the pairs of routers and of what is outside, who look after them. */
  readonly peers: ReadonlySet<string>;
}
export interface VxlanPlan {
  readonly name: string;
  readonly vni: number;
  readonly local: string;
}

/** A link as `ip -detail -json address show` shows it. */
export interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master?: string;
  readonly address?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { readonly id?: number; readonly local?: string };
  };
  readonly addr_info: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly scope?: string;
  }[];
}

/** VXLAN's port as IANA assigns it. */
const VXLAN_PORT = 4789;
/**
 * What `ip` has to do in the namespace so that its links are as planned; nothing when they are.
 * @param plugged taps of cards that are plugged here: one that is not planned is shut, and may be planned again; all others go
 */
export function linkChanges(plan: LinksPlan, links: readonly Link[], plugged: ReadonlySet<string>): string[] {
  const found = new Map(links.map((link) => [link.ifname, link]));
  const bridge = found.get(BRIDGE);
  return [
    ...bridgeChanges(plan, bridge),
    ...(plan.vxlan === null ? [] : portChanges(plan, found.get(plan.vxlan.name), true)),
    ...[...plan.taps].flatMap(([name, tap]) => portChanges(plan, found.get(name), tap.up)),
    ...straysOf(plan, links).flatMap((link) =>
      plugged.has(link.ifname) ? upChange(link, link.ifname, false) : [`link delete dev ${link.ifname}`],
    ),
  ];
}

/** Taps, tunnels and ends of pairs that are not planned. */
export const straysOf = ({ taps, vxlan, peers }: LinksPlan, links: readonly Link[]): Link[] =>
  links.filter(
    ({ ifname }) =>
      (isTap(ifname) && !taps.has(ifname)) ||
      (isVxlan(ifname) && ifname !== vxlan?.name) ||
      (isPeer(ifname) && !peers.has(ifname)),
  );

/** Without snooping a multicast goes to all: a router's advertisement may not depend on who has joined. */
export const ADD_BRIDGE = `link add dev ${BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`;

function bridgeChanges(plan: LinksPlan, bridge: Link | undefined): string[] {
  const wanted = new Set(plan.addresses);
  const has = new Set(
    (bridge?.addr_info ?? [])
      .filter(({ scope }) => scope !== 'link')
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  );
  return [
    ...(plan.mac !== null && bridge?.address !== plan.mac ? [`link set dev ${BRIDGE} address ${plan.mac}`] : []),
    ...upChange(bridge, BRIDGE, plan.up),
    ...[...has].filter((a) => !wanted.has(a)).map((address) => `address delete ${address} dev ${BRIDGE}`),
    ...[...wanted]
      .filter((a) => !has.has(a))
      .map((address) => `address add ${address} dev ${BRIDGE}${address.includes(':') ? ' nodad' : ''}`),
  ];
}

/** A link that is not there cannot be changed: a tap comes by `connect`, and VXLAN's end is made beforehand. */
function portChanges({ mtu }: LinksPlan, link: Link | undefined, up: boolean): string[] {
  if (link === undefined) return [];
  const { ifname } = link;
  return [
    ...(link.mtu === mtu ? [] : [`link set dev ${ifname} mtu ${mtu}`]),
    ...(link.master === BRIDGE ? [] : [`link set dev ${ifname} master ${BRIDGE}`]),
    ...upChange(link, ifname, up),
  ];
}

const isUp = (link: Link | undefined): boolean => link?.flags.includes('UP') ?? false;
const upChange = (link: Link | undefined, name: string, up: boolean): string[] =>
  isUp(link) === up ? [] : [`link set dev ${name} ${up ? 'up' : 'down'}`];

/** Whether the tunnel's end is there, and is the one that is wanted. */
export function vxlanIsThere({ name, vni, local }: VxlanPlan, links: readonly Link[]): boolean {
  const info = links.find(({ ifname }) => ifname === name)?.linkinfo?.info_data;
  return info?.id === vni && info.local === local;
}

/**
 * Makes the tunnel's end. It is made in the host's own namespace, where its packets come and go from then on, and moved
 * into the network's. One that is there already, for another host or identifier, is removed first.
 */
export async function makeVxlan(
  namespace: string,
  { name, vni, local }: VxlanPlan,
  links: readonly Link[],
): Promise<void> {
  if (links.some(({ ifname }) => ifname === name)) await ip(namespace, [`link delete dev ${name}`]);
  // An earlier attempt may have been killed before it was moved.
  const left = await ipShow<Link>('', ['link', 'show', 'type', 'vxlan']);
  await ip('', [
    ...(left.some(({ ifname }) => ifname === name) ? [`link delete dev ${name}`] : []),
    `link add dev ${name} type vxlan id ${vni} local ${local} dstport ${VXLAN_PORT} ttl 64`,
    `link set dev ${name} netns ${namespace}`,
  ]);
}
