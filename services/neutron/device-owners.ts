/** Whose a port is, by its `device_owner` (neutron_lib/constants.py). */
export const ROUTER_INTERFACE = 'network:router_interface';
export const ROUTER_GATEWAY = 'network:router_gateway';
/** Made by Neutron for each host that serves a network's DHCP: it goes with the network (AUTO_DELETE_PORT_OWNERS). */
export const DHCP = 'network:dhcp';
export const FLOATING_IP = 'network:floatingip';
