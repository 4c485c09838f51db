import { BlockList, isIPv6 } from 'node:net';

/**
 * What is no address on the public internet (IANA's special-purpose registries). Of IPv6, IANA has given out 2000::/3 alone: whatever
 * is outside leads to this machine, its neighbours, an IPv4 address that is written in it, or nowhere.
 */
const SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Networks as they are written: `10.0.0.0/8`. */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length = ''] = network.split('/');
    list.addSubnet(address, Number(length), familyOf(address));
  }
  return list;
}

const special = listOf(SPECIAL);
const givenOut = listOf(['2000::/3']);
const isPublic = (address: string): boolean =>
  (!isIPv6(address) || givenOut.check(address, 'ipv6')) && !special.check(address, familyOf(address));

/**
 * Makes what says whether a webhook may go to an address: to any on the public internet, and to those of some networks beside.
 * @param networks with their lengths: `10.0.0.0/8` @throws TypeError, RangeError for one that is none
 */
export function reachable(networks: readonly string[]): (address: string) => boolean {
  const allowed = listOf(networks);
  return (address) => allowed.check(address, familyOf(address)) || isPublic(address);
}
