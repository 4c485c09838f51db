import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { FilesystemObjects } from '#drivers/objects/filesystem';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';
import { makeLogger } from '#services/kernel/log';
import { Uploads } from '#services/kernel/uploads';
import { Tenant } from '../setup/tenant.js';
import { SlowUpload, storedFiles, tokenOf } from '../setup/uploads.js';

const cloud = provided('fake');
const MIB = 1 << 20;

describe('an upload whose writer is taken for dead', () => {
  let tenant: Tenant;
  let token: string;
  let database: OpenDatabase;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    token = await tokenOf(cloud, tenant);
    database = openDatabase(cloud.databaseUrl, 4);
  });
  afterAll(() => database.close());

  const image = async (): Promise<string> => {
    const body = { name: 'image', disk_format: 'raw', container_format: 'bare' };
    return (await tenant.api.call<{ id: string }>('POST', '/image/v2/images', body)).id;
  };
  const statusOf = async (id: string): Promise<string> =>
    (await tenant.api.call<{ status: string }>('GET', `/image/v2/images/${id}`)).status;
  const uploadOf = async (id: string): Promise<string> =>
    (await database.db.image.findUniqueOrThrow({ where: { id } })).upload_id ?? '';
  const empty = (text: string): Promise<true> =>
    until(async () => ((await storedFiles(cloud, text)).length === 0 ? true : undefined), 50, 20_000);

  it('but goes on cannot write its record any more: it fails, its image is queued, and its bytes go', async () => {
    const id = await image();
    const account = `/object-store/v1/AUTH_${tenant.api.projectId}`;
    await tenant.api.call('PUT', `${account}/paused`);
    const toImage = new SlowUpload(`${tenant.api.base}/image/v2/images/${id}/file`, token, 2 * MIB);
    const toObject = new SlowUpload(`${tenant.api.base}${account}/paused/object`, token, 2 * MIB);
    await Promise.all([toImage.send(MIB), toObject.send(MIB)]);
    const upload = await until(async () => (await uploadOf(id)) || undefined, 50, 20_000);
    await database.db.upload.updateMany({ where: { name: upload }, data: { abandoned: true } });
    await Promise.all([toImage.send(MIB), toObject.send(MIB)]);
    expect(await toImage.end()).toMatchObject({ status: 503 });
    expect(await statusOf(id)).toBe('queued');
    await empty(id);
    expect(await database.db.upload.count({ where: { name: upload } })).toBe(0);
    // The other one, which nobody gave up, ends well.
    expect(await toObject.end()).toMatchObject({ status: 201 });
    await tenant.api.call('DELETE', `${account}/paused/object`);
  });

  it('is no obstacle to a new upload of the image, and one that was seen a moment ago is', async () => {
    const id = await image();
    const upload = `${id}.${randomUUID()}`;
    await database.db.upload.create({ data: { name: upload } });
    await database.db.image.update({ where: { id }, data: { status: 'saving', upload_id: upload } });
    const put = async (): Promise<number> =>
      (await tenant.api.request('PUT', `/image/v2/images/${id}/file`, new Uint8Array(1000))).status;
    expect(await put()).toBe(409);
    await database.db
      .$executeRaw`UPDATE objects.uploads SET seen_at = now() - interval '1 hour' WHERE name = ${upload}`;
    expect(await put()).toBe(204);
    expect(await statusOf(id)).toBe('active');
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
    await database.db.upload.deleteMany({ where: { name: upload } });
  });

  it('is swept by any number of processes side by side, at their second look, and one that lives is left alone', async () => {
    const [dead, alive] = [await image(), await image()];
    const store = path.join(cloud.home, 'objects');
    await mkdir(path.join(store, '.partial'), { recursive: true });
    for (const id of [dead, alive]) {
      await database.db.upload.create({ data: { name: `${id}.upload` } });
      await database.db.image.update({ where: { id }, data: { status: 'saving', upload_id: `${id}.upload` } });
      await writeFile(path.join(store, '.partial', `${id}.upload`), 'x');
    }
    await database.db.$executeRaw`
      UPDATE objects.uploads SET seen_at = now() - interval '1 hour' WHERE name = ${`${dead}.upload`}`;
    const log = makeLogger('test', 'silent');
    const sweepers = Array.from({ length: 4 }, () => new Uploads(database.sql, new FilesystemObjects(store), log));
    await Promise.all(sweepers.map((s) => s.sweep()));
    await Promise.all(sweepers.map((s) => s.sweep()));
    expect(await statusOf(dead)).toBe('queued');
    await empty(dead);
    expect(await database.db.upload.count({ where: { name: `${dead}.upload` } })).toBe(0);
    expect(await statusOf(alive)).toBe('saving');
    expect(await storedFiles(cloud, alive)).toHaveLength(1);
    // It dies, too; the cloud's own api finds it.
    await database.db.$executeRaw`
      UPDATE objects.uploads SET seen_at = now() - interval '1 hour' WHERE name = ${`${alive}.upload`}`;
    await until(async () => ((await statusOf(alive)) === 'queued' ? true : undefined), 200, 60_000);
    await empty(alive);
  });
});
