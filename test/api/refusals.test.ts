import { describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { Connection } from '../setup/connection.js';
import { isErrorOf } from '../setup/error-shapes.js';
import { Tenant } from '../setup/tenant.js';

/** What the HTTP server refuses before any handler has seen it. */
const cloud = provided('fake');

type Case = [name: string, line: string, headers: Record<string, string>, body: string, status: number];
const CHUNKED = { 'transfer-encoding': 'chunked', 'content-type': 'application/json' };
const CASES: Case[] = [
  ['a bad percent sign', 'GET /compute/v2.1/servers/%zz', {}, '', 400],
  ['bytes in a path that are no UTF-8', 'GET /network/v2.0/ports/%ed%a0%80', {}, '', 400],
  ['a part of a path of 5,000 characters', `GET /image/v2/images/${'x'.repeat(5_000)}`, {}, '', 414],
  ['headers of 20 kB', 'GET /placement/resource_providers', { 'x-long': 'y'.repeat(20_000) }, '', 431],
  ['an expectation that nobody knows', 'GET /identity/v3/users', { expect: 'miracles' }, '', 417],
  ['a body in chunks that are none', 'POST /volume/v3/volumes', CHUNKED, 'zz\r\n', 400],
  ['two lengths of one body', 'POST /identity/v3/auth/tokens', { ...CHUNKED, 'content-length': '3' }, '', 400],
  ['a length that is none', 'POST /compute/v2.1/servers', { 'content-length': 'x' }, '', 400],
  [
    'a length that is none, after a long query',
    `PATCH /identity/v3/users/1?x=${'y'.repeat(6_000)}`,
    { 'content-length': 'x' },
    '',
    400,
  ],
  ['a method that nobody knows', 'FOO /network/v2.0/networks', {}, '', 400],
  ['no HTTP at all', '\u0001\u0002 nonsense', {}, '', 400],
];

describe('refused by the HTTP server itself, in the shape of the service and with a request id:', () => {
  it.each(CASES)('%s', async (_name, line, headers, body, status) => {
    const connection = await Connection.open(cloud.authUrl);
    connection.begin(line, headers, body);
    const answer = await connection.answer();
    connection.close();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-openstack-request-id')).toMatch(/^req-/);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(isErrorOf(/^[A-Z]+ (\S+)/.exec(line)?.[1] ?? '/', status, answer.body)).toBe(true);
    expect(answer.body).not.toMatch(/FST_|fastify|HPE_|node/i);
  });

  it('once, whatever comes after it on the connection', async () => {
    const connection = await Connection.open(cloud.authUrl);
    connection.begin('PUT /image/v2/images/1/file', { ...CHUNKED, expect: 'miracles' }, 'zz\r\nno chunk\r\n0\r\n\r\n');
    await connection.closed();
    const { status, body } = await connection.answer();
    expect(status).toBe(417);
    expect(body).not.toContain('HTTP/1.1');
  });

  it('also a client that goes on sending reads its refusal: no reset takes it away', async () => {
    const rest = Buffer.alloc(4 << 20, 'x');
    for (let turn = 0; turn < 20; turn++) {
      const connection = await Connection.open(cloud.authUrl);
      connection.begin('PROPFIND /network/v2.0/networks', { 'content-length': 'x' });
      connection.write(rest);
      const { status } = await connection.answer();
      connection.close();
      expect(status).toBe(400);
    }
  });

  it('all of it is counted in the metrics', async () => {
    const metrics = await (await fetch(cloud.metricsUrl)).text();
    expect(metrics).toMatch(/novaflow_api_request_seconds_count\{method="GET",route="refused",status="414"\} [1-9]/);
  });
});

describe('what has no handler', () => {
  const ask = async (method: string, path: string): Promise<Awaited<ReturnType<Api['request']>>> =>
    (await Tenant.make(cloud)).api.request(method, path);

  it('is 405 where the path takes other methods, and says which', async () => {
    const { status, headers, body } = await ask('PATCH', '/compute/v2.1/flavors');
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET, POST');
    expect(body).toEqual({ badMethod: { code: 405, message: expect.stringContaining('PATCH') } });
  });

  it('is 404 where there is no such path, also one that is called like what an object has', async () => {
    for (const path of ['/compute/v2.1/nonsense', '/constructor/x', '/__proto__', '/toString?x=1']) {
      const { status, body } = await ask('GET', path);
      expect(status).toBe(404);
      expect(body).toEqual({ itemNotFound: { code: 404, message: 'The resource could not be found.' } });
    }
  });

  it('is 404 of its service for an id of 4,000 characters', async () => {
    const { status, body } = await ask('GET', `/image/v2/images/${'x'.repeat(4_000)}`);
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: '404 Not Found', message: expect.stringContaining('No image found with ID x') });
  });
});
