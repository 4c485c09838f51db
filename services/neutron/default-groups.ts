import { Prisma, type Statements } from '../kernel/database.js';
import { conflict } from '../kernel/errors.js';
import { bool, integer, rowType, rowsOf, text } from '../kernel/rows.js';

const ID = rowType({ id: text });
const STATEFUL = rowType({ stateful: bool });
const COUNT = rowType({ count: integer });
/** What the rule of a template names instead of a group: the one that the rule comes to be in. */
const PARENT = 'PARENT';

/** Which groups a rule of the template is for: the default ones of projects, or the others. */
type Kind = 'used_in_default_sg' | 'used_in_non_default_sg';

/**
 * The id of a project's default security group, which is made with its rules when it is first needed. The unique column is
 * what keeps it at one: who comes second waits for the first, and finds its group.
 */
export async function ensureDefaultGroup(db: Statements, projectId: string): Promise<string> {
  const there = (): Promise<{ id: string }[]> =>
    rowsOf(db, ID)`SELECT id FROM neutron.security_groups WHERE default_of = ${projectId}`;
  const [known] = await there();
  if (known !== undefined) return known.id;
  const made = await rowsOf(db, ID)`
    WITH made AS (
      INSERT INTO neutron.security_groups (id, name, description, project_id, default_of, stateful)
      VALUES (gen_random_uuid()::text, 'default', 'Default security group', ${projectId}, ${projectId}, ${statefulOf(projectId)})
      ON CONFLICT (default_of) DO NOTHING RETURNING id, project_id),
    rules AS (${rulesFor(Prisma.sql`made`, 'used_in_default_sg')})
    SELECT id FROM made`;
  const [found] = made.length > 0 ? made : await there();
  if (found !== undefined) return found.id;
  throw conflict('Conflict', 'The default security group was deleted meanwhile.', { verdict: 'retry' });
}

/** Gives a new group the rules of the template. */
export async function giveTemplateRules(tx: Statements, groupId: string): Promise<void> {
  const group = Prisma.sql`(SELECT id, project_id FROM neutron.security_groups WHERE id = ${groupId}) AS made`;
  await tx.$executeRaw`${rulesFor(group, 'used_in_non_default_sg')}`;
}

/** How many rules a new group begins with. */
export async function countTemplateRules(tx: Statements): Promise<number> {
  const [found] = await rowsOf(tx, COUNT)`
    SELECT count(*)::int AS count FROM neutron.default_security_group_rules WHERE used_in_non_default_sg`;
  return found!.count;
}

/** Whether a project's new groups are stateful: by its own setting, or by that of all projects. */
export async function defaultStateful(db: Statements, projectId: string): Promise<boolean> {
  const [found] = await rowsOf(db, STATEFUL)`SELECT ${statefulOf(projectId)} AS stateful`;
  return found!.stateful;
}

const statefulOf = (projectId: string): Prisma.Sql => Prisma.sql`COALESCE(
  (SELECT stateful FROM neutron.security_groups_default_statefulness WHERE project_id = ${projectId}),
  (SELECT stateful FROM neutron.security_groups_default_statefulness WHERE project_id IS NULL LIMIT 1), true)`;

/** @param groups a relation of them, called `made`. Rules whose remote group is gone are left out. */
const rulesFor = (groups: Prisma.Sql, kind: Kind): Prisma.Sql => Prisma.sql`
  INSERT INTO neutron.security_group_rules (id, project_id, security_group_id, direction, ethertype, protocol,
    port_range_min, port_range_max, remote_ip_prefix, normalized_cidr, remote_group_id, remote_address_group_id, match)
  SELECT gen_random_uuid()::text, made.project_id, made.id, d.direction, d.ethertype, d.protocol,
    d.port_range_min, d.port_range_max, d.remote_ip_prefix, d.normalized_cidr,
    CASE d.remote_group_id WHEN ${PARENT} THEN made.id ELSE d.remote_group_id END, d.remote_address_group_id,
    replace(d.match, ${PARENT}, made.id)
  FROM ${groups}, neutron.default_security_group_rules d
  WHERE d.${Prisma.raw(kind)}
    AND (d.remote_group_id IS NULL OR d.remote_group_id = ${PARENT}
      OR EXISTS (SELECT 1 FROM neutron.security_groups g WHERE g.id = d.remote_group_id))
    AND (d.remote_address_group_id IS NULL
      OR EXISTS (SELECT 1 FROM neutron.address_groups a WHERE a.id = d.remote_address_group_id))`;
