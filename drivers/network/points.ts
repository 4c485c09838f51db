/** Places in the middle of what is done to a card, where a test may delay it or kill its process. */
export type NetworkPoint =
  /** Its record is written, and it has no end. */
  | 'plug:recorded'
  /** Its end is there, and nobody has opened it. */
  | 'open:made'
  /** Its end is on its network, and its guest does not run yet. */
  | 'connect:joined'
  /** Its end is gone, and its record is there. */
  | 'unplug:removed';

/** Called at each point; the change goes on when it resolves. */
export type AtNetworkPoint = (point: NetworkPoint) => Promise<void>;
