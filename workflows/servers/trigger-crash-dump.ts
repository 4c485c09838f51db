import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

/**
 * The server stays as it is, and Nova shows no task_state: others may go on beside it. Nova also begins it in states that are not
 * here (rescued, resized).
 */
export const crashDump = serverAction({
  kind: 'triggerCrashDump',
  action: 'trigger_crash_dump',
  policy: 'os_compute_api:servers:trigger_crash_dump',
  from: { vm_state: ['active', 'paused', 'error'], task_state: [null] },
  during: null,
  failed: 'unchanged',
  plan: ({ server }) => at(server),
})
  .step('injectNmi', {
    title: 'Send the guest an NMI',
    on: 'compute',
    undo: nothing('it cannot be made not to have been'),
  })
  .end('endAction', 'Say that it is done');

export const triggerCrashDump = workflowOf(crashDump);
