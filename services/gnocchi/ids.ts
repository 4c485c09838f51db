import { createHash } from 'node:crypto';

/** Gnocchi's own name space of resource ids (gnocchi/utils.py: RESOURCE_ID_NAMESPACE). */
const NAMESPACE = Buffer.from('0a7a15ffaa134ac2897c9bdf30ce175b', 'hex');
const HEX = /^[0-9a-f]{32}$/;
/** The longest text that an id is derived of. */
const LONGEST = 289;

const dashed = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** What Python's UUID() reads: 32 hexadecimal digits, whatever dashes, braces and prefix are about them. */
export function readUuid(text: string): string | undefined {
  if (text.length > 64) return undefined;
  const hex = text.toLowerCase().replace('urn:', '').replace('uuid:', '').replace(/[{}-]/g, '');
  return HEX.test(hex) ? dashed(hex) : undefined;
}

/**
 * The id of a resource by what a client calls it: a UUID as it is; of any other text one is derived, for each creator another.
 * @param creator null for what the cloud itself makes
 * @throws RangeError with Gnocchi's words
 */
export function resourceId(text: string, creator: string | null): string {
  if (text.includes('/')) throw new RangeError("'/' is not supported in resource id");
  const uuid = readUuid(text);
  if (uuid !== undefined) return uuid;
  if (Array.from(text).length > LONGEST) throw new RangeError('transformable resource id >289 max allowed characters');
  const hash = createHash('sha1')
    .update(NAMESPACE)
    .update(`${text}\0${creator ?? '\0'}`)
    .digest()
    .subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return dashed(hash.toString('hex'));
}
