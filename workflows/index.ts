/** Every workflow: what a conductor's bundle is made of. */
export { audit } from './upkeep/audit/workflow.js';
export { bootServer } from './servers/boot-server/workflow.js';
export { createVolume } from './volumes/create-volume/workflow.js';
export { deleteServer } from './servers/delete-server/workflow.js';
export { deleteVolume } from './volumes/delete-volume/workflow.js';
export { purge } from './upkeep/purge/workflow.js';
export { stopServer } from './servers/stop.js';
export { startServer } from './servers/start.js';
export { pauseServer } from './servers/pause.js';
export { unpauseServer } from './servers/unpause.js';
export { suspendServer } from './servers/suspend.js';
export { resumeServer } from './servers/resume.js';
export { rebootServer } from './servers/reboot.js';
export { attachInterface } from './servers/attach-interface.js';
export { attachVolume } from './servers/attach-volume.js';
export { detachInterface } from './servers/detach-interface.js';
export { detachVolume } from './servers/detach-volume.js';
