import type { NetworkDriver } from '#drivers/network/index';
import type { OnMachine, Vif } from '../contract.js';
import { Fence } from './fence.js';

type CardsOf = OnMachine & { readonly vifs: readonly Vif[] };

/** The network cards of a machine's guests, each behind a fence of its own: a port may go from one server to another. */
export class Cards {
  private readonly fence = new Fence();

  constructor(private readonly network: NetworkDriver) {}

  async plug({ serverId, host, vifs }: CardsOf): Promise<void> {
    for (const { portId, networkId, mac, mtu, fixedIps } of vifs) {
      const ips = fixedIps.map((f) => f.ip);
      await this.fence.inTurn(`${portId} on ${host}`, () =>
        this.network.plug({ portId, serverId, host, networkId, mac, mtu, ips }),
      );
    }
  }

  async unplug({ host, vifs }: CardsOf): Promise<void> {
    for (const { portId } of vifs)
      await this.fence.inTurn(`${portId} on ${host}`, () => this.network.unplug({ portId, host }));
  }
}
