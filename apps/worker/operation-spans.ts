import type { InjectedSinks } from '@temporalio/worker';
import type { Tracing } from '#apps/tracing/index';
import type { OperationSinks } from '#workflows/engine/interceptors';
import { spanOf } from '#workflows/engine/trace';

/**
 * Writes the span of an operation down when its workflow has ended. Temporal may call it again for a task that it repeats, and not at
 * all when the conductor ends at that moment: then the operation's steps name a parent that the trace has not.
 */
export const sinksOf = (tracing: Tracing | undefined): InjectedSinks<OperationSinks> => ({
  operations: {
    ended: {
      callDuringReplay: false,
      fn({ workflowId, workflowType, memo, startTime }, error) {
        const parent = memo?.['traceparent'];
        if (typeof parent !== 'string') return;
        const attributes = { 'novaflow.operation': workflowId, 'novaflow.resource': String(memo?.['resourceId']) };
        tracing
          ?.begin(workflowType, { parent, attributes, id: spanOf(workflowId), since: startTime })
          ?.end(error === undefined ? {} : { error });
      },
    },
  },
});
