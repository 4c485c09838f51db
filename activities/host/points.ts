/**
 * Race points: named places in the middle of a host's step, where a test may delay it, make it fail, or kill its role.
 * (The faults of apps/faults strike before and after a step, and need no point.) In production nobody listens, and a
 * point costs nothing.
 */
import type { GuestPoint } from '#drivers/hypervisor/points';
import type { NetworkPoint } from '#drivers/network/points';

/** The points of steps themselves. */
export const STEP_POINTS = {
  spawnServer: ['plugged'],
  destroyGuest: ['destroyed'],
  connectVolume: ['created'],
  attachCard: ['plugged'],
  detachCard: ['removed'],
} as const satisfies Record<string, readonly string[]>;

/**
 * The points inside QEMU's driver that a step reaches with every guest. The fake driver has none, since it does
 * everything at once. The points of a detach are missing: a guest that does not react, such as the tests' tiny one,
 * never releases a device.
 */
export const DRIVER_POINTS: Readonly<Record<string, readonly GuestPoint[]>> = {
  powerOff: ['powerOff:recorded'],
  rebootGuest: ['reboot:off'],
  pauseGuest: ['pause:recorded'],
  unpauseGuest: ['unpause:recorded'],
  suspendGuest: ['suspend:paused', 'suspend:saved', 'suspend:recorded'],
  resumeGuest: ['resume:loaded', 'resume:recorded', 'resume:running'],
  attachDisk: ['attach:recorded', 'attach:backend', 'attach:plugged'],
  attachCard: ['attach:recorded', 'attach:backend', 'attach:plugged'],
};

/** The points inside the network driver `linux` that a step reaches with every guest; the others have none. */
export const NETWORK_POINTS: Readonly<Record<string, readonly NetworkPoint[]>> = {
  spawnServer: ['plug:recorded', 'open:made', 'connect:joined'],
  destroyGuest: ['unplug:removed'],
  powerOn: ['open:made', 'connect:joined'],
  rebootGuest: ['open:made', 'connect:joined'],
  attachCard: ['plug:recorded', 'open:made', 'connect:joined'],
};

/** Every point of a step. */
export const pointsOf = (step: string): readonly string[] => [
  ...((STEP_POINTS as Readonly<Record<string, readonly string[]>>)[step] ?? []),
  ...(DRIVER_POINTS[step] ?? []),
  ...(NETWORK_POINTS[step] ?? []),
];

type Steps = typeof STEP_POINTS;
/** `spawnServer:plugged` */
export type Point = { [S in keyof Steps]: `${S}:${Steps[S][number]}` }[keyof Steps];

/** Of a step or of a driver that it uses. */
export type AnyPoint = Point | GuestPoint | NetworkPoint;

let reach: (point: AnyPoint) => Promise<void> = () => Promise.resolve();

/** Reports that a step, or its driver, has reached a point. It waits there until the listener lets it go on. */
export const point = (name: AnyPoint): Promise<void> => reach(name);

/** Listens at every point of this process. */
export function atPoints(listener: (point: AnyPoint) => Promise<void>): void {
  reach = listener;
}
