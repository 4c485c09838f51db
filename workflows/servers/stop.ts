import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

/** Nova's shutdown_timeout. */
const STOP_GRACE_SECONDS = 60;

export const stop = serverAction({
  kind: 'stopServer',
  action: 'stop',
  policy: 'os_compute_api:servers:stop',
  from: { vm_state: ['active', 'error'], task_state: [null] },
  during: 'powering-off',
  to: { vm_state: 'stopped', power_state: 4 },
  failed: 'unchanged',
  plan: ({ server }) => ({ ...at(server), graceSeconds: STOP_GRACE_SECONDS }),
}).step('powerOff', {
  title: 'Power the guest off',
  on: 'compute',
  undo: nothing('a guest that is off is what was asked for'),
});

export const stopServer = workflowOf(stop);
