/** The steps of nova-compute. */
export { destroyGuest } from './nova/destroy-guest.js';
export { fetchImage } from './nova/fetch-image.js';
export { inspectCompute } from './nova/inspect-compute.js';
export { spawnServer } from './nova/spawn-server.js';
export { removeStrayDevice } from './nova/remove-stray-device.js';
export { unplugNetwork } from './nova/unplug-network.js';
export { powerOff } from './nova/power-off.js';
export { powerOn } from './nova/power-on.js';
export { rebootGuest } from './nova/reboot-guest.js';
export { pauseGuest } from './nova/pause-guest.js';
export { unpauseGuest } from './nova/unpause-guest.js';
export { suspendGuest } from './nova/suspend-guest.js';
export { resumeGuest } from './nova/resume-guest.js';
export { injectNmi } from './nova/inject-nmi.js';
export { attachCard, detachCard } from './nova/attach-card.js';
export { attachDisk, detachDisk } from './nova/attach-disk.js';
