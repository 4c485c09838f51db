import type { RequestContext } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import { canonical, overlaps, parseRange } from '../ipam.js';
import { invalidAttribute, invalidInput } from '../refusals.js';
import { sharedOrOwn } from '../visibility.js';
import type { NeutronParts } from '../words.js';
import { firstFree, within, without } from './prefixes.js';
import {
  badSubnet,
  notAllocated,
  outOfBounds,
  poolMissing,
  poolMixed,
  poolQuotaExceeded,
  scopeMixed,
} from './refusals.js';

/** What a request says of a new subnet's range. */
export interface RangeInput {
  readonly ip_version: number;
  readonly cidr?: string | null | undefined;
  readonly prefixlen?: number | undefined;
  readonly subnetpool_id?: string | null | undefined;
  readonly use_default_subnetpool?: boolean | undefined;
  readonly gateway_ip?: string | null | undefined;
  readonly allocation_pools?: unknown;
}
const UUID = /^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/i;
/** What a pool's quota is counted in: prefixes of so many bits (neutron/ipam/subnet_alloc.py: quota_units). */
const QUOTA_UNIT = { 4: 32, 6: 64 } as const;

/**
 * Where a new subnet's range comes from: a pool, or the request alone.
 * @throws 400, 404 in Neutron's words (db_base_plugin_v2.py: _create_subnet_precommit)
 */
export async function sourceOf(
  ctx: RequestContext,
  parts: NeutronParts,
  input: RangeInput,
): Promise<{ subnetpool_id: string | null; cidr: string | null }> {
  const given = input.cidr ?? undefined;
  if (given !== undefined && input.prefixlen !== undefined)
    throw badSubnet('cidr and prefixlen must not be supplied together');
  const cidr = given === undefined ? null : parseRange(given).text;
  const poolId = await poolIdOf(ctx, parts, input);
  if (poolId === undefined) {
    if (cidr === null) throw badSubnet('a subnetpool must be specified in the absence of a cidr');
    return { subnetpool_id: null, cidr };
  }
  if (cidr === null && input.allocation_pools !== undefined)
    throw badSubnet('allocation_pools allowed only for specific subnet requests.');
  const pool = await parts.subnetPoolOf(ctx, poolId);
  if (pool.ip_version !== input.ip_version)
    throw badSubnet(`Cannot allocate IPv${input.ip_version} subnet from IPv${pool.ip_version} subnet pool`);
  return { subnetpool_id: pool.id, cidr };
}

async function poolIdOf(
  ctx: RequestContext,
  parts: NeutronParts,
  { subnetpool_id, use_default_subnetpool, ip_version }: RangeInput,
): Promise<string | undefined> {
  const id = subnetpool_id ?? undefined;
  if (id === 'prefix_delegation') throw badSubnet('IPv6 prefix delegation is not supported');
  if (id !== undefined && !UUID.test(id)) throw invalidAttribute('subnetpool_id', `'${id}' is not a valid UUID`);
  if (use_default_subnetpool !== true) return id;
  if (id !== undefined) throw badSubnet('subnetpool_id and use_default_subnetpool cannot both be specified');
  const visible = parts.isAdmin(ctx) ? {} : sharedOrOwn(ctx);
  const found = await parts.db.subnetPool.findFirst({
    where: { default_of: ip_version, ...visible },
    select: { id: true },
  });
  if (found === null) throw badSubnet(`No default subnetpool found for IPv${ip_version}`);
  return found.id;
}

/**
 * Takes a range out of a pool. The pool's lock makes those that take of it take turns, so that none is given twice.
 * Neutron counts what the pool's own project has against the quota of each; here it is what the asking one has.
 * @param projectId whose the subnet is to be @throws 400, 409 (neutron/ipam/subnet_alloc.py)
 */
export async function takeRange(
  tx: Queries,
  poolId: string,
  projectId: string,
  { prefixlen, gateway_ip }: RangeInput,
  cidr: string | null,
): Promise<string> {
  await tx.$queryRaw`SELECT 1 FROM neutron.subnet_pools WHERE id = ${poolId} FOR UPDATE`;
  const pool = await tx.subnetPool.findUnique({
    where: { id: poolId },
    include: { subnets: { select: { cidr: true, project_id: true } } },
  });
  if (pool === null) throw poolMissing(poolId);
  const wanted = cidr ?? aroundGateway(gateway_ip, prefixlen ?? pool.default_prefixlen);
  const length = wanted === undefined ? (prefixlen ?? pool.default_prefixlen) : parseRange(wanted).prefix;
  if (length > pool.max_prefixlen) throw outOfBounds(length, 'maximum', pool.max_prefixlen);
  if (length < pool.min_prefixlen) throw outOfBounds(length, 'minimum', pool.min_prefixlen);
  const unit = QUOTA_UNIT[pool.ip_version === 6 ? 6 : 4];
  const unitsOf = (bits: number): number => 2 ** (unit - bits);
  if (pool.default_quota) {
    const own = pool.subnets.filter((one) => one.project_id === projectId);
    const used = own.reduce((sum, one) => sum + unitsOf(parseRange(one.cidr).prefix), 0);
    if (used + unitsOf(length) > pool.default_quota) throw poolQuotaExceeded();
  }
  const taken = pool.subnets.map((one) => one.cidr);
  if (wanted === undefined) {
    const free = firstFree(pool.prefixes, taken, length);
    if (free === undefined) throw notAllocated(`Insufficient prefix space to allocate subnet size /${length}`);
    return free;
  }
  if (!within([wanted], without(pool.prefixes, taken)))
    throw notAllocated('Cannot allocate requested subnet from the available set of prefixes');
  return wanted;
}

/** A gateway that is asked for says where the range lies (neutron/ipam/requests.py: SubnetRequestFactory). */
function aroundGateway(gateway: string | null | undefined, length: number): string | undefined {
  if (gateway === null || gateway === undefined) return undefined;
  const range = `${canonical(gateway, 'gateway_ip')}/${length}`;
  return parseRange(range, 'gateway_ip').text;
}

/**
 * Checks a new subnet beside those of its network, under the network's lock, which makes two of them take turns.
 * @throws 400 (neutron/db/ipam_backend_mixin.py: _validate_subnet_cidr, _validate_network_subnetpools)
 */
export async function checkBeside(
  tx: Queries,
  networkId: string,
  version: number,
  cidr: string,
  poolId: string | null,
): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM neutron.networks WHERE id = ${networkId} FOR UPDATE`;
  const select = { cidr: true, subnetpool_id: true, subnetpool: { select: { address_scope_id: true } } } as const;
  const others = await tx.subnet.findMany({ where: { network_id: networkId, ip_version: version }, select });
  if (others.some((one) => overlaps(one.cidr, cidr)))
    throw invalidInput(`Requested subnet with cidr: ${cidr} for network: ${networkId} overlaps with another subnet`);
  if (others.every((one) => one.subnetpool_id === poolId)) return;
  const pool =
    poolId === null
      ? null
      : await tx.subnetPool.findUnique({ where: { id: poolId }, select: { address_scope_id: true } });
  const scope = others.map((one) => one.subnetpool?.address_scope_id).find((one) => one !== null && one !== undefined);
  if (pool !== null && scope !== undefined) {
    if (pool.address_scope_id !== scope) throw scopeMixed();
    return;
  }
  throw poolMixed();
}
