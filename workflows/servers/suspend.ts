import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

export const suspend = serverAction({
  kind: 'suspendServer',
  action: 'suspend',
  policy: 'os_compute_api:os-suspend-server:suspend',
  from: { vm_state: ['active'], task_state: [null] },
  during: 'suspending',
  to: { vm_state: 'suspended', power_state: 4 },
  failed: 'unchanged',
  plan: ({ server }) => at(server),
}).step('suspendGuest', {
  title: 'Write the guest to disk',
  on: 'compute',
  undo: nothing('a suspended guest is what was asked for'),
});

export const suspendServer = workflowOf(suspend);
