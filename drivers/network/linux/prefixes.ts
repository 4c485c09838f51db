import { isIPv4 } from 'node:net';
import { checkedAddress, checkedCidr, versionOf } from './addresses.js';

/** The first and the last address of a prefix, as numbers. */
export interface Range {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** @param text an address, or one with the length of its prefix. @throws DriverError (input) */
export function rangeOf(text: string): Range {
  const [address = '', length] = (text.includes('/') ? checkedCidr(text) : checkedAddress(text)).split('/');
  const version = versionOf(address);
  const bits = version === 4 ? 32n : 128n;
  const host = bits - (length === undefined ? bits : BigInt(length));
  const first = (numberOf(address) >> host) << host;
  return { version, first, last: first + (1n << host) - 1n };
}

/** An IPv6 address as the number that nft's raw payload takes. */
export const hex = (number: bigint): string => `0x${number.toString(16).padStart(32, '0')}`;

/** Those that are in no other of them: a set of intervals takes no two that overlap. In an order that is always the same. */
export function withoutCovered(texts: readonly string[]): string[] {
  const all = [...new Set(texts)].map((text) => ({ text, ...rangeOf(text) }));
  const sorted = all.toSorted((a, b) => compare(a.first, b.first) || compare(b.last, a.last));
  const kept: typeof sorted = [];
  for (const one of sorted) if (kept.length === 0 || one.last > kept.at(-1)!.last) kept.push(one);
  return kept.map(({ text }) => text);
}

/**
 * The link-local address that a card's MAC makes (RFC 4291, modified EUI-64), which every port may send from.
 * @param mac six pairs of hexadecimal digits
 */
export function linkLocalOf(mac: string): string {
  const bytes = mac.split(':').map((pair) => Number.parseInt(pair, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${words.map((word) => word.toString(16)).join(':')}`;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  // `::ffff:1.2.3.4`: the last four bytes may be written as IPv4's are.
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  const low = dotted ? numberOf(dotted[2]!) : 0n;
  const text = dotted ? `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}` : address;
  const [head = '', tail] = text.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = words(head);
  const right = words(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill('0'), ...right].reduce(
    (sum, word) => sum * 65_536n + BigInt(`0x${word}`),
    0n,
  );
}
