import { ApplicationFailure } from '@temporalio/common';
import type { Info } from '@temporalio/activity';
import { handOn, handedOn } from '#activities/heartbeat';
import type { AttemptRecord } from '#services/kernel/engine';
import { earlierAttempts, withAttempt, type Tried } from '#workflows/engine/attempts';

/** One attempt of a step, with those before it (workflows/engine/attempts.ts). */
export class Attempt {
  private readonly earlier: readonly AttemptRecord[];
  private readonly startedAt = new Date().toISOString();

  /** @param asked whether the workflow understands what is put around a result */
  constructor(
    private readonly info: Pick<Info, 'isLocal' | 'attempt' | 'heartbeatDetails'>,
    private readonly asked: boolean,
  ) {
    this.earlier = info.isLocal ? [] : earlierAttempts(handedOn(info), info.attempt);
  }

  /** The result for the workflow, which is told of the attempts where there were several. */
  result(result: unknown): unknown {
    if (this.earlier.length === 0 || !this.asked) return result;
    return { tried: true, result, attempts: this.all() } satisfies Tried;
  }

  /** All attempts with this one, which failed; undefined where it is the only one. */
  failed(error: string): readonly AttemptRecord[] | undefined {
    return this.earlier.length === 0 ? undefined : this.all(error);
  }

  /** Tells the next attempt, where there may be one. */
  handOn(failure: Error): void {
    if (!this.info.isLocal && failure instanceof ApplicationFailure && failure.nonRetryable !== true)
      handOn(this.all(failure.message));
  }

  private all(error?: string): readonly AttemptRecord[] {
    const times = { startedAt: this.startedAt, finishedAt: new Date().toISOString() };
    return withAttempt(this.earlier, { ...times, ...(error === undefined ? {} : { error }) });
  }
}
