import type { RequestContext } from '../../kernel/context.js';
import { Prisma, type Database } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import type { Policies } from '../../kernel/policy/index.js';
import { bool, nullable, rowType, rowsOf, text, type Row } from '../../kernel/rows.js';
import { missing, target } from '../words.js';
import { MEMBERS, effective, groupsOf, subtreeOf } from './parts.js';

/** Which assignments are asked for. */
export interface AssignmentQuery {
  readonly role?: string | undefined;
  readonly user?: string | undefined;
  readonly group?: string | undefined;
  readonly project?: string | undefined;
  readonly domain?: string | undefined;
  /** What was named as the system: `all`, or what Keystone takes for nothing. */
  readonly system?: string | undefined;
  /** Only those that are inherited, or only the others. */
  readonly inherited?: boolean | undefined;
  /** As they take effect: groups as their users, inherited ones on each project, and with the roles that are implied. */
  readonly effective: boolean;
  /** Also those on the projects below. */
  readonly subtree: boolean;
  readonly names: boolean;
}

/** One assignment; in effect, where it comes from, too. The names are null where they were not asked for. */
const ASSIGNMENT = rowType({
  role_id: text,
  user_id: nullable(text),
  group_id: nullable(text),
  project_id: nullable(text),
  domain_id: nullable(text),
  inherited: bool,
  via_group: nullable(text),
  from_project: nullable(text),
  from_domain: nullable(text),
  prior_role: nullable(text),
  role_name: nullable(text),
  role_domain_id: nullable(text),
  role_domain_name: nullable(text),
  user_name: nullable(text),
  user_domain_id: nullable(text),
  user_domain_name: nullable(text),
  group_name: nullable(text),
  group_domain_id: nullable(text),
  group_domain_name: nullable(text),
  project_name: nullable(text),
  project_domain_id: nullable(text),
  project_domain_name: nullable(text),
  domain_name: nullable(text),
});
export type Assignment = Row<typeof ASSIGNMENT>;

/** Who has which roles where (keystone/api/role_assignments.py, keystone/assignment/core.py: list_role_assignments). */
export class Assignments {
  constructor(
    private readonly db: Database,
    private readonly policies: Policies,
  ) {}

  /**
   * All that match, in one statement. A token for a domain sees what is in the domain.
   * @throws 400 for a combination that says nothing, 403, 404 for a project or a user that is not there, where Keystone looks at it
   */
  async list(ctx: RequestContext, query: AssignmentQuery): Promise<Assignment[]> {
    const { domain_id } = ctx.credentials;
    if (query.subtree) {
      const project = query.project === undefined ? undefined : await this.project(query.project);
      const of = project && { ...target('project', project), 'target.domain_id': project.domain_id };
      this.policies.enforce('keystone', 'identity:list_role_assignments_for_tree', ctx.credentials, of ?? {});
    } else {
      const of = domain_id === null ? {} : { 'target.domain_id': domain_id };
      this.policies.enforce('keystone', 'identity:list_role_assignments', ctx.credentials, of);
    }
    checkCombination(query);
    if (query.effective) await this.checkThere(query);
    const within = query.subtree ? null : domain_id;
    return rowsOf(this.db, ASSIGNMENT)`
      WITH RECURSIVE ${query.effective ? inEffect(query) : asGiven(query)}
      SELECT f.role_id, f.user_id, f.group_id, f.project_id, f.domain_id, f.inherited, f.via_group, f.from_project, f.from_domain,
        f.prior_role, ${query.names ? NAMES : NO_NAMES}
      FROM found f JOIN keystone.roles r ON r.id = f.role_id
      LEFT JOIN keystone.projects p ON p.id = COALESCE(f.project_id, f.domain_id)
      ${query.names ? NAMED : Prisma.empty}
      WHERE ${query.role === undefined ? Prisma.sql`true` : Prisma.sql`f.role_id = ${query.role}`}
        AND (NOT ${query.effective} OR r.domain_id IS NULL)
        AND (${within}::text IS NULL OR f.domain_id = ${within} OR p.domain_id = ${within})
      ORDER BY f.id, f.user_id, f.project_id, f.role_id, f.prior_role`;
  }

  /** To see what holds on a project or for a user, Keystone looks them up. @throws 404 */
  private async checkThere({ project, user, inherited }: AssignmentQuery): Promise<void> {
    if (project !== undefined && inherited !== false) await this.project(project);
    if (user === undefined) return;
    if ((await this.db.user.findUnique({ where: { id: user }, select: { id: true } })) === null)
      throw missing('user', user);
  }

  private async project(id: string) {
    const project = await this.db.project.findUnique({ where: { id } });
    if (project === null) throw missing('project', id);
    return project;
  }
}

/** @throws 400 for what can be of no assignment, or of none that is in effect */
function checkCombination({ user, group, project, domain, system, inherited, ...query }: AssignmentQuery): void {
  if (query.subtree && project === undefined)
    throw badRequest('scope.project.id must be specified if include_subtree is also specified');
  if (domain !== undefined && project !== undefined) throw badRequest('Specify a domain or project, not both');
  if (domain !== undefined && system) throw badRequest('Specify system or domain, not both');
  if (project !== undefined && system) throw badRequest('Specify system or project, not both');
  if (user !== undefined && group !== undefined) throw badRequest('Specify a user or group, not both');
  if (!query.effective) return;
  if (group !== undefined)
    throw badRequest('Combining effective and group filter will always result in an empty list.');
  if (inherited && domain !== undefined)
    throw badRequest('Combining effective, domain and inherited filters will always result in an empty list.');
}

const and = (conditions: readonly (Prisma.Sql | undefined)[]): Prisma.Sql =>
  Prisma.join([Prisma.sql`true`, ...conditions.filter((one) => one !== undefined)], ' AND ');

/** Those that were given, each as it was. */
function asGiven({ user, group, project, domain, system, inherited, subtree }: AssignmentQuery): Prisma.Sql {
  const kinds =
    project !== undefined
      ? Prisma.sql`a.project_id IN (SELECT id FROM wanted)`
      : domain !== undefined
        ? Prisma.sql`a.domain_id = ${domain}`
        : system === 'all'
          ? Prisma.sql`a.system`
          : undefined;
  const where = and([
    kinds,
    user === undefined ? undefined : Prisma.sql`a.user_id = ${user}`,
    group === undefined ? undefined : Prisma.sql`a.group_id = ${group}`,
    // On the system nothing is inherited, and Keystone shows what is there whatever was asked.
    inherited === undefined ? undefined : Prisma.sql`(a.system OR a.inherited = ${inherited})`,
  ]);
  return Prisma.sql`
    wanted AS (${subtree && project !== undefined ? subtreeOf(project) : Prisma.sql`SELECT ${project ?? null}::text AS id`}),
    found AS (
      SELECT a.id, a.role_id, a.user_id, a.group_id, a.project_id, a.domain_id, a.inherited, NULL::text AS via_group,
        NULL::text AS from_project, NULL::text AS from_domain, NULL::text AS prior_role
      FROM keystone.role_assignments a WHERE ${where})`;
}

/** Those that are in effect. What is on the system is not among them, as in Keystone. */
function inEffect({ user, project, domain, inherited, subtree }: AssignmentQuery): Prisma.Sql {
  const where = and([
    user === undefined ? undefined : Prisma.sql`(a.user_id = ${user} OR a.group_id IN (${groupsOf(user)}))`,
    domain === undefined ? undefined : Prisma.sql`a.domain_id = ${domain} AND NOT a.inherited`,
    inherited === undefined ? undefined : Prisma.sql`a.inherited = ${inherited}`,
  ]);
  return Prisma.sql`
    ${effective({ where, project, subtree })},
    held AS (
      SELECT p.*, NULL::text AS via_group FROM placed p WHERE p.user_id IS NOT NULL
      UNION ALL
      SELECT p.id, p.role_id, m.user_id, NULL, p.project_id, p.domain_id, p.from_project, p.from_domain, p.group_id
      FROM placed p JOIN ${MEMBERS} m ON m.group_id = p.group_id
      WHERE ${user === undefined ? Prisma.sql`true` : Prisma.sql`m.user_id = ${user}`}),
    found AS (
      SELECT h.id, reach.role_id, h.user_id, h.group_id, h.project_id, h.domain_id, false AS inherited, h.via_group, h.from_project,
        h.from_domain, reach.prior AS prior_role
      FROM held h JOIN reach ON reach.given = h.role_id)`;
}

const NAMES = Prisma.sql`
  r.name AS role_name, r.domain_id AS role_domain_id, rd.name AS role_domain_name,
  u.name AS user_name, u.domain_id AS user_domain_id, ud.name AS user_domain_name,
  g.name AS group_name, g.domain_id AS group_domain_id, gd.name AS group_domain_name,
  CASE WHEN f.project_id IS NULL THEN NULL ELSE p.name END AS project_name,
  COALESCE(pd.id, p.id) AS project_domain_id, COALESCE(pd.name, p.name) AS project_domain_name,
  CASE WHEN f.domain_id IS NULL THEN NULL ELSE p.name END AS domain_name`;
const NAMED = Prisma.sql`
  LEFT JOIN keystone.projects rd ON rd.id = r.domain_id
  LEFT JOIN keystone.users u ON u.id = f.user_id LEFT JOIN keystone.projects ud ON ud.id = u.domain_id
  LEFT JOIN keystone.groups g ON g.id = f.group_id LEFT JOIN keystone.projects gd ON gd.id = g.domain_id
  LEFT JOIN keystone.projects pd ON pd.id = p.domain_id`;
const NO_NAMES = Prisma.join(
  [
    ...['role', 'user', 'group', 'project'].flatMap((one) => [`${one}_name`, `${one}_domain_id`, `${one}_domain_name`]),
    'domain_name',
  ].map((name) => Prisma.sql`NULL::text AS ${Prisma.raw(name)}`),
);
