import { Prisma, type Database, type Queries } from '../kernel/database.js';
import { badRequest, forbidden } from '../kernel/errors.js';
import { bool, nullable, rowType, rowsOf, text } from '../kernel/rows.js';
import { endTokensOfUsers } from './grants.js';
import type { ModelName } from './limit-model.js';
import { missing } from './words.js';

/** Projects below a domain, one under the other (keystone.conf: max_project_tree_depth). */
const MAX_DEPTH = 5;
/**
 * How deep projects may lie below a domain by a model of limits. By `strict_two_level` a domain's projects have none below
 * them, as Keystone's manual has it and its start demands (check_project_depth); its API lets one more level be made.
 */
export const depthOf = (model: ModelName): number => (model === 'flat' ? MAX_DEPTH : 1);

/** As many of the projects that lie too deep are named as can be looked at. */
const SOME = 10;
const ID = rowType({ id: text });
const NODE = rowType({ id: text, enabled: bool, is_domain: bool, domain_id: nullable(text) });

/** A project and those above it, locked against being changed until the transaction ends. */
const upwards = (tx: Queries, id: string) => rowsOf(tx, NODE)`
  WITH RECURSIVE up AS (
    SELECT id, parent_id FROM keystone.projects WHERE id = ${id}
    UNION ALL SELECT p.id, p.parent_id FROM up JOIN keystone.projects p ON p.id = up.parent_id
  )
  SELECT p.id, p.enabled, p.is_domain, p.domain_id FROM keystone.projects p WHERE p.id IN (SELECT id FROM up) FOR SHARE`;

/** @throws 404 unless there is such a domain; nobody deletes it until the transaction ends */
export async function lockDomain(tx: Queries, id: string): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM keystone.projects WHERE id = ${id} AND is_domain FOR SHARE`;
  if (rows.length === 0) throw missing('domain', id);
}

/**
 * Checks that a project may be made where it is to be (keystone/resource/core.py: _enforce_project_constraints).
 * @param depth of projects below a domain
 * @throws 404 without the domain or the parent, 400 where they do not go together, 403 where the tree is too deep
 */
export async function checkPlace(tx: Queries, domainId: string, parentId: string, depth = MAX_DEPTH): Promise<void> {
  await lockDomain(tx, domainId);
  const above = await upwards(tx, parentId);
  const parent = above.find(({ id }) => id === parentId);
  if (parent === undefined) throw missing('project', parentId);
  if (parent.is_domain && parent.id !== domainId)
    throw badRequest(
      `Cannot create project, the parent (${parentId}) is acting as a domain, but this project's domain id (${domainId}) does not match the parent's id.`,
    );
  if (!parent.is_domain && parent.domain_id !== domainId)
    throw badRequest(
      `Cannot create project, since it specifies its domain_id ${domainId}, but specifies a parent in a different domain (${parent.domain_id ?? ''}).`,
    );
  const disabled = above.find(({ enabled }) => !enabled);
  if (disabled) throw badRequest(`cannot create a project in a branch containing a disabled project: ${disabled.id}`);
  if (above.length > depth) throw forbidden(`Max hierarchy depth reached for ${parentId} branch.`);
}

/** @throws in Keystone's words where projects lie deeper than the model of limits lets them (keystone/limit/core.py) */
export async function checkDepth(db: Database, model: ModelName): Promise<void> {
  if (model === 'flat') return;
  const deep = await rowsOf(db, ID)`
    SELECT p.id FROM keystone.projects p JOIN keystone.projects parent ON parent.id = p.parent_id
    WHERE NOT parent.is_domain ORDER BY p.id LIMIT ${SOME}`;
  if (deep.length > 0)
    throw new Error(
      `Keystone cannot start due to project hierarchical depth in the current deployment (project_ids: ${deep.map(({ id }) => id).join(', ')}) exceeds the enforcement model's maximum limit of 2. Please use a different enforcement model to correct the issue.`,
    );
}

/** What enabling and disabling a project needs of those above and below it. @throws 403 */
export async function checkEnabling(tx: Queries, id: string, enabled: boolean): Promise<void> {
  if (enabled) {
    const above = await upwards(tx, id);
    if (above.some((one) => one.id !== id && !one.enabled))
      throw forbidden(`Cannot enable project ${id} since it has disabled parents`);
    return;
  }
  // A project whose parent is disabled is disabled, so that the children say it for all below them.
  if (await tx.project.findFirst({ where: { parent_id: id, enabled: true }, select: { id: true } }))
    throw forbidden(`Cannot disable project ${id} since its subtree contains enabled projects.`);
}

/** @throws 403 while there are projects below it */
export async function checkLeaf(tx: Queries, id: string): Promise<void> {
  if (await tx.project.findFirst({ where: { parent_id: id }, select: { id: true } }))
    throw forbidden(
      `Cannot delete the project ${id} since it is not a leaf in the hierarchy. Use the cascade option if you want to delete a whole subtree.`,
    );
}

/** Ends the tokens of a domain's users and those for its projects, for good. The domain's row is locked. */
export async function endTokensOf(tx: Queries, domainId: string): Promise<void> {
  for (const table of ['users', 'projects'])
    await tx.$executeRaw`
      UPDATE keystone.${Prisma.raw(table)} SET token_generation = token_generation + 1 WHERE domain_id = ${domainId}`;
}

/**
 * Deletes the users, the groups, the projects and the roles of a domain. The domain's row is locked.
 * @throws 403 where one is immutable
 */
export async function emptyDomain(tx: Queries, domainId: string): Promise<void> {
  const kept = await tx.project.findFirst({
    where: { domain_id: domainId, options: { path: ['immutable'], equals: true } },
  });
  if (kept)
    throw forbidden(
      `Unable to delete immutable project resource: \`${kept.id}. Set resource option "immutable" to false first.`,
    );
  // First: a rule that an application credential uses is not deleted with its user.
  await tx.$executeRaw`
    DELETE FROM keystone.application_credentials
    WHERE user_id IN (SELECT id FROM keystone.users WHERE domain_id = ${domainId})`;
  await tx.$executeRaw`DELETE FROM keystone.users WHERE domain_id = ${domainId}`;
  await tx.$executeRaw`
    DELETE FROM keystone.credentials
    WHERE project_id IN (SELECT id FROM keystone.projects WHERE domain_id = ${domainId})`;
  // Users of other domains may have had roles by them.
  await endTokensOfUsers(
    tx,
    Prisma.sql`SELECT user_id FROM keystone.group_members
      WHERE group_id IN (SELECT id FROM keystone.groups WHERE domain_id = ${domainId})`,
  );
  await tx.$executeRaw`DELETE FROM keystone.groups WHERE domain_id = ${domainId}`;
  await forgetDefaults(tx, Prisma.sql`SELECT id FROM keystone.projects WHERE domain_id = ${domainId}`);
  await tx.$executeRaw`DELETE FROM keystone.projects WHERE domain_id = ${domainId}`;
  await tx.$executeRaw`DELETE FROM keystone.roles WHERE domain_id = ${domainId}`;
}

/** Users whose default project goes have none. */
export async function forgetDefaults(tx: Queries, projects: Prisma.Sql): Promise<void> {
  await tx.$executeRaw`UPDATE keystone.users SET default_project_id = NULL WHERE default_project_id IN (${projects})`;
}
