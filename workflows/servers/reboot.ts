import { nothing } from '../engine/flow.js';
import { at, serverAction, workflowOf } from '../engine/server-action.js';

interface Body {
  readonly type: 'SOFT' | 'HARD';
}
/** Nova's shutdown_timeout: a guest that has not gone down by then is rebooted without being asked. */
const GRACE_SECONDS = 60;
/** A hard reboot also ends one that hangs (ALLOW_REBOOT). */
const REBOOTABLE = [null, 'rebooting', 'resuming', 'rebooting_hard', 'unpausing', 'pausing', 'suspending'];

export const reboot = serverAction({
  kind: 'rebootServer',
  action: 'reboot',
  policy: 'os_compute_api:servers:reboot',
  from: ({ type }: Body) =>
    type === 'SOFT'
      ? { vm_state: ['active'], task_state: [null] }
      : { vm_state: ['active', 'stopped', 'paused', 'suspended', 'error'], task_state: REBOOTABLE },
  during: ({ type }) => (type === 'SOFT' ? 'rebooting' : 'rebooting_hard'),
  to: { vm_state: 'active', power_state: 1 },
  failed: 'error',
  plan: ({ server, body }) => ({ ...at(server), type: body.type, graceSeconds: GRACE_SECONDS }),
}).step('rebootGuest', {
  title: 'Reboot the guest',
  on: 'compute',
  undo: nothing('it cannot be made not to have been'),
});

export const rebootServer = workflowOf(reboot);
