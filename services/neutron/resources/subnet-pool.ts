import { Type } from 'typebox';
import { OpenStackError } from '../../kernel/errors.js';
import { bool, int, listOf, shownAs, text, uuid } from '../../kernel/resource/fields.js';
import { changePool, checkScope, planPool } from '../pools/plan.js';
import { scopeMissing } from '../pools/refusals.js';
import { keepAccess } from '../rbac/kept-access.js';
import { invalidInput } from '../refusals.js';
import { SHARING, sharedField, sharedTarget } from '../sharing.js';
import { sharedFilter, sharedOrOwn } from '../visibility.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const listed = { filter: true, sort: true } as const;
/** What an integer column can have. */
const MOST = 2 ** 31 - 1;
type Lengths = { min_prefixlen: number; max_prefixlen: number; default_prefixlen: number };
/** Neutron answers a length as text (neutron/db/db_base_plugin_common.py: _make_subnetpool_dict). */
const length = (name: keyof Lengths) =>
  shownAs(int({ min: 0, max: MOST, ...both, ...listed }), Type.String(), (row: Lengths) => String(row[name]) as never);

/** A subnet pool (neutron_lib/api/definitions/subnetpool.py, neutron/db/db_base_plugin_v2.py). */
export const subnetPool = resource({
  names: ['subnetpool', 'subnetpools'],
  record: 'subnetPool',
  table: 'neutron.subnet_pools',
  include: SHARING,
  owner: 'project_id',
  quota: 'subnetpool',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    name: text({ min: 1, max: 255, required: true, ...both, ...listed }),
    prefixes: listOf<string, { required: true; write: readonly ['post', 'put'] }>(Type.String({ maxLength: 64 }), {
      required: true,
      ...both,
    }),
    ip_version: int(listed),
    min_prefixlen: length('min_prefixlen'),
    max_prefixlen: length('max_prefixlen'),
    default_prefixlen: length('default_prefixlen'),
    default_quota: int({ min: 0, max: MOST, nullable: true, ...both, ...listed }),
    address_scope_id: uuid({ nullable: true, ...both, ...listed }),
    shared: sharedField({ default: false, write: ['post'], sort: true }),
    is_default: bool({ default: false, ...both, ...listed }),
  },
  filters: { shared: sharedFilter },
  visible: sharedOrOwn,
  target: sharedTarget,
  async plan({ ctx, parts }, input) {
    if (input.address_scope_id) await parts.addressScopeOf(ctx, input.address_scope_id);
    return planPool(input);
  },
  async beforeCreate(at, { id, ip_version, prefixes }, { address_scope_id }) {
    if (!address_scope_id) return;
    await checkScope(
      at.tx,
      { id: String(id), ip_version: ip_version as number, prefixes: prefixes as string[] },
      address_scope_id,
    );
    // The scope is locked already, for more than this asks.
    await keepAccess(at, 'address_scope', [address_scope_id], scopeMissing);
  },
  async planUpdate({ ctx, parts }, { address_scope_id }) {
    if (address_scope_id) await parts.addressScopeOf(ctx, address_scope_id);
    return {};
  },
  async beforeUpdate(at, row, change) {
    const { ctx, tx, parts } = at;
    // Tags alone leave its ranges as they are, and ask nothing of them.
    if ('tags' in change) return {};
    const changed = await changePool(tx, row, change, { projectId: ctx.projectId, admin: parts.isAdmin(ctx) });
    if (change.address_scope_id) await keepAccess(at, 'address_scope', [change.address_scope_id], scopeMissing);
    return changed;
  },
  /** The pool's row is locked, and who takes a range of it locks it, too. */
  async beforeDelete({ tx }, { id }) {
    if (await tx.subnet.findFirst({ where: { subnetpool_id: id }, select: { id: true } }))
      throw new OpenStackError(
        400,
        'SubnetPoolDeleteError',
        'Unable to delete subnet pool: Subnet pool has existing allocations.',
      );
  },
  taken: () =>
    invalidInput(
      'A default subnetpool for this IP family has already been set. Only one default may exist per IP family',
    ),
});
