import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { VMDK_TEXT, isoImage, patched, qcow2Images } from '../setup/images.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');

describe('an image that would show a guest what is not its own', () => {
  let tenant: Tenant;
  let directory: string;
  let images: Awaited<ReturnType<typeof qcow2Images>>;
  let db: pg.Client;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-images-'));
    images = await qcow2Images(directory);
    db = new pg.Client(cloud.databaseUrl);
    await db.connect();
  });
  afterAll(async () => {
    await db.end();
    await rm(directory, { recursive: true });
  });

  const record = (disk_format: string): { name: string; disk_format: string; container_format: string } => ({
    name: 'image',
    disk_format,
    container_format: 'bare',
  });
  const make = async (format: string): Promise<string> =>
    (await tenant.api.call<{ id: string }>('POST', '/image/v2/images', record(format))).id;
  const upload = (id: string, bytes: Buffer | string) =>
    tenant.api.request<string>('PUT', `/image/v2/images/${id}/file`, new Uint8Array(Buffer.from(bytes)));
  const stored = async (id: string): Promise<string[]> =>
    (await readdir(path.join(cloud.home, 'objects'))).filter((name) => name.includes(id));

  async function expectRefused(format: string, bytes: Buffer | string, words: string): Promise<void> {
    const id = await make(format);
    const { status, body } = await upload(id, bytes);
    expect([status, JSON.stringify(body)]).toEqual([415, expect.stringContaining(words)]);
    // Ready for another try, and nothing of this one is left.
    const image = await tenant.api.call<{ status: string; size: number | null }>('GET', `/image/v2/images/${id}`);
    expect(image).toMatchObject({ status: 'queued', size: null });
    expect(await stored(id)).toEqual([]);
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
  }

  it('cannot be recorded in a format that no host opens', async () => {
    for (const format of ['vmdk', 'vhd', 'vhdx', 'vdi', 'ploop', 'luks', 'RAW']) {
      const { status, body } = await tenant.api.request('POST', '/image/v2/images', record(format));
      expect([format, status, JSON.stringify(body)]).toEqual([
        format,
        400,
        expect.stringContaining("Provided object does not match schema 'image'"),
      ]);
    }
  });

  it('is no disk when it is a kernel, and a kernel of another project is not there', async () => {
    const kernel = await make('aki');
    await upload(kernel, 'a kernel');
    const refused = async (imageRef: string, words: string): Promise<void> => {
      const { status, body } = await tenant.api.request('POST', '/compute/v2.1/servers', tenant.server({ imageRef }));
      expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(words)]);
    };
    await refused(kernel, `Image ${kernel} is unacceptable: Image not in a supported format`);
    const other = await Tenant.make(cloud);
    const { id: foreign } = await other.api.call<{ id: string }>('POST', '/image/v2/images', record('aki'));
    const disk = async (properties: object): Promise<string> => {
      const { id } = await tenant.api.call<{ id: string }>('POST', '/image/v2/images', {
        ...record('raw'),
        ...properties,
      });
      await upload(id, 'a disk');
      return id;
    };
    await refused(await disk({ kernel_id: foreign }), 'Can not find requested image');
    await refused(await disk({ kernel_id: kernel, ramdisk_id: foreign }), 'Can not find requested image');
    await refused(await disk({ kernel_id: '../../etc/passwd' }), 'Can not find requested image');
    const server = await tenant.post(tenant.server({ imageRef: await disk({ kernel_id: kernel }) }));
    expect((await tenant.settled(server)).status).toBe('ACTIVE');
    const shown = await tenant.admin.call<{ server: object }>('GET', `/compute/v2.1/servers/${server}`, undefined, {
      'openstack-api-version': 'compute 2.3',
    });
    expect(shown.server).toMatchObject({ 'OS-EXT-SRV-ATTR:kernel_id': kernel, 'OS-EXT-SRV-ATTR:ramdisk_id': '' });
    await tenant.delete(server);
  });

  it('is refused at its upload when its bytes are of another format than it says', async () => {
    await expectRefused('raw', VMDK_TEXT, 'Image disk_format raw does not match stream data vmdk');
    await expectRefused('raw', images.good, 'Image disk_format raw does not match stream data qcow2');
    await expectRefused('qcow2', VMDK_TEXT, 'Image disk_format qcow2 does not match stream data vmdk');
    await expectRefused('qcow2', 'no image', 'Image disk_format qcow2 does not match stream data raw');
    await expectRefused('iso', 'no image', 'Image disk_format iso does not match stream data raw');
  });

  it('is refused at its upload when it refers to another file, or its header is not sane', async () => {
    await expectRefused('qcow2', images.backed, 'backing file');
    await expectRefused('qcow2', images.withDataFile, 'external data file');
    await expectRefused('qcow2', patched(images.good, 4, '00000001'), 'version 1');
    await expectRefused('qcow2', patched(images.good, 4, '00000063'), 'version 99');
    await expectRefused('qcow2', patched(images.good, 32, '00000001'), 'encrypted');
  });

  it('leaves nothing in the store when it claims a disk beyond 2^63 bytes', async () => {
    await expectRefused('qcow2', patched(images.good, 24, 'ffffffffffffffff'), 'Image failed safety checks');
    await expectRefused('qcow2', patched(images.good, 24, '7fffffffffffffff'), 'Image failed safety checks');
  });

  it('is refused when it is empty', async () => {
    for (const format of ['raw', 'qcow2', 'iso']) await expectRefused(format, '', 'The image is empty');
  });

  it('is known by all of its beginning, however it is cut into pieces on its way', async () => {
    const id = await make('iso');
    const { status } = await upload(id, Buffer.concat([isoImage(), Buffer.alloc(9_000_000)]));
    expect(status).toBe(204);
    const image = await tenant.api.call('GET', `/image/v2/images/${id}`);
    expect(image).toMatchObject({ status: 'active', virtual_size: 9_065_536 });
    await tenant.api.call('DELETE', `/image/v2/images/${id}`);
  });

  it('makes no server and no volume when an earlier version let it in', async () => {
    const id = randomUUID();
    await db.query(
      `INSERT INTO glance.images (id, name, owner, status, visibility, disk_format, container_format, size, location, tags)
       VALUES ($1, 'old', $2, 'active', 'private', 'vmdk', 'bare', 4096, 'file:///etc/passwd', '{}')`,
      [id, tenant.api.projectId],
    );
    const words = `Image ${id} is unacceptable: Image not in a supported format`;
    const server = await tenant.api.request('POST', '/compute/v2.1/servers', tenant.server({ imageRef: id }));
    expect([server.status, JSON.stringify(server.body)]).toEqual([400, expect.stringContaining(words)]);
    const second = {
      boot_index: -1,
      source_type: 'image',
      destination_type: 'volume',
      uuid: id,
      volume_size: 1,
    };
    const root = { boot_index: 0, source_type: 'image', destination_type: 'local', uuid: tenant.image };
    const disks = tenant.server({ block_device_mapping_v2: [root, second] });
    const withDisk = await tenant.api.request('POST', '/compute/v2.1/servers', disks);
    expect([withDisk.status, JSON.stringify(withDisk.body)]).toEqual([400, expect.stringContaining(words)]);
    const volume = await tenant.api.request('POST', '/volume/v3/volumes', { volume: { size: 1, imageRef: id } });
    expect([volume.status, JSON.stringify(volume.body)]).toEqual([400, expect.stringContaining(words)]);
    await db.query('DELETE FROM glance.images WHERE id = $1', [id]);
  });
});
