import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

export const pause = serverAction({
  kind: 'pauseServer',
  action: 'pause',
  policy: 'os_compute_api:os-pause-server:pause',
  from: { vm_state: ['active'], task_state: [null] },
  during: 'pausing',
  to: { vm_state: 'paused', power_state: 3 },
  failed: 'unchanged',
  plan: ({ server }) => at(server),
}).step('pauseGuest', {
  title: 'Pause the guest',
  on: 'compute',
  undo: nothing('a paused guest is what was asked for'),
});

export const pauseServer = workflowOf(pause);
