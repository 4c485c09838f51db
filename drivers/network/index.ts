/** A card to plug on a host. */
export interface PlugRequest {
  readonly portId: string;
  readonly serverId: string;
  readonly host: string;
  readonly networkId: string;
  readonly mac: string;
  readonly mtu: number;
  readonly ips: readonly string[];
}

/** The network of one machine. Every method may be called twice; calls for one card are taken one by one. */
export interface NetworkDriver {
  readonly type: 'fake';
  /** Connects the card and answers its DHCP from now on. */
  plug(card: PlugRequest): Promise<void>;
  /** No such card is fine. A card of the same port on another host stays. */
  unplug(card: { portId: string; host: string }): Promise<void>;
  list(): Promise<{ portId: string; serverId: string; host: string }[]>;
}
