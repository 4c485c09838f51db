import type { RequestContext } from '../kernel/context.js';
import type { Prisma } from '../kernel/database.js';

/** The networks that somebody may look at and put ports on: the project's own, and those that are shared or external. */
export const seesNetwork = (ctx: RequestContext): Prisma.NetworkWhereInput => ({
  OR: [{ project_id: ctx.projectId }, { shared: true }, { external: true }],
});
