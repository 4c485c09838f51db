import type { RequestContext } from '../../kernel/context.js';
import { OpenStackError, badRequest, conflict, forbidden, notFound } from '../../kernel/errors.js';
import type { Neutron } from '../../neutron/index.js';
import type { Servers } from '../servers.js';
import { ALL, having, orElse } from './in-novas-words.js';

type FloatingIp = Awaited<ReturnType<Neutron['floatingIps']['get']>>;

/** Nova's own default pool (nova.conf: neutron.default_floating_pool). */
const DEFAULT_POOL = 'nova';
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Neutron's floating IPs in the terms of nova-network (nova/network/neutron.py). */
export class FloatingIpProxy {
  constructor(
    private readonly neutron: Neutron,
    private readonly servers: Servers,
  ) {}

  /** Those of the asker's project, an administrator's too. */
  async list(ctx: RequestContext) {
    const { rows } = await this.neutron.floatingIps.list(ctx, { ...ALL, own: true });
    return { rows: await this.shown(ctx, rows), more: false };
  }

  /** @throws 404 */
  async get(ctx: RequestContext, id: string) {
    const [one] = await this.shown(ctx, [await this.find(ctx, id)]);
    return one!;
  }

  /** Takes one from a pool. @throws 404 for a pool that is not there or has no more, 403 beyond the quota, 400 */
  async create(ctx: RequestContext, [asked]: readonly { readonly pool?: string | null }[]) {
    const pool = asked?.pool ?? '';
    const floating_network_id = await this.poolOf(ctx, pool || DEFAULT_POOL);
    const made = await this.neutron.floatingIps.create(ctx, [{ floating_network_id }]).catch((error: unknown) => {
      throw refusedFrom(pool, error);
    });
    return this.shown(ctx, made);
  }

  /** @throws 404, also for one whose port says that it is of a server that is not there; 409 */
  async delete(ctx: RequestContext, id: string): Promise<void> {
    const { floating_ip_address: address } = await this.find(ctx, id);
    const { port, id: found } = await floatingIpAt(this.neutron, ctx, address);
    if (port?.device_id) await this.servers.get(ctx, port.device_id);
    await this.neutron.floatingIps.delete(ctx, found).catch(orElse(404, () => noneAt(address)));
  }

  private find(ctx: RequestContext, id: string): Promise<FloatingIp> {
    return this.neutron.floatingIps
      .get(ctx, id)
      .catch(orElse(404, () => notFound('FloatingIpNotFound', `Floating IP not found for ID ${id}`)));
  }

  /** The external network of a name or an id. @throws 404, and 400 for a name that several have */
  private async poolOf(ctx: RequestContext, nameOrId: string): Promise<string> {
    const external = await this.neutron.networks.list(ctx, having('router:external', [true]));
    const named = UUID.test(nameOrId) ? 'id' : 'name';
    const [one, ...others] = external.rows.filter((network) => network[named] === nameOrId);
    if (one === undefined) throw notFound('FloatingIpPoolNotFound', 'Floating IP pool not found.');
    // Nova has no answer of its own for that, and says that it has failed.
    if (others.length > 0) throw badRequest(`Multiple floating IP pools matches found for name '${nameOrId}'`);
    return one.id;
  }

  private async shown(ctx: RequestContext, ips: readonly FloatingIp[]) {
    const ids = [...new Set(ips.map((ip) => ip.floating_network_id))];
    const networks = ids.length === 0 ? [] : (await this.neutron.networks.list(ctx, having('id', ids))).rows;
    return ips.map((ip) => ({
      id: ip.id,
      ip: ip.floating_ip_address,
      fixed_ip: ip.fixed_ip_address,
      instance_id: ip.port?.device_id || null,
      pool: networks.find(({ id }) => id === ip.floating_network_id)?.name || ip.floating_network_id,
    }));
  }
}

/** @throws 404, and 409 where two external networks have it */
export async function floatingIpAt(neutron: Neutron, ctx: RequestContext, address: string): Promise<FloatingIp> {
  const { rows } = await neutron.floatingIps.list(ctx, having('floating_ip_address', [address]));
  const [one, ...others] = rows;
  if (one === undefined) throw noneAt(address);
  if (others.length > 0)
    throw conflict('FloatingIpMultipleFoundForAddress', `Multiple floating IPs are found for address ${address}.`);
  return one;
}

const noneAt = (address: string): OpenStackError =>
  notFound('FloatingIpNotFoundForAddress', `Floating IP not found for address ${address}.`);

/** Why a pool gave none, in Nova's words. @param pool as it was asked for */
function refusedFrom(pool: string, error: unknown): unknown {
  if (!(error instanceof OpenStackError)) return error;
  if (error.type === 'IpAddressGenerationFailure' || error.type === 'ExternalIpAddressExhausted')
    return notFound(
      'NoMoreFloatingIps',
      pool === '' ? 'No more floating IPs available.' : `No more floating IPs in pool ${pool}.`,
    );
  if (error.type === 'OverQuota')
    return forbidden(pool === '' ? 'IP allocation over quota.' : `IP allocation over quota in pool ${pool}.`);
  return error;
}
