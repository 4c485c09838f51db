import { isIPv4, isIPv6 } from 'node:net';
import { DriverError } from '../../errors.js';

/**
 * Addresses, prefixes and MACs become parts of commands and of rules. They come with orders from elsewhere, and a driver
 * trusts none: a line break in one would be a rule of its own.
 * @throws DriverError (input)
 */
export function checkedAddress(text: string): string {
  if (!isIPv4(text) && !(isIPv6(text) && !text.includes('%'))) throw refused('an IP address', text);
  return text;
}

/** An address with the length of its prefix. @throws DriverError (input) */
export function checkedCidr(text: string): string {
  const [address = '', length = '', ...rest] = text.split('/');
  const longest = isIPv4(checkedAddress(address)) ? 32 : 128;
  if (!/^\d{1,3}$/.test(length) || Number(length) > longest || rest.length > 0) throw refused('a prefix', text);
  return text;
}

/** @throws DriverError (input) */
export function checkedMac(text: string): string {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw refused('a MAC address', text);
  return text.toLowerCase();
}

/** One port (`80`) or a range (`80:90`). @throws DriverError (input) */
export function checkedPorts(text: string): { readonly first: number; readonly last: number } {
  const [, first = '', last = first] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === '' || range.first < 1 || range.last > 65_535 || range.first > range.last)
    throw refused('a port or a range of ports', text);
  return range;
}

export const versionOf = (addressOrPrefix: string): 4 | 6 => (addressOrPrefix.includes(':') ? 6 : 4);

const refused = (what: string, text: string): DriverError =>
  new DriverError('input', 'InvalidInput', `${JSON.stringify(text.slice(0, 100))} is not ${what}.`);
