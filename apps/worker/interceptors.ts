import { ApplicationFailure, defaultPayloadConverter, type Duration } from '@temporalio/common';
import type { Info } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';
import type { OpenSpan, Tracing } from '#apps/tracing/index';
import { toTemporalFailure, verdictOf } from '#activities/failures';
import type { Config } from '#config';
import type { Verdict } from '#services/kernel/errors';
import type { Logger } from '#services/kernel/log';
import { onBehalfOf } from '#services/kernel/log-context';
import {
  NEVER_GIVES_UP_HEADER,
  PROJECT_ID_HEADER,
  REQUEST_ID_HEADER,
  RESOURCE_ID_HEADER,
  TRACEPARENT_HEADER,
  TELLS_ATTEMPTS_HEADER,
} from '#workflows/engine/headers';
import { Attempt } from './attempts.js';

/** How one attempt of a step ended. */
export interface StepEnd {
  readonly step: string;
  readonly attempt: number;
  readonly outcome: 'done' | 'cancelled' | Verdict;
  readonly ms: number;
}

/** What is wanted of each step beside its log lines. */
interface Beside {
  readonly ended?: ((end: StepEnd) => void) | undefined;
  readonly tracing?: Tracing | undefined;
  readonly rest?: Duration;
}

/**
 * Around every activity: its failure is mapped, all log lines that are written meanwhile carry the request id, and in development mode it may be
 * failed on purpose.
 * @param beside `ended` is told how each attempt ended; `rest` is how long a step that never gives up rests after it said that it
 *   cannot, which tests shorten
 */
export async function activityInterceptors(
  config: { readonly cloud: Pick<Config['cloud'], 'mode'>; readonly home: string },
  log: Logger,
  { ended, tracing, rest }: Beside = {},
): Promise<(context: { info: Info }) => ActivityInterceptors> {
  const injection =
    config.cloud.mode === 'development'
      ? new (await import('#apps/faults/interceptor')).FaultInterceptor(config.home, log)
      : undefined;
  return ({ info }) => {
    return {
      inbound: {
        execute(input, next) {
          const header = (name: string): unknown =>
            input.headers[name] ? defaultPayloadConverter.fromPayload(input.headers[name]) : undefined;
          const projectId = header(PROJECT_ID_HEADER) as string | undefined;
          const resourceId = header(RESOURCE_ID_HEADER) as string | undefined;
          const neverGivesUp = header(NEVER_GIVES_UP_HEADER) === true;
          const span = tracing && beginSpan(tracing, info, header(TRACEPARENT_HEADER));
          const behalf = {
            ...(span ? { traceparent: span.traceparent } : {}),
            requestId: header(REQUEST_ID_HEADER) as string | undefined,
            projectId,
            resourceId,
            workflowId: info.workflowExecution?.workflowId,
            step: info.activityType,
            attempt: info.attempt,
          };
          return onBehalfOf(behalf, async () => {
            const began = performance.now();
            const attempt = new Attempt(info, header(TELLS_ATTEMPTS_HEADER) === true);
            const end = (outcome: StepEnd['outcome']): { ms: number } => {
              const ms = performance.now() - began;
              ended?.({ step: info.activityType, attempt: info.attempt, outcome, ms });
              return { ms: Math.round(ms) };
            };
            try {
              const result: unknown = await (injection?.of(info, { projectId, resourceId })(input, next) ??
                next(input));
              log.info(end('done'), 'step done');
              span?.end();
              return attempt.result(result);
            } catch (error) {
              const failure = toTemporalFailure(error, {
                attempt: info.attempt,
                neverGivesUp,
                attempts: (reason) => attempt.failed(reason),
                ...(rest === undefined ? {} : { rest }),
              });
              attempt.handOn(failure);
              const outcome = failure instanceof ApplicationFailure ? verdictOf(failure) : undefined;
              log.warn({ ...end(outcome ?? 'cancelled'), error: failure.message }, 'step failed');
              span?.end({ error: failure.message });
              throw failure;
            }
          });
        },
      },
    };
  };
}

/** An attempt of a step, as a part of its operation. @param parent undefined for an operation that is not traced */
function beginSpan(
  tracing: Tracing,
  { activityType, attempt, taskQueue }: Info,
  parent: unknown,
): OpenSpan | undefined {
  if (typeof parent !== 'string') return undefined;
  return tracing.begin(activityType, {
    parent,
    attributes: { 'novaflow.attempt': attempt, 'novaflow.queue': taskQueue },
  });
}
