import { Prisma, type Statements } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { ROUTER_INTERFACE } from './device-owners.js';
import { formatAddress, parseRange } from './ipam.js';
import { invalidInput } from './refusals.js';

const MODES = ['slaac', 'dhcpv6-stateless'];
/** The only prefix whose addresses a card can make of its MAC address (RFC 4862, 5.5.3). */
const PREFIX = 64;
const HOLDER = rowType({ id: text, mac: text, owner: text });

/** Whether a subnet's ports have the addresses that their cards make themselves: a condition on rows of neutron.subnets. */
export const IS_AUTO = Prisma.sql`(ip_version = 6 AND enable_dhcp AND cidr LIKE ${`%/${PREFIX}`} AND (
  COALESCE(ipv6_address_mode = ANY(${MODES}), false) OR COALESCE(ipv6_ra_mode = ANY(${MODES}), false)))`;

/** What a subnet says of how its IPv6 addresses come about. */
interface Modes {
  readonly ip_version: number;
  readonly enable_dhcp?: boolean | undefined;
  readonly ipv6_ra_mode?: string | null | undefined;
  readonly ipv6_address_mode?: string | null | undefined;
}
const isAutoMode = (mode: string | null | undefined): boolean => MODES.includes(mode ?? '');
/** As `IS_AUTO` (neutron/common/ipv6_utils.py: is_auto_address_subnet). */
export const isAuto = ({ cidr, enable_dhcp, ...modes }: Modes & { readonly cidr: string }): boolean =>
  modes.ip_version === 6 &&
  enable_dhcp !== false &&
  parseRange(cidr).prefix === PREFIX &&
  (isAutoMode(modes.ipv6_ra_mode) || isAutoMode(modes.ipv6_address_mode));

/** @throws 400 in the words of neutron/db/db_base_plugin_v2.py: _validate_ipv6_attributes */
export function checkModes({ ip_version, enable_dhcp, ipv6_ra_mode, ipv6_address_mode }: Modes, cidr: string): void {
  const given = Object.entries({ ipv6_ra_mode, ipv6_address_mode }).filter(([, mode]) => (mode ?? '') !== '');
  if (given.length === 0) return;
  if (ip_version !== 6) throw invalidInput(`${given[0]![0]} is not valid when ip_version is 4`);
  if (enable_dhcp === false)
    throw invalidInput('ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False');
  if (given.length === 2 && ipv6_ra_mode !== ipv6_address_mode)
    throw invalidInput(
      `ipv6_ra_mode set to '${ipv6_ra_mode}' with ipv6_address_mode set to '${ipv6_address_mode}' is not valid. If both attributes are set, they must be the same value`,
    );
  if ((isAutoMode(ipv6_ra_mode) || isAutoMode(ipv6_address_mode)) && parseRange(cidr).prefix !== PREFIX)
    throw invalidInput(
      `Invalid CIDR ${cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64`,
    );
}

/** The address that a card makes of a prefix and its MAC address (RFC 4291, modified EUI-64). */
export function autoAddress(cidr: string, mac: string): string {
  const bytes = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const host = [bytes[0]! ^ 0x02, bytes[1]!, bytes[2]!, 0xff, 0xfe, bytes[3]!, bytes[4]!, bytes[5]!];
  const value = host.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return formatAddress(parseRange(cidr).first + value, 6);
}

/** An address of such a subnet was asked for, and is not the one that the card makes. */
export const notChoosable = (ip: string, subnetId: string): OpenStackError =>
  new OpenStackError(
    400,
    'AllocationOnAutoAddressSubnet',
    `Invalid input for operation: IPv6 address ${ip} cannot be directly assigned to a port on subnet ${subnetId} as the subnet is configured for automatic addresses.`,
  );

/** The port that is to have addresses, as far as those depend on it. A router's interfaces choose theirs (ROUTER_INTERFACE_OWNERS). */
export async function holderOf(tx: Statements, portId: string): Promise<{ mac: string; chooses: boolean }> {
  const [port] = await rowsOf(tx, HOLDER)`
    SELECT id, mac_address AS mac, device_owner AS owner FROM neutron.ports WHERE id = ${portId}`;
  return { mac: port?.mac ?? '', chooses: port === undefined || port.owner === ROUTER_INTERFACE };
}

/**
 * Gives the ports of a network their addresses of a subnet that it has got (ipam_pluggable_backend.py:
 * add_auto_addrs_on_network_ports). The network's row is locked, which ports that are being made wait for.
 */
export async function addressNetwork(
  tx: Statements,
  subnet: Modes & { readonly id: string; readonly network_id: string; readonly cidr: string },
): Promise<void> {
  if (!isAuto(subnet)) return;
  const ports = await rowsOf(tx, HOLDER)`
    SELECT id, mac_address AS mac, device_owner AS owner FROM neutron.ports
    WHERE network_id = ${subnet.network_id} AND device_owner <> ${ROUTER_INTERFACE} ORDER BY id FOR UPDATE`;
  const ids = ports.map(({ id }) => id);
  const addresses = ports.map(({ mac }) => autoAddress(subnet.cidr, mac));
  await tx.$executeRaw`
    INSERT INTO neutron.ip_allocations (subnet_id, ip_address, port_id)
    SELECT ${subnet.id}, address, port FROM unnest(${addresses}::text[], ${ids}::text[]) AS made(address, port)
    ON CONFLICT DO NOTHING`;
  await tx.$executeRaw`
    UPDATE neutron.ports SET revision_number = revision_number + 1, updated_at = now() WHERE id = ANY(${ids})`;
}

/** Gives a port that is to have another MAC address the addresses that its card makes of that. */
export async function readdress(
  tx: Statements,
  port: { readonly id: string; readonly network_id: string },
  mac: string,
): Promise<void> {
  const { chooses } = await holderOf(tx, port.id);
  if (chooses) return;
  const subnets = await rowsOf(tx, rowType({ id: text, cidr: text }))`
    SELECT id, cidr FROM neutron.subnets WHERE network_id = ${port.network_id} AND ${IS_AUTO}`;
  const ids = subnets.map(({ id }) => id);
  const addresses = subnets.map(({ cidr }) => autoAddress(cidr, mac));
  await tx.$executeRaw`DELETE FROM neutron.ip_allocations WHERE port_id = ${port.id} AND subnet_id = ANY(${ids})`;
  await tx.$executeRaw`
    INSERT INTO neutron.ip_allocations (subnet_id, ip_address, port_id)
    SELECT subnet, address, ${port.id} FROM unnest(${ids}::text[], ${addresses}::text[]) AS made(subnet, address)`;
}
