import { linkOf } from './pairs.js';

/** The host's end of a guest's card. */
export const tapOf = (portId: string): string => linkOf('nt', portId);
/** What joins the hosts of a network. */
export const vxlanOf = (networkId: string): string => linkOf('nx', networkId);
/** The end of a router's card that is a port of its network's bridge. */
export const routerPeerOf = (portId: string): string => linkOf('nq', portId);
/** The same of what is outside of an external network. */
export const outsidePeerOf = (networkId: string): string => linkOf('np', networkId);
/** Links of a bridge that this cloud makes; any other is somebody else's, and is let alone. */
export const isTap = (name: string): boolean => name.startsWith('nt');
export const isVxlan = (name: string): boolean => name.startsWith('nx');
export const isPeer = (name: string): boolean => name.startsWith('nq') || name.startsWith('np');
