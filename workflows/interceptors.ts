import { workflowInfo, type WorkflowInterceptors, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { defaultPayloadConverter } from '@temporalio/common';
import { REQUEST_ID_HEADER } from './request-id.js';



/** Hands the request id of the API on to every activity, so that its log lines carry it to the host. */
export const interceptors: WorkflowInterceptorsFactory = (): WorkflowInterceptors => ({
  inbound: [],
  outbound: [
    {
      scheduleActivity(input, next) {
        const requestId = workflowInfo().memo?.['requestId'];
        return typeof requestId === 'string' ? next({ ...input, headers: { ...input.headers, [REQUEST_ID_HEADER]: defaultPayloadConverter.toPayload(requestId) } }) : next(input);
      },
    },
  ],
  internals: [],
});
