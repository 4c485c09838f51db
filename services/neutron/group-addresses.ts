import { OpenStackError, notFound } from '../kernel/errors.js';
import { parseRange } from './ipam.js';
import { invalidAttribute } from './refusals.js';

/** An address group, as far as its addresses are changed. */
interface Group {
  readonly id: string;
  readonly addresses: readonly string[];
}

/** Ranges in their one spelling, each once. @throws 400 when one is none */
const normal = (addresses: readonly string[], attribute = 'addresses'): string[] => [
  ...new Set(addresses.map((address) => parseRange(address, attribute).text)),
];
/** As Python writes a list of texts. */
const written = (addresses: readonly string[]): string => `[${addresses.map((one) => `'${one}'`).join(', ')}]`;

/** The addresses of something new. @param attribute where they were given @throws 400 (neutron_lib/api/validators: validate_subnet_list) */
export function checkedAddresses(addresses: readonly string[], attribute = 'addresses'): string[] {
  if (new Set(addresses).size < addresses.length)
    throw invalidAttribute(attribute, `Duplicate items in the list: '${addresses.join(', ')}'`);
  return normal(addresses, attribute);
}

/** All of them are new to the group, or none is added. @throws 400 */
export function withAddresses({ id, addresses }: Group, more: readonly string[]): string[] {
  const asked = normal(more);
  const there = asked.filter((one) => addresses.includes(one));
  if (there.length > 0)
    throw new OpenStackError(
      400,
      'AddressesAlreadyExist',
      `Addresses ${written(there)} already exist in the address group ${id}.`,
    );
  return [...addresses, ...asked];
}

/** All of them are in the group, or none is removed. @throws 404 */
export function withoutAddresses({ id, addresses }: Group, fewer: readonly string[]): string[] {
  const asked = normal(fewer);
  const absent = asked.filter((one) => !addresses.includes(one));
  if (absent.length > 0)
    throw notFound('AddressesNotFound', `Addresses ${written(absent)} not found in the address group ${id}.`);
  return addresses.filter((one) => !asked.includes(one));
}
