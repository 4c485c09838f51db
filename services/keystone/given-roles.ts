import type { Database } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { missing } from './words.js';

/** A role as a request names it: by one of the two. */
export interface RoleRef {
  readonly id?: string;
  readonly name?: string;
}

/**
 * The ids of roles that a request names (keystone/assignment/core.py: get_unique_role_by_name). An id is taken as it is.
 * @throws 404 without a role of such a name, 400 where there are several: roles of domains may share one
 */
export async function idsOfRoles(db: Database, refs: readonly RoleRef[]): Promise<string[]> {
  const names = refs.flatMap(({ id, name }) => (id === undefined && name !== undefined ? [name] : []));
  const found = names.length === 0 ? [] : await db.role.findMany({ where: { name: { in: names } } });
  return refs.map(({ id, name = '' }) => {
    if (id !== undefined) return id;
    const own = found.filter((role) => role.name === name);
    const only = own.find(({ domain_id }) => domain_id === null);
    const role = only ?? own[0];
    if (role === undefined) throw missing('role', name);
    if (only === undefined && own.length > 1)
      throw badRequest('Role name is not unique across domains. Please use the role ID instead.');
    return role.id;
  });
}

/** How a role is shown in what passes it on. */
export interface PassedRole {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string | null;
  readonly description: string | null;
  readonly options: unknown;
}

/** The roles of several things by their ids, read at once; one that is gone is left out. */
export async function rolesById(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, PassedRole>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const roles = await db.role.findMany({
    where: { id: { in: wanted } },
    select: { id: true, name: true, domain_id: true, description: true, options: true },
  });
  return new Map(roles.map((role) => [role.id, role]));
}
