import { Prisma, type Queries } from '../../kernel/database.js';
import type { OpenStackError } from '../../kernel/errors.js';
import type { At } from '../../kernel/resource/spec.js';
import { rowType, rowsOf, text } from '../../kernel/rows.js';
import type { NeutronParts } from '../words.js';
import { typeNamed, type Looker, type ObjectName } from './object-types.js';

const OWNED = rowType({ id: text, project_id: text });

/**
 * Makes sure that a project may still use things, and may until the transaction ends. A request looks at them before its
 * transaction begins, and meanwhile they may have been shared no more; who ends that takes a lock of their rows as well
 * (rules.ts), and sees what uses them.
 * @param missing the error for those that are no longer there for the project @throws it
 */
export async function keepAccess(
  { ctx, tx, parts }: At<NeutronParts>,
  name: ObjectName,
  ids: readonly string[],
  missing: (ids: string) => OpenStackError,
  projectId = ctx.projectId,
): Promise<void> {
  if (parts.isAdmin(ctx) || ids.length === 0) return;
  const lost = await lostOf(tx, name, ids, { projectId, admin: false });
  if (lost.length > 0) throw missing(lost.join(', '));
}

async function lostOf(tx: Queries, name: ObjectName, ids: readonly string[], looker: Looker): Promise<string[]> {
  const type = typeNamed(name);
  const things = await rowsOf(tx, OWNED)`
    SELECT id, project_id FROM ${Prisma.raw(type.table)} WHERE id = ANY(${ids}::text[]) ORDER BY id FOR KEY SHARE`;
  const own = new Set(things.filter((thing) => thing.project_id === looker.projectId).map(({ id }) => id));
  const lost: string[] = [];
  for (const id of ids) if (!own.has(id) && (await type.find(tx, id, looker)) === null) lost.push(id);
  return lost;
}
