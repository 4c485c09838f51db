import { OpenStackError, conflict, notFound } from '../../kernel/errors.js';

/** What Neutron's L3 refuses, in its words (neutron_lib/exceptions/l3.py, extraroute.py, external_net.py). */

export const badRouter = (why: string): OpenStackError =>
  new OpenStackError(400, 'BadRequest', `Bad router request: ${why}.`);

export const routerInUse = (id: string, ports: readonly string[]): OpenStackError =>
  conflict('RouterInUse', `Router ${id} has ports still attached: ${ports.join(', ')}`);

export const noInterface = (routerId: string, portId: string): OpenStackError =>
  notFound('RouterInterfaceNotFound', `Router ${routerId} does not have an interface with id ${portId}`);

export const noInterfaceOn = (routerId: string, subnetId: string): OpenStackError =>
  notFound('RouterInterfaceNotFoundForSubnet', `Router ${routerId} has no interface on subnet ${subnetId}`);

export const neededByRoute = (routerId: string, subnetId: string): OpenStackError =>
  conflict(
    'RouterInterfaceInUseByRoute',
    `Router interface for subnet ${subnetId} on router ${routerId} cannot be deleted, as it is required by one or more routes.`,
  );

export const portInUse = (port: { id: string; network_id: string; device_id: string }): OpenStackError =>
  conflict(
    'PortInUse',
    `Unable to complete operation on port ${port.id} for network ${port.network_id}. Port already has an attached device ${port.device_id}.`,
  );

export const servicePortInUse = (id: string, owner: string): OpenStackError =>
  conflict('ServicePortInUse', `Port ${id} cannot be deleted directly via the port API: has device owner ${owner}.`);

export const neededByFloatingIp = (routerId: string, subnetId: string): OpenStackError =>
  conflict(
    'RouterInterfaceInUseByFloatingIP',
    `Router interface for subnet ${subnetId} on router ${routerId} cannot be deleted, as it is required by one or more floating IPs.`,
  );

export const gatewayNeeded = (routerId: string, networkId: string): OpenStackError =>
  conflict(
    'RouterExternalGatewayInUseByFloatingIp',
    `Gateway cannot be updated for router ${routerId}, since a gateway to external network ${networkId} is required by one or more floating IPs.`,
  );

export const badFloatingIp = (why: string): OpenStackError =>
  new OpenStackError(400, 'BadRequest', `Bad floatingip request: ${why}.`);

export const badForwarding = (why: string): OpenStackError =>
  new OpenStackError(400, 'BadRequest', `Bad port_forwarding request: ${why}.`);

export const noPort = (id: string): OpenStackError => notFound('PortNotFound', `Port ${id} could not be found.`);
export const noRouter = (id: string): OpenStackError => notFound('RouterNotFound', `Router ${id} could not be found`);

export const noGatewayOn = (routerId: string, networkId: string): OpenStackError =>
  conflict('Conflict', `Router ${routerId} has no external gateway on network ${networkId}`);

export const noAddressOutside = (networkId: string): OpenStackError =>
  new OpenStackError(
    400,
    'ExternalIpAddressExhausted',
    `Unable to find any IP address on external network ${networkId}.`,
  );

export const notReachable = (networkId: string, subnetId: string, portId: string): OpenStackError =>
  notFound(
    'ExternalGatewayForFloatingIPNotFound',
    `External network ${networkId} is not reachable from subnet ${subnetId}.  Therefore, cannot associate Port ${portId} with a Floating IP.`,
  );

export const alreadyAssociated = (
  ip: { readonly id: string; readonly floating_ip_address: string; readonly floating_network_id: string },
  portId: string,
  fixedIp: string,
): OpenStackError =>
  conflict(
    'FloatingIPPortAlreadyAssociated',
    `Cannot associate floating IP ${ip.floating_ip_address} (${ip.id}) with port ${portId} using fixed IP ${fixedIp}, as that fixed IP already has a floating IP on external network ${ip.floating_network_id}.`,
  );

export const forwards = (id: string): OpenStackError =>
  conflict('FipInUseByPortForwarding', `Floating IP ${id} in use by Port Forwarding resources.`);

/** Another project's floating IP stands for it. */
export const hasForeignFloatingIp = (portId: string): OpenStackError =>
  conflict(
    'FipAssociated',
    `Unable to complete the operation on port ${portId} because the port still has an associated floating IP.`,
  );

/** A user's port says that it is of a router that another project has. */
export const foreignDevice = (deviceId: string): OpenStackError =>
  conflict(
    'DeviceIDNotOwnedByTenant',
    `The following device_id ${deviceId} is not owned by your project or matches another project router.`,
  );

/** @param routes all of those that were to be */
export const invalidRoutes = (routes: readonly Route[], why: string): OpenStackError => {
  const written = routes.map((r) => `{'destination': '${r.destination}', 'nexthop': '${r.nexthop}'}`);
  return new OpenStackError(400, 'InvalidRoutes', `Invalid format for routes: [${written.join(', ')}], ${why}`);
};

/** A route of a router or of a subnet. */
export interface Route {
  readonly destination: string;
  readonly nexthop: string;
}
