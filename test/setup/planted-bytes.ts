import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { TestCloud } from './clouds.js';
import type { Tenant } from './tenant.js';

/** What `plantBytes` planted, by the class of an audit, and what it left in order. */
export interface PlantedBytes {
  /** Saving, and nobody writes. */
  readonly image: string;
  readonly 'image bytes': string;
  readonly 'object bytes': string;
  /** An image whose bytes somebody took away: it is named, and nobody can bring them back. */
  readonly lostImage: string;
  /** URL of an object that is as it should be. */
  readonly kept: string;
}

/** Makes an upload without its writer, bytes without a record, and a record without its bytes. */
export async function plantBytes({ home }: TestCloud, db: pg.Client, { api }: Tenant): Promise<PlantedBytes> {
  const [image, lostImage] = await Promise.all([uploadImage(api), uploadImage(api)]);
  await db.query(`UPDATE glance.images SET status = 'saving', upload_id = 'nobody''s' WHERE id = $1`, [image]);
  const sql = 'SELECT location FROM glance.images WHERE id = $1';
  const { rows } = await db.query<{ location: string }>(sql, [lostImage]);
  await rm(fileURLToPath(rows[0]!.location));

  const store = path.join(home, 'objects');
  const planted = { 'image bytes': `${randomUUID()}.${randomUUID()}`, 'object bytes': `swift-${randomUUID()}` };
  await mkdir(path.join(store, '.partial'), { recursive: true });
  await writeFile(path.join(store, planted['image bytes']), 'x');
  await writeFile(path.join(store, '.partial', planted['object bytes']), 'x');

  const box = `/object-store/v1/AUTH_${api.projectId}/kept`;
  await api.call('PUT', box);
  await api.call('PUT', `${box}/object`, new Uint8Array(1000));
  return { image, lostImage, ...planted, kept: `${api.base}${box}/object` };
}

async function uploadImage(api: Tenant['api']): Promise<string> {
  const fields = { name: 'planted', disk_format: 'raw', container_format: 'bare' };
  const { id } = await api.call<{ id: string }>('POST', '/image/v2/images', fields);
  await api.call('PUT', `/image/v2/images/${id}/file`, new Uint8Array(1000));
  return id;
}
