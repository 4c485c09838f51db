import { Address4, Address6 } from 'ip-address';
import { checkedId } from '../../names.js';
import { ip, ipShow } from './commands.js';

/** The bridge of a network, in the network's namespace. */
export const BRIDGE = 'br0';

/** A port's id makes its links' names, of which Linux takes 15 characters. */
export const linkOf = (prefix: string, id: string): string =>
  `${prefix}${checkedId('port', id).replaceAll('-', '').slice(0, 11)}`;

/** One end of a veth pair; the other is a port of a network's bridge. */
export interface Pair {
  readonly name: string;
  readonly peer: string;
  /** The namespace of the bridge. */
  readonly network: string;
  readonly mac: string;
  readonly mtu: number;
  /** Addresses with the lengths of their prefixes. */
  readonly addresses: readonly string[];
}

/** What `ip -json address` says of a link. */
interface ShownLink {
  readonly ifname: string;
  readonly ifindex: number;
  /** The index of the other end of a pair. */
  readonly link_index?: number;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly master?: string;
  readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

/**
 * Makes the links of a namespace as they are to be, and touches none that is so already: what is connected through it
 * stays connected.
 * @param prefix of the names that are looked after here; those that are not wanted are removed
 * @returns what had to be done
 */
export async function applyPairs(namespace: string, prefix: string, wanted: readonly Pair[]): Promise<string[]> {
  const found = new Map((await linksIn(namespace)).map((link) => [link.ifname, link]));
  const strangers = [...found.keys()].filter((n) => n.startsWith(prefix) && !wanted.some(({ name }) => name === n));
  const did = strangers.map((name) => `link delete ${name}`);
  await ip(namespace, did);
  const bridges = new Map<string, readonly ShownLink[]>();
  for (const network of new Set(wanted.map((link) => link.network))) bridges.set(network, await linksIn(network));
  for (const link of wanted) {
    const peer = bridges.get(link.network)?.find(({ ifname }) => ifname === link.peer);
    did.push(...(await applyPair(namespace, link, found.get(link.name), peer)));
  }
  return did;
}

async function applyPair(
  namespace: string,
  link: Pair,
  before: ShownLink | undefined,
  peer: ShownLink | undefined,
): Promise<string[]> {
  const { name, mac, mtu, network } = link;
  const did: string[] = [];
  let found = before;
  // Another pair's end of the same name is what is left of a namespace that somebody deleted.
  const joined = found && peer && found.link_index === peer.ifindex && peer.link_index === found.ifindex;
  if (!joined) {
    if (found) await ip(namespace, [`link delete ${name}`]);
    if (peer) await ip(network, [`link delete ${link.peer}`]).catch(() => undefined);
    const add = `link add name ${name} address ${mac} mtu ${mtu} type veth peer name ${link.peer} netns ${network}`;
    await ip(namespace, [add]);
    did.push(add);
    found = undefined;
  }
  if (!joined || peer.mtu !== mtu || peer.master !== BRIDGE || !isUp(peer)) {
    const set = `link set ${link.peer} mtu ${mtu} master ${BRIDGE} up`;
    // The end at the bridge is nobody's address.
    await ip(network, [`link set ${link.peer} addrgenmode none`, set]);
    did.push(set);
  }
  const wanted = link.addresses.map(canonical);
  const has = (found?.addr_info ?? [])
    .filter(({ scope }) => scope === 'global')
    .map((a) => `${a.local}/${a.prefixlen}`);
  const changes = [
    ...(found && found.mtu !== mtu ? [`link set ${name} mtu ${mtu}`] : []),
    ...(found && isUp(found) ? [] : [`link set ${name} up`]),
    ...has.filter((address) => !wanted.includes(address)).map((address) => `address delete ${address} dev ${name}`),
    ...wanted
      .filter((a) => !has.includes(a))
      .map((a) => `address add ${a} dev ${name}${a.includes(':') ? ' nodad' : ''}`),
    ...(found && found.address !== mac ? [`link set ${name} address ${mac}`] : []),
  ];
  did.push(...changes);
  if (changes.length === 0) return did;
  // Setting the address that it has makes Linux announce all IP addresses of a link (arp_notify, ndisc_notify): neighbours
  // that knew one of them elsewhere learn at once where it is now.
  await ip(namespace, [...changes, `link set ${name} address ${mac}`]);
  return did;
}

/** All links of a namespace; none where it is not there. */
async function linksIn(namespace: string): Promise<ShownLink[]> {
  return ipShow<ShownLink>(namespace, ['address', 'show']);
}

const isUp = ({ flags }: ShownLink): boolean => flags.includes('UP');

/** An address or a prefix as Linux writes it, so that it can be compared. */
export function canonical(text: string): string {
  const [address = '', length] = text.split('/');
  const written = address.includes(':') ? new Address6(address).correctForm() : address;
  return length === undefined ? written : `${written}/${length}`;
}

/** A route's destination as `ip route` shows it: its network's first address, a host without length, `default`. */
export function canonicalRoute(prefix: string): string {
  const parsed = prefix.includes(':') ? new Address6(prefix) : new Address4(prefix);
  if (parsed.subnetMask === 0) return 'default';
  const start = parsed.startAddress().correctForm();
  return parsed.subnetMask === (prefix.includes(':') ? 128 : 32) ? start : `${start}/${parsed.subnetMask}`;
}
