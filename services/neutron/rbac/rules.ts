import { Prisma, type Queries } from '../../kernel/database.js';
import type { At } from '../../kernel/resource/spec.js';
import { ROUTER_GATEWAY } from '../device-owners.js';
import { invalidInput } from '../refusals.js';
import { ACCESS_EXTERNAL, ACCESS_SHARED, EVERYBODY } from '../sharing.js';
import type { NeutronParts } from '../words.js';
import { objectOf, type ObjectColumns, type ObjectType } from './object-types.js';
import { inUse, noAction, noTarget, notOwned, scopeNotShared, tenantsOn } from './refusals.js';

/** A policy as it is recorded. */
export interface RbacRow extends ObjectColumns {
  readonly id: string;
  readonly action: string;
  readonly target_project: string;
}
const UUID = /^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/i;

/** @throws 400 for what is neither a project's id nor all (neutron/extensions/rbac.py: _validate_valid_target_project) */
export function checkTarget(target: string): void {
  if (target !== EVERYBODY && !UUID.test(target)) throw noTarget(target);
}

/** Nobody deletes it, decides by what uses it, or comes to use it (kept-access.ts), while a policy about it changes. */
const lock = (tx: Queries, { table }: ObjectType, id: string) =>
  tx.$queryRaw`SELECT 1 FROM ${Prisma.raw(table)} WHERE id = ${id} FOR UPDATE`;

/**
 * Checks that the asker may make a policy about a thing: it is his, or he is an administrator. Neutron tells of a thing that
 * the asker may not see that it is there; here it is as if it were not.
 * @throws 400 (validate_rbac_policy_change; Neutron makes this of whatever its checks before a create refuse)
 */
export async function checkNew(
  { ctx, tx, parts }: At<NeutronParts>,
  type: ObjectType,
  id: string,
  { action, target }: { readonly action: string; readonly target: string },
): Promise<void> {
  await lock(tx, type, id);
  const looker = { projectId: ctx.projectId, admin: parts.isAdmin(ctx) };
  const object = await type.find(tx, id, looker);
  if (object === null) throw invalidInput(`${type.spoken} ${id} could not be found`);
  if (!looker.admin && object.project_id !== ctx.projectId) throw notOwned(type.name);
  if (type.name === 'subnetpool') await checkScope(tx, id, target);
  if (!type.actions.includes(action)) throw noAction(action, type.name, type.actions);
}

/** @throws 400 where the pool's scope is not shared with the project (neutron/objects/subnetpool.py: validate_rbac_policy_create) */
async function checkScope(tx: Queries, poolId: string, target: string): Promise<void> {
  const pool = await tx.subnetPool.findUnique({ where: { id: poolId }, select: { address_scope_id: true } });
  if (!pool?.address_scope_id) return;
  const by = { address_scope_id: pool.address_scope_id, target_project: { in: [EVERYBODY, target] } };
  if ((await tx.rbacPolicy.findFirst({ where: by, select: { id: true } })) === null) throw scopeNotShared(poolId);
}

/**
 * Checks that nobody depends on what a policy lets its target do.
 * @param next the target that takes the place of this one; undefined where the policy goes @throws 409
 */
export async function checkUnneeded(
  { ctx, tx, parts }: At<NeutronParts>,
  row: RbacRow,
  next: string | undefined,
): Promise<void> {
  const { type, id } = objectOf(row);
  if (next === row.target_project) return;
  await lock(tx, type, id);
  const object = await type.find(tx, id, { projectId: ctx.projectId, admin: true });
  const owner = object?.project_id ?? '';
  if (next !== undefined && owner !== ctx.projectId && !parts.isAdmin(ctx))
    throw inUse(id, notOwned(type.name).message);
  if (row.action === ACCESS_EXTERNAL) return checkNoRouters(tx, row, id, next);
  if (row.target_project === owner) return;
  // A thing that comes to be shared with all is shared with its users, too; of networks Neutron does not say so.
  if (next === EVERYBODY && type.name !== 'network') return;
  const others = new Set((await sharers(tx, row)).filter((target) => target !== row.target_project));
  const users = (await type.users(tx, id)).map(({ project_id }) => project_id);
  const left = users.filter((user) => !others.has(user) && (type.name !== 'network' || user !== owner));
  const needed = row.target_project === EVERYBODY ? left.length > 0 : users.includes(row.target_project);
  if (needed && !others.has(EVERYBODY))
    throw inUse(id, type.name === 'network' ? tenantsOn(id) : `project_id=${row.target_project}`);
}

/** The targets of the policies that share the same thing. */
async function sharers(tx: Queries, row: RbacRow): Promise<string[]> {
  const { type, id } = objectOf(row);
  const by = { [type.column]: id, action: ACCESS_SHARED };
  const found = await tx.rbacPolicy.findMany({ where: by, select: { target_project: true } });
  return found.map(({ target_project }) => target_project);
}

/** @throws 409 while routers have their way out by an external network that would no longer be one for them (external_net_db.py) */
async function checkNoRouters(tx: Queries, row: RbacRow, id: string, next: string | undefined): Promise<void> {
  const { is_default } = await tx.network.findUniqueOrThrow({ where: { id }, select: { is_default: true } });
  if (row.target_project === EVERYBODY && is_default)
    throw inUse(id, 'Default external networks must be shared to everyone.');
  const policies = await tx.rbacPolicy.findMany({ where: { network_id: id, action: ACCESS_EXTERNAL } });
  const others = policies.filter((one) => one.id !== row.id).map(({ target_project }) => target_project);
  if (others.includes(EVERYBODY)) return;
  const projects = next === undefined ? others : [...others, next];
  const project_id = row.target_project === EVERYBODY ? { notIn: projects } : row.target_project;
  const by = { project_id, ports: { some: { kind: ROUTER_GATEWAY, port: { network_id: id } } } };
  if (await tx.router.findFirst({ where: by, select: { id: true } }))
    throw inUse(id, 'There are routers attached to this network that depend on this policy for access.');
}

/** A network is external while policies say for whom, and a change of its policies is one of the network (revises_on_change). */
export async function followPolicies(tx: Queries, { network_id }: ObjectColumns): Promise<void> {
  if (network_id === null) return;
  const by = { network_id, action: ACCESS_EXTERNAL };
  const policy = await tx.rbacPolicy.findFirst({ where: by, select: { id: true } });
  // Neutron leaves a network external that its owner's routers still have their way out by.
  const needed =
    policy !== null ||
    (await tx.port.findFirst({ where: { network_id, device_owner: ROUTER_GATEWAY }, select: { id: true } })) !== null;
  await tx.$executeRaw`
    UPDATE neutron.networks SET external = CASE WHEN ${policy !== null} THEN true ELSE external AND ${needed} END,
      revision_number = revision_number + 1, updated_at = now()
    WHERE id = ${network_id}`;
}

/** Whether somebody depends on a thing's being shared with all (validate_rbac_policy_delete). */
export async function needsAll(tx: Queries, type: ObjectType, id: string): Promise<boolean> {
  const policies = await tx.rbacPolicy.findMany({ where: { [type.column]: id, action: ACCESS_SHARED } });
  const others = new Set(policies.map(({ target_project }) => target_project));
  return (await type.users(tx, id)).some(({ project_id }) => !others.has(project_id));
}
