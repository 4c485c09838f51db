import type { RequestContext } from '../../kernel/context.js';
import { notFound } from '../../kernel/errors.js';
import type { Neutron } from '../../neutron/index.js';
import { ALL, having, orElse } from './in-novas-words.js';

/** The networks that the asker may see in Neutron (nova/network/neutron.py: get_all, get). */
export class NetworkProxy {
  constructor(private readonly neutron: Neutron) {}

  async list(ctx: RequestContext) {
    return { rows: (await this.neutron.networks.list(ctx, ALL)).rows, more: false };
  }

  /** @throws 404 */
  get(ctx: RequestContext, id: string) {
    return this.neutron.networks
      .get(ctx, id)
      .catch(orElse(404, () => notFound('NetworkNotFound', 'Network not found')));
  }
}

/** The external networks, where floating IPs come from (get_floating_ip_pools). */
export class FloatingIpPools {
  constructor(private readonly neutron: Neutron) {}

  async list(ctx: RequestContext) {
    const { rows } = await this.neutron.networks.list(ctx, having('router:external', [true]));
    return { rows: rows.map(({ id, name }) => ({ name: name || id })), more: false };
  }
}
