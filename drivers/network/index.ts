import type { NetworkReport, NetworkState } from './state.js';

/** A card on a host. */
export interface CardId {
  readonly portId: string;
  readonly host: string;
}
/** A card to plug on a host. */
export interface PlugRequest extends CardId {
  readonly serverId: string;
  readonly networkId: string;
  readonly mac: string;
  readonly mtu: number;
  readonly ips: readonly string[];
}

/**
 * The host's end of a guest's card: a tap of this name in the host's own network namespace, QEMU's user-mode network with
 * these options of its `-netdev`, or none, with which the guest sees a card and reaches nobody.
 */
export type CardEnd =
  | { readonly kind: 'tap'; readonly name: string }
  | { readonly kind: 'user'; readonly options: Readonly<Record<string, string | number | boolean>> }
  | { readonly kind: 'none' };

/** What a card has carried since its end was made, as the guest sees it. */
export interface CardCounters {
  readonly portId: string;
  /** The end's name. */
  readonly device: string;
  readonly incomingBytes: number;
  readonly incomingPackets: number;
  readonly outgoingBytes: number;
  readonly outgoingPackets: number;
}

/**
 * The ends of guests' cards, for whoever starts guests. Each process of a guest needs ends of its own: open its cards, start
 * it with its processors stopped, connect them, let it run. So no guest ever sends a packet that no rule looks at.
 */
export interface CardEnds {
  /** Makes a new end for a card that is plugged. An earlier one is gone then. */
  open(card: CardId): Promise<CardEnd>;
  /**
   * Joins the end to the card's network, with the port's rules in place. One that is joined stays so.
   * @throws DriverError (host) when this host's network does not take it
   */
  connect(card: CardId): Promise<void>;
  /** What the cards of this machine have carried; a card without an end that counts is left out. */
  counters(): Promise<CardCounters[]>;
}

/** Something that a machine's networks are made of. */
export interface NetworkPart {
  readonly kind: 'namespace' | 'tap' | 'tunnel' | 'dnsmasq' | 'packet filter' | 'network file';
  /** Its name on the machine. */
  readonly id: string;
  /** The network or router that it is of; '' where that cannot be told. */
  readonly owner: string;
}

/** Who is told of what the driver finds on its own. */
export interface NetworkWatcher {
  /** Something of the report is another than when it was told last. */
  told(report: NetworkReport): void;
  /** What was found broken and has been mended, in words for an operator. */
  repaired(what: readonly string[]): void;
}

/** The network of one machine. Every method may be called twice; calls for one card are taken one by one. */
export interface NetworkDriver extends CardEnds {
  readonly type: 'fake' | 'user' | 'linux';
  /** Records that the card is one of this machine's from now on; its guest is started, or given the card, next. */
  plug(card: PlugRequest): Promise<void>;
  /** Removes the card and its end. No such card is fine. A card of the same port on another host stays. */
  unplug(card: CardId): Promise<void>;
  list(): Promise<{ portId: string; serverId: string; host: string }[]>;
  /** Makes the machine's network as the state says. What cannot be made is in the report, and hinders nothing else. */
  apply(state: NetworkState): Promise<NetworkReport>;
  /**
   * Keeps the machine as the last state says, beginning with the one that an earlier process was given, and connects the
   * cards of guests that other processes start, until the signal. For one process of a machine.
   */
  watch(watcher: NetworkWatcher, signal: AbortSignal): Promise<void>;
  /** What there is of this cloud's networks, but for the cards of `list`: an audit looks whether a record still names it. */
  parts(): Promise<NetworkPart[]>;
  /** Takes all networks down, because the machine's cloud stops with its guests. The next `watch` makes them again. */
  leave(): Promise<void>;
}
