import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { serveHostApi } from '#apps/worker/host-api';
import { loadConfig } from '#config';
import { FakeHypervisor } from '#drivers/hypervisor/fake';
import { makeLogger } from '#services/kernel/log';
import { ServiceApi } from '../setup/service-api.js';

describe('with a certificate', () => {
  let folder: string;
  let ca: string;
  let settings: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'novaflow-tls-'));
    const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name)) as [string, string];
    const openssl = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=cloud';
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    execFileSync('openssl', [...openssl.split(' '), ...names], { stdio: 'ignore' });
    ca = await readFile(cert, 'utf8');
    settings = { NOVAFLOW_SSL_CERT_FILE: cert, NOVAFLOW_SSL_KEY_FILE: key };
  });
  afterAll(() => rm(folder, { recursive: true }));

  const get = (url: string, options: object = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      request(url, options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      })
        .on('error', reject)
        .end();
    });

  it('the API speaks TLS, calls itself so, and tells browsers to come back by it', async () => {
    // The administrator's client of the setup knows no authority; what is tested is asked with one.
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const api = await ServiceApi.start(provided('databaseUrl'), settings).finally(
      () => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'],
    );
    try {
      const { publicUrl } = api.config;
      expect(publicUrl).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      const { status, headers, body } = await get(`${publicUrl}/identity/v3`, { ca });
      expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
      expect(body).toContain(`${publicUrl}/identity/v3/`);
      // Who does not know its authority does not talk to it.
      await expect(get(`${publicUrl}/identity/v3`)).rejects.toThrow(/self-signed/);
      // And nobody is answered without TLS.
      await expect(fetch(`${publicUrl.replace('https', 'http')}/identity/v3`)).rejects.toThrow('fetch failed');
      expect((await get(`${publicUrl}/identity/v3/projects`, { ca })).headers['www-authenticate']).toBe(
        `Keystone uri="${publicUrl}/identity"`,
      );
    } finally {
      await api.stop();
    }
  });

  it('the port of a host speaks TLS, and its report says so', async () => {
    const config = loadConfig({ NOVAFLOW_HOME: folder, ...settings });
    const served = await serveHostApi(config, makeLogger('compute', 'silent'), new FakeHypervisor(folder, 0), ['h']);
    try {
      expect(served.report.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect((await get(served.report.url, { ca })).status).toBe(401);
    } finally {
      await served.close();
    }
  });

  it('without its key, or a key without it, is a mistake that is said', () => {
    for (const one of Object.keys(settings))
      expect(() => loadConfig({ [one]: settings[one] })).toThrow(/are given together/);
  });
});
