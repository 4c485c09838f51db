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

/** The network of one machine. Every method may be called twice. */
export interface NetworkDriver {
  readonly type: 'fake';
  /** Connects the card and answers its DHCP from now on. */
  plug(card: PlugRequest): Promise<void>;
  /** No such card is fine. */
  unplug(card: { portId: string }): Promise<void>;
  list(): Promise<{ portId: string; serverId: string; host: string }[]>;
}
