import { isAdmin, type RequestContext } from '../kernel/context.js';
import type { Prisma } from '../kernel/database.js';

export const seesAllNetworks = (ctx: RequestContext): boolean => isAdmin(ctx);

/** The networks that somebody may look at and put ports on: the project's own, and those that are shared. */
export const visibleNetworks = (ctx: RequestContext): Prisma.NetworkWhereInput =>
  seesAllNetworks(ctx) ? {} : { OR: [{ project_id: ctx.projectId }, { shared: true }] };

/** Neutron's ADMIN_OR_NET_OWNER: who may change a network, and choose what a port on it looks like. */
export const ownsNetwork = (ctx: RequestContext, network: { project_id: string }): boolean =>
  isAdmin(ctx) || network.project_id === ctx.projectId;
