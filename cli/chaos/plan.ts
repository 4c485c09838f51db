/** What goes wrong and when: the same for the same seed. */
import { rowsOf } from '#workflows/flows';
import { ATTACHMENTS, SERVER_ACTIONS } from '#workflows/server-actions';

export const TARGETS = ['api', 'conductor', 'compute', 'network', 'volume', 'postgres', 'temporal'] as const;
export type Target = (typeof TARGETS)[number];
/**
 * `kill`: kill -9, back at once. `away`: kill -9, back after a while. `pause`: SIGSTOP, and later SIGCONT.
 * `restart`: an orderly stop, back at once.
 */
export const ACTS = ['kill', 'away', 'pause', 'restart'] as const;

/** A process that is disturbed. Times in milliseconds from the beginning. */
export interface Disturbance {
  readonly what: (typeof ACTS)[number];
  readonly target: Target;
  readonly at: number;
  /** How long it is away or paused; 0 when it is back at once. */
  readonly ms: number;
}
/** A step that fails, of the newest boot or of the next action on the server that was worked on last. */
export interface StepFault {
  readonly at: number;
  readonly of: 'boot' | 'action';
  readonly step: string;
  readonly phase: 'before' | 'after';
  readonly kind: 'error' | 'hang' | 'crash' | 'twice';
}
export interface Plan {
  readonly disturbances: readonly Disturbance[];
  readonly faults: readonly StepFault[];
}

/** Steps late enough in a boot that a fault set right after its request still meets them. */
const BOOT_STEPS = ['connectVolume', 'fetchImage', 'spawnServer', 'activateServer'] as const;
/** Whichever action comes next on a server, its last step is the same. */
const ACTION_STEPS: readonly string[] = [
  ...new Set(
    [...Object.values(SERVER_ACTIONS), ...Object.values(ATTACHMENTS)].flatMap(({ flow }) =>
      rowsOf(flow).map(([step]) => step),
    ),
  ),
];
const FAULT_KINDS = ['error', 'hang', 'crash', 'twice'] as const;

/** Milliseconds between two disturbances: recovery from one has often, but not always, ended when the next comes. */
const GAP_MS = { least: 3_000, most: 9_000 };
/** Longer than a heartbeat timeout at times, so that steps are given up and come back late. */
const AWAY_MS = { least: 1_000, most: 15_000 };
/** One in three comes with a second one. */
const TWO_AT_ONCE = 1 / 3;

/** A small generator of random numbers that a seed determines (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Plans what goes wrong in `ms` milliseconds. */
export function planOf(seed: number, ms: number): Plan {
  const random = randomOf(seed);
  const between = ({ least, most }: { least: number; most: number }): number =>
    Math.round(least + random() * (most - least));
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const disturbances: Disturbance[] = [];
  const faults: StepFault[] = [];
  const disturb = (at: number, targets: readonly Target[]): Target => {
    const [what, target] = [pick(ACTS), pick(targets)];
    disturbances.push({ what, target, at, ms: what === 'away' || what === 'pause' ? between(AWAY_MS) : 0 });
    return target;
  };
  for (let at = between(GAP_MS); at < ms; at += between(GAP_MS)) {
    const first = disturb(at, TARGETS);
    if (random() < TWO_AT_ONCE)
      disturb(
        at + between({ least: 0, most: 1_500 }),
        TARGETS.filter((t) => t !== first),
      );
    const of = pick(['boot', 'action'] as const);
    faults.push({
      at: at + between({ least: 500, most: 2_500 }),
      of,
      step: of === 'boot' ? pick(BOOT_STEPS) : pick(ACTION_STEPS),
      phase: pick(['before', 'after'] as const),
      kind: pick(FAULT_KINDS),
    });
  }
  return { disturbances, faults };
}
