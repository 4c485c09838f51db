import { createHash } from 'node:crypto';
import { checkedCidr, versionOf } from './addresses.js';
import { CommandError, ip, ipShow, nft, run, runIn } from './commands.js';
import { linkOf } from './pairs.js';

/** A prefix of link-local addresses for the pairs, away from 169.254.169.254. Each pair has four of them. */
const PAIRS = 0x3fff / 4;
/** This machine's own peers of that kind: a cloud's metadata service, where the machine is a guest itself, is among them. */
const LINK_LOCAL = '169.254.0.0/16';

/** What joins the outside of one external network to the machine's own network. */
interface Uplink {
  /** The end in the machine's own namespace, and that in the outside's. */
  readonly link: string;
  readonly peer: string;
  readonly machine: string;
  readonly outside: string;
  readonly prefixes: readonly string[];
}

/** The end in the machine's own namespace of what joins an outside to it. */
export const uplinkLinkOf = (networkId: string): string => linkOf('nu', networkId);

function uplinkOf(networkId: string, cidrs: readonly string[]): Uplink {
  // One of some thousand pairs, the same after every start.
  const number = createHash('sha256').update(networkId).digest().readUInt16BE(0) % Math.floor(PAIRS);
  const address = (last: number): string =>
    `169.254.${192 + Math.floor((number * 4) / 256)}.${((number * 4) % 256) + last}`;
  return {
    link: uplinkLinkOf(networkId),
    peer: linkOf('nw', networkId),
    machine: address(1),
    outside: address(2),
    prefixes: cidrs.map(checkedCidr).filter((cidr) => versionOf(cidr) === 4),
  };
}

/** Joins the outside to the machine, or sees that it still is. IPv4 alone: there is no translation of IPv6 here. */
export async function joinOutside(namespace: string, networkId: string, cidrs: readonly string[]): Promise<void> {
  const uplink = uplinkOf(networkId, cidrs);
  const { link, peer, machine, outside, prefixes } = uplink;
  const found = await ipShow<{ readonly ifname: string }>('', ['link', 'show', 'type', 'veth']);
  const there = await ipShow<{ readonly ifname: string }>(namespace, ['link', 'show', 'type', 'veth']);
  // The rules come first: nothing passes before they are in place.
  await nft('', rulesOf(uplink));
  if (!there.some(({ ifname }) => ifname === peer)) {
    if (found.some(({ ifname }) => ifname === link)) await ip('', [`link delete ${link}`]);
    await ip('', [`link add name ${link} type veth peer name ${peer} netns ${namespace}`]);
  }
  await ip('', [`address replace ${machine}/30 dev ${link}`, `link set ${link} up`]);
  await ip(namespace, [
    `address replace ${outside}/30 dev ${peer}`,
    `link set ${peer} up`,
    `route replace 0.0.0.0/0 via ${machine}`,
  ]);
  await ip(
    '',
    prefixes.map((prefix) => `route replace ${prefix} via ${outside}`),
  );
  await runIn(namespace, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
  await run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
}

/** Takes apart what joined it. None is fine. The machine goes on forwarding: others may need that by now. */
export async function partOutside(networkId: string): Promise<void> {
  const { link } = uplinkOf(networkId, []);
  const found = await ipShow<{ readonly ifname: string }>('', ['link', 'show', 'type', 'veth']);
  if (found.some(({ ifname }) => ifname === link)) await ip('', [`link delete ${link}`]);
  await run('nft', ['delete', 'table', 'inet', tableOf(link)]).catch((error: unknown) => {
    if (!(error instanceof CommandError && error.stderr.includes('No such file'))) throw error;
  });
}

export const tableOf = (link: string): string => `novaflow_${link}`;

/** What comes from the outside may go on to the world, not to the machine; and of the world nobody begins anything. */
function rulesOf({ link }: Uplink): string {
  const table = tableOf(link);
  return `
table inet ${table}
delete table inet ${table}
table inet ${table} {
	chain input {
		type filter hook input priority filter; policy accept;
		iifname "${link}" ct state new,invalid drop
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
		iifname "${link}" ip daddr ${LINK_LOCAL} drop
		oifname "${link}" ct state new,invalid drop
	}
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		iifname "${link}" masquerade
	}
}
`;
}
