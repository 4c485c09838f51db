import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { Lease, NetworkOfHost, SubnetOfHost } from '../state.js';
import { checkedAddress, checkedCidr, checkedMac } from './addresses.js';
import { BRIDGE } from './pairs.js';
import { METADATA_ADDRESS } from './router-names.js';
import { rangeOf } from './prefixes.js';

/** Neutron's dhcp_lease_duration: a day. An address belongs to its port anyway. */
const LEASE_SECONDS = 86_400;
/** A solicitation is answered at once; this is for those who only listen (RFC 4861 allows 4 to 1,800 s). */
const ADVERTISE_SECONDS = 60;

/** What one dnsmasq needs to serve. */
export interface DnsmasqPlan {
  /** Its command line but for the places of files: another one means another process. */
  readonly options: readonly string[];
  /** One file per port. */
  readonly hosts: ReadonlyMap<string, string>;
  readonly opts: string;
  readonly names: string;
  /** Who has which address: an address that changes its owner is still leased to the former one. */
  readonly owners: Readonly<Record<string, string>>;
}

/** @returns undefined where this host does not serve the network. @throws DriverError (input) */
export function planDhcp(network: NetworkOfHost): DnsmasqPlan | undefined {
  if (!network.dhcp || network.dhcpPort === null) return undefined;
  const subnets = network.subnets.filter(({ enableDhcp }) => enableDhcp);
  if (subnets.length === 0) return undefined;
  const domain = plainName(network.dnsDomain.replace(/\.$/, ''));
  const leases = network.leases.map((lease) => ({
    ...lease,
    mac: checkedMac(lease.mac),
    ips: lease.ips.map(checkedAddress),
  }));
  const advertised = subnets.some(({ raMode }) => raMode !== null);
  return {
    options: [
      `--interface=${BRIDGE}`,
      ...(domain === '' ? [] : [`--domain=${domain}`]),
      `--dhcp-option-force=option:mtu,${network.mtu}`,
      ...subnets.flatMap(rangeOption),
      // Lifetime 0: this is no router, it tells of prefixes and name servers. A router advertises itself.
      ...(advertised ? ['--enable-ra', `--ra-param=${BRIDGE},mtu:${network.mtu},${ADVERTISE_SECONDS},0`] : []),
      // Addresses come from the hosts' files alone: as many leases as there can be ports.
      `--dhcp-lease-max=${MOST_LEASES}`,
    ],
    hosts: new Map(leases.flatMap((lease) => hostFile(lease, subnets, domain))),
    opts: lines([
      ...subnets.flatMap((subnet) => subnetOptions(subnet, network)),
      ...leases.flatMap((lease) => portOptions(lease)),
    ]),
    names: lines(
      leases.flatMap(({ ips, hostname }) => {
        const name = plainName(hostname);
        return name === '' ? [] : ips.map((ip) => `${ip} ${domain === '' ? name : `${name}.${domain} ${name}`}`);
      }),
    ),
    owners: Object.fromEntries(leases.flatMap(({ ips, mac }) => ips.map((ip) => [ip, mac]))),
  };
}

const MOST_LEASES = 65_536;
const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

/** The addresses that DHCP's port has on the network's bridge, with the lengths of their prefixes. */
export function dhcpAddresses({ dhcpPort, subnets, metadata }: NetworkOfHost): string[] {
  if (dhcpPort === null) return [];
  const found = dhcpPort.ips.flatMap((ip) => {
    const { first, version } = rangeOf(ip);
    const of = subnets.find(({ cidr }) => {
      const range = rangeOf(cidr);
      return range.version === version && range.first <= first && first <= range.last;
    });
    return of ? [`${ip}/${of.cidr.split('/')[1]}`] : [];
  });
  return metadata && found.some((address) => isIPv4(address.split('/')[0]!))
    ? [...found, `${METADATA_ADDRESS}/32`]
    : found;
}

const tagOf = ({ id }: SubnetOfHost): string => `subnet-${id}`;

function rangeOption(subnet: SubnetOfHost): string[] {
  const [network = '', length = ''] = checkedCidr(subnet.cidr).split('/');
  if (subnet.version === 4)
    return [`--dhcp-range=set:${tagOf(subnet)},${network},static,${maskOf(Number(length))},${LEASE_SECONDS}s`];
  // Where neither mode is set, guests get their IPv6 addresses in a way of their own.
  const mode = { 'dhcpv6-stateful': 'static', 'dhcpv6-stateless': 'ra-stateless', slaac: 'ra-only' }[
    subnet.addressMode ?? subnet.raMode ?? ''
  ];
  // Another router advertises where only the addresses' mode is set; without an advertisement of ours there is no `ra-only`.
  if (mode === undefined || (mode === 'ra-only' && subnet.raMode === null)) return [];
  return [`--dhcp-range=set:${tagOf(subnet)},${network},${mode},${length},${LEASE_SECONDS}s`];
}

function maskOf(length: number): string {
  const mask = length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (mask >>> shift) & 255).join('.');
}

/** dnsmasq gives a card one address per family that it leases. */
function hostFile(
  { portId, mac, ips, hostname }: Lease,
  subnets: readonly SubnetOfHost[],
  domain: string,
): [string, string][] {
  const leased = (version: 4 | 6): string | undefined => {
    const ranges = subnets
      .filter((s) => s.version === version && (version === 4 || s.addressMode === 'dhcpv6-stateful'))
      .map(({ cidr }) => rangeOf(cidr));
    return ips.find((ip) => {
      const { first, version: family } = rangeOf(ip);
      return family === version && ranges.some((range) => range.first <= first && first <= range.last);
    });
  };
  const [v4, v6] = [leased(4), leased(6)];
  const stateless = subnets.some(({ addressMode }) => addressMode === 'dhcpv6-stateless');
  if (v4 === undefined && v6 === undefined && !stateless) return [];
  const name = plainName(hostname);
  const parts = [
    mac,
    `set:port-${portId}`,
    ...(v4 === undefined ? [] : [v4]),
    ...(v6 === undefined ? [] : [`[${v6}]`]),
    ...(name === '' ? [] : [domain === '' ? name : `${name}.${domain}`]),
  ];
  return [[portId, `${parts.join(',')}\n`]];
}

/** What Neutron's own agent tells of a subnet (neutron/agent/linux/dhcp.py, _generate_opts_per_subnet). */
function subnetOptions(subnet: SubnetOfHost, { dhcpPort, metadata }: NetworkOfHost): string[] {
  const tag = `tag:${tagOf(subnet)}`;
  const servers = subnet.dnsNameservers
    .map(checkedAddress)
    .filter((address) => isIPv4(address) === (subnet.version === 4));
  const own = dhcpAddressIn(subnet, dhcpPort?.ips ?? []);
  const dns = servers.length > 0 ? servers : own === undefined ? [] : [own];
  // Neutron's sign for "no name servers": 0.0.0.0 or ::.
  const none = servers.some((address) => address === '0.0.0.0' || address === '::');
  if (subnet.version === 6) {
    if (dns.length === 0 || none) return [];
    return [`${tag},option6:dns-server,${dns.map((address) => `[${address}]`).join(',')}`];
  }
  const gateway = subnet.gatewayIp === null ? undefined : checkedAddress(subnet.gatewayIp);
  const routes = [
    ...subnet.hostRoutes.map(({ destination, nexthop }) => `${checkedCidr(destination)},${checkedAddress(nexthop)}`),
    ...(metadata && own !== undefined ? [`${METADATA_ADDRESS}/32,${own}`] : []),
  ];
  // Who understands classless routes ignores the router's option (RFC 3442): the default route has to be among them.
  const all = [
    ...routes,
    ...(gateway === undefined || routes.some((route) => route.startsWith('0.0.0.0/0,'))
      ? []
      : [`0.0.0.0/0,${gateway}`]),
  ];
  return [
    none ? `${tag},option:dns-server` : `${tag},option:dns-server,${dns.join(',')}`,
    ...(routes.length === 0
      ? []
      : [`${tag},option:classless-static-route,${all.join(',')}`, `${tag},249,${all.join(',')}`]),
    gateway === undefined ? `${tag},option:router` : `${tag},option:router,${gateway}`,
  ];
}

function dhcpAddressIn({ cidr }: SubnetOfHost, ips: readonly string[]): string | undefined {
  const range = rangeOf(cidr);
  return ips.find((ip) => {
    const { first, version } = rangeOf(ip);
    return version === range.version && range.first <= first && first <= range.last;
  });
}

/** What is no option's name, or has a line break in its value, is left out: it would be an option of its own. */
function portOptions({ portId, options }: Lease): string[] {
  return options.flatMap(({ name, value, version }) => {
    if (!/^[a-z0-9-]{1,64}$/.test(name) || /[^\x20-\x7e]/.test(value)) return [];
    const option = /^\d+$/.test(name)
      ? version === 6
        ? `option6:${name}`
        : name
      : `option${version === 6 ? '6' : ''}:${name}`;
    return [`tag:port-${portId},${option}${value === '' ? '' : `,${value}`}`];
  });
}

/** A name as DNS has it, or nothing. */
const plainName = (text: string): string => (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text : '');

/** Two plans with the same are served by the same process. */
export const processOf = ({ options }: DnsmasqPlan): string =>
  createHash('sha256').update(options.join('\0')).digest('hex');
