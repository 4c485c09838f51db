/** Every workflow: what a conductor's bundle is made of. */
export { audit } from './audit/workflow.js';
export { bootServer } from './boot-server/workflow.js';
export { createVolume } from './create-volume/workflow.js';
export { deleteServer } from './delete-server/workflow.js';
export { deleteVolume } from './delete-volume/workflow.js';
export { purge } from './purge/workflow.js';
