import type { RequestContext } from '../../kernel/context.js';
import type { Records } from '../../kernel/resource/records.js';
import { invalidInput } from '../refusals.js';
import type { trunk } from '../resources/trunk.js';
import type { NeutronParts } from '../words.js';
import { noSubPort, trunkDisabled } from './refusals.js';
import { furtherPorts, whyNot, type SubPort, type SubPortRequest } from './sub-ports.js';

type Trunks = Records<NeutronParts, 'trunk', NonNullable<(typeof trunk)['include']>, (typeof trunk)['fields']>;

/** What is done with the ports of a trunk (neutron/services/trunk/plugin.py). */
export class TrunkActions {
  constructor(private readonly trunks: Trunks) {}

  /** @throws 400, 404, 409 for a port or a VLAN that is taken, 412 */
  add(ctx: RequestContext, id: string, asked: readonly SubPortRequest[], revision?: number) {
    return this.trunks.change(
      ctx,
      id,
      async (row, at) => {
        check(asked);
        const further = await furtherPorts(at, row, asked);
        if (!row.admin_state_up) throw trunkDisabled(id);
        // Whoever wires a trunk says when it is whole again.
        return { status: 'DOWN', sub_ports: { create: further } };
      },
      'add_subports',
      revision,
    );
  }

  /** @throws 400, 404, 409, 412 */
  remove(ctx: RequestContext, id: string, asked: readonly { readonly port_id: string }[], revision?: number) {
    return this.trunks.change(
      ctx,
      id,
      (row) => {
        if (!row.admin_state_up) throw trunkDisabled(id);
        check(asked);
        for (const { port_id } of asked)
          if (!row.sub_ports.some((one) => one.port_id === port_id)) throw noSubPort(port_id, id);
        return { status: 'DOWN', sub_ports: { delete: asked.map(({ port_id }) => ({ port_id })) } };
      },
      'remove_subports',
      revision,
    );
  }

  /** @throws 404 */
  async list(ctx: RequestContext, id: string): Promise<SubPort[]> {
    const { sub_ports } = await this.trunks.getFor(ctx, id, 'get', 'get_subports');
    return sub_ports.map(shownSubPort);
  }
}

function check(asked: readonly SubPortRequest[]): void {
  const why = whyNot(asked);
  if (why !== undefined) throw invalidInput(why);
}

/** A port of a trunk as the trunk shows it. */
export const shownSubPort = ({ port_id, segmentation_type, segmentation_id }: SubPort): SubPort => ({
  port_id,
  segmentation_type,
  segmentation_id,
});
