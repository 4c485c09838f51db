import { OpenStackError, conflict } from '../kernel/errors.js';

/** Neutron's InvalidInput: what the rules refuse. */
export const invalidInput = (why: string): OpenStackError =>
  new OpenStackError(400, 'InvalidInput', `Invalid input for operation: ${why}.`);

/** What the check of one attribute refuses (neutron_lib/api/attributes.py). */
export const invalidAttribute = (attribute: string, reason: string): OpenStackError =>
  new OpenStackError(400, 'HTTPBadRequest', `Invalid input for ${attribute}. Reason: ${reason}.`);

/** A network's MTU is too small for its subnets. @param least what they need, in bytes */
export const mtuConflict = (networkId: string, least: number): OpenStackError =>
  conflict('NetworkMTUSubnetConflict', `MTU of ${networkId} is not valid, subnet requires a minimum of ${least}`);
