/** The steps of nova-compute. */
export { destroyGuest } from './nova/destroy-guest.js';
export { fetchImage } from './nova/fetch-image.js';
export { inspectCompute } from './nova/inspect-compute.js';
export { spawnServer } from './nova/spawn-server.js';
export { unplugNetwork } from './nova/unplug-network.js';
