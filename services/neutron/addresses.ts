import { Type, type Static } from 'typebox';
import { Prisma, type Statements } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { integer, rowType, rowsOf, text } from '../kernel/rows.js';
import { SUBNET_RANGE, allocateAddress, canonical, contains, type SubnetRange } from './ipam.js';
import { invalidInput } from './refusals.js';

/** An address that a port is to have: on a subnet, a certain one, or both (Neutron's fixed_ips). */
export interface AddressRequest {
  subnet_id?: string | undefined;
  ip_address?: string | undefined;
}
export const FIXED_IP = Type.Object({ subnetId: text, ip: text, version: integer });
/** An address that a port has. */
export type FixedIp = Readonly<Static<typeof FIXED_IP>>;

/** Gives a port its addresses: those asked for, or one of each IP version. @throws 400, 409 (ipam.ts) */
export async function giveAddresses(
  tx: Statements,
  port: { id: string; network_id: string },
  subnets: readonly SubnetRange[],
  wanted: readonly AddressRequest[] | undefined,
): Promise<FixedIp[]> {
  const given: FixedIp[] = [];
  const chosen = wanted === undefined ? firstOfEachVersion(subnets) : wanted.map(subnetFor(port.network_id, subnets));
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
  const kept = port.fixed_ips.filter((has) =>
    wanted.some(
      (w) =>
        (w.ip_address === undefined || canonical(w.ip_address) === has.ip_address) &&
        (w.subnet_id === undefined || w.subnet_id === has.subnet_id),
    ),
  );
  const given = wanted.filter(
    (w) =>
      !kept.some(
        (has) =>
          (w.ip_address === undefined || canonical(w.ip_address) === has.ip_address) &&
          (w.subnet_id === undefined || w.subnet_id === has.subnet_id),
      ),
  );
  await tx.$executeRaw`
    DELETE FROM neutron.ip_allocations WHERE port_id = ${port.id} AND NOT ip_address = ANY(${kept.map((k) => k.ip_address)})`;
  const subnets = await rowsOf(tx, SUBNET)(subnetRanges(port.network_id));
  await giveAddresses(
    tx,
    port,
    subnets.map((s) => s.subnet),
    given,
  );
}

/** What `subnetRanges` finds. */
export const SUBNET = rowType({ subnet: SUBNET_RANGE });
/** A query for a network's subnets, the oldest first. */
export const subnetRanges = (networkId: string): Prisma.Sql => Prisma.sql`
  SELECT jsonb_build_object('id', id, 'network_id', network_id, 'ip_version', ip_version, 'cidr', cidr, 'allocation_pools', allocation_pools) AS subnet
  FROM neutron.subnets WHERE network_id = ${networkId} ORDER BY created_at`;

/** One address of the first subnet of each IP version, as Neutron gives. */
function firstOfEachVersion(subnets: readonly SubnetRange[]): { subnet: SubnetRange; ip?: string }[] {
  return [4, 6].flatMap((version) => {
    const subnet = subnets.find((s) => s.ip_version === version);
    return subnet ? [{ subnet }] : [];
  });
}

/** Finds the subnet of an address that is asked for. @throws 400 when the network has none for it */
const subnetFor =
  (networkId: string, subnets: readonly SubnetRange[]) =>
  ({ subnet_id, ip_address }: AddressRequest): { subnet: SubnetRange; ip?: string } => {
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
