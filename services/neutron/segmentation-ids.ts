import { randomUUID } from 'node:crypto';
import type { Database, Statements } from '../kernel/database.js';
import { OpenStackError } from '../kernel/errors.js';
import { takeTurn } from '../kernel/hard-limits.js';
import { integer, nullable, rowType, rowsOf, text, textMap } from '../kernel/rows.js';

/** The lock that changes of ranges hold alone, and networks that are made together (prisma/migrations: neutron.free_segmentation_id). */
export const RANGES_TURN = 'neutron/network_segment_ranges';
/** What a VXLAN network identifier may be at most: it has 24 bits. */
export const MOST_VNI = 2 ** 24 - 1;

/** The first and the last id of a range. */
export interface Bounds {
  readonly minimum: number;
  readonly maximum: number;
}

const FREE = rowType({ id: nullable(integer) });
/**
 * An id for a network of a project: of its own ranges, else of shared ones. Nobody else is given it until the transaction ends.
 * @throws 503 where all are taken
 */
export async function freeSegmentationId(tx: Statements, projectId: string): Promise<number> {
  const [found] = await rowsOf(tx, FREE)`SELECT neutron.free_segmentation_id(${projectId}) AS id`;
  if (found!.id !== null) return found!.id;
  throw new OpenStackError(
    503,
    'NoNetworkAvailable',
    'Unable to create the network. No tenant network is available for allocation.',
  );
}

/** @throws 400 for what cannot be the bounds of a range of VXLANs (neutron_lib/plugins/utils.py: verify_tunnel_range) */
export function checkBounds({ minimum, maximum }: Bounds): void {
  const beyond = [minimum, maximum].find((vni) => vni < 1 || vni > MOST_VNI);
  const why =
    beyond === undefined
      ? maximum < minimum && 'End of tunnel range is less than start of tunnel range'
      : `${beyond} is not a valid vxlan identifier`;
  if (why === false) return;
  const words = `Invalid network tunnel range: '${minimum}:${maximum}' - ${why}.`;
  throw new OpenStackError(400, 'NetworkTunnelRangeError', words);
}

/** What of a range is in use, by the project of its network, and what is free. */
interface Use {
  readonly used: Readonly<Record<string, string>>;
  readonly available: readonly number[];
}
/** Of those that are free so many are shown, from the lowest on: a range may have sixteen million of them. */
const SHOWN = 1000;
const USED = rowType({ id: text, used: textMap });

/** @returns for each range, in their order */
export async function usesOf(on: Statements, ranges: readonly (Bounds & { readonly id: string })[]): Promise<Use[]> {
  const [ids, lowest, highest] = [
    ranges.map(({ id }) => id),
    ranges.map(({ minimum }) => minimum),
    ranges.map(({ maximum }) => maximum),
  ];
  const rows = await rowsOf(on, USED)`
    SELECT one.id, jsonb_object_agg(n.segmentation_id, n.project_id) AS used
    FROM unnest(${ids}::text[], ${lowest}::int[], ${highest}::int[]) AS one(id, lowest, highest)
    JOIN neutron.networks n ON n.segmentation_id BETWEEN one.lowest AND one.highest GROUP BY one.id`;
  const byRange = new Map(rows.map(({ id, used }) => [id, used]));
  return ranges.map((range) => {
    const used = byRange.get(range.id) ?? {};
    return { used, available: freeOf(range, used) };
  });
}

function freeOf({ minimum, maximum }: Bounds, used: Use['used']): number[] {
  const free: number[] = [];
  for (let id = minimum; id <= maximum && free.length < SHOWN; id++) if (!Object.hasOwn(used, id)) free.push(id);
  return free;
}

/**
 * Makes the default ranges those of the settings. Networks keep what they have.
 * @param setting `minimum:maximum`, several with commas between them
 */
export async function ensureDefaultRanges(db: Database, setting: string): Promise<void> {
  const wanted = setting.split(',').map((one): Bounds => {
    const [minimum, maximum] = one.split(':').map(Number);
    return { minimum: minimum!, maximum: maximum! };
  });
  wanted.forEach(checkBounds);
  await db.$transaction(async (tx) => {
    await takeTurn(tx, RANGES_TURN);
    const known = await tx.networkSegmentRange.findMany({ where: { default: true } });
    const same = (a: Bounds) => (b: Bounds) => a.minimum === b.minimum && a.maximum === b.maximum;
    const gone = known.filter((one) => !wanted.some(same(one)));
    const missing = wanted.filter((one) => !known.some(same(one)));
    await tx.networkSegmentRange.deleteMany({ where: { id: { in: gone.map(({ id }) => id) } } });
    await tx.networkSegmentRange.createMany({
      data: missing.map((bounds) => ({ id: randomUUID(), default: true, network_type: 'vxlan', ...bounds })),
    });
  });
}
