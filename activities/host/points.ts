/**
 * Race points: named places in the middle of a host's step, where a test may hold it up, fail it or kill its role. At a
 * step's edges the faults of apps/faults strike without them. In production nobody listens, and a point costs nothing.
 */
import type { GuestPoint } from '#drivers/hypervisor/points';

/** The points of steps themselves. */
export const STEP_POINTS = {
  spawnServer: ['plugged'],
  destroyGuest: ['destroyed'],
  connectVolume: ['created'],
  attachCard: ['plugged'],
  detachCard: ['removed'],
} as const satisfies Record<string, readonly string[]>;

/**
 * Where a step comes to inside QEMU's driver, whatever its guest does. The fake one has none: it does what it is asked at once.
 * The points of a detach are not here: a guest that answers nothing, as the tiny one, lets go of nothing.
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

/** Every point of a step. */
export const pointsOf = (step: string): readonly string[] => [
  ...((STEP_POINTS as Readonly<Record<string, readonly string[]>>)[step] ?? []),
  ...(DRIVER_POINTS[step] ?? []),
];

type Steps = typeof STEP_POINTS;
/** `spawnServer:plugged` */
export type Point = { [S in keyof Steps]: `${S}:${Steps[S][number]}` }[keyof Steps];

let reach: (point: Point | GuestPoint) => Promise<void> = () => Promise.resolve();

/** Says that a step has come to a point, or its driver to one. It goes on when whoever listens lets it. */
export const point = (name: Point | GuestPoint): Promise<void> => reach(name);

/** Listens at every point of this process. */
export function atPoints(listener: (point: Point | GuestPoint) => Promise<void>): void {
  reach = listener;
}
