import { randomInt } from 'node:crypto';
import { Address4, Address6 } from 'ip-address';
import { badRequest, conflict, type OpenStackError } from '../errors.js';
import type { Statements } from '../database.js';

export interface Pool {
  readonly start: string;
  readonly end: string;
}
/** What an address is taken from. */
export interface SubnetRange {
  readonly id: string;
  readonly network_id: string;
  readonly ip_version: number;
  readonly cidr: string;
  readonly allocation_pools: unknown;
}

type Address = Address4 | Address6;
const parse = (text: string, version: number): Address => (version === 4 ? new Address4(text) : new Address6(text));
const format = (value: bigint, version: number): string =>
  version === 4 ? Address4.fromBigInt(value).correctForm() : Address6.fromBigInt(value).correctForm();

/** An address in its canonical form. @throws 400 when it is none */
export function canonical(text: string, version: number): string {
  try {
    return parse(text, version).correctForm();
  } catch {
    throw badRequest(`Invalid input for ip_address. Reason: '${text}' is not a valid IPv${version} address.`);
  }
}

/** Checks a subnet's range and fills in gateway and pools as Neutron does: the first address, and all the others. */
export function planSubnet(input: {
  cidr: string;
  ip_version: number;
  gateway_ip?: string | null | undefined;
  allocation_pools?: Pool[] | undefined;
}) {
  let range: Address;
  try {
    range = parse(input.cidr, input.ip_version);
  } catch {
    throw badRequest(`Invalid input for cidr. Reason: '${input.cidr}' is not a valid IPv${input.ip_version} subnet.`);
  }
  if (range.startAddress().bigInt() !== range.bigInt())
    throw badRequest(
      `Invalid input for cidr. Reason: '${input.cidr}' has host bits set; use '${range.startAddress().correctForm()}/${range.subnetMask}'.`,
    );
  const first = range.startAddress().bigInt() + 1n;
  // IPv4 keeps the last address for broadcast.
  const last = range.endAddress().bigInt() - (input.ip_version === 4 ? 1n : 0n);
  if (last < first)
    throw badRequest(`Invalid input for cidr. Reason: '${input.cidr}' has no usable addresses; use a shorter prefix.`);
  const within = (text: string): bigint => {
    const value = parse(canonical(text, input.ip_version), input.ip_version).bigInt();
    if (value < first || value > last) throw badRequest(`The address ${text} is not valid on subnet ${input.cidr}.`);
    return value;
  };
  const gateway =
    input.gateway_ip === null ? undefined : input.gateway_ip === undefined ? first : within(input.gateway_ip);
  const pools =
    input.allocation_pools?.map((p) => ({ start: within(p.start), end: within(p.end) })) ??
    around(first, last, gateway);
  for (const pool of pools) {
    if (pool.end < pool.start) throw badRequest('An allocation pool ends before it starts.');
    if (gateway !== undefined && gateway >= pool.start && gateway <= pool.end)
      throw conflict(
        'GatewayConflictWithAllocationPools',
        `Gateway ip ${format(gateway, input.ip_version)} conflicts with allocation pool.`,
      );
  }
  return {
    cidr: `${range.startAddress().correctForm()}/${range.subnetMask}`,
    gateway_ip: gateway === undefined ? null : format(gateway, input.ip_version),
    allocation_pools: pools.map((p) => ({
      start: format(p.start, input.ip_version),
      end: format(p.end, input.ip_version),
    })),
  };
}

function around(first: bigint, last: bigint, gateway: bigint | undefined): { start: bigint; end: bigint }[] {
  if (gateway === undefined) return [{ start: first, end: last }];
  return [
    { start: first, end: gateway - 1n },
    { start: gateway + 1n, end: last },
  ].filter((p) => p.end >= p.start);
}

export const overlaps = (a: string, b: string, version: number): boolean => {
  const [x, y] = [parse(a, version), parse(b, version)];
  return x.startAddress().bigInt() <= y.endAddress().bigInt() && y.startAddress().bigInt() <= x.endAddress().bigInt();
};

export const contains = (cidr: string, ip: string, version: number): boolean => {
  const range = parse(cidr, version);
  const value = parse(ip, version).bigInt();
  return value > range.startAddress().bigInt() && value <= range.endAddress().bigInt() - (version === 4 ? 1n : 0n);
};

/** Random picks tried at once. Most succeed on the first, since a pool is mostly empty. */
const PICKS = 8;
/** How many addresses of a pool are looked through for a free one when random picks found none. */
const SCAN = 65_536n;

/**
 * Gives a port an address of a subnet. The primary key (subnet, address) decides a race; random picks keep racers
 * apart.
 * @throws 409 when the address asked for is taken, or none is free
 */
export async function allocateAddress(
  tx: Statements,
  subnet: SubnetRange,
  portId: string,
  wanted?: string,
): Promise<string> {
  if (wanted !== undefined) {
    const ip = canonical(wanted, subnet.ip_version);
    if (!contains(subnet.cidr, ip, subnet.ip_version))
      throw badRequest(`IP address ${ip} is not a valid IP for the specified subnet.`);
    if ((await insertFirstFree(tx, subnet.id, portId, [ip])) === undefined)
      throw conflict('IpAddressAlreadyAllocated', `IP address ${ip} already allocated in subnet ${subnet.id}.`);
    return ip;
  }
  if (poolsOf(subnet).length === 0) throw noneFree(subnet);
  const picks = Array.from({ length: PICKS }, () => randomAddress(subnet));
  const picked = await insertFirstFree(tx, subnet.id, portId, picks);
  return picked ?? scanForFree(tx, subnet, portId);
}

async function scanForFree(tx: Statements, subnet: SubnetRange, portId: string): Promise<string> {
  const rows = await tx.$queryRaw<
    { ip_address: string }[]
  >`SELECT ip_address FROM neutron.ip_allocations WHERE subnet_id = ${subnet.id}`;
  const taken = new Set(rows.map((r) => r.ip_address));
  const free: string[] = [];
  for (const { start, end } of poolsOf(subnet)) {
    for (let value = start; value <= end && value - start < SCAN; value++) {
      const ip = format(value, subnet.ip_version);
      if (!taken.has(ip)) free.push(ip);
    }
  }
  const found = free.length > 0 ? await insertFirstFree(tx, subnet.id, portId, free) : undefined;
  if (found === undefined) throw noneFree(subnet);
  return found;
}

const noneFree = (subnet: SubnetRange): OpenStackError =>
  conflict('IpAddressGenerationFailure', `No more IP addresses available on network ${subnet.network_id}.`);

async function insertFirstFree(
  tx: Statements,
  subnetId: string,
  portId: string,
  candidates: string[],
): Promise<string | undefined> {
  const rows = await tx.$queryRaw<{ ip_address: string }[]>`
    INSERT INTO neutron.ip_allocations (subnet_id, ip_address, port_id)
    SELECT ${subnetId}, c.ip, ${portId} FROM unnest(${candidates}::text[]) WITH ORDINALITY AS c(ip, n)
    WHERE NOT EXISTS (SELECT 1 FROM neutron.ip_allocations a WHERE a.subnet_id = ${subnetId} AND a.ip_address = c.ip)
    ORDER BY c.n LIMIT 1
    ON CONFLICT DO NOTHING RETURNING ip_address`;
  return rows[0]?.ip_address;
}

function poolsOf(subnet: SubnetRange): { start: bigint; end: bigint }[] {
  return (subnet.allocation_pools as Pool[]).map((p) => ({
    start: parse(p.start, subnet.ip_version).bigInt(),
    end: parse(p.end, subnet.ip_version).bigInt(),
  }));
}

/** A random address of the pools. Of a huge (IPv6) pool only the first 2^32 addresses are drawn from. */
function randomAddress(subnet: SubnetRange): string {
  const all = poolsOf(subnet);
  const sizes = all.map((p) => Number(p.end - p.start + 1n > 0xffff_ffffn ? 0xffff_ffffn : p.end - p.start + 1n));
  let at = randomInt(sizes.reduce((a, b) => a + b, 0));
  for (const [i, pool] of all.entries()) {
    if (at < sizes[i]!) return format(pool.start + BigInt(at), subnet.ip_version);
    at -= sizes[i]!;
  }
  throw new Error(`Subnet ${subnet.id} has no allocation pool.`);
}
