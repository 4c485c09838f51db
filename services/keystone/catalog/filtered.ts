import { Prisma } from '../../kernel/database.js';

/** Whether an endpoint `e` is as a group `g` wants it: each filter names a column and its value. */
export const MATCHES = Prisma.sql`
  jsonb_build_object('service_id', e.service_id, 'region_id', e.region_id, 'interface', e.interface) @> g.filters`;

/**
 * The endpoints that a project was given, by themselves or as some of a group (OS-EP-FILTER), as `id`. A project that was given none
 * has them all.
 */
export const givenTo = (projectId: string | null): Prisma.Sql => Prisma.sql`
  SELECT endpoint_id AS id FROM keystone.project_endpoints WHERE project_id = ${projectId}
  UNION
  SELECT e.id FROM keystone.project_endpoint_groups p
  JOIN keystone.endpoint_groups g ON g.id = p.endpoint_group_id
  JOIN keystone.endpoints e ON ${MATCHES}
  WHERE p.project_id = ${projectId}`;
