import { OpenStackError, conflict } from '../kernel/errors.js';
import { canonical, formatAddress, parseRange, valueOf, versionOf, type Pool, type Range } from './ipam.js';
import { invalidAttribute, invalidInput } from './refusals.js';

export interface SubnetInput {
  readonly cidr: string;
  readonly ip_version: number;
  readonly enable_dhcp?: boolean | undefined;
  readonly gateway_ip?: string | null | undefined;
  readonly allocation_pools?: readonly Pool[] | undefined;
  readonly dns_nameservers?: readonly string[] | undefined;
  readonly host_routes?: readonly { readonly destination: string; readonly nexthop: string }[] | undefined;
}
/** The addresses of a subnet, as they are recorded. */
export interface SubnetPlan {
  readonly cidr: string;
  readonly gateway_ip: string | null;
  readonly allocation_pools: { start: string; end: string }[];
}
interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/** The least MTU of a network with such a subnet: RFC 791 and RFC 8200. */
export const LEAST_MTU = { 4: 68, 6: 1280 } as const;
/** neutron.conf: max_dns_nameservers */
const MAX_DNS_NAMESERVERS = 5;
/** neutron.conf: max_subnet_host_routes */
const MAX_HOST_ROUTES = 20;
/** Longer prefixes leave a DHCP server no address to give. */
const LONGEST_WITH_DHCP = { 4: 30, 6: 126 } as const;

/**
 * Checks a subnet and fills in gateway and pools as Neutron does: the first address, and all the others. Host bits of
 * the range are cut off. It mirrors _validate_subnet of neutron/db/db_base_plugin_v2.py and validate_allocation_pools of
 * neutron/db/ipam_backend_mixin.py, with their words.
 * @throws 400, and 409 for pools that overlap or hold the gateway
 */
export function planSubnet(input: SubnetInput): SubnetPlan {
  const range = parseRange(input.cidr);
  sameVersion(range.version, input.ip_version, 'cidr', input.cidr);
  checkRange(range, input.enable_dhcp ?? true);
  checkNameServers(input.dns_nameservers ?? [], input.ip_version);
  checkHostRoutes(input.host_routes ?? [], input.ip_version);
  const gateway = gatewayOf(range, input);
  const usable = usableOf(range);
  const pools = input.allocation_pools
    ? poolsOf(range, usable, input.allocation_pools, gateway)
    : around(usable, gateway);
  const format = (value: bigint): string => formatAddress(value, range.version);
  return {
    cidr: range.text,
    gateway_ip: gateway === undefined ? null : format(gateway),
    allocation_pools: pools.map((p) => ({ start: format(p.start), end: format(p.end) })),
  };
}

function checkRange(range: Range, dhcp: boolean): void {
  if (range.version === 6 && range.first === 0n) throw invalidInput("IPv6 subnet '::' is not supported");
  if (dhcp) {
    if (range.prefix > LONGEST_WITH_DHCP[range.version])
      throw invalidInput('Subnet has a prefix length that is incompatible with DHCP service enabled');
    if (range.isIn('224.0.0.0/4', 'ff00::/8'))
      throw invalidInput('Multicast IP subnet is not supported if enable_dhcp is True');
    if (range.isIn('127.0.0.0/8', '::1/128'))
      throw invalidInput('Loopback IP subnet is not supported if enable_dhcp is True');
    if (range.first === 0n)
      throw invalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.");
  }
  if (range.prefix === 0) throw invalidInput('0 is not allowed as CIDR prefix length');
}

function checkNameServers(servers: readonly string[], version: number): void {
  for (const [i, server] of servers.entries()) {
    if (versionOf(server) === undefined)
      throw invalidAttribute(
        'dns_nameservers',
        `'${server}' is not a valid nameserver. '${server}' is not a valid IP address`,
      );
    if (servers.indexOf(server) !== i) throw invalidAttribute('dns_nameservers', `Duplicate nameserver '${server}'`);
  }
  if (servers.length > MAX_DNS_NAMESERVERS)
    throw new OpenStackError(
      400,
      'DNSNameServersExhausted',
      `Unable to complete operation for new subnet. The number of DNS nameservers exceeds the limit ${MAX_DNS_NAMESERVERS}.`,
    );
  for (const server of servers) sameVersion(versionOf(server), version, 'dns_nameserver', server);
}

/** neutron/db/db_base_plugin_v2.py: _validate_host_route */
function checkHostRoutes(routes: NonNullable<SubnetInput['host_routes']>, version: number): void {
  if (routes.length > MAX_HOST_ROUTES)
    throw new OpenStackError(
      400,
      'HostRoutesExhausted',
      `Unable to complete operation. The number of host routes exceeds the limit ${MAX_HOST_ROUTES}.`,
    );
  for (const { destination, nexthop } of routes) {
    sameVersion(versionOf(canonical(nexthop, 'host_routes')), version, 'nexthop', nexthop);
    sameVersion(parseRange(destination).version, version, 'destination', destination);
  }
}

/** The gateway may lie outside of the range: whether it can be reached from there, nobody here can tell. */
function gatewayOf(range: Range, { gateway_ip, ip_version }: SubnetInput): bigint | undefined {
  if (gateway_ip === null) return undefined;
  if (gateway_ip === undefined) return range.first + 1n;
  canonical(gateway_ip, 'gateway_ip');
  sameVersion(versionOf(gateway_ip), ip_version, 'gateway_ip', gateway_ip);
  const gateway = valueOf(gateway_ip);
  if (range.version === 4 && (gateway === range.first || gateway === range.last))
    throw invalidInput('Gateway is not valid on subnet');
  return gateway;
}

/** The addresses that ports may have: not the network's own, and of IPv4 not the broadcast, where a range has those. */
function usableOf({ version, prefix, first, last }: Range): Span {
  if (version === 4) return prefix <= 30 ? { start: first + 1n, end: last - 1n } : { start: first, end: last };
  return first === last ? { start: first, end: last } : { start: first + 1n, end: last };
}

function poolsOf(range: Range, usable: Span, given: readonly Pool[], gateway: bigint | undefined): Span[] {
  for (const { start, end } of given) for (const end_ of [start, end]) canonical(end_, 'allocation_pools');
  const invalid = (pool: string): OpenStackError =>
    new OpenStackError(400, 'InvalidAllocationPool', `The allocation pool ${pool} is not valid.`);
  const pools = given.map(({ start, end }) => {
    const text = `${start}-${end}`;
    if (versionOf(start) !== versionOf(end) || valueOf(end) < valueOf(start))
      throw invalid(`{'start': '${start}', 'end': '${end}'}`);
    return { text, version: versionOf(start), start: valueOf(start), end: valueOf(end) };
  });
  for (const pool of pools) {
    if (pool.version !== range.version) throw invalid(pool.text);
    if (pool.start < usable.start || pool.end > usable.end)
      throw new OpenStackError(
        400,
        'OutOfBoundsAllocationPool',
        `The allocation pool ${pool.text} spans beyond the subnet cidr ${range.text}.`,
      );
  }
  for (const [i, pool] of pools.entries()) {
    const other = pools.slice(i + 1).find((p) => p.start <= pool.end && pool.start <= p.end);
    if (other)
      throw conflict(
        'OverlappingAllocationPools',
        `Found overlapping allocation pools: ${pool.text} ${other.text} for subnet ${range.text}.`,
      );
  }
  const holder = gateway === undefined ? undefined : pools.find((p) => p.start <= gateway && gateway <= p.end);
  if (gateway !== undefined && holder)
    throw conflict(
      'GatewayConflictWithAllocationPools',
      `Gateway ip ${formatAddress(gateway, range.version)} conflicts with allocation pool ${holder.text}.`,
    );
  return pools;
}

function around({ start, end }: Span, gateway: bigint | undefined): Span[] {
  if (gateway === undefined || gateway < start || gateway > end || start === end) return [{ start, end }];
  return [
    { start, end: gateway - 1n },
    { start: gateway + 1n, end },
  ].filter((p) => p.end >= p.start);
}

function sameVersion(version: number | undefined, wanted: number, name: string, value: string): void {
  if (version !== wanted) throw invalidInput(`${name} '${value}' does not match the ip_version '${wanted}'`);
}
