import { hash, verify } from '@node-rs/argon2';
import type { Database } from '../kernel/database.js';
import { newId } from './words.js';

/** A user that a cloud starts with. */
export interface FirstUser {
  readonly name: string;
  readonly password: string;
  readonly project: string;
  readonly role: string;
  /** The password is set again where the user has another one: for users whose passwords only files know. */
  readonly keepsPassword?: boolean;
}

const ROLES = ['admin', 'manager', 'member', 'reader', 'service'];
/** Each of them implies the next one. */
const IMPLIED = ['admin', 'manager', 'member', 'reader'];
const DOMAIN = 'default';
/** What the users whose passwords only files know are exempt from: who knows their names must not be able to lock them out. */
const OF_FILES = {
  ignore_change_password_upon_first_use: true,
  ignore_password_expiry: true,
  ignore_lockout_failure_attempts: true,
  ignore_user_inactivity: true,
};

/**
 * Makes the domain, the roles, the projects and the users that a cloud starts with; what is there stays as it is (as
 * `keystone-manage bootstrap`).
 */
export async function bootstrap(db: Database, users: readonly FirstUser[]): Promise<void> {
  await db.project.createMany({
    data: [{ id: DOMAIN, name: 'Default', description: 'The default domain', is_domain: true }],
    skipDuplicates: true,
  });
  await db.role.createMany({
    data: ROLES.map((name) => ({ id: newId(), name, options: { immutable: true } })),
    skipDuplicates: true,
  });
  const wanted = [...new Set(users.map((u) => u.project))];
  await db.project.createMany({
    data: wanted.map((name) => ({ id: newId(), name, domain_id: DOMAIN, parent_id: DOMAIN })),
    skipDuplicates: true,
  });
  const [projects, roles, known] = await Promise.all([
    db.project.findMany({ where: { domain_id: DOMAIN, name: { in: wanted } } }),
    db.role.findMany({ where: { name: { in: ROLES }, domain_id: null } }),
    db.user.findMany({ where: { domain_id: DOMAIN, name: { in: users.map((u) => u.name) } } }),
  ]);
  const idOf = (role: string): string => roles.find(({ name }) => name === role)!.id;
  await db.roleInference.createMany({
    data: IMPLIED.slice(1).map((implied, i) => ({ prior_role_id: idOf(IMPLIED[i]!), implied_role_id: idOf(implied) })),
    skipDuplicates: true,
  });
  // One after the other: each new user costs a hash, which takes a core and some megabytes.
  for (const { name, password, project, role, keepsPassword } of users) {
    const project_id = projects.find((p) => p.name === project)!.id;
    const there = known.find((u) => u.name === name);
    const options = keepsPassword ? OF_FILES : {};
    const { id } = there ?? (await make(db, { name, password, default_project_id: project_id, options }));
    const role_id = idOf(role);
    const given = [{ user_id: id, project_id, role_id }];
    // Roles on the system are given by who has one there already.
    const onSystem = role === 'admin' ? [{ user_id: id, system: true, role_id }] : [];
    await db.roleAssignment.createMany({ data: [...given, ...onSystem], skipDuplicates: true });
    if (keepsPassword && there && !(await verify(there.password_hash ?? '', password).catch(() => false)))
      await db.user.update({
        where: { id },
        data: { password_hash: await hash(password), token_generation: { increment: 1 } },
      });
    if (keepsPassword && there)
      await db.user.update({ where: { id }, data: { options: { ...(there.options as object), ...OF_FILES } } });
  }
}

async function make(
  db: Database,
  { password, ...fields }: { name: string; password: string; default_project_id: string; options: object },
): Promise<{ id: string }> {
  return db.user.create({ data: { id: newId(), domain_id: DOMAIN, ...fields, password_hash: await hash(password) } });
}

/**
 * Deletes users of the project `service` that hosts of several machines shared until 0.3.0: whoever had the file of one
 * machine could act as every other. A user of such a name that is no host's stays.
 */
export async function removeSharedHostUsers(db: Database, names: readonly string[]): Promise<string[]> {
  const shared = await db.user.findMany({
    where: {
      domain_id: DOMAIN,
      name: { in: [...names] },
      assignments: { some: { role: { name: 'service' }, project: { name: 'service', domain_id: DOMAIN } } },
    },
  });
  await db.user.deleteMany({ where: { id: { in: shared.map((u) => u.id) } } });
  return shared.map((u) => u.name);
}
