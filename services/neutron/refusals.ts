import { OpenStackError, conflict, notFound } from '../kernel/errors.js';

/** Neutron's InvalidInput: what the rules refuse. */
export const invalidInput = (why: string): OpenStackError =>
  new OpenStackError(400, 'InvalidInput', `Invalid input for operation: ${why}.`);

/** What the check of one attribute refuses (neutron_lib/api/attributes.py). */
export const invalidAttribute = (attribute: string, reason: string): OpenStackError =>
  new OpenStackError(400, 'HTTPBadRequest', `Invalid input for ${attribute}. Reason: ${reason}.`);

/** A network's MTU is too small for its subnets. @param least what they need, in bytes */
export const mtuConflict = (networkId: string, least: number): OpenStackError =>
  conflict('NetworkMTUSubnetConflict', `MTU of ${networkId} is not valid, subnet requires a minimum of ${least}`);

export const networkMissing = (id: string): OpenStackError =>
  notFound('NetworkNotFound', `Network ${id} could not be found.`);

export const addressGroupMissing = (id: string): OpenStackError =>
  notFound('AddressGroupNotFound', `Address group ${id} could not be found.`);

/** @param ids one, or several (neutron/extensions/securitygroup.py: SecurityGroupNotFound) */
export const groupMissing = (ids: string): OpenStackError =>
  notFound('SecurityGroupNotFound', `Security group ${ids} does not exist`);
