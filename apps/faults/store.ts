/**
 * Faults that were asked for, and those that struck. They are files of the state directory, so that they can be set
 * while the database, the API or Temporal are down, and survive a crash. Development mode only: production imports
 * nothing of this folder.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Type, type Static } from 'typebox';
import { pointsOf } from '#activities/host/points';

export const PHASES = ['before', 'after', 'at'] as const;
/**
 * `error` fails and is tried again, `fatal` fails for good, `delay` waits for `ms` or until it is taken back, `hang` says nothing until the server has
 * given the attempt up and then goes on, as a paused process does, `crash` kills the worker, `twice` runs the step a
 * second time, `disconnect` breaks the connection to the database when the step has committed, so that it cannot know.
 */
export const KINDS = ['error', 'fatal', 'delay', 'hang', 'crash', 'twice', 'disconnect'] as const;

/** A fault as it is asked for. */
export const FaultSchema = Type.Object(
  {
    /** The activity to fail. */
    step: Type.String({ minLength: 1 }),
    /** Only in workflows of this type, with this id, or that work on the server or volume of this id. */
    workflow: Type.Optional(Type.String({ minLength: 1 })),
    /** Only in workflows of this project. */
    project: Type.Optional(Type.String({ minLength: 1 })),
    /** Only on this attempt. */
    attempt: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Before the step acts, after it acted and before it could say so, or at a point in the middle of it. */
    phase: Type.Enum([...PHASES]),
    /** Which point, for the phase `at` (activities/host/points.ts). */
    point: Type.Optional(Type.String({ minLength: 1 })),
    kind: Type.Enum([...KINDS]),
    /** How often it strikes in one workflow; 0 is always. */
    times: Type.Optional(Type.Integer({ minimum: 0 })),
    /** For delay: the longest wait, in milliseconds. */
    ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
  },
  { additionalProperties: false },
);
export type FaultInput = Static<typeof FaultSchema>;
/** One that is set. */
export const StoredFault = Type.Object({
  ...FaultSchema.properties,
  id: Type.String(),
  times: Type.Integer(),
  ms: Type.Integer(),
});
export type Fault = Readonly<Static<typeof StoredFault>>;
/** A fault that struck. */
export interface Hit extends FaultInput {
  readonly fault: string;
  readonly attempt: number;
  readonly workflowId: string;
  /** The server or volume that the operation is about. */
  readonly resourceId?: string;
  /** A hung attempt that came back, and what came of it. */
  readonly returned?: 'acted' | 'refused';
}

/** What is wrong with a fault, in a sentence; undefined when nothing is. */
export function faultProblem({ step, phase, point, kind }: FaultInput): string | undefined {
  if (kind === 'disconnect' && phase !== 'after') return 'To lose the answer to a commit goes with the phase after.';
  const points = pointsOf(step);
  if (phase !== 'at') return point === undefined ? undefined : 'A point goes with the phase at.';
  if (kind === 'hang' || kind === 'twice')
    return `A point cannot ${kind === 'hang' ? 'hang' : 'run twice'}; a step can.`;
  if (point !== undefined && points.includes(point)) return undefined;
  return points.length === 0 ? `Step ${step} has no points.` : `Points of ${step}: ${points.join(', ')}.`;
}

/** Another process rewrites the file in well under this; a lock that is older was left by one that was killed. */
const LOCK_MS = 5_000;
const LOCK_POLL_MS = 5;

export class FaultStore {
  private readonly file: string;
  private readonly hitsFile: string;

  constructor(home: string) {
    this.file = path.join(home, 'faults.json');
    this.hitsFile = path.join(home, 'fault-hits.jsonl');
  }

  /** The faults set now; none when the file is not there. */
  list(): Fault[] {
    if (!statSync(this.file, { throwIfNoEntry: false })) return [];
    return JSON.parse(readFileSync(this.file, 'utf8')) as Fault[];
  }

  async add(input: FaultInput): Promise<Fault> {
    const fault: Fault = { times: 1, ms: 1_000, ...input, id: randomUUID().slice(0, 8) };
    await this.change((faults) => [...faults, fault]);
    return fault;
  }

  /** Takes faults back: all of them, or those that `which` picks. @returns how many */
  async clear(which: (fault: Fault) => boolean = () => true): Promise<number> {
    let cleared = 0;
    await this.change((faults) => {
      const kept = faults.filter((f) => !which(f));
      cleared = faults.length - kept.length;
      return kept;
    });
    return cleared;
  }

  /** Each fault that struck, in order. */
  hits(): Hit[] {
    return this.records().filter((r) => r.returned === undefined);
  }

  /** How often a fault struck: in all, or in one workflow. */
  countHits(fault: string, workflowId?: string): number {
    return this.hits().filter((h) => h.fault === fault && (workflowId === undefined || h.workflowId === workflowId))
      .length;
  }

  /** Each hung attempt that came back, in order. */
  returns(): Hit[] {
    return this.records().filter((r) => r.returned !== undefined);
  }

  private records(): Hit[] {
    if (!statSync(this.hitsFile, { throwIfNoEntry: false })) return [];
    const lines = readFileSync(this.hitsFile, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Hit);
  }

  /** Written before the fault acts: a crash must be found here too. */
  record({ id, ...fault }: Fault, at: Pick<Hit, 'attempt' | 'workflowId' | 'resourceId' | 'returned'>): void {
    const hit: Hit = { ...fault, fault: id, ...at };
    appendFileSync(this.hitsFile, `${JSON.stringify(hit)}\n`, { mode: 0o600 });
  }

  /** A directory is the lock between processes; the file is replaced whole, so that no reader sees half of it. */
  private async change(edit: (faults: Fault[]) => Fault[]): Promise<void> {
    const lock = `${this.file}.lock`;
    while (!tryLock(lock)) await sleep(LOCK_POLL_MS);
    try {
      writeFileSync(`${this.file}.new`, JSON.stringify(edit(this.list())), { mode: 0o600 });
      renameSync(`${this.file}.new`, this.file);
    } finally {
      rmdirSync(lock);
    }
  }
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > LOCK_MS) rmdirSync(lock);
    return false;
  }
}
