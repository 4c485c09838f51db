import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

export const unpause = serverAction({
  kind: 'unpauseServer',
  action: 'unpause',
  policy: 'os_compute_api:os-pause-server:unpause',
  from: { vm_state: ['paused'], task_state: [null] },
  during: 'unpausing',
  to: { vm_state: 'active', power_state: 1 },
  failed: 'unchanged',
  plan: ({ server }) => at(server),
}).step('unpauseGuest', {
  title: 'Let the guest run on',
  on: 'compute',
  undo: nothing('a guest that runs is what was asked for'),
});

export const unpauseServer = workflowOf(unpause);
