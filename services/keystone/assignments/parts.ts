import { Prisma } from '../../kernel/database.js';

/** Who is in which group. A membership that an identity provider gave ends by itself. */
export const MEMBERS = Prisma.sql`
  (SELECT group_id, user_id FROM keystone.group_members WHERE COALESCE(expires_at > now(), true))`;

/** The groups of a user, as a query of `group_id`. @param user his id, or what selects it */
export const groupsOf = (user: Prisma.Sql | string): Prisma.Sql =>
  Prisma.sql`SELECT group_id FROM ${MEMBERS} m WHERE user_id = ${user}`;

/** The step from roles to those that they imply, in a recursive query of `role_id`. */
export const impliedBy = (query: 'held' | 'shown'): Prisma.Sql => Prisma.sql`
  SELECT i.implied_role_id FROM ${Prisma.raw(query)} prior JOIN keystone.role_inferences i ON i.prior_role_id = prior.role_id`;

/** A project, and those below it; as a recursive query of `id`. */
export const subtreeOf = (id: string): Prisma.Sql => Prisma.sql`
  SELECT id FROM keystone.projects WHERE id = ${id}
  UNION ALL SELECT p.id FROM wanted JOIN keystone.projects p ON p.parent_id = wanted.id`;

/** Which assignments count, and for which project. */
export interface Sources {
  /** A condition on an assignment `a`: who has it, and what kind it is. */
  readonly where: Prisma.Sql;
  /** Only what they give on this project, and on those below it where `subtree` says so. */
  readonly project?: string | undefined;
  readonly subtree?: boolean | undefined;
}

/**
 * Where assignments take effect (keystone/assignment/core.py: _list_effective_role_assignments): one that is inherited holds on each
 * project below. The queries that it makes, for after `WITH RECURSIVE`:
 *   placed: an assignment's `id`, `role_id`, `user_id` and `group_id`, with the `project_id` or `domain_id` on which it holds, and
 *     where it was given when that is somewhere else (`from_project`, `from_domain`)
 *   reach: for each `given` role the `role_id`s that it brings, itself included, each with the `prior` one that implies it
 */
export function effective({ where, project, subtree = false }: Sources): Prisma.Sql {
  return Prisma.sql`
    ${project === undefined ? fromAbove(where) : around(project, subtree, where)},
    placed AS (
      SELECT id, role_id, user_id, group_id, project_id, domain_id, NULL::text AS from_project, NULL::text AS from_domain
      FROM source WHERE NOT inherited
      UNION ALL
      SELECT s.id, role_id, user_id, group_id, b.id, NULL, s.project_id, NULL FROM source s JOIN below b ON b.top = s.project_id
      WHERE inherited
      UNION ALL
      SELECT s.id, role_id, user_id, group_id, p.id, NULL, NULL, s.domain_id FROM source s
      JOIN ${project === undefined ? Prisma.sql`keystone.projects p ON p.domain_id = s.domain_id` : Prisma.sql`wanted p ON true`}
      WHERE inherited AND s.domain_id IS NOT NULL),
    reach AS (
      SELECT DISTINCT role_id AS given, role_id, NULL::text AS prior FROM source
      UNION SELECT r.given, i.implied_role_id, i.prior_role_id FROM reach r
      JOIN keystone.role_inferences i ON i.prior_role_id = r.role_id)`;
}

/** All that was given, and the projects below each place of an inherited one. */
const fromAbove = (where: Prisma.Sql): Prisma.Sql => Prisma.sql`
  source AS (SELECT a.* FROM keystone.role_assignments a WHERE NOT a.system AND ${where}),
  below AS (
    SELECT s.project_id AS top, p.id FROM (SELECT DISTINCT project_id FROM source WHERE inherited) s
    JOIN keystone.projects p ON p.parent_id = s.project_id
    UNION ALL SELECT below.top, p.id FROM below JOIN keystone.projects p ON p.parent_id = below.id)`;

/** What was given on some projects, above them, or on their domain: a tree has one. */
const around = (project: string, subtree: boolean, where: Prisma.Sql): Prisma.Sql => Prisma.sql`
  wanted AS (${subtree ? subtreeOf(project) : Prisma.sql`SELECT ${project}::text AS id`}),
  below AS (
    SELECT p.parent_id AS top, p.id FROM wanted JOIN keystone.projects p ON p.id = wanted.id
    UNION ALL SELECT p.parent_id, below.id FROM below JOIN keystone.projects p ON p.id = below.top),
  source AS (
    SELECT a.* FROM keystone.role_assignments a
    WHERE NOT a.system AND ${where} AND (
      (NOT a.inherited AND a.project_id IN (SELECT id FROM wanted))
      OR (a.inherited AND (a.project_id IN (SELECT top FROM below)
        OR a.domain_id = (SELECT domain_id FROM keystone.projects WHERE id = ${project})))))`;
