/** Fails activities as the fault store says. Loaded in development mode only. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { Info } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { atPoints, type AnyPoint } from '#activities/host/points';
import type { Logger } from '#services/kernel/log';
import { FaultStore, type Fault } from './store.js';

/** A hung attempt comes back this long after the server has given it up, in ms: late, as a paused process is. */
const LATE_MS = 2_000;
/** How often a delay looks whether it has been taken back, in ms. */
const DELAY_POLL_MS = 50;

/** On whose behalf a step runs, and what its operation is about. */
interface Behalf {
  readonly projectId: string | undefined;
  readonly resourceId: string | undefined;
}
interface Attempt extends Behalf {
  readonly info: Info;
}

export class FaultInterceptor {
  private readonly store: FaultStore;
  /** Whose code runs now: a point does not know in which attempt it is. */
  private readonly running = new AsyncLocalStorage<Attempt>();
  /** The faults last seen, for the warning when they change. */
  private seen = '[]';

  constructor(
    home: string,
    private readonly log: Logger,
  ) {
    this.store = new FaultStore(home);
    this.look();
    atPoints((point) => this.strikeAt(point));
  }

  /** The interceptor of one attempt. */
  of(info: Info, behalf: Behalf): NonNullable<ActivityInboundCallsInterceptor['execute']> {
    const attempt = { info, ...behalf };
    const around: NonNullable<ActivityInboundCallsInterceptor['execute']> = async (input, next) => {
      const faults = this.look().filter((f) => this.strikes(f, attempt));
      for (const fault of faults.filter((f) => f.phase === 'before')) await this.strike(fault, attempt);
      const late = faults.find((f) => f.kind === 'hang');
      try {
        const lost = faults.find((f) => f.kind === 'disconnect');
        let result: unknown = await (lost ? this.losing(lost, attempt, () => next(input)) : next(input));
        for (const fault of faults.filter((f) => f.phase === 'after' && f !== lost)) {
          await this.strike(fault, attempt);
          if (fault.kind === 'twice') result = await next(input);
        }
        if (late) this.store.record(late, { ...at(attempt), returned: 'acted' });
        return result;
      } catch (error) {
        if (late) this.store.record(late, { ...at(attempt), returned: 'refused' });
        throw error;
      }
    };
    return (input, next) => this.running.run(attempt, () => around(input, next));
  }

  /** Runs a step whose connection to the database breaks when it has committed. One that commits nothing is not struck. */
  private async losing<T>(fault: Fault, attempt: Attempt, work: () => Promise<T>): Promise<T> {
    const { losingTheAnswer } = await import('./lost-answers.js');
    return losingTheAnswer(work, () => this.note(fault, attempt));
  }

  private async strikeAt(point: AnyPoint): Promise<void> {
    const attempt = this.running.getStore();
    if (!attempt) return;
    // A driver does not know which step it works for: its points are named by what it does.
    const here = ({ phase, step, point: name = '' }: Fault): boolean =>
      phase === 'at' && (name === point || `${step}:${name}` === point);
    for (const fault of this.look().filter((f) => here(f) && this.strikes(f, attempt)))
      await this.strike(fault, attempt);
  }

  /** Reads the faults, and says so when there are others than before. */
  private look(): Fault[] {
    const faults = this.store.list();
    const now = JSON.stringify(faults);
    if (now !== this.seen) {
      this.seen = now;
      if (faults.length > 0) this.log.warn({ faults }, 'FAILURE INJECTION IS ON: steps will fail on purpose');
      else this.log.warn('failure injection is off again');
    }
    return faults;
  }

  private strikes(fault: Fault, { info, projectId, resourceId }: Attempt): boolean {
    const workflowId = info.workflowExecution?.workflowId ?? '';
    const those = [info.workflowType, workflowId, resourceId];
    return (
      fault.step === info.activityType &&
      (fault.attempt === undefined || fault.attempt === info.attempt) &&
      (fault.project === undefined || fault.project === projectId) &&
      (fault.workflow === undefined || those.includes(fault.workflow)) &&
      // Counted in the file, not in memory: a worker that a fault killed must not be killed for ever.
      (fault.times === 0 || this.store.countHits(fault.id, workflowId) < fault.times)
    );
  }

  /** Waits as long as the fault says, or until it is taken back. */
  private async wait({ id, ms }: Fault): Promise<void> {
    const end = performance.now() + ms;
    while (performance.now() < end && this.store.list().some((f) => f.id === id)) await sleep(DELAY_POLL_MS);
  }

  /** Before it acts: a crash must be found in the records too. */
  private note(fault: Fault, attempt: Attempt): void {
    this.store.record(fault, at(attempt));
    this.log.warn({ fault, ...at(attempt) }, 'INJECTED FAULT');
  }

  private async strike(fault: Fault, attempt: Attempt): Promise<void> {
    const { info } = attempt;
    this.note(fault, attempt);
    const message = `injected ${fault.kind} ${fault.phase} ${fault.point === undefined ? '' : `${fault.point} in `}${fault.step}`;
    if (fault.kind === 'error') throw ApplicationFailure.retryable(message, 'InjectedFault');
    if (fault.kind === 'fatal') throw ApplicationFailure.nonRetryable(message, 'InjectedFault');
    if (fault.kind === 'delay') await this.wait(fault);
    // A step without a heartbeat has 0 there.
    if (fault.kind === 'hang') await sleep((info.heartbeatTimeoutMs || info.startToCloseTimeoutMs) + LATE_MS);
    if (fault.kind === 'crash') {
      process.kill(process.pid, 'SIGKILL');
      // The signal comes at once, but not before the next statement.
      await sleep(LATE_MS);
    }
  }
}

const at = ({ info, resourceId }: Attempt) => ({
  attempt: info.attempt,
  workflowId: info.workflowExecution?.workflowId ?? '',
  ...(resourceId === undefined ? {} : { resourceId }),
});
