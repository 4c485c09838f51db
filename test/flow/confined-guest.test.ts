import { createHash, randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { vmdkOf } from '../setup/images.js';
import { processOf, statusOf } from '../setup/processes.js';
import { Tenant, orphansOf } from '../setup/tenant.js';

const cloud = provided('real');
const asRoot = process.getuid?.() === 0;

describe('a guest', () => {
  let tenant: Tenant;
  let db: pg.Client;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    db = new pg.Client(cloud.databaseUrl);
    await db.connect();
  });
  afterAll(() => db.end());

  /** An image whose bytes name a file of the host, in the store and on record as if Glance had never looked at it. */
  async function letIn(format: string): Promise<string> {
    const id = randomUUID();
    const bytes = vmdkOf(path.join(cloud.home, 'secrets/passwords.json'));
    const file = path.join(cloud.home, 'objects', id);
    await writeFile(file, bytes, { mode: 0o600 });
    const hash = createHash('sha512').update(bytes).digest('hex');
    await db.query(
      `INSERT INTO glance.images (id, owner, status, visibility, disk_format, container_format, size, virtual_size,
         location, os_hash_value, tags) VALUES ($1, $2, 'active', 'private', $3, 'bare', $4, $4, $5, $6, '{}')`,
      [id, tenant.api.projectId, format, bytes.length, pathToFileURL(file).href, hash],
    );
    return id;
  }
  async function takeOut(id: string): Promise<void> {
    await db.query('DELETE FROM glance.images WHERE id = $1', [id]);
    await rm(path.join(cloud.home, 'objects', id));
  }

  it('is shown no file of its host by an image, not at its making, its upload, nor when Glance let it in', async () => {
    const body = { name: 'v', disk_format: 'vmdk', container_format: 'bare' };
    expect((await tenant.api.request('POST', '/image/v2/images', body)).status).toBe(400);
    const raw = { ...body, disk_format: 'raw' };
    const { id } = await tenant.api.call<{ id: string }>('POST', '/image/v2/images', raw);
    const text = new Uint8Array(Buffer.from(vmdkOf('/etc/passwd')));
    expect((await tenant.api.request('PUT', `/image/v2/images/${id}/file`, text)).status).toBe(415);

    // The control plane is fooled: the host looks for itself, for a disk and for a volume.
    const image = await letIn('raw');
    const server = await tenant.post(tenant.server({ imageRef: image }));
    const { status, fault } = await tenant.settled(server);
    expect([status, fault?.message]).toEqual(['ERROR', expect.stringContaining('does not match stream data vmdk')]);
    expect(await processOf(server)).toBeUndefined();
    const volume = await tenant.postVolume({ imageRef: image });
    expect(await tenant.volumeSettled(volume)).toBe('error');
    await tenant.deleteVolume(volume);
    await tenant.delete(server);
    await takeOut(image);
    expect(await orphansOf(cloud, [server, volume])).toEqual([]);
  });

  it.runIf(asRoot)(
    'runs as a user without privileges and in a sandbox, with its volume and its config drive',
    async () => {
      const id = await tenant.post(tenant.volumeServer({ config_drive: true }));
      expect((await tenant.settled(id)).status).toBe('ACTIVE');
      const { Uid, Gid, Groups, Seccomp, CapEff } = await statusOf((await processOf(id))!);
      expect({ Seccomp, CapEff }).toEqual({ Seccomp: ['2'], CapEff: ['0000000000000000'] });
      for (const numbers of [Uid, Gid]) expect(Math.min(...numbers!.map(Number))).toBeGreaterThan(0);
      expect(Groups).not.toContain('0');
      await tenant.delete(id);
      expect(await orphansOf(cloud, [id])).toEqual([]);
    },
  );

  it('whose folder is lost is ended by the delete of its server', async () => {
    const id = await tenant.post();
    const server = await tenant.settled(id);
    expect(server.status).toBe('ACTIVE');
    const { rows } = await db.query<{ host: string }>('SELECT host FROM nova.servers WHERE id = $1', [id]);
    await rm(path.join(cloud.home, 'hosts', rows[0]!.host, id), { recursive: true });
    await tenant.delete(id);
    const left = await processOf(id);
    if (left !== undefined) process.kill(left);
    expect(left).toBeUndefined();
    await until(async () => ((await processOf(id)) === undefined ? true : undefined), 50, 10_000);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});
