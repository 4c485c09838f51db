import type { Statements } from '../kernel/database.js';
import { integer, jsonList, rowType, rowsOf, text } from '../kernel/rows.js';
import { parseRange, valueOf, type Pool } from './ipam.js';

const USE = rowType({
  network_id: text,
  subnet_id: text,
  subnet_name: text,
  ip_version: integer,
  cidr: text,
  pools: jsonList<Pool>(),
  used: integer,
  used_in_pools: integer,
});
type Use = { readonly [K in 'network_id' | 'subnet_id' | 'subnet_name' | 'cidr']: string } & {
  readonly [K in 'ip_version' | 'used' | 'used_in_pools']: number;
} & { readonly pools: readonly Pool[] };

/** Beyond 2^53 a number is the nearest one that JSON can have here. */
interface Details {
  readonly total_ips_in_subnet: number;
  readonly total_ips_in_allocation_pool: number;
  readonly used_ips_in_subnet: number;
  readonly used_ips_in_allocation_pool: number;
}
interface Counted {
  readonly used_ips: number;
  readonly total_ips: number;
  readonly ip_availability_details: Details;
}
/** What a network has of addresses, and what of them is taken. */
export interface Availability extends Counted {
  readonly subnet_ip_availability: readonly (Counted & {
    readonly [K in 'subnet_id' | 'subnet_name' | 'cidr']: string;
  })[];
}

/**
 * Counts the addresses of networks as Neutron does (neutron/db/network_ip_availability_db.py, _details_db.py): a subnet
 * has those of its pools, or without any all of its range; what is taken counts wherever it lies.
 * @param versions only subnets of these @returns for each network, in their order
 */
export async function availabilityOf(
  on: Statements,
  networks: readonly string[],
  versions: readonly number[] = [4, 6],
): Promise<Availability[]> {
  const rows = await rowsOf(on, USE)`
    SELECT s.network_id, s.id AS subnet_id, s.name AS subnet_name, s.ip_version, s.cidr, s.allocation_pools AS pools,
           count(a.ip_address)::int AS used,
           (count(a.ip_address) FILTER (WHERE EXISTS (
             SELECT 1 FROM jsonb_to_recordset(s.allocation_pools) AS pool("start" inet, "end" inet)
             WHERE a.ip_address::inet BETWEEN pool."start" AND pool."end")))::int AS used_in_pools
    FROM neutron.subnets s LEFT JOIN neutron.ip_allocations a ON a.subnet_id = s.id
    WHERE s.network_id = ANY(${networks}) AND s.ip_version = ANY(${versions}) GROUP BY s.id ORDER BY s.created_at, s.id`;
  const byNetwork = new Map<string, Use[]>(networks.map((id) => [id, []]));
  for (const row of rows) byNetwork.get(row.network_id)!.push(row);
  return [...byNetwork.values()].map((uses) => {
    const subnets = uses.map(ofSubnet);
    return { ...sumOf(subnets), subnet_ip_availability: subnets };
  });
}

function ofSubnet({ subnet_id, subnet_name, ip_version, cidr, pools, used, used_in_pools }: Use) {
  const { first, last, version } = parseRange(cidr);
  const whole = Number(last - first + 1n);
  const inPools = Number(pools.reduce((sum, { start, end }) => sum + valueOf(end) - valueOf(start) + 1n, 0n));
  return {
    subnet_id,
    subnet_name,
    ip_version,
    cidr,
    used_ips: used,
    total_ips: pools.length === 0 ? whole : inPools,
    ip_availability_details: {
      total_ips_in_subnet: version === 4 ? whole - 2 : whole,
      total_ips_in_allocation_pool: inPools,
      used_ips_in_subnet: used,
      used_ips_in_allocation_pool: used_in_pools,
    },
  };
}

function sumOf(parts: readonly Counted[]): Counted {
  const sum = (of: (part: Counted) => number): number => parts.reduce((all, part) => all + of(part), 0);
  const sumOfDetail = (name: keyof Details): number => sum((part) => part.ip_availability_details[name]);
  return {
    used_ips: sum((part) => part.used_ips),
    total_ips: sum((part) => part.total_ips),
    ip_availability_details: {
      total_ips_in_subnet: sumOfDetail('total_ips_in_subnet'),
      total_ips_in_allocation_pool: sumOfDetail('total_ips_in_allocation_pool'),
      used_ips_in_subnet: sumOfDetail('used_ips_in_subnet'),
      used_ips_in_allocation_pool: sumOfDetail('used_ips_in_allocation_pool'),
    },
  };
}
