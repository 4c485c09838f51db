import { createHmac, timingSafeEqual } from 'node:crypto';

/** How long a token lives, in ms: a request is on its way for a moment, and machines' clocks differ by less. */
export const TOKEN_MS = 10_000;
/** A host whose clock is behind the api's by up to this much still takes its tokens, in ms. */
const CLOCKS_MS = 10_000;

const seal = (key: string, method: string, target: string, expiresAt: string): Buffer =>
  createHmac('sha256', key).update(`${method}\n${target}\n${expiresAt}`).digest();

/**
 * A token for one request to a host: `<expiry in ms since 1970>.<HMAC-SHA256 over method, target and expiry>`.
 * @param target path and query, as they stand in the request
 */
export const sign = (key: string, method: string, target: string, expiresAt: number): string =>
  `${expiresAt}.${seal(key, method, target, String(expiresAt)).toString('base64url')}`;

/** Whether a token was made by the key's owner for this very request, and for this time. */
export function isGenuine(key: string, method: string, target: string, token: string, now: number): boolean {
  const [expiresAt = '', mac = ''] = token.split('.');
  if (!/^\d{1,16}$/.test(expiresAt)) return false;
  const expected = seal(key, method, target, expiresAt);
  const given = Buffer.from(mac, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  return now < Number(expiresAt) && Number(expiresAt) <= now + TOKEN_MS + CLOCKS_MS;
}
