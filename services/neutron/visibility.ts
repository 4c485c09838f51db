import { isAdmin, type RequestContext } from '../kernel/context.js';
import type { Prisma } from '../kernel/database.js';
import { policies, type RuleName, type Target } from '../kernel/policy/index.js';

/** What Neutron's rules look at of a network, and of what hangs on it. */
interface Network {
  readonly project_id: string;
  readonly shared?: boolean;
}

export const seesAllNetworks = (ctx: RequestContext): boolean => isAdmin(ctx, 'neutron');

/** The networks that somebody may look at and put ports on: the project's own, and those that are shared. */
export const visibleNetworks = (ctx: RequestContext): Prisma.NetworkWhereInput =>
  seesAllNetworks(ctx) ? {} : { OR: [{ project_id: ctx.projectId }, { shared: true }] };

/** A network as a target. */
export const networkTarget = ({ project_id, shared = false }: Network): Target => ({ project_id, shared });

/** A port or a subnet as a target: what it is itself, and of its network whose it is and whether it is shared. */
export const onNetwork = (network: Network, own: Target): Target => ({
  ...own,
  'network:project_id': network.project_id,
  'network:shared': network.shared ?? false,
});

export const mayDo = (ctx: RequestContext, rule: RuleName<'neutron'>, target: Target): boolean =>
  policies.allows('neutron', rule, ctx.credentials, target);
