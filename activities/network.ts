/** The steps of the network agent. */
export { inspectNetwork } from './neutron/inspect-network.js';
