import type { Readable } from 'node:stream';
import type { ObjectStore } from '#drivers/objects/index';
import type { Statements } from '../kernel/database.js';
import { notFound } from '../kernel/errors.js';
import { nullable, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import type { HostRole } from '../keystone/host-users.js';

/** An image as a host role sees it. Sizes are bytes, as text: JavaScript's numbers end before PostgreSQL's. */
const HOST_IMAGE = rowType({
  id: text,
  status: text,
  disk_format: nullable(text),
  size: nullable(text),
  virtual_size: nullable(text),
  os_hash_value: nullable(text),
  location: nullable(text),
});

/** The images that host roles copy: each only while something of its own machine is made of it. */
export class HostImages {
  constructor(
    private readonly sql: Statements,
    private readonly objects: ObjectStore,
  ) {}

  /**
   * The image, for nova-compute of the machine on which a server boots from it, or by it as its kernel or
   * ramdisk, and for cinder-volume of the host on which
   * a volume is being made of it.
   * @throws 404 for every other image, there or not
   */
  async get({ binary, machine }: HostRole, id: string): Promise<Row<typeof HOST_IMAGE>> {
    // By the machine's hosts, since servers are indexed by their host.
    const rows = await rowsOf(this.sql, HOST_IMAGE)`
      SELECT id, status, disk_format, size, virtual_size, os_hash_value, location
      FROM glance.images i WHERE id = ${id} AND deleted_at IS NULL AND CASE ${binary}
        WHEN 'nova-compute' THEN EXISTS (SELECT 1 FROM nova.services h
          JOIN nova.servers s ON s.host = h.host AND s.deleted_at IS NULL
          LEFT JOIN nova.request_specs r ON r.server_id = s.id
          WHERE h.machine = ${machine} AND s.machine = ${machine}
            AND i.id IN (s.image_id, r.spec->'direct'->>'kernelId', r.spec->'direct'->>'ramdiskId'))
        WHEN 'cinder-volume' THEN EXISTS (SELECT 1 FROM cinder.volumes v
          WHERE v.host = ${machine} AND v.status = 'creating' AND v.image_id = i.id)
        ELSE false END`;
    if (!rows[0]) throw notFound('ImageNotFound', `No image found with ID ${id}`);
    return rows[0];
  }

  /** The bytes of such an image. @throws 404 also while there are none */
  async download(asker: HostRole, id: string): Promise<{ body: Readable; size: number }> {
    const { location, size } = await this.get(asker, id);
    if (location === null) throw notFound('ImageNotFound', `Image ${id} has no data.`);
    return { body: await this.objects.read(location), size: Number(size) };
  }
}
