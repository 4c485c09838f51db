import { workflowInfo, type WorkflowInterceptors, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { NEVER_GIVES_UP_HEADER, PROJECT_ID_HEADER, REQUEST_ID_HEADER, RESOURCE_ID_HEADER } from './headers.js';
import { projectIdAttribute } from './saga-attributes.js';
import type { StepOptions } from './step-options.js';

/**
 * Sends the request id, the project and the resource of the operation with every activity, so that log lines on the
 * hosts carry them too. A header also marks the steps that never give up.
 */
export const interceptors: WorkflowInterceptorsFactory = (): WorkflowInterceptors => ({
  inbound: [],
  outbound: [
    {
      scheduleActivity: (input, next) =>
        next({ ...input, headers: { ...input.headers, ...onBehalfOf(), ...persistence(input.options) } }),
      scheduleLocalActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...onBehalfOf() } }),
    },
  ],
  internals: [],
});

function onBehalfOf(): Record<string, Payload> {
  const { memo, typedSearchAttributes } = workflowInfo();
  const values = {
    [REQUEST_ID_HEADER]: memo?.['requestId'],
    [RESOURCE_ID_HEADER]: memo?.['resourceId'],
    [PROJECT_ID_HEADER]: typedSearchAttributes.get(projectIdAttribute),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, defaultPayloadConverter.toPayload(value)]] : [],
    ),
  );
}

const persistence = ({ neverGivesUp }: StepOptions): Record<string, Payload> =>
  neverGivesUp ? { [NEVER_GIVES_UP_HEADER]: defaultPayloadConverter.toPayload(true) } : {};
