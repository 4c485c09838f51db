import type { RequestContext } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import { OpenStackError } from '../../kernel/errors.js';
import type { Records } from '../../kernel/resource/records.js';
import type { RowOf } from '../../kernel/resource/spec.js';
import { checkedAddresses } from '../group-addresses.js';
import type { subnetPool } from '../resources/subnet-pool.js';
import type { NeutronParts } from '../words.js';
import { changePool } from './plan.js';
import { meet, without } from './prefixes.js';
import { illegalPool, illegalPrefixes } from './refusals.js';

type Include = NonNullable<typeof subnetPool.include>;
type Pools = Records<NeutronParts, 'subnetPool', Include, typeof subnetPool.fields>;
type PoolRow = RowOf<'subnetPool', Include>;
interface Onboarded {
  readonly id: string;
  readonly cidr: string;
}

/** What is done with a subnet pool beside changing its attributes. Each locks the pool's row first. */
export class PoolActions {
  constructor(
    private readonly pools: Pools,
    private readonly parts: NeutronParts,
  ) {}

  /** Adds ranges to a pool. @returns all that it has then @throws 400, 404, 409, and 412 for another revision than the expected one */
  async addPrefixes(ctx: RequestContext, id: string, prefixes: readonly string[], revision?: number) {
    checkGiven(prefixes);
    const next = (row: PoolRow, { tx }: { tx: Queries }) =>
      changePool(tx, row, { prefixes: [...row.prefixes, ...prefixes] }, this.asker(ctx));
    return prefixesOf(await this.pools.change(ctx, id, next, 'add_prefixes', revision));
  }

  /** Takes ranges out of a pool, of which no subnet has any. @returns all that it has then @throws as addPrefixes */
  async removePrefixes(ctx: RequestContext, id: string, prefixes: readonly string[], revision?: number) {
    checkGiven(prefixes);
    const next = async (row: PoolRow, { tx }: { tx: Queries }) => {
      const away = checkedAddresses([...new Set(prefixes)], 'prefixes').filter((one) => versionsMeet(one, row));
      if (!meet(row.prefixes, away)) return {};
      const subnets = await tx.subnet.findMany({ where: { subnetpool_id: id }, select: { cidr: true } });
      if (
        meet(
          subnets.map((one) => one.cidr),
          away,
        )
      )
        throw illegalPrefixes('One or more the prefixes to be removed is in use by a subnet.');
      return { prefixes: without(row.prefixes, away) };
    };
    return prefixesOf(await this.pools.change(ctx, id, next, 'remove_prefixes', revision));
  }

  /**
   * Makes the subnets of a network, of the pool's IP version, subnets of the pool, and their ranges some of the pool's.
   * @throws 400, 403 for another project's network, 404, 409, 412 (db_base_plugin_v2.py: onboard_network_subnets)
   */
  async onboard(ctx: RequestContext, id: string, networkId: string, revision?: number): Promise<Onboarded[]> {
    const rule = 'onboard_network_subnets';
    await this.pools.getFor(ctx, id, 'update', rule);
    const network = await this.parts.networkOf(ctx, networkId);
    if (!this.parts.isAdmin(ctx) && network.project_id !== ctx.projectId)
      throw new OpenStackError(403, 'NotAuthorized', 'Not authorized.');
    const done: Onboarded[] = [];
    const next = async (row: PoolRow, { tx }: { tx: Queries }) => {
      await tx.$queryRaw`SELECT 1 FROM neutron.networks WHERE id = ${networkId} FOR UPDATE`;
      const where = { network_id: networkId, ip_version: row.ip_version };
      const subnets = await tx.subnet.findMany({
        where,
        select: { id: true, cidr: true },
        orderBy: { created_at: 'asc' },
      });
      const taken = await tx.subnet.findMany({ where: { subnetpool_id: id }, select: { cidr: true } });
      const held = taken.map((one) => one.cidr);
      const twice = subnets.find((one) => meet([one.cidr], held));
      if (twice !== undefined)
        throw illegalPool(
          `Onboarding subnet ${twice.id}: ${twice.cidr} conflicts with allocated prefixes in subnet pool ${id}`,
        );
      const prefixes = [...row.prefixes, ...subnets.map((one) => one.cidr)];
      const planned = await changePool(tx, row, { prefixes }, this.asker(ctx));
      await tx.subnet.updateMany({
        where: { id: { in: subnets.map((one) => one.id) } },
        data: { subnetpool_id: id, revision_number: { increment: 1 } },
      });
      done.push(...subnets);
      return planned;
    };
    await this.pools.change(ctx, id, next, rule, revision);
    return done;
  }

  private asker(ctx: RequestContext) {
    return { projectId: ctx.projectId, admin: this.parts.isAdmin(ctx) };
  }
}

const prefixesOf = ({ prefixes }: PoolRow) => ({ prefixes });

/** A range of the other IP version is in no pool of this one. */
const versionsMeet = (cidr: string, { ip_version }: PoolRow): boolean => cidr.includes(':') === (ip_version === 6);

/** @throws 400 (neutron/extensions/subnetpool_prefix_ops.py: get_operation_request_body) */
function checkGiven(prefixes: readonly string[]): void {
  if (prefixes.length === 0) throw new OpenStackError(400, 'HTTPBadRequest', 'Request body contains invalid data');
}
