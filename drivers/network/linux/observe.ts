import { run } from './commands.js';
import { TABLE } from './firewall.js';
import type { Link } from './links.js';
import { BRIDGE } from './pairs.js';
import type { ForwardingEntry } from './peers.js';
import type { Qdisc } from './qos.js';

/** A network forwards nothing. Bridged packets are looked at by the rules that know connections only with the next two. */
const WATCHED = {
  'ipv4.ip_forward': '0',
  'ipv6.conf.all.forwarding': '0',
  'bridge.bridge-nf-call-iptables': '1',
  'bridge.bridge-nf-call-ip6tables': '1',
  [`ipv6.conf.${BRIDGE}.disable_ipv6`]: '0',
};

/** How a network's namespace is to be from its beginning: what is on the bridge has no address of the host's. */
export const SETTINGS = [
  'net.ipv4.ip_forward=0',
  'net.ipv6.conf.all.forwarding=0',
  'net.ipv6.conf.all.disable_ipv6=0',
  'net.ipv6.conf.default.disable_ipv6=1',
  'net.ipv6.conf.default.accept_ra=0',
];

/** How it is to be once the bridge is there, whose addresses are those of DHCP. */
export const BRIDGE_SETTINGS = [
  ...Object.entries(WATCHED).map(([name, value]) => `net.${name}=${value}`),
  `net.ipv6.conf.${BRIDGE}.accept_ra=0`,
  `net.ipv6.conf.${BRIDGE}.accept_dad=0`,
];

/** What is in a network's namespace. */
export interface Observed {
  readonly links: readonly Link[];
  readonly entries: readonly ForwardingEntry[];
  readonly qdiscs: readonly Qdisc[];
  /** The rules as nft lists them; nothing where a table is missing. */
  readonly rules: string;
  /** The values of the settings that are watched, as far as there are such settings. */
  readonly settings: readonly string[];
}

const MARK = '=====';
/** All by one process: where nothing has changed, this is all that is to be done. */
const SCRIPT = [
  'ip -details -json address show',
  'bridge -json fdb show',
  'tc -json qdisc show',
  `nft list table bridge ${TABLE} 2>/dev/null && nft list table inet ${TABLE} 2>/dev/null`,
  `cat ${Object.keys(WATCHED)
    .map((name) => `/proc/sys/net/${name.replaceAll('.', '/')}`)
    .join(' ')} 2>/dev/null || true`,
].join(`; echo; echo ${MARK}; `);

/** Looks at a network's namespace. It changes nothing. */
export async function observe(namespace: string): Promise<Observed> {
  const text = await run('nsenter', [`--net=/run/netns/${namespace}`, 'sh', '-c', SCRIPT]);
  const [links = '', entries = '', qdiscs = '', rules = '', settings = ''] = text.split(`\n${MARK}\n`);
  return {
    links: parsed<Link>(links),
    entries: parsed<ForwardingEntry>(entries),
    qdiscs: parsed<Qdisc>(qdiscs),
    rules: rules.trim(),
    settings: settings.trim().split(/\s+/),
  };
}

/** Linux has no IPv6, nor settings of it, on a link with less than that. */
const MTU_OF_IPV6 = 1280;

/** Whether the settings are as they are to be. @param mtu of the bridge */
export const areSet = (found: readonly string[], mtu: number): boolean =>
  found.join() ===
  Object.values(WATCHED)
    .slice(0, mtu < MTU_OF_IPV6 ? -1 : undefined)
    .join();

const parsed = <T>(text: string): T[] => (text.trim() === '' ? [] : (JSON.parse(text) as T[]));
