import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../kernel/context.js';
import type { Database, Queries } from '../kernel/database.js';
import { OpenStackError, conflict } from '../kernel/errors.js';
import { takeTurn } from '../kernel/hard-limits.js';
import { setGateway } from './l3/gateway.js';
import { addBySubnet } from './l3/interfaces.js';
import type { InterfaceRequest } from './l3/router-actions.js';
import { takeRange } from './pools/subnet-range.js';
import { defaultPolicyOf } from './qos/bindings.js';
import { freeSegmentationId } from './segmentation-ids.js';
import { planSubnet } from './subnet-plan.js';
import { sharedOrOwn } from './visibility.js';

/** What is deleted again, by the rules of each. */
interface Deleted {
  delete(ctx: RequestContext, id: string): Promise<void>;
}
/** Neutron's parts that a topology is made of. */
interface Parts {
  readonly db: Database;
  readonly isAdmin: (ctx: RequestContext) => boolean;
  readonly networks: Deleted;
  readonly routers: Deleted & {
    removeInterface(ctx: RequestContext, id: string, asked: InterfaceRequest): Promise<unknown>;
  };
}
interface DefaultPool {
  readonly id: string;
  readonly ip_version: number;
}

/** neutron/services/auto_allocate/exceptions.py: AutoAllocationFailure */
const failure = (reason: string): OpenStackError => conflict('AutoAllocationFailure', `Deployment error: ${reason}.`);

/**
 * "Get me a network": a network with subnets of the default pools, behind a router with its way out by the default external
 * network, made for a project that asks for it and named by it ever after (neutron/services/auto_allocate/db.py).
 * Neutron makes its parts one by one and takes back what it has when one fails; here one transaction makes them all. As
 * there, no quota is asked.
 */
export class AutoTopologies {
  constructor(private readonly parts: Parts) {}

  /** The network of a project's topology, which is made unless it is there. @throws 409 where the cloud lacks what it stands on */
  async get(ctx: RequestContext, projectId: string): Promise<string> {
    const { db } = this.parts;
    const known = await db.autoAllocatedTopology.findUnique({ where: { project_id: projectId } });
    if (known !== null) return known.network_id;
    const outside = await this.defaultNetwork();
    const pools = await this.defaultPools(ctx);
    if (pools.length === 0) throw failure('Unable to provide project private network');
    return db.$transaction((tx) => make(tx, projectId, outside, pools));
  }

  /** Whether one could be made: a default external network is there, and a default subnet pool. @throws 409 */
  async check(ctx: RequestContext): Promise<void> {
    await this.defaultNetwork();
    if ((await this.defaultPools(ctx)).length === 0) throw failure('No default subnetpools defined');
  }

  /** Takes a project's topology away; where there is none, nothing is done. @throws 409 while its network or router is used */
  async delete(ctx: RequestContext, projectId: string): Promise<void> {
    const { db, networks, routers } = this.parts;
    const topology = await db.autoAllocatedTopology.findUnique({ where: { project_id: projectId } });
    if (topology === null) return;
    const { network_id, router_id } = topology;
    if (router_id !== null) {
      const subnets = await db.subnet.findMany({ where: { network_id }, select: { id: true } });
      for (const { id } of subnets)
        await routers.removeInterface(ctx, router_id, { subnet_id: id }).catch(ignoreMissing);
      await routers.delete(ctx, router_id).catch(ignoreMissing);
    }
    await networks.delete(ctx, network_id).catch(ignoreMissing);
  }

  private async defaultNetwork(): Promise<string> {
    const found = await this.parts.db.network.findFirst({
      where: { external: true, is_default: true },
      select: { id: true },
    });
    if (found === null) throw failure('No default router:external network');
    return found.id;
  }

  private defaultPools(ctx: RequestContext): Promise<DefaultPool[]> {
    return this.parts.db.subnetPool.findMany({
      where: { default_of: { not: null }, ...(this.parts.isAdmin(ctx) ? {} : sharedOrOwn(ctx)) },
      select: { id: true, ip_version: true },
      orderBy: { ip_version: 'asc' },
    });
  }
}

/** Somebody else takes the same topology away at the same time. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof OpenStackError) || error.status !== 404) throw error;
}

async function make(tx: Queries, projectId: string, outside: string, pools: readonly DefaultPool[]): Promise<string> {
  await takeTurn(tx, `auto-topology/${projectId}`);
  const known = await tx.autoAllocatedTopology.findUnique({ where: { project_id: projectId } });
  if (known !== null) return known.network_id;
  const network = await tx.network.create({
    data: {
      id: randomUUID(),
      name: 'auto_allocated_network',
      project_id: projectId,
      segmentation_id: await freeSegmentationId(tx, projectId),
      qos_policy_id: await defaultPolicyOf(tx, projectId),
    },
    select: { id: true },
  });
  const subnets: string[] = [];
  for (const pool of pools) subnets.push(await makeSubnet(tx, projectId, network.id, pool));
  const router = await tx.router.create({
    data: { id: randomUUID(), name: 'auto_allocated_router', project_id: projectId },
    select: { id: true, project_id: true },
  });
  try {
    await setGateway(tx, { ...router, routes: [] }, { network_id: outside });
    for (const id of subnets) await addBySubnet(tx, { ...router, routes: [] }, id, { projectId, admin: true });
  } catch (error) {
    if (error instanceof OpenStackError && error.status === 400)
      throw failure('Unable to provide external connectivity');
    throw error;
  }
  await tx.autoAllocatedTopology.create({
    data: { project_id: projectId, network_id: network.id, router_id: router.id },
  });
  return network.id;
}

/** @throws 409 where the pool has no such range left */
async function makeSubnet(
  tx: Queries,
  projectId: string,
  networkId: string,
  { id: subnetpool_id, ip_version }: DefaultPool,
): Promise<string> {
  const range = await takeRange(tx, subnetpool_id, projectId, { ip_version }, null).catch((error: unknown) => {
    throw error instanceof OpenStackError ? failure('Unable to provide project private network') : error;
  });
  const id = randomUUID();
  const name = `auto_allocated_subnet_v${ip_version}`;
  const plan = planSubnet({ cidr: range, ip_version });
  await tx.subnet.create({
    data: { id, name, project_id: projectId, network_id: networkId, ip_version, subnetpool_id, ...plan },
  });
  return id;
}
