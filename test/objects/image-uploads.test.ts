import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Tenant } from '../setup/tenant.js';
import { SlowUpload, storedFiles, tokenOf } from '../setup/uploads.js';

const cloud = provided('fake');
const MIB = 1 << 20;

describe('an image upload', () => {
  let tenant: Tenant;
  let token: string;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    token = await tokenOf(cloud, tenant);
  });

  const create = async (): Promise<string> => {
    const body = { name: 'upload', disk_format: 'raw', container_format: 'bare' };
    return (await tenant.api.call<{ id: string }>('POST', '/image/v2/images', body)).id;
  };
  const begin = (id: string, length: number): SlowUpload =>
    new SlowUpload(`${tenant.api.base}/image/v2/images/${id}/file`, token, length);
  const statusOf = async (id: string): Promise<string | undefined> =>
    (await tenant.api.request<{ status?: string }>('GET', `/image/v2/images/${id}`)).body.status;
  const comesTo = (id: string, status: string): Promise<true> =>
    until(async () => ((await statusOf(id)) === status ? true : undefined), 50, 20_000);
  const nothingStored = (id: string): Promise<true> =>
    until(async () => ((await storedFiles(cloud, id)).length === 0 ? true : undefined), 50, 20_000);

  it('whose image is deleted in the middle of it is answered with 410, and leaves no bytes', async () => {
    const id = await create();
    const upload = begin(id, 6 * MIB);
    await upload.send(3 * MIB);
    await comesTo(id, 'saving');
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
    await upload.send(3 * MIB);
    const answer = await upload.end();
    expect(answer).toMatchObject({ status: 410 });
    expect(answer?.body).toContain('The image may have been deleted during the upload');
    expect((await tenant.api.request('GET', `/image/v2/images/${id}`)).status).toBe(404);
    await nothingStored(id);
  });

  it('whose client breaks off in the middle leaves the image queued and no bytes, and a second one succeeds', async () => {
    const id = await create();
    const upload = begin(id, 6 * MIB);
    await upload.send(3 * MIB);
    await comesTo(id, 'saving');
    await until(async () => ((await storedFiles(cloud, id)).length === 1 ? true : undefined), 50, 20_000);
    upload.destroy();
    await comesTo(id, 'queued');
    await nothingStored(id);
    await tenant.api.call('PUT', `/image/v2/images/${id}/file`, new Uint8Array(1000));
    expect(await statusOf(id)).toBe('active');
    expect(await storedFiles(cloud, id)).toHaveLength(1);
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
    await nothingStored(id);
  });

  it('to an image that another one is writing is refused with 409, and the other one ends well', async () => {
    const id = await create();
    const upload = begin(id, 2 * MIB);
    await upload.send(MIB);
    await comesTo(id, 'saving');
    const second = await tenant.api.request('PUT', `/image/v2/images/${id}/file`, new Uint8Array(10));
    expect(second.status).toBe(409);
    await upload.send(MIB);
    expect(await upload.end()).toMatchObject({ status: 204 });
    const image = await tenant.api.call<object>('GET', `/image/v2/images/${id}`);
    expect(image).toMatchObject({ status: 'active', size: 2 * MIB });
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
    await nothingStored(id);
  });

  it('that is refused for what it holds leaves no bytes, and the image queued', async () => {
    const body = { name: 'no qcow2', disk_format: 'qcow2', container_format: 'bare' };
    const { id } = await tenant.api.call<{ id: string }>('POST', '/image/v2/images', body);
    const refused = await tenant.api.request('PUT', `/image/v2/images/${id}/file`, new Uint8Array(70_000));
    expect([400, 415]).toContain(refused.status);
    expect(await statusOf(id)).toBe('queued');
    await nothingStored(id);
  });

  it('of which ten for new images have one id: one image is made, and nine are refused with 409', async () => {
    const id = randomUUID();
    const body = { id, name: 'one id', disk_format: 'raw', container_format: 'bare' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => tenant.api.request('POST', '/image/v2/images', body)),
    );
    expect(answers.map((a) => a.status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 409),
    ]);
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
    // The id of a deleted image is not free again, as in Glance.
    expect((await tenant.api.request('POST', '/image/v2/images', body)).status).toBe(409);
  });
});
