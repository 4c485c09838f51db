import type { Queries } from '../../kernel/database.js';
import { forbidden, unauthorized } from '../../kernel/errors.js';
import { checkPlace } from '../tree.js';
import { missing, newId } from '../words.js';

/** A project that a mapping gives a user, in a domain whose id is known. */
export interface GivenProject {
  readonly name: string;
  readonly domainId: string;
  /** Names of roles. */
  readonly roles: readonly string[];
}

/** Letters of the longest name of a project (keystone/resource/schema.py). */
const LONGEST = 64;

/**
 * Makes the projects that a mapping gives a user where they are not there, and gives him his roles on them; roles that he has stay
 * (keystone/auth/plugins/mapped.py: configure_federated_projects).
 * @throws 404 for a role that is not there and 403 for one of another domain, before anything is made; 401 for a name that no project
 * can have
 */
export async function giveProjects(
  tx: Queries,
  user: { readonly id: string; readonly domainId: string; readonly idp: string },
  projects: readonly GivenProject[],
): Promise<void> {
  if (projects.length === 0) return;
  const roles = await findRoles(tx, user, [...new Set(projects.flatMap((one) => one.roles))]);
  for (const { name, domainId, roles: given } of projects) {
    const project_id = await findOrMake(tx, name, domainId);
    await tx.roleAssignment.createMany({
      data: [...new Set(given)].map((role) => ({ user_id: user.id, project_id, role_id: roles.get(role)! })),
      skipDuplicates: true,
    });
  }
}

/** The ids of roles by their names: those of all domains, and those of the user's. */
async function findRoles(
  tx: Queries,
  { domainId, idp }: { readonly domainId: string; readonly idp: string },
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await tx.role.findMany({
    where: { name: { in: [...names] } },
    select: { id: true, name: true, domain_id: true },
  });
  return new Map(
    names.map((name) => {
      const named = found.filter((role) => role.name === name);
      const role = named.find((one) => one.domain_id === null) ?? named.find((one) => one.domain_id === domainId);
      if (named.length === 0) throw missing('role', name);
      if (role === undefined)
        throw forbidden(`role: ${name} must be within the same domain as the identity provider: ${idp}.`);
      return [name, role.id];
    }),
  );
}

async function findOrMake(tx: Queries, name: string, domain_id: string): Promise<string> {
  const there = await tx.project.findUnique({ where: { domain_id_name: { domain_id, name } }, select: { id: true } });
  if (there !== null) return there.id;
  if (name.trim() === '' || name.length > LONGEST)
    throw unauthorized('What the mapping makes of a project is no name that a project can have.');
  await checkPlace(tx, domain_id, domain_id);
  // Another log-in may have made it meanwhile.
  await tx.project.createMany({ data: [{ id: newId(), name, domain_id, parent_id: domain_id }], skipDuplicates: true });
  return (await tx.project.findUniqueOrThrow({ where: { domain_id_name: { domain_id, name } }, select: { id: true } }))
    .id;
}
