import type { Queries } from '../../kernel/database.js';
import { checkedAddresses } from '../group-addresses.js';
import { parseRange } from '../ipam.js';
import { meet, merged, within } from './prefixes.js';
import {
  illegalBounds,
  illegalPool,
  illegalPrefixes,
  mixedPrefixes,
  noPrefixes,
  scopeMixed,
  scopeMissing,
  scopeOfOtherVersion,
  scopePrefixConflict,
} from './refusals.js';

/** What a request may say of a pool's ranges. */
export interface PoolInput {
  readonly prefixes?: readonly string[] | undefined;
  readonly min_prefixlen?: number | undefined;
  readonly max_prefixlen?: number | undefined;
  readonly default_prefixlen?: number | undefined;
  readonly address_scope_id?: string | null | undefined;
  readonly is_default?: boolean | undefined;
}
/** A pool as it is recorded, as far as its ranges go. */
export interface PoolRow {
  readonly id: string;
  readonly ip_version: number;
  readonly prefixes: string[];
  readonly min_prefixlen: number;
  readonly max_prefixlen: number;
  readonly default_prefixlen: number;
  readonly is_default: boolean;
  readonly address_scope_id: string | null;
}
/** The longest prefix of each IP version, and the shortest one where nobody says (neutron/ipam/subnet_alloc.py: SubnetPoolHelper). */
const LIMITS = { 4: { longest: 32, shortest: 8 }, 6: { longest: 128, shortest: 64 } } as const;

/** The columns of a new pool. @throws 400 (subnet_alloc.py: SubnetPoolReader) */
export function planPool(input: PoolInput & { readonly prefixes: readonly string[] }) {
  if (input.prefixes.length === 0) throw noPrefixes();
  const ranges = checkedAddresses(input.prefixes, 'prefixes');
  const version = versionOf(ranges);
  const { longest, shortest } = LIMITS[version];
  const min_prefixlen = input.min_prefixlen ?? shortest;
  const lengths = {
    min_prefixlen,
    max_prefixlen: input.max_prefixlen ?? longest,
    default_prefixlen: input.default_prefixlen ?? min_prefixlen,
  };
  checkLengths(lengths, version);
  return {
    prefixes: merged(ranges),
    ip_version: version,
    ...lengths,
    default_of: input.is_default === true ? version : null,
  };
}

/** @throws 400 where both IP versions are in it */
function versionOf(ranges: readonly string[]): 4 | 6 {
  const [version, ...others] = new Set(ranges.map((one) => parseRange(one).version));
  if (others.length > 0) throw mixedPrefixes();
  return version!;
}

function checkLengths(
  {
    min_prefixlen: min,
    max_prefixlen: max,
    default_prefixlen,
  }: Pick<PoolRow, `${'min' | 'max' | 'default'}_prefixlen`>,
  version: 4 | 6,
): void {
  const { longest } = LIMITS[version];
  if (min > max) throw illegalBounds('min_prefixlen', min, 'max_prefixlen', max);
  if (max > longest) throw illegalBounds('max_prefixlen', max, 'ip_version_max', longest);
  if (default_prefixlen < min) throw illegalBounds('default_prefixlen', default_prefixlen, 'min_prefixlen', min);
  if (default_prefixlen > max) throw illegalBounds('default_prefixlen', default_prefixlen, 'max_prefixlen', max);
}

/**
 * What a change makes of a pool. Its row is locked.
 * @param asker whose address scopes are his own @throws 400, 409 (db_base_plugin_v2.py: update_subnetpool)
 */
export async function changePool(
  tx: Queries,
  row: PoolRow,
  change: PoolInput,
  asker: { readonly projectId: string; readonly admin: boolean },
) {
  const given = change.prefixes && checkedAddresses([...new Set(change.prefixes)], 'prefixes');
  if (given?.length === 0) throw noPrefixes();
  if (given && !within(row.prefixes, ofVersion(given, row.ip_version)))
    throw illegalPrefixes('Existing prefixes must be a subset of the new prefixes');
  const planned = planPool({
    prefixes: given ?? row.prefixes,
    min_prefixlen: change.min_prefixlen ?? row.min_prefixlen,
    max_prefixlen: change.max_prefixlen ?? row.max_prefixlen,
    default_prefixlen: change.default_prefixlen ?? row.default_prefixlen,
    is_default: change.is_default ?? row.is_default,
  });
  if (row.address_scope_id !== null) await checkOwnScope(tx, row.id, row.address_scope_id, asker);
  const scope = change.address_scope_id === undefined ? row.address_scope_id : change.address_scope_id;
  if (scope !== null) await checkScope(tx, { ...row, ...planned }, scope);
  return planned;
}

/** @throws 400 where the two versions are mixed */
function ofVersion(ranges: readonly string[], version: number): readonly string[] {
  if (versionOf(ranges) !== version) throw mixedPrefixes();
  return ranges;
}

/** A pool in another project's scope is changed by that project and by administrators alone. */
async function checkOwnScope(
  tx: Queries,
  poolId: string,
  scopeId: string,
  { projectId, admin }: { readonly projectId: string; readonly admin: boolean },
): Promise<void> {
  if (
    admin ||
    (await tx.addressScope.findFirst({ where: { id: scopeId, project_id: projectId }, select: { id: true } }))
  )
    return;
  throw illegalPool(`subnetpool ${poolId} cannot be updated when associated with shared address scope ${scopeId}`);
}

/**
 * Whether a pool may be in a scope. The scope's lock makes two pools that come into it take turns.
 * @throws 400, 409 (db_base_plugin_v2.py: _validate_address_scope_id)
 */
export async function checkScope(
  tx: Queries,
  pool: { readonly id: string; readonly ip_version: number; readonly prefixes: readonly string[] },
  scopeId: string,
): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM neutron.address_scopes WHERE id = ${scopeId} FOR UPDATE`;
  const scope = await tx.addressScope.findUnique({
    where: { id: scopeId },
    select: { ip_version: true, pools: { where: { id: { not: pool.id } }, select: { prefixes: true } } },
  });
  if (scope === null) throw scopeMissing(scopeId);
  if (scope.ip_version !== pool.ip_version) throw scopeOfOtherVersion(pool.id, scopeId, scope.ip_version);
  const stranger = await tx.subnet.findFirst({
    where: {
      ip_version: pool.ip_version,
      OR: [{ subnetpool_id: null }, { subnetpool_id: { not: pool.id } }],
      network: { subnets: { some: { subnetpool_id: pool.id } } },
    },
    select: { id: true },
  });
  if (stranger !== null) throw scopeMixed();
  if (
    meet(
      scope.pools.flatMap((one) => one.prefixes),
      pool.prefixes,
    )
  )
    throw scopePrefixConflict();
}
