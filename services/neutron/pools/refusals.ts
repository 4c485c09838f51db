import { OpenStackError, conflict } from '../../kernel/errors.js';
import { invalidInput } from '../refusals.js';

/** What Neutron says of subnet pools and address scopes (neutron_lib/exceptions, neutron_lib/exceptions/address_scope.py). */
const bad = (type: string, words: string): OpenStackError => new OpenStackError(400, type, words);

export const badSubnet = (why: string): OpenStackError => bad('BadRequest', `Bad subnets request: ${why}.`);
export const illegalPool = (why: string): OpenStackError =>
  bad('IllegalSubnetPoolUpdate', `Illegal subnetpool update : ${why}.`);
export const illegalPrefixes = (why: string): OpenStackError =>
  bad('IllegalSubnetPoolPrefixUpdate', `Illegal update to prefixes: ${why}.`);
export const noPrefixes = (): OpenStackError => bad('EmptySubnetPoolPrefixList', 'Empty subnet pool prefix list.');
export const mixedPrefixes = (): OpenStackError =>
  bad('PrefixVersionMismatch', 'Cannot mix IPv4 and IPv6 prefixes in a subnet pool.');

/** @param base the bound that the first one breaks */
export const illegalBounds = (type: string, length: number, base: string, baseLength: number): OpenStackError =>
  bad('IllegalSubnetPoolPrefixBounds', `Illegal prefix bounds: ${type}=${length}, ${base}=${baseLength}.`);

/** @param bound 'minimum' or 'maximum' */
export const outOfBounds = (length: number, bound: 'minimum' | 'maximum', limit: number): OpenStackError =>
  bad(
    bound === 'minimum' ? 'MinPrefixSubnetAllocationError' : 'MaxPrefixSubnetAllocationError',
    `Unable to allocate subnet with prefix length ${length}, ${bound} allowed prefix is ${limit}.`,
  );

/** Neutron has no status for it, so that its server answers 500; it is a conflict with what others have taken. */
export const notAllocated = (why: string): OpenStackError =>
  conflict('SubnetAllocationError', `Failed to allocate subnet: ${why}.`);
export const poolMissing = (poolId: string): OpenStackError => notAllocated(`Subnet pool ${poolId} could not be found`);
export const poolQuotaExceeded = (): OpenStackError =>
  conflict('SubnetPoolQuotaExceeded', 'Per-project subnet pool prefix quota exceeded.');
export const poolMixed = (): OpenStackError =>
  bad(
    'NetworkSubnetPoolAffinityError',
    'Subnets hosted on the same network must be allocated from the same subnet pool.',
  );
export const scopeMixed = (): OpenStackError =>
  bad(
    'NetworkAddressScopeAffinityError',
    'Subnets of the same address family hosted on the same network must all participate in the same address scope.',
  );
export const scopePrefixConflict = (): OpenStackError =>
  conflict(
    'AddressScopePrefixConflict',
    'Failed to associate address scope: subnetpools within an address scope must have unique prefixes.',
  );
export const scopeMissing = (scopeId: string): OpenStackError =>
  invalidInput(`Address scope ${scopeId} could not be found`);
export const scopeOfOtherVersion = (poolId: string, scopeId: string, version: number): OpenStackError =>
  bad(
    'IllegalSubnetPoolIpVersionAssociationToAddressScope',
    `Illegal subnetpool association: subnetpool ${poolId} cannot associate with address scope ${scopeId} because subnetpool ip_version is not ${version}.`,
  );
