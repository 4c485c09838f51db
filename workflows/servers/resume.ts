import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

export const resume = serverAction({
  kind: 'resumeServer',
  action: 'resume',
  policy: 'os_compute_api:os-suspend-server:resume',
  from: { vm_state: ['suspended'], task_state: [null] },
  during: 'resuming',
  to: { vm_state: 'active', power_state: 1 },
  failed: 'unchanged',
  plan: ({ server }) => at(server),
}).step('resumeGuest', {
  title: 'Run the guest from disk',
  on: 'compute',
  undo: nothing('a guest that runs is what was asked for'),
});

export const resumeServer = workflowOf(resume);
