import type { PortOfServer } from '#activities/contract';
import { serverAction, workflowOf } from '../engine/server-action.js';
import { attachment } from './attachment.js';

export const attachInterfaceAction = serverAction({
  ...attachment<PortOfServer>(),
  kind: 'attachInterface',
  action: 'attach_interface',
  policy: 'os_compute_api:os-attach-interfaces:create',
})
  .step('holdPort', { title: 'Hold the port', on: 'conductor', undo: 'giveBackPort' })
  .step('attachCard', {
    title: 'Plug the card and give it to the guest',
    on: 'compute',
    undo: 'detachCard',
    input: (plan, { holdPort }) => ({ ...plan, vif: holdPort }),
  })
  .end('finishAttachInterface', 'Say that the card is up');

export const attachInterface = workflowOf(attachInterfaceAction);
