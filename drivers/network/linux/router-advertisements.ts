import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { NetworkOfHost, RouterOfHost, SubnetOfHost } from '../state.js';
import { checkedCidr, versionOf } from './addresses.js';
import type { DnsmasqPlan } from './dhcp.js';
import { Dnsmasq } from './dnsmasq.js';
import { namespaceOf } from './namespaces.js';
import { linkOf } from './pairs.js';
import { rangeOf } from './prefixes.js';

/** A solicitation is answered at once; this is for those who only listen (RFC 4861 allows 4 to 1,800 s). */
const ADVERTISE_SECONDS = 60;
/** How long guests take a router that has fallen silent for theirs: radvd's default of Neutron's own interval (3 × 100 s). */
const LIFETIME_SECONDS = 300;

/** What an advertisement says of how guests get their addresses, in dnsmasq's words (neutron/agent/linux/ra.py). */
const MODES: Readonly<Record<string, string>> = {
  slaac: 'ra-only',
  'dhcpv6-stateless': 'ra-stateless',
  'dhcpv6-stateful': 'static',
};

/**
 * What a router advertises: itself, and the prefixes of its networks' IPv6 subnets that have a mode of advertisement. Name
 * servers are told of by the networks themselves.
 * @returns undefined where there is nothing to advertise. @throws DriverError (input)
 */
export function planAdvertisements(
  { interfaces }: RouterOfHost,
  networks: ReadonlyMap<string, NetworkOfHost>,
): DnsmasqPlan | undefined {
  const cards = interfaces.flatMap(({ portId, networkId, cidrs }) => {
    const network = networks.get(networkId);
    const prefixes = (network?.subnets ?? []).filter((subnet) => isAdvertised(subnet, cidrs));
    return network === undefined || prefixes.length === 0
      ? []
      : [{ name: linkOf('nr', portId), mtu: network.mtu, prefixes }];
  });
  if (cards.length === 0) return undefined;
  return {
    options: [
      '--port=0',
      '--enable-ra',
      ...cards.flatMap(({ name, mtu, prefixes }) => [
        `--interface=${name}`,
        `--ra-param=${name},mtu:${mtu},${ADVERTISE_SECONDS},${LIFETIME_SECONDS}`,
        ...prefixes.map(rangeOption),
      ]),
    ],
    hosts: new Map(),
    opts: '',
    names: '',
    owners: {},
  };
}

/** A router may have an address of one of a network's subnets and none of another: it is the router of the first alone. */
function isAdvertised({ version, raMode, cidr }: SubnetOfHost, cidrs: readonly string[]): boolean {
  if (version !== 6 || MODES[raMode ?? ''] === undefined) return false;
  const { first } = rangeOf(checkedCidr(cidr));
  return cidrs.some((own) => versionOf(own) === 6 && rangeOf(own).first === first);
}

function rangeOption({ cidr, raMode }: SubnetOfHost): string {
  const [prefix = '', length = ''] = cidr.split('/');
  return `--dhcp-range=${prefix},${MODES[raMode ?? '']},${length}`;
}

/** The advertising processes of one host's routers. */
export class Advertisements {
  /** @param folder where their files are */
  constructor(private readonly folder: string) {}

  /** Brings a router, whose namespace and cards are there, to advertise what it is to. @returns what had to be done */
  async apply(routerId: string, plan: DnsmasqPlan | undefined): Promise<string[]> {
    if (plan !== undefined) return (await this.of(routerId).serve(plan)).map((what) => `advertisements: ${what}`);
    await this.remove(routerId);
    return [];
  }

  /** Ends what a router advertises by: to be done before its namespace goes. None is fine. */
  async remove(routerId: string): Promise<void> {
    const was = await stat(path.join(this.folder, routerId)).catch(() => undefined);
    if (was) await this.of(routerId).remove();
  }

  private of(routerId: string): Dnsmasq {
    return new Dnsmasq(path.join(this.folder, routerId), namespaceOf('nvr', routerId));
  }
}
