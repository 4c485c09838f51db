import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { Connection } from '../setup/connection.js';
import { isErrorOf } from '../setup/error-shapes.js';
import { Tenant } from '../setup/tenant.js';

/** Short times, so that a test need not wait half a minute for what does not come. */
const REQUEST_S = 2;
const UPLOAD_S = 2;
const MIB = 1 << 20;

describe('a connection that stands still', () => {
  let own: OwnCloud;
  let tenant: Tenant;
  beforeAll(async () => {
    own = await startCloud({
      NOVAFLOW_HYPERVISOR: 'fake',
      NOVAFLOW_REQUEST_TIMEOUT: String(REQUEST_S),
      NOVAFLOW_UPLOAD_TIMEOUT: String(UPLOAD_S),
    });
    tenant = await Tenant.make(own.at);
  });
  afterAll(() => own.stop());

  const open = (): Promise<Connection> => Connection.open(own.at.authUrl);
  const newImage = async (): Promise<string> =>
    (
      await tenant.api.call<{ id: string }>('POST', '/image/v2/images', {
        name: 'slow',
        disk_format: 'raw',
        container_format: 'bare',
      })
    ).id;
  const statusOf = async (image: string): Promise<string> =>
    (await tenant.api.call<{ status: string }>('GET', `/image/v2/images/${image}`)).status;
  /** Begins to upload a MiB. */
  const beginUpload = async (image: string, body: string): Promise<Connection> => {
    const connection = await open();
    connection.begin(
      `PUT /image/v2/images/${image}/file`,
      {
        'x-auth-token': tenant.api.sessionToken,
        'content-type': 'application/octet-stream',
        'content-length': String(MIB),
      },
      body,
    );
    return connection;
  };

  it('in its headers is answered with 408 and closed', async () => {
    const connection = await open();
    connection.write('GET /identity/v3 HTTP/1.1\r\nhost: cl');
    const answer = await connection.answer();
    expect(answer.status).toBe(408);
    expect(answer.headers.get('x-openstack-request-id')).toMatch(/^req-/);
    await connection.closed();
  });

  it('in a JSON body is answered with 408 in the service’s shape and closed, also without a token', async () => {
    const connection = await open();
    const headers = { 'content-type': 'application/json', 'content-length': '1000' };
    connection.begin('POST /identity/v3/auth/tokens', headers, '{');
    const answer = await connection.answer();
    expect(answer.status).toBe(408);
    expect(answer.headers.get('x-openstack-request-id')).toMatch(/^req-/);
    expect(isErrorOf('/identity', 408, answer.body)).toBe(true);
    await connection.closed();
  });

  it('in an upload without a token is refused before a byte of it is read, and closed soon', async () => {
    const connection = await open();
    connection.begin('PUT /image/v2/images/x/file', {
      'content-type': 'application/octet-stream',
      'content-length': String(MIB),
    });
    expect((await connection.answer()).status).toBe(401);
    await connection.closed();
  });

  it('in an upload is answered with 408, and the image can be uploaded again', async () => {
    const image = await newImage();
    const connection = await beginUpload(image, 'x'.repeat(10_000));
    const answer = await connection.answer();
    expect(answer.status).toBe(408);
    expect(isErrorOf('/image', 408, answer.body)).toBe(true);
    await connection.closed();
    expect(await statusOf(image)).toBe('queued');
    await tenant.api.call('PUT', `/image/v2/images/${image}/file`, new Uint8Array(512));
    expect(await statusOf(image)).toBe('active');
  });

  it('in an upload that comes by drops is answered with 408 as well', async () => {
    const connection = await beginUpload(await newImage(), '');
    const drops = setInterval(() => connection.write('x'), 100);
    const answer = await connection.answer();
    clearInterval(drops);
    expect(answer.status).toBe(408);
  });

  it('is not one that goes on: an upload may take longer than any limit', async () => {
    const image = await newImage();
    const connection = await beginUpload(image, '');
    const pieces = 20;
    const began = Date.now();
    await new Promise<void>((resolve) => {
      let sent = 0;
      const pace = setInterval(() => {
        connection.write(new Uint8Array(MIB / pieces + 1).subarray(0, Math.min(MIB - sent, Math.ceil(MIB / pieces))));
        sent += Math.ceil(MIB / pieces);
        if (sent < MIB) return;
        clearInterval(pace);
        resolve();
      }, 300);
    });
    expect(Date.now() - began).toBeGreaterThan(UPLOAD_S * 1_000);
    expect((await connection.answer()).status).toBe(204);
    connection.close();
    expect(await statusOf(image)).toBe('active');
  });

  describe('when the api is stopped', () => {
    /** Tells the api to stop; the supervisor starts another one. */
    const stopApi = (): { pid: number; gone: () => Promise<true> } => {
      const pid = own.cloud.pids()['api']!;
      process.kill(pid, 'SIGTERM');
      const gone = (): Promise<true> =>
        until(() => Promise.resolve(own.cloud.pids()['api'] === pid ? undefined : true), 50, 60_000);
      return { pid, gone };
    };
    const back = (): Promise<true> =>
      until(
        async () =>
          (await fetch(`${tenant.api.base}/healthz`).catch(() => undefined))?.status === 200 ? true : undefined,
        50,
        60_000,
      );

    it('and nothing is under way on it, is closed at once', async () => {
      const connection = await open();
      connection.begin('GET /healthz');
      expect((await connection.answer()).status).toBe(200);
      const { gone } = stopApi();
      await connection.closed();
      await gone();
      await back();
    });

    it('in the middle of an upload, is answered when the rest has come, and closed', async () => {
      const image = await newImage();
      const connection = await beginUpload(image, 'x'.repeat(MIB / 2));
      await until(async () => ((await statusOf(image)) === 'saving' ? true : undefined), 20, 30_000);
      const { gone } = stopApi();
      await refused(tenant.api.base);
      connection.write('x'.repeat(MIB / 2));
      const answer = await connection.answer();
      expect(answer.status).toBe(204);
      expect(answer.headers.get('connection')).toBe('close');
      await connection.closed();
      await gone();
      await back();
      expect(await statusOf(image)).toBe('active');
    });

    it('and never goes on, does not keep the api from ending', async () => {
      const image = await newImage();
      const connection = await beginUpload(image, '');
      // Enough to pass for an upload that goes on, and never all of it.
      const drip = setInterval(() => connection.write('x'.repeat(1_000)), 100);
      await until(async () => ((await statusOf(image)) === 'saving' ? true : undefined), 20, 30_000);
      const { gone } = stopApi();
      await connection.closed();
      clearInterval(drip);
      await gone();
      await back();
    });
  });
});

/** Waits until nobody listens any more: the stop has begun. */
const refused = (base: string): Promise<true> =>
  until(
    async () => ((await fetch(`${base}/healthz`).catch(() => undefined)) === undefined ? true : undefined),
    20,
    30_000,
  );
