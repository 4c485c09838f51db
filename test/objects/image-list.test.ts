import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { tokenOf } from '../setup/uploads.js';

const cloud = provided('fake');
interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly created_at: string;
  readonly owner: string;
}

describe('the list of images', () => {
  let tenant: Tenant;
  const made: Image[] = [];
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    const bare = { container_format: 'bare', disk_format: 'raw' };
    const bodies = [
      { ...bare, name: 'b', tags: ['x86', '64bit'], min_ram: 512 },
      { ...bare, name: 'a', tags: ['x86'], protected: true, os_distro: 'debian' },
      { ...bare, tags: [], os_distro: 'arch' },
      { name: 'c', min_disk: 7 },
      {},
    ];
    for (const body of bodies) made.push(await tenant.api.call<Image>('POST', '/image/v2/images', body));
    await tenant.api.call('PUT', `/image/v2/images/${made[0]!.id}/file`, new Uint8Array(1000));
    await tenant.api.call('PUT', `/image/v2/images/${made[1]!.id}/file`, new Uint8Array(2000));
  });

  type List = { images: Image[]; next?: string };
  const ask = (query: string): Promise<{ status: number; body: List & { message?: string } }> =>
    tenant.api.request('GET', `/image/v2/images${query}`);
  /** The project's own images, by the order in which they were made. */
  const found = async (query: string): Promise<number[]> => {
    const { status, body } = await ask(`?owner=${tenant.api.projectId}&${query}`);
    expect([query, status]).toEqual([query, 200]);
    return body.images.map((image) => made.findIndex(({ id }) => id === image.id));
  };

  it('has the images that pass every filter that is asked for', async () => {
    const [first] = made as [Image];
    const cases: [string, number[]][] = [
      ['', [4, 3, 2, 1, 0]],
      ['tag=x86', [1, 0]],
      ['tag=x86&tag=64bit', [0]],
      ['protected=true', [1]],
      ['protected=false', [4, 3, 2, 0]],
      ['size_min=1500', [1]],
      ['size_max=1500', [0]],
      ['size_min=99999999999999999999999', []],
      ['min_ram=512', [0]],
      ['min_disk_min=5', [3]],
      ['os_distro=debian', [1]],
      ['no_such_property=x', []],
      ['name=in:a,"c"', [3, 1]],
      ['status=active', [1, 0]],
      ['status=in:queued,active', [4, 3, 2, 1, 0]],
      ['disk_format=raw', [2, 1, 0]],
      ['visibility=private', []],
      ['member_status=all', [4, 3, 2, 1, 0]],
      [`created_at=gte:${first.created_at}`, [4, 3, 2, 1, 0]],
      [`created_at=lt:${first.created_at}`, []],
      ['created_at=gt:2100-01-01T00:00:00Z', []],
      ['updated_at=lte:2100-01-01T00:00:00', [4, 3, 2, 1, 0]],
      ['os_hidden=true', []],
      ['sort_key=name&sort_dir=asc&name=in:a,b,c', [1, 0, 3]],
      ['sort=size:asc,name:desc&status=active', [0, 1]],
      ['sort_key=status&sort_key=name&sort_dir=desc&sort_dir=asc&name=in:a,b,c', [3, 1, 0]],
    ];
    for (const [query, expected] of cases) expect([query, await found(query)]).toEqual([query, expected]);
  });

  it('refuses what it does not know with 400 and Glance’s words', async () => {
    const cases: [string, RegExp][] = [
      ['sort_key=nosuch', /Invalid sort key: nosuch/],
      ['sort_dir=up', /Invalid sort direction: up/],
      ['sort=name:up', /Invalid sort direction: up/],
      ['sort=name:asc&sort_key=name', /cannot be combined/],
      ['sort_key=name&sort_dir=asc&sort_dir=asc', /does not match the number/],
      ['marker=11111111-2222-3333-4444-555555555555', /No image found with ID/],
      ['limit=x', /limit param must be an integer/],
      ['limit=-1', /limit param must be positive/],
      ['visibility=nosuch', /Invalid visibility value/],
      ['member_status=nosuch', /Invalid status/],
      ['protected=maybe', /Invalid value 'maybe' for 'protected'/],
      ['os_hidden=maybe', /Invalid value 'maybe' for 'os_hidden'/],
      ['size_min=big', /non-numeric value/],
      ['created_at=gte:yesterday', /Use ISO 8601 DateTime/],
      ['created_at=gte:2026-99-99T00:00:00Z', /Use ISO 8601 DateTime/],
      ['created_at=around:2026-01-01T00:00:00Z', /unknown operator/],
      ['status=like:a', /unknown operator 'like'/],
      ['name=in:"a', /quote/],
      ['changes-since=2026-01-01', /no longer available/],
    ];
    for (const [query, message] of cases) {
      const { status, body } = await ask(`?${query}`);
      expect([query, status]).toEqual([query, 400]);
      expect(body.message).toMatch(message);
    }
    // Behind a slash there has to be an image's id.
    expect((await ask('/')).status).toBe(404);
  });

  it('comes page by page with each image once, whatever it is sorted by, also by what some do not have', async () => {
    for (const key of ['name', 'size', 'disk_format', 'created_at', 'id'])
      for (const dir of ['asc', 'desc']) {
        const seen: string[] = [];
        let next: string | undefined =
          `/v2/images?owner=${tenant.api.projectId}&limit=2&sort_key=${key}&sort_dir=${dir}`;
        while (next !== undefined && seen.length <= made.length) {
          const page: List = await tenant.api.call<List>('GET', `/image${next}`);
          seen.push(...page.images.map(({ id }) => id));
          next = page.next;
        }
        expect([key, dir, seen.toSorted()]).toEqual([key, dir, made.map(({ id }) => id).toSorted()]);
      }
  });

  it('an administrator makes images for another project, and a member only for his own', async () => {
    const body = { name: 'for another', owner: tenant.api.projectId };
    const image = await tenant.admin.call<Image>('POST', '/image/v2/images', body);
    expect(image.owner).toBe(tenant.api.projectId);
    expect((await tenant.api.request('GET', `/image/v2/images/${image.id}`)).status).toBe(200);
    await tenant.api.call('DELETE', `/image/v2/images/${image.id}`);
    expect((await tenant.api.request('POST', '/image/v2/images', { owner: 'another' })).status).toBe(403);
  });

  it('takes 128 tags and properties, and refuses more, and numbers over what a column takes', async () => {
    const properties = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, 'v']));
    const tags = (count: number): object => ({ tags: Array.from({ length: count }, (_, i) => `t${i}`) });
    const status = async (body: object): Promise<number> => {
      const answer = await tenant.api.request<Image>('POST', '/image/v2/images', body);
      if (answer.status === 201) await tenant.api.call('DELETE', `/image/v2/images/${answer.body.id}`);
      return answer.status;
    };
    expect(await status({ ...properties(128), ...tags(128) })).toBe(201);
    expect(await status(properties(129))).toBe(413);
    expect(await status(tags(129))).toBe(413);
    expect(await status({ min_disk: 2_147_483_648 })).toBe(400);
    expect(await status({ min_ram: 2_147_483_647 })).toBe(201);
  });

  it('a part of an image’s bytes is given for a Range', async () => {
    const url = `/image/v2/images/${made[0]!.id}/file`;
    const token = await tokenOf(cloud, tenant);
    const get = (range: string): Promise<Response> =>
      fetch(tenant.api.base + url, { headers: { 'x-auth-token': token, range } });
    const part = await get('bytes=10-19');
    expect([part.status, part.headers.get('content-range'), (await part.arrayBuffer()).byteLength]).toEqual([
      206,
      'bytes 10-19/1000',
      10,
    ]);
    expect((await get('bytes=1000-')).status).toBe(416);
  });
});
