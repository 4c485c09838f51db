import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

export const start = serverAction({
  kind: 'startServer',
  action: 'start',
  policy: 'os_compute_api:servers:start',
  from: { vm_state: ['stopped'], task_state: [null] },
  during: 'powering-on',
  to: { vm_state: 'active', power_state: 1 },
  failed: 'unchanged',
  plan: ({ server }) => at(server),
}).step('powerOn', {
  title: 'Power the guest on',
  on: 'compute',
  undo: nothing('a guest that runs is what was asked for'),
});

export const startServer = workflowOf(start);
