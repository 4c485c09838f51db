import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import type { AuditReport } from '#services/audit/index';
import { Tenant, adminOf, orphansIn } from '../setup/tenant.js';
import { SlowUpload, storedFiles, tokenOf } from '../setup/uploads.js';

const MIB = 1 << 20;
/** A writer counts as dead when it was not seen for 30 s; a sweep comes every 10 s, and acts at its second look. */
const SWEPT_WITHIN_MS = 90_000;

/** The api is killed here, so the cloud is this file's own. */
describe('when the api is killed during uploads', () => {
  let own: OwnCloud;
  let tenant: Tenant;
  let token: string;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
    tenant = await Tenant.make(own.at);
    token = await tokenOf(own.at, tenant);
  });
  afterAll(() => own.stop());

  it('its images are queued again and what it wrote is removed, without anybody’s help', async () => {
    const { api } = tenant;
    const ids = await Promise.all(
      ['waits', 'deleted'].map(async (name) => {
        const body = { name, disk_format: 'raw', container_format: 'bare' };
        return (await api.call<{ id: string }>('POST', '/image/v2/images', body)).id;
      }),
    );
    const account = `/object-store/v1/AUTH_${api.projectId}`;
    await api.call('PUT', `${account}/box`);
    const uploads = [...ids.map((id) => `/image/v2/images/${id}/file`), `${account}/box/object`].map(
      (path) => new SlowUpload(api.base + path, token, 4 * MIB),
    );
    await Promise.all(uploads.map((upload) => upload.send(2 * MIB)));
    const written = async (): Promise<number> =>
      (await Promise.all([...ids, 'swift-'].map((text) => storedFiles(own.at, text)))).flat().length;
    await until(async () => ((await written()) === 3 ? true : undefined), 50, 20_000);

    process.kill(own.cloud.pids()['api']!, 'SIGKILL');
    await Promise.all(uploads.map((upload) => upload.answer));
    await until(
      async () =>
        (await api.request('GET', '/image/v2/images').catch(() => undefined))?.status === 200 ? true : undefined,
      100,
      60_000,
    );
    // The record goes at once; the bytes of its upload go with the others.
    await api.call('DELETE', `/image/v2/images/${ids[1]!}`);
    await until(
      async () => {
        const { status } = await api.call<{ status: string }>('GET', `/image/v2/images/${ids[0]!}`);
        return status === 'queued' && (await written()) === 0 ? true : undefined;
      },
      500,
      SWEPT_WITHIN_MS,
    );
    await api.call('PUT', `/image/v2/images/${ids[0]!}/file`, new Uint8Array(1000));
    expect(await api.call('GET', `/image/v2/images/${ids[0]!}`)).toMatchObject({ status: 'active', size: 1000 });
    expect(await orphansIn(own.at)).toEqual([]);
  });

  it('an audit that heals while bytes are written, replaced and deleted takes none that are in use', async () => {
    const { api } = tenant;
    const box = `/object-store/v1/AUTH_${api.projectId}/box`;
    const fields = { name: 'under way', disk_format: 'raw', container_format: 'bare' };
    const { id } = await api.call<{ id: string }>('POST', '/image/v2/images', fields);
    const upload = new SlowUpload(`${api.base}/image/v2/images/${id}/file`, token, 4 * MIB);
    await upload.send(2 * MIB);
    const audited = new AbortController();
    const admin = await adminOf(own.at);
    const audit = admin
      .call<AuditReport>('POST', '/internal/audit', { heal: true, min_age: 0 })
      .finally(() => audited.abort());
    for (let round = 0; !audited.signal.aborted; round++)
      await Promise.all(
        Array.from({ length: 4 }, (_, i) => api.call('PUT', `${box}/o${i}`, new Uint8Array(1000 + round))),
      );
    expect((await audit).healed).toEqual([]);
    await upload.send(2 * MIB);
    expect(await upload.end()).toMatchObject({ status: 204 });
    expect(await api.call('GET', `/image/v2/images/${id}`)).toMatchObject({ status: 'active', size: 4 * MIB });
    for (let i = 0; i < 4; i++)
      expect((await fetch(`${api.base}${box}/o${i}`, { headers: { 'x-auth-token': token } })).status).toBe(200);
    expect(await orphansIn(own.at)).toEqual([]);
  });
});
