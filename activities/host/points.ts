/**
 * Race points: named places in the middle of a host's step, where a test may hold it up, fail it or kill its role. At a
 * step's edges the faults of apps/faults strike without them. In production nobody listens, and a point costs nothing.
 */

/** Every point, by its step. */
export const POINTS = {
  spawnServer: ['plugged'],
  destroyGuest: ['destroyed'],
  connectVolume: ['created'],
  attachCard: ['plugged'],
  detachCard: ['removed'],
} as const satisfies Record<string, readonly string[]>;

type Steps = typeof POINTS;
/** `spawnServer:plugged` */
export type Point = { [S in keyof Steps]: `${S}:${Steps[S][number]}` }[keyof Steps];

let reach: (point: Point) => Promise<void> = () => Promise.resolve();

/** Says that a step has come to a point. It goes on when whoever listens lets it. */
export const point = (name: Point): Promise<void> => reach(name);

/** Listens at every point of this process. */
export function atPoints(listener: (point: Point) => Promise<void>): void {
  reach = listener;
}
