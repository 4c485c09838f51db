import { OpenStackError, conflict } from '../../kernel/errors.js';
import { invalidInput } from '../refusals.js';

/** What Neutron's RBAC refuses, in its words (neutron/extensions/rbac.py, neutron/db/rbac_db_models.py). */

export const noObjectType = (type: string): OpenStackError => invalidInput(`'${type}' is not a valid RBAC object type`);

export const noTarget = (target: string): OpenStackError =>
  invalidInput(`'${target}' is not a valid target project ID; expected a UUID or '*'`);

export const noAction = (action: string, type: string, valid: readonly string[]): OpenStackError =>
  new OpenStackError(
    400,
    'InvalidActionForType',
    `Invalid input for operation: Invalid action '${action}' for object type '${type}'. Valid actions: ${tuple(valid)}.`,
  );

/** As Python writes a tuple. */
const tuple = (words: readonly string[]): string =>
  words.length === 1 ? `('${words[0]}',)` : `(${words.map((word) => `'${word}'`).join(', ')})`;

/** Somebody who is no administrator names a thing of another project. */
export const notOwned = (type: string): OpenStackError =>
  invalidInput(`Only admins can manipulate policies on ${type === 'network' ? 'networks' : 'objects'} they do not own`);

/** The project that a subnet pool is to be shared with could not use the scope that the pool is in. */
export const scopeNotShared = (objectId: string): OpenStackError =>
  invalidInput(
    `Failed to create RBAC policy on object ${objectId} because target project doesn't have access to associated address scope`,
  );

export const duplicate = (): OpenStackError =>
  conflict('DuplicateRbacPolicy', 'An RBAC policy already exists with those values.');

export const inUse = (objectId: string, details: string): OpenStackError =>
  conflict(
    'RbacPolicyInUse',
    `RBAC policy on object ${objectId} cannot be removed because other objects depend on it.\nDetails: ${details}`,
  );

/** Why a network stays shared (neutron_lib/exceptions: InvalidSharedSetting). */
export const tenantsOn = (networkId: string): string =>
  `Unable to reconfigure sharing settings for network ${networkId}. Multiple tenants are using it.`;
