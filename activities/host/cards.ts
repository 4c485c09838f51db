import type { TObject } from 'typebox';
import type { NetworkDriver } from '#drivers/network/index';
import type { Vif, onMachine } from '../schemas.js';
import type { Input } from '../input.js';
import { Fence } from './fence.js';

type CardsOf = Input<TObject<typeof onMachine>> & { readonly vifs: readonly Input<typeof Vif>[] };

/** The network cards of a machine's guests. Each has a fence of its own, because a port may move to another server. */
export class Cards {
  private readonly fence = new Fence();

  constructor(private readonly network: NetworkDriver) {}

  async plug({ serverId, host, vifs }: CardsOf): Promise<void> {
    for (const { portId, networkId, mac, mtu, fixedIps } of vifs) {
      const ips = fixedIps.map((f) => f.ip);
      await this.fence.inTurn(`${portId} on ${host}`, undefined, () =>
        this.network.plug({ portId, serverId, host, networkId, mac, mtu, ips }),
      );
    }
  }

  async unplug({
    host,
    vifs,
  }: Pick<CardsOf, 'host'> & { readonly vifs: readonly { readonly portId: string }[] }): Promise<void> {
    for (const { portId } of vifs)
      await this.fence.inTurn(`${portId} on ${host}`, undefined, () => this.network.unplug({ portId, host }));
  }
}
