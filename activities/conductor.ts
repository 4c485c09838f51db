/** The conductor's steps. */
export { clearForRepair, healRecord, recordAudit } from './audit/heal.js';
export { findOrphans, listMachines } from './audit/look.js';
export { failVolume, finishVolume } from './cinder/finish-volume.js';
export { placeVolume } from './cinder/place-volume.js';
export { removeVolume } from './cinder/remove-volume.js';
export { validateToken } from './keystone/validate-token.js';
export { activateServer } from './nova/activate-server.js';
export { allocateNetwork, releaseNetwork } from './nova/allocate-network.js';
export { closeBoot } from './nova/close-boot.js';
export { failServer } from './nova/fail-server.js';
export { finishDelete } from './nova/finish-delete.js';
export { prepareDelete } from './nova/prepare-delete.js';
export { purgeDeleted } from './nova/purge-deleted.js';
export { releaseVolume, requestVolume } from './nova/request-volume.js';
export { releaseClaim, scheduleServer } from './nova/schedule-server.js';
export { endOperation } from './operations/end-operation.js';
