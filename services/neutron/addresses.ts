import { addressChanges } from './address-changes.js';
import { Type, type Static } from 'typebox';
import { Prisma, type Statements } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { bool, integer, rowType, rowsOf, text } from '../kernel/rows.js';
import { IS_AUTO, autoAddress, holderOf, notChoosable } from './auto-addresses.js';
import { SUBNET_RANGE, allocateAddress, canonical, contains } from './ipam.js';
import { invalidInput } from './refusals.js';

/** An address that a port is to have: on a subnet, a certain one, or both (Neutron's fixed_ips). */
export interface AddressRequest {
  subnet_id?: string | undefined;
  ip_address?: string | undefined;
}
export const FIXED_IP = Type.Object({ subnetId: text, ip: text, version: integer });
/** An address that a port has. */
export type FixedIp = Readonly<Static<typeof FIXED_IP>>;

/** A subnet of a network: with whether its ports have the addresses that their cards make themselves. */
export const NETWORK_SUBNET = Type.Object({ ...SUBNET_RANGE.properties, auto: bool });
export type NetworkSubnet = Readonly<Static<typeof NETWORK_SUBNET>>;
interface Choice {
  readonly subnet: NetworkSubnet;
  readonly ip?: string;
}

/**
 * Gives a port its addresses: those asked for, or one of each IP version; and of each subnet whose cards make their own
 * addresses that which this one makes (ipam_pluggable_backend.py: _allocate_ips_for_port).
 * @throws 400, 409 (ipam.ts)
 */
export async function giveAddresses(
  tx: Statements,
  port: { id: string; network_id: string },
  subnets: readonly NetworkSubnet[],
  wanted: readonly AddressRequest[] | undefined,
): Promise<FixedIp[]> {
  const given: FixedIp[] = [];
  const asked = wanted === undefined ? firstOfEachVersion(subnets) : wanted.map(subnetFor(port.network_id, subnets));
  const chosen = subnets.some(({ auto }) => auto) ? await withAuto(tx, port.id, subnets, asked) : asked;
  for (const { subnet, ip } of chosen)
    given.push({
      subnetId: subnet.id,
      ip: await allocateAddress(tx, subnet, port.id, ip),
      version: subnet.ip_version,
    });
  return given;
}

/**
 * Gives a port other addresses: what it has and is asked for again stays, the rest of what it has is free again.
 * @throws 400, 409 (ipam.ts)
 */
export async function setAddresses(
  tx: Statements,
  port: { id: string; network_id: string; fixed_ips: readonly { subnet_id: string; ip_address: string }[] },
  wanted: readonly AddressRequest[],
): Promise<void> {
  const subnets = (await rowsOf(tx, SUBNET)(subnetRanges(port.network_id))).map(({ subnet }) => subnet);
  const auto = subnets.filter((subnet) => subnet.auto).map(({ id }) => id);
  const own = auto.length > 0 && !(await holderOf(tx, port.id)).chooses ? auto : [];
  const { kept: asked, given } = addressChanges(port.fixed_ips, wanted);
  const kept = port.fixed_ips.filter((has) => own.includes(has.subnet_id) || asked.includes(has));
  await tx.$executeRaw`
    DELETE FROM neutron.ip_allocations WHERE port_id = ${port.id} AND NOT ip_address = ANY(${kept.map((k) => k.ip_address)})`;
  const missing = subnets.filter(({ id }) => !own.includes(id) || !kept.some((has) => has.subnet_id === id));
  for (const { ip_address } of given) if (ip_address !== undefined) refuseChosen(canonical(ip_address), subnets, own);
  await giveAddresses(tx, port, missing, given);
}

/** @throws 400 for an address of a subnet whose cards make theirs, of which the port has another one */
function refuseChosen(ip: string, subnets: readonly NetworkSubnet[], own: readonly string[]): void {
  const subnet = subnets.find(({ id, cidr }) => own.includes(id) && contains(cidr, ip));
  if (subnet !== undefined) throw notChoosable(ip, subnet.id);
}

/** What was asked for, with the addresses that the port's card makes. @throws 400 for another address of such a subnet */
async function withAuto(
  tx: Statements,
  portId: string,
  subnets: readonly NetworkSubnet[],
  asked: readonly Choice[],
): Promise<readonly Choice[]> {
  const { mac, chooses } = await holderOf(tx, portId);
  if (chooses) return asked;
  for (const { subnet, ip } of asked)
    if (subnet.auto && ip !== undefined && ip !== autoAddress(subnet.cidr, mac)) throw notChoosable(ip, subnet.id);
  const made = subnets.filter(({ auto }) => auto).map((subnet) => ({ subnet, ip: autoAddress(subnet.cidr, mac) }));
  return [...asked.filter(({ subnet }) => !subnet.auto), ...made];
}

/** What `subnetRanges` finds. */
export const SUBNET = rowType({ subnet: NETWORK_SUBNET });
/** A query for a network's subnets, the oldest first. */
export const subnetRanges = (networkId: string): Prisma.Sql => Prisma.sql`
  SELECT jsonb_build_object('id', id, 'network_id', network_id, 'ip_version', ip_version, 'cidr', cidr, 'allocation_pools', allocation_pools,
    'auto', ${IS_AUTO}) AS subnet
  FROM neutron.subnets WHERE network_id = ${networkId} ORDER BY created_at`;

/** One address of the first subnet of each IP version, as Neutron gives. */
function firstOfEachVersion(subnets: readonly NetworkSubnet[]): Choice[] {
  return [4, 6].flatMap((version) => {
    const subnet = subnets.find((s) => s.ip_version === version && !s.auto);
    return subnet ? [{ subnet }] : [];
  });
}

/** Finds the subnet of an address that is asked for. @throws 400 when the network has none for it */
const subnetFor =
  (networkId: string, subnets: readonly NetworkSubnet[]) =>
  ({ subnet_id, ip_address }: AddressRequest): Choice => {
    if (subnets.length === 0) throw invalidInput('IP allocation requires subnets for network');
    if (subnet_id === undefined && ip_address === undefined)
      throw invalidInput('IP allocation requires subnet_id or ip_address');
    const address = ip_address === undefined ? '' : canonical(ip_address);
    const subnet = subnets.find((s) => (subnet_id === undefined ? contains(s.cidr, address) : s.id === subnet_id));
    if (!subnet)
      throw subnet_id === undefined
        ? new OpenStackError(
            400,
            'InvalidIpForNetwork',
            `IP address ${address} is not a valid IP for any of the subnets on the specified network.`,
          )
        : invalidInput(
            `Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${subnet_id}`,
          );
    return { subnet, ...(ip_address === undefined ? {} : { ip: address }) };
  };
