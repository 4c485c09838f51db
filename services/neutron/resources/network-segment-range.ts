import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { OpenStackError, conflict } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { bool, int, json, oneOf, text } from '../../kernel/resource/fields.js';
import { RANGES_TURN, checkBounds, usesOf, type Bounds } from '../segmentation-ids.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const { tenant_id: _tenant, ...fields } = standard;
/** What a bound may be before it is known of what (neutron_lib/api/definitions/network_segment_range.py). */
const bound = { min: 1, max: 2 ** 32 - 1, required: true, write: ['post', 'put'] } as const;

/** Neutron's words (neutron_lib/exceptions/network_segment_range.py). */
const unsupported = (type: string): OpenStackError =>
  new OpenStackError(
    400,
    'NetworkSegmentRangeNetTypeNotSupported',
    `Network type ${type} does not support network segment ranges.`,
  );
const readOnly = (id: string): OpenStackError =>
  new OpenStackError(
    400,
    'NetworkSegmentRangeDefaultReadOnly',
    `Network Segment Range ${id} is a default segment range which could not be updated or deleted.`,
  );
const referenced = (id: string): OpenStackError =>
  conflict(
    'NetworkSegmentRangeReferencedByProject',
    `Network Segment Range ${id} is referenced by one or more tenant networks.`,
  );

/** Ranges do not overlap, but for those of the settings. @throws 409 */
async function checkApart(tx: Queries, id: string, { minimum, maximum }: Bounds): Promise<void> {
  const others = await tx.networkSegmentRange.findMany({
    where: { id: { not: id }, default: false, minimum: { lte: maximum }, maximum: { gte: minimum } },
    select: { id: true },
    orderBy: { minimum: 'asc' },
  });
  if (others.length === 0) return;
  const ids = others.map((other) => other.id).join(', ');
  throw conflict('NetworkSegmentRangeOverlaps', `Network segment range overlaps with range(s) with id ${ids}`);
}

/** @param left what stays of the range @throws 409 where a network has something of the rest */
async function checkUnused(tx: Queries, { id, minimum, maximum }: Bounds & { id: string }, left?: Bounds) {
  const outside = left && {
    OR: [{ segmentation_id: { lt: left.minimum } }, { segmentation_id: { gt: left.maximum } }],
  };
  const where = { segmentation_id: { gte: minimum, lte: maximum }, ...outside };
  if ((await tx.network.findFirst({ where, select: { id: true } })) !== null) throw referenced(id);
}

/**
 * Segmentation ids that networks are given: those of one project alone, or of all (neutron/services/network_segment_range).
 * Networks of this cloud are VXLANs, so there are ranges of these alone.
 */
export const networkSegmentRange = resource({
  names: ['network_segment_range', 'network_segment_ranges'],
  path: 'network_segment_ranges',
  record: 'networkSegmentRange',
  table: 'neutron.network_segment_ranges',
  owner: 'project_id',
  revisions: true,
  tags: true,
  turn: RANGES_TURN,
  fields: {
    ...fields,
    project_id: text({ max: 255, nullable: true, write: ['post'], filter: true, sort: true }),
    default: bool({}),
    shared: bool({ default: true, write: ['post'] }),
    network_type: oneOf(['vlan', 'vxlan', 'gre', 'geneve'], { write: ['post'], filter: true }),
    physical_network: text({ max: 64, write: ['post'], filter: true }),
    minimum: int(bound),
    maximum: int(bound),
    used: json<Readonly<Record<string, string>>, object>(Type.Record(Type.String(), Type.String()), {}),
    available: json<readonly number[], object>(Type.Array(Type.Integer()), {}),
  },
  plan(_at, { network_type, minimum, maximum, shared = true }, { project_id }) {
    if (network_type !== 'vxlan') throw unsupported(network_type ?? 'None');
    checkBounds({ minimum, maximum });
    // Only a VLAN has a physical network, and only what is not shared has a project.
    return { default: false, physical_network: '', project_id: shared ? null : project_id };
  },
  async beforeCreate({ tx }, { id }, bounds) {
    await takeTurn(tx, RANGES_TURN);
    await checkApart(tx, String(id), bounds);
  },
  async beforeUpdate({ tx }, row, change) {
    // The tags of a default range are as free as others'.
    if ('tags' in change) return;
    if (row.default) throw readOnly(row.id);
    const { minimum = row.minimum, maximum = row.maximum } = change;
    await checkUnused(tx, row, { minimum, maximum });
    checkBounds({ minimum, maximum });
    await checkApart(tx, row.id, { minimum, maximum });
  },
  async beforeDelete({ tx }, row) {
    if (row.default) throw readOnly(row.id);
    await checkUnused(tx, row);
  },
  opened: ({ db }, rows) => usesOf(db, rows),
});
