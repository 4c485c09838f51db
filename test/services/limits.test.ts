import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { isErrorOf } from '../setup/error-shapes.js';
import { ServiceApi } from '../setup/service-api.js';

/** A path of each service that a token opens. */
const PATHS = [
  '/identity/v3/projects',
  '/compute/v2.1/servers',
  '/volume/v3/volumes',
  '/image/v2/images',
  '/network/v2.0/networks',
  '/placement/resource_providers',
  '/object-store/v1/AUTH_x',
];

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

describe('the limits of the API', () => {
  let api: ServiceApi | undefined;
  const start = async (settings: Readonly<Record<string, string>>): Promise<ServiceApi> =>
    (api = await ServiceApi.start(provided('databaseUrl'), settings));
  afterEach(() => api?.stop());

  /** By Node's own client, which sends any header. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(`${api!.admin.base}${path}`, { method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      sent.on('error', reject).end(body);
    });
  const expectRateLimited = ({ status, headers, body }: Answer, path: string): void => {
    expect([status, isErrorOf(path, status, body)]).toEqual([429, true]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
  };

  it('hold for an address without a token that holds, in each service’s words, and for nobody with one', async () => {
    // The setup's own log-in is one, too.
    await start({ NOVAFLOW_RATE_ANONYMOUS: String(PATHS.length + 1) });
    for (const path of PATHS) expect((await ask('GET', path, { 'x-auth-token': 'nonsense' })).status).toBe(401);
    for (const path of PATHS) expectRateLimited(await ask('GET', path), path);
    expectRateLimited(await ask('GET', '/compute/v2.1', {}), '/compute/v2.1');
    expect((await api!.admin.request('GET', '/identity/v3/projects')).status).toBe(200);
  });

  it('hold for attempts to log in, whether they succeed or not', async () => {
    await start({ NOVAFLOW_RATE_LOG_INS: '3' });
    await api!.admin.renew();
    const path = '/identity/v3/auth/tokens';
    const json = { 'content-type': 'application/json' };
    expect((await ask('POST', path, json, '{}')).status).toBe(400);
    expectRateLimited(await ask('POST', path, json, '{}'), path);
    expect((await api!.admin.request('GET', '/identity/v3/projects')).status).toBe(200);
  });

  it('hold for a project, whoever of it asks', async () => {
    await start({ NOVAFLOW_RATE_PROJECT: '2' });
    const headers = { 'x-auth-token': api!.admin.sessionToken };
    const path = '/network/v2.0/networks';
    for (let i = 0; i < 2; i++) expect((await ask('GET', path, headers)).status).toBe(200);
    expectRateLimited(await ask('GET', path, headers), path);
  });

  it('count by who asked a proxy that is trusted, and by the network of an IPv6 address; others are not believed', async () => {
    await start({ NOVAFLOW_RATE_ANONYMOUS: '1', NOVAFLOW_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' });
    const from = async (address: string): Promise<number> =>
      (await ask('GET', '/identity/v3', { 'x-forwarded-for': address })).status;
    expect(await from('192.0.2.1')).toBe(200);
    expect(await from('192.0.2.1')).toBe(429);
    expect(await from('192.0.2.2')).toBe(200);
    expect(await from('192.0.2.1, 10.1.2.3')).toBe(429);
    expect(await from('2001:db8::1')).toBe(200);
    expect(await from('2001:db8::2:1')).toBe(429);
    expect(await from('2001:db8:1::1')).toBe(200);
    await api!.stop();
    await start({ NOVAFLOW_RATE_ANONYMOUS: '2' });
    expect(await from('192.0.2.1')).toBe(200);
    expect(await from('192.0.2.2')).toBe(429);
  });

  it('can be switched off', async () => {
    await start({ NOVAFLOW_RATE_ANONYMOUS: '0', NOVAFLOW_RATE_LOG_INS: '0', NOVAFLOW_RATE_PROJECT: '0' });
    expect((await ask('GET', '/identity/v3')).status).toBe(200);
    expect((await api!.admin.request('GET', '/identity/v3/projects')).status).toBe(200);
  });
});

describe('what a request may be at most', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  const post = async (path: string, body: string): Promise<[number, boolean]> => {
    const answer = await fetch(api.admin.base + path, {
      method: 'POST',
      headers: { 'x-auth-token': api.admin.sessionToken, 'content-type': 'application/json' },
      body,
    });
    return [answer.status, isErrorOf(path, answer.status, await answer.text())];
  };

  it.each(PATHS.slice(0, -1))(
    '%s: a body that is too deep, has too many keys or is too long is refused',
    async (path) => {
      const keys = Array.from({ length: 50_001 }, (_, i) => `"k${i}":0`).join(',');
      expect(await post(path, `{"a":${'['.repeat(64)}${']'.repeat(64)}}`)).toEqual([400, true]);
      expect(await post(path, `{${keys}}`)).toEqual([400, true]);
      expect(await post(path, `{"a":"${'x'.repeat(1 << 20)}"}`)).toEqual([413, true]);
    },
  );

  it.each(PATHS)('%s: too many headers, and headers that are too large, are refused', async (path) => {
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`x-${i}`, 'v']));
    for (const headers of [many, { 'x-long': 'y'.repeat(17_000) }]) {
      const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
        request(api.admin.base + path, { headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
        })
          .on('error', reject)
          .end();
      });
      expect([status, isErrorOf(path, status, body)]).toEqual([431, true]);
    }
  });
});

describe('browsers', () => {
  let api: ServiceApi;
  const started = async (settings: Readonly<Record<string, string>>): Promise<void> => {
    api = await ServiceApi.start(provided('databaseUrl'), settings);
  };
  afterEach(() => api.stop());
  const origin = 'https://panel.example';
  const preflight = (path: string) =>
    fetch(api.admin.base + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'x-auth-token,content-type',
      },
    });

  it('are told nothing of other origins unless it is configured, and take nothing for what it is not', async () => {
    await started({});
    const answer = await fetch(`${api.admin.base}/identity/v3`, { headers: { origin } });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('strict-transport-security')).toBeNull();
    expect((await preflight('/identity/v3/projects')).status).toBe(405);
  });

  it('let pages of configured origins use the API, and of no other', async () => {
    await started({ NOVAFLOW_CORS_ALLOWED_ORIGIN: `https://other.example, ${origin}` });
    const asked = await preflight('/identity/v3/projects');
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    expect(asked.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-auth-token');
    const answer = await fetch(`${api.admin.base}/identity/v3/projects`, { headers: { origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Subject-Token');
    const stranger = await fetch(`${api.admin.base}/identity/v3`, { headers: { origin: 'https://evil.example' } });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    // What is not there stays so, and a method that a path has not is still named as such.
    expect((await fetch(`${api.admin.base}/nowhere`)).status).toBe(404);
    expect((await fetch(`${api.admin.base}/identity/v3`, { method: 'DELETE' })).status).toBe(405);
  });
});
