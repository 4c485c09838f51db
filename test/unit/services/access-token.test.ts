import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenStackError } from '#services/kernel/errors';
import { verifyAccessToken } from '#services/keystone/federation/access-token';
import { ProviderKeys } from '#services/keystone/federation/provider-keys';
import { OidcProvider } from '../../setup/oidc-provider.js';

const CLOUD = 'https://cloud/identity/v3';

describe('an access token', () => {
  let provider: OidcProvider;
  let keys: ProviderKeys;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    provider = await OidcProvider.start(CLOUD);
    keys = new ProviderKeys(true);
  });
  afterEach(async () => {
    vi.useRealTimers();
    await provider.stop();
  });

  const verify = (token: string, of = keys) =>
    verifyAccessToken(token, { issuers: [provider.issuer], audiences: ['another', CLOUD] }, of);
  const statusOf = (work: Promise<unknown>): Promise<number> =>
    work.then(
      () => 200,
      (error: unknown) => (error instanceof OpenStackError ? error.status : 500),
    );

  it('is taken when a key of its provider signed it, and the key is asked for once in ten minutes', async () => {
    const token = await provider.token({ sub: 'ada' });
    expect(await Promise.all([verify(token), verify(token)])).toMatchObject([{ sub: 'ada' }, { sub: 'ada' }]);
    await verify(token);
    expect(provider.asked).toBe(1);
    vi.advanceTimersByTime(600_001);
    await verify(token);
    expect(provider.asked).toBe(2);
  });

  it('of a key that the provider has since is taken, and made-up keys make nobody ask all the time', async () => {
    await verify(await provider.token({ sub: 'ada' }));
    await provider.rotate();
    const token = await provider.token({ sub: 'ada' });
    expect(await statusOf(verify(token))).toBe(401);
    expect(provider.asked).toBe(1);
    vi.advanceTimersByTime(30_001);
    expect(await statusOf(verify(token))).toBe(200);
    expect(provider.asked).toBe(2);
  });

  it('is put off while there are no keys, for half a minute at a time', async () => {
    const token = await provider.token({ sub: 'ada' });
    provider.lies = { jwks_uri: `${provider.issuer}/nothing` };
    expect(await statusOf(verify(token))).toBe(503);
    provider.lies = {};
    expect(await statusOf(verify(token))).toBe(503);
    vi.advanceTimersByTime(30_001);
    expect(await statusOf(verify(token))).toBe(200);
  });

  it('has no keys where a document is another provider’s, leads elsewhere, or does not end', async () => {
    const token = await provider.token({ sub: 'ada' });
    for (const lies of [
      { issuer: 'https://another' },
      { jwks_uri: `${provider.issuer}/elsewhere` },
      { jwks_uri: `${provider.issuer}/endless` },
      { jwks_uri: 'file:///etc/passwd' },
      { jwks_uri: 'nowhere' },
    ]) {
      provider.lies = lies;
      expect(await statusOf(verify(token, new ProviderKeys(true)))).toBe(503);
    }
  });

  it('has no keys that come over http but in development', async () => {
    expect(await statusOf(verify(await provider.token({ sub: 'ada' }), new ProviderKeys(false)))).toBe(503);
    expect(provider.asked).toBe(0);
  });

  it('without a subject or an end is refused, and so is one that a shared secret signed', async () => {
    expect(await statusOf(verify(await provider.token({})))).toBe(401);
    const [, body = ''] = (await provider.token({ sub: 'ada' })).split('.');
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'key-0' })).toString('base64url');
    expect(await statusOf(verify(`${head}.${body}.${'A'.repeat(43)}`))).toBe(401);
  });
});
