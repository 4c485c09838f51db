import type { PortOfServer } from '#activities/contract';
import { serverAction, workflowOf } from '../engine/server-action.js';
import { attachment } from './attachment.js';

export const detachInterfaceAction = serverAction({
  ...attachment<PortOfServer>(),
  kind: 'detachInterface',
  action: 'detach_interface',
  policy: 'os_compute_api:os-attach-interfaces:delete',
})
  .step('holdPort', { title: 'Hold the port', on: 'conductor', undo: 'keepPort' })
  .step('detachCard', {
    title: 'Take the card away from the guest and unplug it',
    on: 'compute',
    undo: 'attachCard',
    input: (plan, { holdPort }) => ({ ...plan, vif: holdPort }),
  })
  .end('finishDetachInterface', 'Say that the card is gone');

export const detachInterface = workflowOf(detachInterfaceAction);
