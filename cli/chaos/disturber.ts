import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FaultStore } from '#apps/faults/store';
import type { Cloud } from '#apps/standalone/cloud';
import type { Disturbance, Plan, StepFault } from './plan.js';

/** What was done, as it really was: a process that is away already is not killed again. */
export interface Done extends Disturbance {
  readonly endedAt: number;
}

/** Carries a plan out on a cloud. */
export class Disturber {
  readonly done: Done[] = [];
  private readonly busy = new Set<string>();
  private readonly faults: FaultStore;

  constructor(
    private readonly cloud: Cloud,
    private readonly began: number,
    /** The server that a step's fault is meant for: the newest, or the one that was worked on last. */
    private readonly newest: (of: StepFault['of']) => string | undefined,
    private readonly tell: (line: string) => void,
  ) {
    this.faults = new FaultStore(cloud.home);
  }

  /** Ends when everything is back. */
  async carryOut({ disturbances, faults }: Plan): Promise<void> {
    await Promise.all([
      ...disturbances.map((d) => this.at(d.at, () => this.disturb(d))),
      ...faults.map((f) => this.at(f.at, () => this.fail(f))),
    ]);
    await this.faults.clear();
  }

  private async at(ms: number, act: () => Promise<unknown>): Promise<void> {
    await sleep(Math.max(0, this.began + ms - Date.now()));
    await act();
  }

  private async fail({ of, step, phase, kind }: StepFault): Promise<void> {
    const workflow = this.newest(of);
    if (workflow === undefined) return;
    await this.faults.add({ step, phase, kind, workflow });
  }

  private async disturb(disturbance: Disturbance): Promise<void> {
    const { what, target, ms } = disturbance;
    const pid = this.cloud.pids()[target];
    if (this.busy.has(target) || pid === undefined) return;
    this.busy.add(target);
    const at = Date.now() - this.began;
    this.tell(
      `${(at / 1000).toFixed(1).padStart(6)} s  ${what} ${target}${ms > 0 ? ` for ${(ms / 1000).toFixed(1)} s` : ''}`,
    );
    try {
      if (what === 'kill') signalAll([pid], 'SIGKILL');
      // PostgreSQL takes SIGTERM for "wait for the clients".
      if (what === 'restart') signalAll([pid], target === 'postgres' ? 'SIGINT' : 'SIGTERM');
      if (what === 'away') {
        await this.cloud.suspend(target);
        await sleep(ms);
        // One that something else ends while it comes up is started again by its supervisor.
        await this.cloud.resume(target).catch(() => undefined);
      }
      if (what === 'pause') {
        const stopped = withChildren(pid);
        signalAll(stopped, 'SIGSTOP');
        await sleep(ms);
        signalAll(stopped, 'SIGCONT');
      }
    } finally {
      this.busy.delete(target);
      this.done.push({ ...disturbance, at, endedAt: Date.now() - this.began });
    }
  }
}

/** A process and its direct children: PostgreSQL's backends go on when only their parent is stopped. */
function withChildren(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
  return [pid, ...children];
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return undefined;
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
