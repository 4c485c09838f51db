import type { CardEnd } from './index.js';
import type { SubnetOfHost } from './state.js';

type Options = Extract<CardEnd, { kind: 'user' }>['options'];

/** Where no state says which subnet an address is of: as most subnets are. */
const USUAL_PREFIX = 24;

/**
 * QEMU's options that lease this address to the only guest of its network: DHCP gives the first address from `dhcpstart`.
 * libslirp needs two more addresses of the network, for its gateway and its DNS, or it is refused.
 * @param wayOut whether the guest may reach more than that
 * @returns undefined where the subnet has no room for them
 */
export function userNetworkOptions(ip: string, subnet: SubnetOfHost | undefined, wayOut: boolean): Options | undefined {
  const prefix = subnet === undefined ? USUAL_PREFIX : Number(subnet.cidr.split('/')[1]);
  const address = numberOf(ip);
  const size = 2 ** (32 - prefix);
  const network = Math.floor(address / size) * size;
  const gateway = numberOf(subnet?.gatewayIp ?? '0.0.0.0');
  const inside = gateway > network && gateway < network + size - 1 && gateway !== address;
  // The first four hold at least two that are neither the guest's nor the gateway's.
  const free = [1, 2, 3, 4].map((n) => network + n).filter((n) => n < network + size - 1 && n !== address);
  const host = inside ? gateway : free[0];
  const dns = free.find((n) => n !== host);
  if (host === undefined || dns === undefined) return undefined;
  return {
    net: `${textOf(network)}/${prefix}`,
    dhcpstart: ip,
    host: textOf(host),
    dns: textOf(dns),
    ipv6: false,
    restrict: !wayOut,
  };
}

const numberOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const textOf = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
