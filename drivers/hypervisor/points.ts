/** Places in the middle of a change to a guest, where a test may delay it or kill its process. */
export type GuestPoint =
  | 'powerOff:recorded'
  | 'reboot:off'
  | 'pause:recorded'
  | 'unpause:recorded'
  | 'suspend:paused'
  | 'suspend:saved'
  | 'suspend:recorded'
  | 'resume:loaded'
  | 'resume:recorded'
  | 'resume:running'
  | 'attach:recorded'
  | 'attach:backend'
  | 'attach:plugged'
  | 'detach:unplugged'
  | 'detach:removed';

/** Called at each point; the change goes on when it resolves. */
export type AtGuestPoint = (point: GuestPoint) => Promise<void>;
