import { conflict, notFound, type OpenStackError } from '../../kernel/errors.js';

/** neutron/services/trunk/exceptions.py, in Neutron's words. */
export const inOtherTrunk = (portId: string): OpenStackError =>
  conflict('TrunkPortInUse', `Port ${portId} is in use by another trunk.`);

export const noParent = (portId: string): OpenStackError =>
  conflict('ParentPortInUse', `Port ${portId} is currently in use and is not eligible for use as a parent port.`);

export const duplicateSubPort = (type: string, id: number, trunkId: string): OpenStackError =>
  conflict(
    'DuplicateSubPort',
    `segmentation_type ${type} and segmentation_id ${id} already in use on trunk ${trunkId}.`,
  );

export const mtuTooGreat = (portId: string, mtu: number, parentId: string, most: number): OpenStackError =>
  conflict(
    'SubPortMtuGreaterThanTrunkPortMtu',
    `MTU ${mtu} of subport ${portId} cannot be greater than MTU ${most} of trunk ${parentId}.`,
  );

export const isParent = (portId: string, trunkId: string): OpenStackError =>
  conflict('PortInUseAsTrunkParent', `Port ${portId} is currently a parent port for trunk ${trunkId}.`);

export const isSubPort = (portId: string, trunkId: string): OpenStackError =>
  conflict('PortInUseAsSubPort', `Port ${portId} is currently a subport for trunk ${trunkId}.`);

export const trunkInUse = (id: string): OpenStackError => conflict('TrunkInUse', `Trunk ${id} is currently in use.`);

export const trunkDisabled = (id: string): OpenStackError =>
  conflict('TrunkDisabled', `Trunk ${id} is currently disabled.`);

export const noSubPort = (portId: string, trunkId: string): OpenStackError =>
  notFound('SubPortNotFound', `SubPort ${portId} on trunk ${trunkId} could not be found.`);

export const portAttached = (portId: string, networkId: string, deviceId: string): OpenStackError =>
  conflict(
    'PortInUse',
    `Unable to complete operation on port ${portId} for network ${networkId}. Port already has an attached device ${deviceId}.`,
  );

export const portMissing = (id: string): OpenStackError => notFound('PortNotFound', `Port ${id} could not be found.`);
