/** The steps of cinder-volume. */
export { connectVolume, disconnectVolume } from './cinder/connect-volume.js';
export { inspectVolumes } from './cinder/inspect-volumes.js';
