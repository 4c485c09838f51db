import { OpenStackError } from '../kernel/errors.js';

/** Neutron's InvalidInput: what the rules refuse. */
export const invalidInput = (why: string): OpenStackError =>
  new OpenStackError(400, 'InvalidInput', `Invalid input for operation: ${why}.`);

/** What the check of one attribute refuses (neutron_lib/api/attributes.py). */
export const invalidAttribute = (attribute: string, reason: string): OpenStackError =>
  new OpenStackError(400, 'HTTPBadRequest', `Invalid input for ${attribute}. Reason: ${reason}.`);
