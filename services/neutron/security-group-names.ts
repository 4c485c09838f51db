import { isAdmin, type RequestContext } from '../kernel/context.js';
import type { Database } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import { seesSecurityGroup } from './visibility.js';

/**
 * The security groups that are named by id or by name, as the clients of Neutron find them: an id first, of all that the
 * asker may use, then a name among those of the asker's project (neutronclient: find_resourceid_by_name_or_id).
 * @returns their ids, in the order of the names @throws 404 for one that is not there, 409 for a name that several have
 */
export async function groupIdsOf(db: Database, ctx: RequestContext, names: readonly string[]): Promise<string[]> {
  const { projectId } = ctx;
  const found = await db.securityGroup.findMany({
    where: {
      OR: [
        { id: { in: [...names] }, ...(isAdmin(ctx, 'neutron') ? {} : seesSecurityGroup(ctx)) },
        { project_id: projectId, name: { in: [...names] } },
      ],
    },
    select: { id: true, name: true, project_id: true },
  });
  return names.map((name) => {
    if (found.some(({ id }) => id === name)) return name;
    const [one, ...others] = found.filter((group) => group.name === name && group.project_id === projectId);
    if (one === undefined) throw notFound('SecurityGroupNotFound', `Security group ${name} not found.`);
    if (others.length > 0)
      throw conflict(
        'NoUniqueMatch',
        `Multiple security_group matches found for name '${name}', use an ID to be more specific.`,
      );
    return one.id;
  });
}
