import { randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import { Address4, Address6 } from 'ip-address';
import { Type, type Static } from 'typebox';
import type { Statements } from '../kernel/database.js';
import { OpenStackError, conflict } from '../kernel/errors.js';
import { integer, rowType, rowsOf, text } from '../kernel/rows.js';
import { invalidAttribute } from './refusals.js';

export interface Pool {
  readonly start: string;
  readonly end: string;
}
export const SUBNET_RANGE = Type.Object({
  id: text,
  network_id: text,
  ip_version: integer,
  cidr: text,
  allocation_pools: Type.Unknown(),
});
/** What an address is taken from. */
export type SubnetRange = Readonly<Static<typeof SUBNET_RANGE>>;
const ADDRESS = rowType({ ip_address: text });

/** A range of addresses, its host bits cut off. */
export interface Range {
  readonly version: 4 | 6;
  readonly prefix: number;
  readonly first: bigint;
  readonly last: bigint;
  /** As it is recorded: 10.0.0.0/24 */
  readonly text: string;
  /** Whether all of it lies in one of these, the first for IPv4 and the second for IPv6. */
  isIn(v4: string, v6: string): boolean;
}

/** The IP version of a plain address: without a prefix and without a zone. Undefined when the text is none. */
export function versionOf(address: string): 4 | 6 | undefined {
  // Node takes an IPv6 address with a zone (fe80::1%eth0) for one; a record has no use for another machine's interface.
  const version = address.includes('%') ? 0 : isIP(address);
  return version === 4 || version === 6 ? version : undefined;
}

const parse = (address: string): Address4 | Address6 =>
  versionOf(address) === 4 ? new Address4(address) : new Address6(address);
/** A plain address as a number. */
export const valueOf = (address: string): bigint => parse(address).bigInt();
export const formatAddress = (value: bigint, version: number): string =>
  version === 4 ? Address4.fromBigInt(value).correctForm() : Address6.fromBigInt(value).correctForm();

/** A plain address in its one spelling. @param attribute where it was given @throws 400 when it is none */
export function canonical(address: string, attribute = 'ip_address'): string {
  if (versionOf(address) === undefined) throw invalidAttribute(attribute, `'${address}' is not a valid IP address`);
  return parse(address).correctForm();
}

/** Reads a range. @param attribute where it was given @throws 400 when it is none */
export function parseRange(cidr: string, attribute = 'cidr'): Range {
  const [, address = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(cidr) ?? [];
  const version = versionOf(address);
  const prefix = Number(digits);
  if (version === undefined || prefix > (version === 4 ? 32 : 128))
    throw invalidAttribute(attribute, `'${cidr}' is not a valid IP subnet`);
  const range = version === 4 ? new Address4(cidr) : new Address6(cidr);
  return {
    version,
    prefix,
    first: range.startAddress().bigInt(),
    last: range.endAddress().bigInt(),
    text: `${range.startAddress().correctForm()}/${prefix}`,
    isIn: (v4, v6) => range.isInSubnet(version === 4 ? new Address4(v4) : new Address6(v6)),
  };
}

export const overlaps = (a: string, b: string): boolean => {
  const [x, y] = [parseRange(a), parseRange(b)];
  return x.version === y.version && x.first <= y.last && y.first <= x.last;
};

/** Whether a port may have the address: it is in the range, and neither the network's own nor the IPv4 broadcast. */
export function contains(cidr: string, ip: string): boolean {
  const { version, prefix, first, last } = parseRange(cidr);
  if (versionOf(ip) !== version) return false;
  const value = valueOf(ip);
  if (first === last || (version === 4 && prefix > 30)) return first <= value && value <= last;
  return first < value && (version === 4 ? value < last : value <= last);
}

/** Whether an address lies in one of the pools. */
export const inPools = (pools: readonly Pool[], ip: string): boolean =>
  pools.some(
    ({ start, end }) =>
      versionOf(start) === versionOf(ip) && valueOf(start) <= valueOf(ip) && valueOf(ip) <= valueOf(end),
  );

/** Random picks tried at once. Most succeed on the first, since a pool is mostly empty. */
const PICKS = 8;
/** In a pool that is nearly full, so many looks into the primary key cost 10 ms; one at all of a /16 costs ten times that. */
const MORE_PICKS = 1_024;
/** How many addresses of a pool are looked through for a free one when random picks found none. */
const SCAN = 1_048_576n;
/** Free addresses that are found at once. Who looks at the same time tries them in another order. */
const FOUND = 32;
/** Each attempt that fails is an address that somebody else was given meanwhile: so many mean that the last few are fought over. */
const ATTEMPTS = 50;

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
    const ip = canonical(wanted);
    if (!contains(subnet.cidr, ip))
      throw new OpenStackError(
        400,
        'InvalidIpForSubnet',
        `IP address ${ip} is not a valid IP for the specified subnet.`,
      );
    if ((await insertFirstFree(tx, subnet.id, portId, [ip])) === undefined)
      throw conflict('IpAddressAlreadyAllocated', `IP address ${ip} already allocated in subnet ${subnet.id}.`);
    return ip;
  }
  if (poolsOf(subnet).length === 0) throw noneFree(subnet);
  for (const length of [PICKS, MORE_PICKS]) {
    const picks = Array.from({ length }, () => randomAddress(subnet));
    const picked = await insertFirstFree(tx, subnet.id, portId, picks);
    if (picked !== undefined) return picked;
  }
  return scanForFree(tx, subnet, portId);
}

async function scanForFree(tx: Statements, subnet: SubnetRange, portId: string): Promise<string> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const free: string[] = [];
    for (const { start, end } of poolsOf(subnet)) {
      const last = end - start >= SCAN ? SCAN - 1n : end - start;
      const rows = await rowsOf(tx, ADDRESS)`
        SELECT c.ip AS ip_address FROM (
          SELECT host(${formatAddress(start, subnet.ip_version)}::inet + n) AS ip FROM generate_series(0::bigint, ${String(last)}::bigint) n
        ) c LEFT JOIN neutron.ip_allocations a ON a.subnet_id = ${subnet.id} AND a.ip_address = c.ip
        WHERE a.ip_address IS NULL ORDER BY random() LIMIT ${FOUND}`;
      free.push(...rows.map((row) => row.ip_address));
    }
    if (free.length === 0) break;
    const found = await insertFirstFree(tx, subnet.id, portId, free);
    if (found !== undefined) return found;
  }
  throw noneFree(subnet);
}

const noneFree = (subnet: SubnetRange): OpenStackError =>
  conflict('IpAddressGenerationFailure', `No more IP addresses available on network ${subnet.network_id}.`);

async function insertFirstFree(
  tx: Statements,
  subnetId: string,
  portId: string,
  candidates: string[],
): Promise<string | undefined> {
  const rows = await rowsOf(tx, ADDRESS)`
    INSERT INTO neutron.ip_allocations (subnet_id, ip_address, port_id)
    SELECT ${subnetId}, c.ip, ${portId} FROM unnest(${candidates}::text[]) WITH ORDINALITY AS c(ip, n)
    WHERE NOT EXISTS (SELECT 1 FROM neutron.ip_allocations a WHERE a.subnet_id = ${subnetId} AND a.ip_address = c.ip)
    ORDER BY c.n LIMIT 1
    ON CONFLICT DO NOTHING RETURNING ip_address`;
  return rows[0]?.ip_address;
}

function poolsOf(subnet: SubnetRange): { start: bigint; end: bigint }[] {
  return (subnet.allocation_pools as Pool[]).map((p) => ({
    start: valueOf(p.start),
    end: valueOf(p.end),
  }));
}

/** A random address of the pools. Of a huge (IPv6) pool only the first 2^32 addresses are drawn from. */
function randomAddress(subnet: SubnetRange): string {
  const all = poolsOf(subnet);
  const sizes = all.map((p) => Number(p.end - p.start + 1n > 0xffff_ffffn ? 0xffff_ffffn : p.end - p.start + 1n));
  let at = randomInt(sizes.reduce((a, b) => a + b, 0));
  for (const [i, pool] of all.entries()) {
    if (at < sizes[i]!) return formatAddress(pool.start + BigInt(at), subnet.ip_version);
    at -= sizes[i]!;
  }
  throw new Error(`Subnet ${subnet.id} has no allocation pool.`);
}
