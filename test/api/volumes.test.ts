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
