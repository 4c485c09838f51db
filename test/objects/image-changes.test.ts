import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const IMAGES = '/image/v2/images';
const PATCH = 'application/openstack-images-v2.1-json-patch';
type Image = Record<string, unknown> & { readonly id: string };

describe('an image', () => {
  let tenant: Tenant;
  let reader: Tenant;
  beforeAll(async () => {
    [tenant, reader] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud, 'reader')]);
  });
  const make = (fields: object = {}): Promise<Image> => tenant.api.call<Image>('POST', IMAGES, fields);
  const patch = (id: string, body: unknown, type = PATCH, by = tenant.api) =>
    by.request<Image & { message?: string }>('PATCH', `${IMAGES}/${id}`, body, { 'content-type': type });

  it('is changed by a patch, whose operations work on its attributes and on its properties', async () => {
    const { id } = await make({ name: 'before', os_distro: 'debian', gone: 'soon', tags: ['a'] });
    const { status, body } = await patch(id, [
      { op: 'replace', path: '/name', value: 'after' },
      { op: 'add', path: '/os_version', value: '13' },
      { op: 'replace', path: '/os_distro', value: 'arch' },
      { op: 'remove', path: '/gone' },
      { op: 'replace', path: '/tags', value: ['b', 'c', 'b'] },
      { op: 'add', path: '/a~1b', value: 'slash' },
    ]);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ name: 'after', os_version: '13', os_distro: 'arch', tags: ['b', 'c'], 'a/b': 'slash' }),
    ]);
    expect(body).not.toHaveProperty('gone');
    expect(await tenant.api.call('GET', `${IMAGES}/${id}`)).toEqual(body);
  });

  it('is changed by the older draft of patches, which adds only what is not there', async () => {
    const { id } = await make({ name: 'old' });
    const draft4 = PATCH.replace('2.1', '2.0');
    expect((await patch(id, [{ add: '/os_distro', value: 'debian' }], draft4)).body['os_distro']).toBe('debian');
    expect((await patch(id, [{ add: '/os_distro', value: 'arch' }], draft4)).status).toBe(409);
    expect((await patch(id, [{ add: '/a', remove: '/b' }], draft4)).status).toBe(400);
  });

  it('refuses a patch that is none in Glance’s words, and is as it was', async () => {
    const image = await make({ name: 'kept', os_distro: 'debian' });
    const cases: [unknown, number, RegExp][] = [
      [{}, 400, /must be a JSON array/],
      [['x'], 400, /must be JSON objects/],
      [[{ path: '/name' }], 400, /Unable to find `op`/],
      [[{ op: 'move', path: '/name' }], 400, /Invalid operation: `move`/],
      [[{ op: 'remove' }], 400, /Unable to find 'path'/],
      [[{ op: 'replace', path: '/name' }], 400, /requires a member named "value"/],
      [[{ op: 'replace', path: 'name', value: 'x' }], 400, /does not start with/],
      [[{ op: 'replace', path: '/a/b', value: 'x' }], 400, /Invalid JSON pointer/],
      [[{ op: 'replace', path: '/a~2', value: 'x' }], 400, /escape sequence/],
      [[{ op: 'replace', path: '/name', value: 5 }], 400, /does not match schema 'image'/],
      [[{ op: 'add', path: '/custom', value: 5 }], 400, /does not match schema 'image'/],
      [[{ op: 'replace', path: '/status', value: 'active' }], 403, /Attribute 'status' is read-only/],
      [[{ op: 'replace', path: '/id', value: 'x' }], 403, /Attribute 'id' is read-only/],
      [[{ op: 'add', path: '/os_glance_x', value: 'x' }], 403, /reserved/],
      [[{ op: 'remove', path: '/name' }], 403, /may not be removed/],
      [[{ op: 'remove', path: '/nothing' }], 409, /does not exist/],
      [[{ op: 'replace', path: '/nothing', value: 'x' }], 409, /does not exist/],
      [[{ op: 'replace', path: '/visibility', value: 'public' }], 403, /publicize_image/],
      [[{ op: 'replace', path: '/owner', value: 'another' }], 403, /Owner can't be updated/],
    ];
    for (const [body, code, words] of cases) {
      const answer = await patch(image.id, body);
      expect([body, answer.status, answer.body.message]).toEqual([body, code, expect.stringMatching(words)]);
    }
    expect((await patch(image.id, [], 'application/json')).status).toBe(415);
    expect(await tenant.api.call('GET', `${IMAGES}/${image.id}`)).toEqual(image);
  });

  it('keeps its formats once it has bytes', async () => {
    const { id } = await make({ disk_format: 'raw', container_format: 'bare' });
    expect((await patch(id, [{ op: 'replace', path: '/disk_format', value: 'raw' }])).status).toBe(200);
    await tenant.api.call('PUT', `${IMAGES}/${id}/file`, new Uint8Array(1000));
    const { status, body } = await patch(id, [{ op: 'replace', path: '/disk_format', value: 'iso' }]);
    expect([status, body.message]).toEqual([403, expect.stringMatching(/only replaced for a queued image/)]);
  });

  it('is changed by nobody but its project’s members and administrators', async () => {
    const mine = await make({ visibility: 'community' });
    const change = [{ op: 'replace', path: '/name', value: 'x' }];
    const other = await Tenant.make(cloud);
    expect((await patch(mine.id, change, PATCH, other.api)).status).toBe(403);
    expect((await patch(mine.id, change, PATCH, reader.api)).status).toBe(403);
    expect((await patch(mine.id, change, PATCH, tenant.admin)).status).toBe(200);
    const hidden = await make();
    expect((await patch(hidden.id, change, PATCH, other.api)).status).toBe(404);
  });

  it('gets and loses tags one by one', async () => {
    const { id } = await make({ tags: ['a'] });
    const tag = (method: string, name: string) => tenant.api.request(method, `${IMAGES}/${id}/tags/${name}`);
    expect((await tag('PUT', 'b')).status).toBe(204);
    expect((await tag('PUT', 'b')).status).toBe(204);
    expect((await tag('DELETE', 'a')).status).toBe(204);
    expect((await tag('DELETE', 'a')).status).toBe(404);
    expect((await tag('PUT', 'x'.repeat(256))).status).toBe(400);
    expect(await tenant.api.call('GET', `${IMAGES}/${id}`)).toMatchObject({ tags: ['b'] });
  });

  it('that is deactivated gives its bytes to administrators only, until it is active again', async () => {
    const { id } = await make({ disk_format: 'raw', container_format: 'bare' });
    const act = async (action: string): Promise<number> =>
      (await tenant.api.request('POST', `${IMAGES}/${id}/actions/${action}`)).status;
    const read = async (by = tenant.api): Promise<number> => (await by.request('GET', `${IMAGES}/${id}/file`)).status;
    expect(await act('deactivate')).toBe(403);
    // Bytes that can be read as JSON, as answers are here.
    const bytes = new Uint8Array(Buffer.from(`"${'x'.repeat(510)}"`));
    await tenant.api.call('PUT', `${IMAGES}/${id}/file`, bytes);
    expect([await act('deactivate'), await act('deactivate')]).toEqual([204, 204]);
    expect(await tenant.api.call('GET', `${IMAGES}/${id}`)).toMatchObject({ status: 'deactivated' });
    expect([await read(), await read(tenant.admin)]).toEqual([403, 200]);
    const boot = await tenant.api.request('POST', '/compute/v2.1/servers', tenant.server({ imageRef: id }));
    expect(boot.status).toBe(400);
    expect([await act('reactivate'), await read()]).toEqual([204, 200]);
  });

  it('has a schema that names all that it shows', async () => {
    const image = await make();
    type Schema = { name: string; properties: Record<string, { readOnly?: boolean; type: unknown; enum?: unknown[] }> };
    const schema = await tenant.api.call<Schema>('GET', '/image/v2/schemas/image');
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(image)));
    expect(schema.properties['status']).toMatchObject({ readOnly: true, type: 'string' });
    expect(schema.properties['disk_format']).toMatchObject({
      type: ['null', 'string'],
      enum: [null, 'ami', 'ari', 'aki', 'raw', 'qcow2', 'iso'],
    });
    const list = await tenant.api.call<{ properties: { images: { items: Schema } } }>(
      'GET',
      '/image/v2/schemas/images',
    );
    expect(list.properties.images.items).toEqual(schema);
  });

  it('says where it is when it is made, and refuses attributes that Glance sets itself', async () => {
    const answer = await tenant.api.request<Image>('POST', IMAGES, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/v2/images/${answer.body.id}`]);
    for (const body of [{ status: 'active' }, { size: 5 }, { self: 'x' }, { deleted: 'x' }, { os_glance_x: 'x' }])
      expect([body, (await tenant.api.request('POST', IMAGES, body)).status]).toEqual([body, 403]);
  });
});
