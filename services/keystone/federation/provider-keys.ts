import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { OpenStackError } from '../../kernel/errors.js';

/** A provider that takes longer is as good as away: who logs in waits for two of these. */
const PATIENCE_MS = 5_000;
/** A discovery document and a set of keys have some KiB. */
const LARGEST = 256 * 1_024;
/** How long keys are used that were fetched, in ms: one that a provider withdraws is taken no longer than this. */
const FRESH_MS = 600_000;
/** How soon keys are asked for again, in ms, after a failure or for a key that is not among them: tokens that anybody made up must not make the api ask all the time. */
const AGAIN_MS = 30_000;
/** Providers whose keys are kept; an operator names each. */
const MAX = 100;

const Discovery = Type.Object({ issuer: Type.String(), jwks_uri: Type.String() });
const Keys = Type.Object({ keys: Type.Array(Type.Object({ kty: Type.String() })) });

interface Fetched {
  readonly at: number;
  readonly keys: Promise<JWTVerifyGetKey>;
}

/** The public keys of identity providers, by OpenID Connect Discovery. */
export class ProviderKeys {
  private readonly known = new LRUCache<string, Fetched>({ max: MAX });

  /** @param insecure keys may come over http, too: for a provider of a test */
  constructor(private readonly insecure: boolean) {}

  /**
   * @param issuer a provider that an operator named, and not just what a token says
   * @param missing a key was asked for that was not among the ones before
   * @throws 503 while the provider does not answer
   */
  of(issuer: string, missing = false): Promise<JWTVerifyGetKey> {
    const known = this.known.get(issuer);
    const age = known === undefined ? Infinity : performance.now() - known.at;
    if (known !== undefined && age < (missing ? AGAIN_MS : FRESH_MS)) return known.keys;
    const fetched: Fetched = { at: performance.now(), keys: this.fetchKeys(issuer) };
    this.known.set(issuer, fetched);
    // A failure is remembered for as long as a missing key is, and not longer.
    fetched.keys.catch(() => {
      if (this.known.get(issuer) === fetched)
        this.known.set(issuer, { ...fetched, at: fetched.at - FRESH_MS + AGAIN_MS });
    });
    return fetched.keys;
  }

  private async fetchKeys(issuer: string): Promise<JWTVerifyGetKey> {
    try {
      const discovery = await this.fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      if (!Value.Check(Discovery, discovery) || discovery.issuer !== issuer)
        throw new Error(`What is found at ${issuer} describes another provider, or none.`);
      const keys = await this.fetchJson(discovery.jwks_uri);
      if (!Value.Check(Keys, keys)) throw new Error(`There are no keys at ${discovery.jwks_uri}.`);
      return createLocalJWKSet(keys);
    } catch (cause) {
      throw new OpenStackError(503, 'ServiceUnavailable', 'The keys of the identity provider cannot be had now.', {
        cause,
      });
    }
  }

  private async fetchJson(url: string): Promise<unknown> {
    const { protocol } = new URL(url);
    if (protocol !== 'https:' && !(this.insecure && protocol === 'http:')) throw new Error(`${url} is not https.`);
    const response = await fetch(url, {
      // A redirect could lead to where only the api can reach.
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { accept: 'application/json' },
    });
    if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}.`);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body as AsyncIterable<Uint8Array>) {
      length += part.length;
      if (length > LARGEST) throw new Error(`${url} answers more than ${LARGEST} bytes.`);
      parts.push(part);
    }
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  }
}
