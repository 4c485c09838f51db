import { Type } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { badRequest, conflict, forbidden } from '../../kernel/errors.js';
import { computed, text } from '../../kernel/resource/fields.js';
import { rowType, rowsOf, text as textColumn } from '../../kernel/rows.js';
import { isHeld } from '../held.js';
import { missing, newId, resource, seenByTokens, target } from '../words.js';
import { both, extra, extraOf, keepsId } from './standard.js';

const fields = {
  /** A client may choose it, in the body of a create or by the path of a PUT. */
  id: computed<string | null, { readonly id: string }, typeof both & { column: '' }>(
    Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
    ({ id }) => id,
    { ...both, column: '' },
  ),
  description: text({ max: 255, nullable: true, ...both }),
  parent_region_id: text({ min: 1, max: 255, nullable: true, ...both, filter: true }),
  extra,
};

/** A region, and those within it (keystone/catalog/schema.py, keystone/catalog/core.py). */
export const region = resource({
  names: ['region', 'regions'],
  record: 'region',
  table: 'keystone.regions',
  newId: ({ id }) => id || newId(),
  fields,
  changesSomething: true,
  /** Two changes of the tree at once could make a circle that neither of them sees. */
  turn: 'keystone regions',
  target: (row) => target('region', row),
  plan: (_at, input) => ({ description: input.description ?? '', ...extraOf(fields, input) }),
  beforeCreate: ({ tx }, { parent_region_id }) => checkParent(tx, parent_region_id as string | undefined),
  async beforeUpdate({ tx }, row, change) {
    keepsId(row, change);
    const { parent_region_id: parent, description } = change;
    if (parent !== undefined && parent !== null) {
      await checkParent(tx, parent);
      await checkCircle(tx, row.id, parent);
    }
    return { ...(description === null ? { description: '' } : {}), ...extraOf(fields, change, row.extra) };
  },
  /** It goes with all that are in it. Registered limits name it on: Keystone refuses for endpoints alone. */
  async beforeDelete({ tx }, { id }) {
    const within = await idsWithin(tx, id);
    const where = { region_id: { in: within } };
    if (await tx.endpoint.findFirst({ where, select: { id: true } }))
      throw forbidden(`Unable to delete region ${id} because it or its child regions have associated endpoints.`);
    await tx.policyAssociation.deleteMany({ where });
    await tx.region.deleteMany({ where: { id: { in: within.filter((one) => one !== id) } } });
  },
  ...seenByTokens,
  taken: ({ id }) =>
    conflict('Conflict', `Conflict occurred attempting to store region - Duplicate ID, ${String(id)}..`),
});

/** @throws 404 unless it is there, or there is none */
async function checkParent(tx: Queries, id: string | null | undefined): Promise<void> {
  if (id !== null && id !== undefined && !(await isHeld(tx, 'region', id))) throw missing('region', id);
}

const ID = rowType({ id: textColumn });

/** A region and all within it. */
const idsWithin = async (tx: Queries, id: string): Promise<string[]> =>
  (
    await rowsOf(tx, ID)`
      WITH RECURSIVE below AS (
        SELECT id FROM keystone.regions WHERE id = ${id}
        UNION SELECT r.id FROM below JOIN keystone.regions r ON r.parent_region_id = below.id)
      SELECT id FROM below`
  ).map((row) => row.id);

/** @throws 400 where the parent is the region itself, or within it */
async function checkCircle(tx: Queries, id: string, parent: string): Promise<void> {
  if ((await idsWithin(tx, id)).includes(parent))
    throw badRequest(`The specified parent region ${parent} would create a circular region hierarchy.`);
}
