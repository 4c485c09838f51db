import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { wordsOf } from '../setup/words.js';

const cloud = provided('fake');
const volumes = '/volume/v3/volumes';
type Answer = { volume?: Record<string, unknown> & { id: string } };

describe('volumes', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });
  const post = (volume: object) => tenant.api.request<Answer>('POST', volumes, { volume });
  it('are created with an answer that has no project and no image, which their details have', async () => {
    const { body } = await post({ size: '1', imageRef: tenant.image, name: ' v ' });
    const made = body.volume!;
    expect(made).not.toHaveProperty('os-vol-tenant-attr:tenant_id');
    expect(made).not.toHaveProperty('volume_image_metadata');
    expect(made).toMatchObject({ size: 1, name: 'v', attachments: [] });
    expect(await tenant.volumeSettled(made.id)).toBe('available');
    const { volume } = await tenant.api.call<{ volume: object }>('GET', `${volumes}/${made.id}`);
    expect(volume).toMatchObject({
      'os-vol-tenant-attr:tenant_id': tenant.api.projectId,
      volume_image_metadata: { image_id: tenant.image },
    });
    await tenant.deleteVolume(made.id);
  });

  it.each([
    ['negative', -5, /-5 is less than the minimum of 1/],
    ['zero', 0, /0 is less than the minimum of 1/],
    ['zero as text', '0', /'0' is less than the minimum of 1/],
    ['negative as text', '-5', /does not match/],
    ['a fraction', 1.5, /1.5 is not of type 'integer', 'string', 'null'/],
    ['over what a record holds', 2 ** 31, /greater than the maximum of 2147483647/],
    ['20 digits', '9'.repeat(20), /greater than the maximum of 2147483647/],
    ['400 digits', '9'.repeat(400), /greater than the maximum of 2147483647/],
    ['over what a storage host holds', 10 ** 9, /larger than maximum allowed limit 16384G/],
  ])('whose size is %s are refused in words', async (_name, size, words) => {
    expect(wordsOf(await post({ size }))).toEqual([400, expect.stringMatching(words)]);
  });

  it('are listed by any of Cinder’s keys and refused by others', async () => {
    const ids = [await tenant.postVolume({ name: 'b' }), await tenant.postVolume({ name: 'a', size: 2 })];
    const list = async (query: string): Promise<string[]> =>
      (await tenant.api.call<{ volumes: { name: string }[] }>('GET', `${volumes}?${query}`)).volumes.map((v) => v.name);
    expect(await list('sort=name:asc')).toEqual(['a', 'b']);
    expect(await list('sort=size:asc,name')).toEqual(['b', 'a']);
    expect(await list('sort_key=name&sort_dir=desc')).toEqual(['b', 'a']);
    expect(await list('size=2')).toEqual(['a']);
    expect(await list('bootable=false&sort=name:asc')).toEqual(['a', 'b']);
    expect(await list('limit=0')).toEqual([]);
    for (const query of ['sort=colour', 'sort=name:up', 'sort_dir=up', 'sort=name&sort_key=name', 'size=big'])
      expect([query, (await tenant.api.request('GET', `${volumes}?${query}`)).status]).toEqual([query, 400]);
    await Promise.all(ids.map(async (id) => [await tenant.volumeSettled(id), await tenant.deleteVolume(id)]));
  });
});

describe('a volume', () => {
  let tenant: Tenant;
  let reader: Tenant;
  let id: string;
  beforeAll(async () => {
    [tenant, reader] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud, 'reader')]);
    id = await tenant.postVolume({ name: 'v', metadata: { a: '1', b: '2' } });
    await tenant.volumeSettled(id);
  });
  const at = (version: string): Record<string, string> => ({ 'openstack-api-version': `volume ${version}` });
  const ask = (method: string, path: string, body?: object, version = '3.0', by = tenant.api) =>
    by.request<Record<string, unknown>>(method, `/volume/v3/${path}`, body, at(version));

  it('changes its name, its description and its metadata, and nothing else', async () => {
    const changed = await ask('PUT', `volumes/${id}`, { volume: { name: ' new ', description: 'words' } });
    expect([changed.status, changed.body['volume']]).toEqual([
      200,
      expect.objectContaining({ name: 'new', description: 'words', metadata: { a: '1', b: '2' } }),
    ]);
    expect(changed.body['volume']).not.toHaveProperty('os-vol-tenant-attr:tenant_id');
    const again = await ask('PUT', `volumes/${id}`, { volume: { display_name: 'v', metadata: { a: '1' } } });
    expect(again.body['volume']).toMatchObject({ name: 'v', metadata: { a: '1' } });
    expect((await ask('PUT', `volumes/${id}`, { volume: { size: 5 } })).status).toBe(400);
    expect((await ask('PUT', `volumes/${id}`, { volume: { name: 'x' } }, '3.0', reader.api)).status).toBe(403);
  });

  it('has metadata that is read and changed pair by pair', async () => {
    const path = `volumes/${id}/metadata`;
    expect((await ask('PUT', path, { metadata: { a: '1' } })).body).toEqual({ metadata: { a: '1' } });
    expect((await ask('POST', path, { metadata: { b: '2' } })).body).toEqual({ metadata: { a: '1', b: '2' } });
    expect((await ask('PUT', `${path}/c`, { meta: { c: '3' } })).body).toEqual({ meta: { c: '3' } });
    expect((await ask('GET', `${path}/c`)).body).toEqual({ meta: { c: '3' } });
    expect((await ask('DELETE', `${path}/a`)).status).toBe(200);
    expect(wordsOf(await ask('DELETE', `${path}/a`))).toEqual([404, expect.stringMatching(/no metadata with key a/)]);
    expect(wordsOf(await ask('PUT', `${path}/x`, { meta: { y: '1' } }))).toEqual([
      400,
      expect.stringMatching(/URI mismatch/),
    ]);
    expect((await ask('POST', path, { metadata: { '': 'x' } })).status).toBe(400);
    expect((await ask('GET', path)).body).toEqual({ metadata: { b: '2', c: '3' } });
  });

  it('is found by its metadata, its time and what else Cinder’s users filter by', async () => {
    const found = async (query: string, version: string): Promise<number> => {
      const { status, body } = await ask('GET', `volumes/detail?${query}`, undefined, version);
      expect([query, status]).toEqual([query, 200]);
      return (body['volumes'] as unknown[]).length;
    };
    await ask('PUT', `volumes/${id}/metadata`, { metadata: { it: "a'b" } });
    const cases: [string, string, number][] = [
      [`metadata=${encodeURIComponent(`{'it': "a'b"}`)}`, '3.0', 1],
      [`metadata=${encodeURIComponent(`{'it': 'c'}`)}`, '3.0', 0],
      ['created_at=gt:2020-01-01T00:00:00,lt:2100-01-01T00:00:00', '3.60', 1],
      ['created_at=gt:2100-01-01T00:00:00', '3.60', 0],
      ['availability_zone=nova&status=available', '3.0', 1],
      ['bootable=true', '3.2', 0],
      ['no_such_filter=x', '3.0', 1],
      ['offset=1', '3.0', 0],
    ];
    for (const [query, version, count] of cases) expect([query, await found(query, version)]).toEqual([query, count]);
    for (const [query, version] of [
      ['no_such_filter=x', '3.31'],
      ['created_at=around:2020-01-01', '3.60'],
      ['bootable=maybe', '3.2'],
      ['metadata=a', '3.0'],
      ['offset=-1', '3.0'],
      ['limit=x', '3.0'],
    ] as const)
      expect([query, (await ask('GET', `volumes?${query}`, undefined, version)).status]).toEqual([query, 400]);
  });

  it('comes in pages with links, with their number from 3.45 on', async () => {
    const more = await tenant.postVolume({ name: 'w' });
    await tenant.volumeSettled(more);
    const { body } = await ask('GET', 'volumes?limit=1&with_count=True', undefined, '3.45');
    expect(body).toMatchObject({ count: 2, volumes: [{ id: more }] });
    const [link] = body['volumes_links'] as [{ rel: string; href: string }];
    expect([link.rel, link.href]).toEqual(['next', expect.stringContaining(`limit=1&marker=${more}`)]);
    expect((await ask('GET', 'volumes?limit=1&with_count=True', undefined, '3.44')).body).not.toHaveProperty('count');
    const summary = await ask('GET', 'volumes/summary', undefined, '3.36');
    expect(summary.body).toEqual({
      'volume-summary': { total_count: 2, total_size: 2, metadata: { it: ["a'b"] } },
    });
    expect((await ask('GET', 'volumes/summary')).status).toBe(404);
    await tenant.deleteVolume(more);
  });

  it('shows each microversion what it has, and refuses versions that are none', async () => {
    const keys = async (version: string): Promise<string[]> =>
      Object.keys((await ask('GET', `volumes/${id}`, undefined, version)).body['volume'] as object);
    const first = await keys('3.0');
    expect((await keys('3.71')).filter((key) => !first.includes(key)).toSorted()).toEqual([
      'consumes_quota',
      'group_id',
      'service_uuid',
      'shared_targets',
      'volume_type_id',
    ]);
    const { headers } = await ask('GET', 'limits', undefined, 'latest');
    expect(headers.get('openstack-api-version')).toBe('volume 3.71');
    expect((await ask('GET', 'limits', undefined, '3.72')).status).toBe(406);
    expect((await ask('GET', 'limits', undefined, 'x')).status).toBe(400);
  });

  it('is on a service that administrators see', async () => {
    const { body } = await ask('GET', 'os-services', undefined, '3.7', tenant.admin);
    const [service] = body['services'] as [object];
    expect(service).toMatchObject({ binary: 'cinder-volume', state: 'up', status: 'enabled', cluster: null });
    expect((await ask('GET', 'os-services')).status).toBe(403);
    await tenant.deleteVolume(id);
  });
});
