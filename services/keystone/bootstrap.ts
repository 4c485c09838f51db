import { verify } from '@node-rs/argon2';
import type { Database } from '../kernel/database.js';
import { newId, type Directory } from './directory.js';

/** A user that a cloud starts with. */
export interface FirstUser {
  readonly name: string;
  readonly password: string;
  readonly project: string;
  readonly role: string;
  /** The password is set again where the user has another one: for users whose passwords only files know. */
  readonly keepsPassword?: boolean;
}

/**
 * Makes the domain, the roles, the projects and the users that a cloud starts with; what is there stays as it is (as
 * `keystone-manage bootstrap`).
 */
export async function bootstrap(db: Database, directory: Directory, users: readonly FirstUser[]): Promise<void> {
  await db.domain.createMany({ data: [{ id: 'default', name: 'Default' }], skipDuplicates: true });
  const names = ['admin', 'manager', 'member', 'reader', 'service'];
  await db.role.createMany({ data: names.map((name) => ({ id: newId(), name })), skipDuplicates: true });
  const wanted = [...new Set(users.map((u) => u.project))];
  await db.project.createMany({
    data: wanted.map((name) => ({ id: newId(), name, domain_id: 'default' })),
    skipDuplicates: true,
  });
  const [projects, roles, known] = await Promise.all([
    db.project.findMany({ where: { domain_id: 'default', name: { in: wanted } } }),
    db.role.findMany(),
    db.user.findMany({ where: { domain_id: 'default', name: { in: users.map((u) => u.name) } } }),
  ]);
  // One after the other: each new user costs a hash, which takes a core and some megabytes.
  for (const { name, password, project, role, keepsPassword } of users) {
    const projectId = projects.find((p) => p.name === project)!.id;
    const there = known.find((u) => u.name === name);
    const { id } = there ?? (await directory.createUser({ name, password, default_project_id: projectId }));
    await directory.grantRole(projectId, id, roles.find((r) => r.name === role)!.id);
    if (keepsPassword && there && !(await verify(there.password_hash ?? '', password).catch(() => false)))
      await directory.updateUser(id, { password });
  }
}

/**
 * Deletes users of the project `service` that hosts of several machines shared until 0.3.0: whoever had the file of one
 * machine could act as every other. A user of such a name that is no host's stays.
 */
export async function removeSharedHostUsers(
  db: Database,
  directory: Directory,
  names: readonly string[],
): Promise<string[]> {
  const shared = await db.user.findMany({
    where: {
      domain_id: 'default',
      name: { in: [...names] },
      assignments: { some: { role: { name: 'service' }, project: { name: 'service', domain_id: 'default' } } },
    },
  });
  for (const { id } of shared) await directory.deleteUser(id);
  return shared.map((u) => u.name);
}
