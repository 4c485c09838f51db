/**
 * Failure injection, for development mode: production never imports this file. Faults are a file of the state
 * directory, so that they can be set while the database, the API or Temporal are down, and survive a crash.
 */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { Info } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

export const FaultSchema = Type.Object({
  /** The activity to fail. */
  step: Type.String(),
  /** Only in workflows whose id has this in it. */
  workflow: Type.Optional(Type.String()),
  /** Only in workflows of this project. */
  project: Type.Optional(Type.String()),
  /** Before the step acts, or after it acted and before it could say so. */
  phase: Type.Union([Type.Literal('before'), Type.Literal('after')]),
  kind: Type.Union([
    Type.Literal('error'),
    Type.Literal('fatal'),
    Type.Literal('delay'),
    Type.Literal('hang'),
    Type.Literal('crash'),
  ]),
  /** Attempts 1 to `times` fail. */
  times: Type.Integer({ minimum: 1, default: 1 }),
  /** For delay. */
  ms: Type.Integer({ minimum: 0, default: 1000 }),
});
export type Fault = Static<typeof FaultSchema>;

export const faultsFile = (home: string): string => path.join(home, 'faults.json');
/** Each fault that struck, one JSON object a line: a test asserts that its fault was hit. */
export const hitsFile = (home: string): string => path.join(home, 'fault-hits.jsonl');

/** The faults set now; none when the file is not there. */
export function readFaults(home: string): Fault[] {
  const file = faultsFile(home);
  if (!statSync(file, { throwIfNoEntry: false })) return [];
  const faults: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return Value.Check(Type.Array(FaultSchema), faults) ? faults : [];
}

/** Fails activities as the faults file says. */
export class FaultInterceptor {
  constructor(
    private readonly home: string,
    private readonly info: Info,
    private readonly projectId: string | undefined,
  ) {}

  readonly execute: NonNullable<ActivityInboundCallsInterceptor['execute']> = async (input, next) => {
    const faults = readFaults(this.home).filter((f) => this.strikes(f));
    if (faults.length === 0) return next(input);
    for (const fault of faults.filter((f) => f.phase === 'before')) await this.strike(fault);
    const result: unknown = await next(input);
    for (const fault of faults.filter((f) => f.phase === 'after')) await this.strike(fault);
    return result;
  };

  private strikes({ step, workflow, project, times }: Fault): boolean {
    const { activityType, attempt, workflowExecution } = this.info;
    return (
      step === activityType &&
      attempt <= times &&
      (project === undefined || project === this.projectId) &&
      (workflow === undefined || (workflowExecution?.workflowId.includes(workflow) ?? false))
    );
  }

  private async strike(fault: Fault): Promise<void> {
    const { attempt, workflowExecution } = this.info;
    appendFileSync(
      hitsFile(this.home),
      `${JSON.stringify({ ...fault, attempt, workflowId: workflowExecution?.workflowId })}\n`,
    );
    const message = `injected ${fault.kind} ${fault.phase} ${fault.step}`;
    if (fault.kind === 'error') throw ApplicationFailure.retryable(message, 'InjectedFault');
    if (fault.kind === 'fatal') throw ApplicationFailure.nonRetryable(message, 'InjectedFault');
    if (fault.kind === 'delay') await sleep(fault.ms);
    // Without a heartbeat and without an end: the server gives the attempt up.
    if (fault.kind === 'hang') await sleep(2 ** 31 - 1);
    if (fault.kind === 'crash') process.kill(process.pid, 'SIGKILL');
  }
}
