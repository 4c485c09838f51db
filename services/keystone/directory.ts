import { randomUUID } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { Prisma, isConflict, type Database } from '../kernel/database.js';
import { OpenStackError, badRequest, conflict, forbidden, notFound, unauthorized } from '../kernel/errors.js';
import { DECOY } from './decoy.js';

/** Keystone ids are 32 hexadecimal digits. */
export const newId = (): string => randomUUID().replaceAll('-', '');

/** Bytes of the longest password (keystone.conf: identity.max_password_length). */
const MAX_PASSWORD = 4096;

export interface ProjectInput {
  name: string;
  description?: string | null | undefined;
  domain_id?: string | null | undefined;
  enabled?: boolean | undefined;
  tags?: string[] | undefined;
}
export interface UserInput {
  name: string;
  password?: string | null | undefined;
  domain_id?: string | undefined;
  default_project_id?: string | null | undefined;
  enabled?: boolean | undefined;
  email?: string | null | undefined;
  description?: string | null | undefined;
}
/** What is left out stays as it is. */
export type UserChange = Omit<UserInput, 'domain_id' | 'name'> & { name?: string | undefined };
export type ProjectChange = Omit<ProjectInput, 'domain_id' | 'name'> & { name?: string | undefined };

/** Keystone's records: users, projects, roles, and who has which role where. */
export abstract class Directory {
  constructor(protected readonly db: Database) {}

  /** To be called after a change has committed that the validation of a token would see. */
  protected abstract forgetTokens(): void;

  listProjects(where: { name?: string; domain_id?: string; userId?: string }) {
    const { userId, ...fields } = where;
    return this.db.project.findMany({
      where: { ...fields, ...(userId ? { assignments: { some: { user_id: userId } } } : {}) },
      orderBy: { name: 'asc' },
    });
  }

  async getProject(id: string) {
    const project = await this.db.project.findUnique({ where: { id } });
    if (!project) throw missing('project', id);
    return project;
  }

  /** @throws 400 when the domain is not there, as Keystone does for projects; 409 when the name is taken */
  async createProject({ name, description, domain_id, enabled = true, tags = [] }: ProjectInput) {
    const domain = domain_id ?? 'default';
    await this.getDomain(domain).catch((error: unknown) => {
      throw error instanceof OpenStackError && error.status === 404 ? badRequest(error.message) : error;
    });
    const data = { id: newId(), name, description: description ?? '', domain_id: domain, enabled, tags };
    return unique('project', name, domain, () => this.db.project.create({ data }));
  }

  /** Changes a project. One that is disabled ends the tokens for it, also for the time after it is enabled again. */
  async updateProject(id: string, change: ProjectChange) {
    const { domain_id } = await this.getProject(id);
    const { description, ...rest } = given(change);
    const data = {
      ...rest,
      ...(description === undefined ? {} : { description: description ?? '' }),
      ...(change.enabled === false ? endsTokens : {}),
    };
    const [project] = await unique('project', change.name ?? '', domain_id, () =>
      this.db.project.updateManyAndReturn({ where: { id }, data }),
    );
    if (!project) throw missing('project', id);
    this.forgetTokens();
    return project;
  }

  /** Deletes a project whatever it holds, as Keystone does: its records stay, for an administrator to see and delete. */
  async deleteProject(id: string): Promise<void> {
    const [{ count }] = await this.db.$transaction([
      this.db.project.deleteMany({ where: { id } }),
      this.db.user.updateMany({ where: { default_project_id: id }, data: { default_project_id: null } }),
    ]);
    if (count === 0) throw missing('project', id);
    this.forgetTokens();
  }

  listUsers(where: { name?: string; domain_id?: string }) {
    return this.db.user.findMany({ where, orderBy: { name: 'asc' } });
  }

  async getUser(id: string) {
    const user = await this.db.user.findUnique({ where: { id } });
    if (!user) throw missing('user', id);
    return user;
  }

  /** Makes a user; one without a password cannot log in. @throws 404 without the domain, 409 when the name is taken */
  async createUser({ password, domain_id = 'default', ...fields }: UserInput) {
    await this.getDomain(domain_id);
    const data = { ...given(fields), id: newId(), domain_id, password_hash: await hashOf(password) };
    return unique('user', fields.name, domain_id, () => this.db.user.create({ data }));
  }

  /** Changes a user. Another password, none any more or being disabled end all tokens that he has, for good. */
  async updateUser(id: string, { password, ...fields }: UserChange) {
    const { domain_id } = await this.getUser(id);
    const data = {
      ...given(fields),
      ...(password === undefined ? {} : { password_hash: await hashOf(password) }),
      ...(password !== undefined || fields.enabled === false ? endsTokens : {}),
    };
    const [user] = await unique('user', fields.name ?? '', domain_id, () =>
      this.db.user.updateManyAndReturn({ where: { id }, data }),
    );
    if (!user) throw missing('user', id);
    this.forgetTokens();
    return user;
  }

  /** The user himself changes his password, by the one he has. @throws 401 when that is not it, or there is no such user */
  async changePassword(id: string, original: string, password: string): Promise<void> {
    const user = await this.db.user.findUnique({ where: { id } });
    const matches = await verify(user?.password_hash ?? (await DECOY), original);
    if (!user?.enabled || !matches) throw unauthorized();
    const { count } = await this.db.user.updateMany({
      // Of two changes at once by one old password, one is too late.
      where: { id, password_hash: user.password_hash },
      data: { password_hash: await hashOf(password), ...endsTokens },
    });
    if (count === 0) throw unauthorized();
    this.forgetTokens();
  }

  async deleteUser(id: string): Promise<void> {
    const { count } = await this.db.user.deleteMany({ where: { id } });
    if (count === 0) throw missing('user', id);
    this.forgetTokens();
  }

  listRoles(where: { name?: string }) {
    return this.db.role.findMany({ where, orderBy: { name: 'asc' } });
  }

  listDomains(where: { name?: string }) {
    return this.db.domain.findMany({ where, orderBy: { name: 'asc' } });
  }

  async getDomain(id: string) {
    const domain = await this.db.domain.findUnique({ where: { id } });
    if (!domain) throw missing('domain', id);
    return domain;
  }

  async grantRole(projectId: string, userId: string, roleId: string): Promise<void> {
    await Promise.all([this.getProject(projectId), this.getUser(userId)]);
    const role = await this.db.role.findUnique({ where: { id: roleId } });
    if (!role) throw missing('role', roleId);
    const data = { project_id: projectId, user_id: userId, role_id: roleId };
    try {
      await this.db.roleAssignment.createMany({ data: [data], skipDuplicates: true });
    } catch (error) {
      // The user or the project was deleted a moment ago.
      if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2003') throw error;
      await Promise.all([this.getProject(projectId), this.getUser(userId)]);
      throw error;
    }
    this.forgetTokens();
  }

  /** The roles that a user was given in a project; not those that they imply. */
  async listGrants(projectId: string, userId: string) {
    await Promise.all([this.getProject(projectId), this.getUser(userId)]);
    return this.db.role.findMany({
      where: { assignments: { some: { project_id: projectId, user_id: userId } } },
      orderBy: { name: 'asc' },
    });
  }

  /** @throws 404 unless the user was given the role in the project */
  async checkGrant(projectId: string, userId: string, roleId: string): Promise<void> {
    const grant = { user_id: userId, project_id: projectId, role_id: roleId };
    if (!(await this.db.roleAssignment.findUnique({ where: { user_id_project_id_role_id: grant } })))
      throw noGrant(projectId, userId, roleId);
  }

  /** Takes a role away; tokens of the user open at once what the rest of his roles open. @throws 404 when he had it not */
  async revokeGrant(projectId: string, userId: string, roleId: string): Promise<void> {
    const grant = { project_id: projectId, user_id: userId, role_id: roleId };
    const { count } = await this.db.roleAssignment.deleteMany({ where: grant });
    if (count === 0) throw noGrant(projectId, userId, roleId);
    this.forgetTokens();
  }
}

/** In the same statement as the change itself: a token that was got by what was true before has the old count. */
const endsTokens = { token_generation: { increment: 1 } } as const;

const missing = (kind: string, id: string) => notFound('NotFound', `Could not find ${kind}: ${id}.`);
const noGrant = (projectId: string, userId: string, roleId: string) =>
  notFound(
    'NotFound',
    `Could not find role assignment with role: ${roleId}, user or group: ${userId}, project, domain, or system: ${projectId}.`,
  );

/** @throws 403 in Keystone's words for a password that is too long (keystone/exception.py: PasswordVerificationError) */
async function hashOf(password: string | null | undefined): Promise<string | null> {
  if (password === null || password === undefined) return null;
  if (Buffer.byteLength(password) > MAX_PASSWORD)
    throw forbidden(
      `The password length must be less than or equal to ${MAX_PASSWORD}. The server could not comply with the request because the password is invalid.`,
    );
  return hash(password);
}

/** Without the fields that were not given. */
function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

async function unique<T>(kind: string, name: string, domainId: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isConflict(error))
      throw conflict(
        'Conflict',
        `Conflict occurred attempting to store ${kind} - Duplicate entry found with name ${name} at domain ID ${domainId}.`,
      );
    throw error;
  }
}
