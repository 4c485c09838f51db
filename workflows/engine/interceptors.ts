import {
  TemporalFailure,
  isCancellation,
  proxySinks,
  workflowInfo,
  type Sinks,
  type WorkflowInterceptors,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import {
  NEVER_GIVES_UP_HEADER,
  PROJECT_ID_HEADER,
  REQUEST_ID_HEADER,
  RESOURCE_ID_HEADER,
  TRACEPARENT_HEADER,
  TELLS_ATTEMPTS_HEADER,
} from './headers.js';
import { projectIdAttribute } from './saga-attributes.js';
import type { StepOptions } from './step-options.js';
import { traceparentOf } from './trace.js';

/** What a workflow tells its worker, past its history. */
export interface OperationSinks extends Sinks {
  readonly operations: {
    /** A traced operation has ended. @param error why it did not succeed */
    ended(error?: string): void;
  };
}
const { operations } = proxySinks<OperationSinks>();

/**
 * Sends the request id, the project and the resource of the operation with every activity, so that log lines on the
 * hosts carry them too, and of a traced operation the span that its steps are parts of. Headers also mark the steps that
 * never give up, and those that tell of their attempts. Headers and what is told to the worker stand in no command that a
 * replay compares.
 */
export const interceptors: WorkflowInterceptorsFactory = (): WorkflowInterceptors => ({
  inbound: [
    {
      async execute(input, next) {
        if (typeof workflowInfo().memo?.['traceparent'] !== 'string') return next(input);
        try {
          const result = await next(input);
          operations.ended();
          return result;
        } catch (error) {
          // Any other is a mistake in the workflow: its task is tried again, and nothing has ended.
          if (error instanceof TemporalFailure) operations.ended(isCancellation(error) ? 'cancelled' : error.message);
          throw error;
        }
      },
    },
  ],
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({ ...input, headers: { ...input.headers, ...onBehalfOf(), ...marks(input.options) } }),
      scheduleLocalActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...onBehalfOf() } }),
    },
  ],
  internals: [],
});

function onBehalfOf(): Record<string, Payload> {
  const { memo, typedSearchAttributes, workflowId } = workflowInfo();
  const traceparent = memo?.['traceparent'];
  const values = {
    [REQUEST_ID_HEADER]: memo?.['requestId'],
    [RESOURCE_ID_HEADER]: memo?.['resourceId'],
    [PROJECT_ID_HEADER]: typedSearchAttributes.get(projectIdAttribute),
    [TRACEPARENT_HEADER]: typeof traceparent === 'string' ? traceparentOf(workflowId, traceparent) : undefined,
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, defaultPayloadConverter.toPayload(value)]] : [],
    ),
  );
}

const YES = (): Payload => defaultPayloadConverter.toPayload(true);
const marks = ({ neverGivesUp, tellsAttempts }: StepOptions): Record<string, Payload> => ({
  ...(neverGivesUp ? { [NEVER_GIVES_UP_HEADER]: YES() } : {}),
  ...(tellsAttempts ? { [TELLS_ATTEMPTS_HEADER]: YES() } : {}),
});
