import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { LIMITS } from '#services/swift/index';
import { Tenant } from '../setup/tenant.js';
import { tokenOf } from '../setup/uploads.js';

const cloud = provided('fake');

describe('the object store', () => {
  let tenant: Tenant;
  let account: string;
  let token: string;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    token = await tokenOf(cloud, tenant);
    account = `${tenant.api.base}/object-store/v1/AUTH_${tenant.api.projectId}`;
  });

  const ask = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; text: string; headers: Headers }> => {
    const response = await fetch(account + path, {
      method,
      headers: { 'x-auth-token': token, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const statusOf = async (...request: Parameters<typeof ask>): Promise<number> => (await ask(...request)).status;
  const container = async (name: string, objects: Record<string, string> = {}): Promise<string> => {
    expect([201, 202]).toContain(await statusOf('PUT', `/${name}`));
    for (const [object, body] of Object.entries(objects))
      expect(await statusOf('PUT', `/${name}/${object}`, { body })).toBe(201);
    return `/${name}`;
  };

  it('answers every request with a content type and a transaction id, and objects with what Swift says of them', async () => {
    const box = await container('described');
    const put = await ask('PUT', `${box}/o`, { body: 'hello', headers: { 'content-type': 'text/x-hello' } });
    const md5 = createHash('md5').update('hello').digest('hex');
    const get = await ask('GET', `${box}/o`);
    const head = await ask('HEAD', `${box}/o`);
    expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([200, '5', md5]);
    const answers = [put, get, head, await ask('HEAD', box), await ask('HEAD', ''), await ask('GET', `${box}/none`)];
    for (const { headers } of [...answers, await ask('DELETE', `${box}/o`)]) {
      expect(headers.get('x-trans-id')).toMatch(/^tx[0-9a-f]{21}-[0-9a-f]{10}$/);
      expect(headers.get('x-openstack-request-id')).toMatch(/^req-/);
      expect(headers.get('content-type')).toBeTruthy();
    }
    expect(put.headers.get('etag')).toBe(md5);
    expect(put.headers.get('last-modified')).toBe(get.headers.get('last-modified'));
    expect(get.text).toBe('hello');
    expect(get.headers.get('content-type')).toBe('text/x-hello');
    expect(get.headers.get('accept-ranges')).toBe('bytes');
    expect(get.headers.get('x-timestamp')).toMatch(/^\d{10}\.\d{5}$/);
  });

  it('gives a part of an object for a Range, all of it for one that it cannot read, and 416 for none of it', async () => {
    const box = await container('ranges', { o: '0123456789' });
    const part = (range: string): ReturnType<typeof ask> => ask('GET', `${box}/o`, { headers: { range } });
    const cases: [string, number, string][] = [
      ['bytes=2-4', 206, '234'],
      ['bytes=7-', 206, '789'],
      ['bytes=-2', 206, '89'],
      ['bytes=-20', 206, '0123456789'],
      ['bytes=8-20', 206, '89'],
      ['bytes=0-1,3-4', 200, '0123456789'],
      ['bytes=4-2', 200, '0123456789'],
      ['lines=1-2', 200, '0123456789'],
    ];
    for (const [range, status, text] of cases) {
      const answer = await part(range);
      expect([range, answer.status, answer.text]).toEqual([range, status, text]);
    }
    expect((await part('bytes=2-4')).headers.get('content-range')).toBe('bytes 2-4/10');
    const none = await part('bytes=10-');
    expect(none.status).toBe(416);
    expect(none.headers.get('content-range')).toBe('bytes */10');
  });

  it('heeds conditions: 412 for one that fails, 304 for what the client has, also for HEAD', async () => {
    const box = await container('conditions', { o: 'x' });
    const { headers } = await ask('HEAD', `${box}/o`);
    const [etag, modified] = [headers.get('etag')!, headers.get('last-modified')!];
    const before = new Date(Date.parse(modified) - 60_000).toUTCString();
    const cases: [Record<string, string>, number][] = [
      [{ 'if-match': etag }, 200],
      [{ 'if-match': '"other"' }, 412],
      [{ 'if-none-match': `"${etag}"` }, 304],
      [{ 'if-none-match': '*' }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-modified-since': modified }, 304],
      [{ 'if-modified-since': before }, 200],
      [{ 'if-unmodified-since': before }, 412],
      [{ 'if-unmodified-since': modified }, 200],
    ];
    for (const method of ['GET', 'HEAD'])
      for (const [condition, status] of cases)
        expect([method, condition, await statusOf(method, `${box}/o`, { headers: condition })]).toEqual([
          method,
          condition,
          status,
        ]);
  });

  it('makes an object only if there is none for If-None-Match: *, of twelve at once for one of them', async () => {
    const box = await container('new', { o: 'first' });
    const headers = { 'if-none-match': '*' };
    expect(await statusOf('PUT', `${box}/o`, { body: 'second', headers })).toBe(412);
    expect((await ask('GET', `${box}/o`)).text).toBe('first');
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => statusOf('PUT', `${box}/p`, { body: `${i}`, headers })),
    );
    expect(answers.toSorted((a, b) => a - b)).toEqual([201, ...Array.from({ length: 11 }, () => 412)]);
    expect(await statusOf('PUT', `${box}/o`, { body: 'x', headers: { 'if-none-match': '"etag"' } })).toBe(400);
  });

  it('copies an object, by COPY and by X-Copy-From, with its metadata and what the request says over it', async () => {
    const box = await container('copies');
    const headers = { 'content-type': 'text/x-source', 'x-object-meta-color': 'red', 'x-object-meta-size': 'big' };
    await ask('PUT', `${box}/source`, { body: 'copied', headers });
    const put = await ask('PUT', `${box}/by-put`, {
      headers: { 'x-copy-from': `${box}/source`, 'x-object-meta-color': 'blue' },
    });
    expect([put.status, put.headers.get('x-copied-from')]).toEqual([201, 'copies/source']);
    expect(await statusOf('COPY', `${box}/source`, { headers: { destination: 'copies/by%20copy' } })).toBe(201);
    const [one, two] = [await ask('GET', `${box}/by-put`), await ask('GET', `${box}/by%20copy`)];
    expect([one.text, two.text]).toEqual(['copied', 'copied']);
    expect(one.headers.get('content-type')).toBe('text/x-source');
    expect([one.headers.get('x-object-meta-color'), one.headers.get('x-object-meta-size')]).toEqual(['blue', 'big']);
    expect(two.headers.get('x-object-meta-color')).toBe('red');
    expect(await statusOf('COPY', `${box}/source`)).toBe(412);
    expect(await statusOf('COPY', `${box}/source`, { headers: { destination: 'copies' } })).toBe(412);
    expect(await statusOf('PUT', `${box}/x`, { headers: { 'x-copy-from': `${box}/none` } })).toBe(404);
    expect(await statusOf('PUT', `${box}/x`, { body: 'bytes', headers: { 'x-copy-from': `${box}/source` } })).toBe(400);
  });

  it('keeps metadata of accounts, containers and objects, each by its own rules', async () => {
    const box = await container('metadata', { o: 'x' });
    const meta = (kind: string, color: string): Record<string, string> => ({ [`x-${kind}-meta-color`]: color });
    expect(await statusOf('POST', `${box}/o`, { headers: { ...meta('object', 'red'), 'content-type': 'a/b' } })).toBe(
      202,
    );
    const object = await ask('HEAD', `${box}/o`);
    expect([object.headers.get('x-object-meta-color'), object.headers.get('content-type')]).toEqual(['red', 'a/b']);
    // An object's POST replaces all of it, and an account's or a container's adds to it.
    await ask('POST', `${box}/o`, { headers: { 'x-object-meta-shape': 'round' } });
    expect((await ask('HEAD', `${box}/o`)).headers.get('x-object-meta-color')).toBeNull();
    for (const [kind, path] of [
      ['container', box],
      ['account', ''],
    ] as const) {
      const color = async (): Promise<string | null> => (await ask('HEAD', path)).headers.get(`x-${kind}-meta-color`);
      expect(await statusOf('POST', path, { headers: meta(kind, 'red') })).toBe(204);
      expect(await statusOf('POST', path, { headers: { [`x-${kind}-meta-shape`]: 'round' } })).toBe(204);
      expect(await color()).toBe('red');
      expect(await statusOf('POST', path, { headers: { [`x-remove-${kind}-meta-color`]: 'x' } })).toBe(204);
      expect(await color()).toBeNull();
    }
    expect(await statusOf('POST', '/none', { headers: meta('container', 'red') })).toBe(404);
    expect(await statusOf('POST', `${box}/none`, { headers: meta('object', 'red') })).toBe(404);
  });

  it('tells names with a slash at the end, spaces, dots and quotes apart, and takes each as it is', async () => {
    const box = await container('names');
    const names = ['d', 'd/', 'd//', '/d', 'a b', 'a+b', '..', 'ü%', 'q"q', 'x?y', 'l1\nl2'];
    for (const name of names.filter((n) => n !== '..'))
      expect([
        name,
        await statusOf('PUT', `${box}/${encodeURIComponent(name).replaceAll('%2F', '/')}`, { body: name }),
      ]).toEqual([name, 201]);
    expect(await statusOf('PUT', `${box}/d%2Fe`, { body: 'd/e' })).toBe(201);
    for (const name of [...names, 'd/e'].filter((n) => n !== '..'))
      expect((await ask('GET', `${box}/${encodeURIComponent(name).replaceAll('%2F', '/')}`)).text).toBe(name);
    const listed = JSON.parse((await ask('GET', `${box}?format=json`)).text) as { name: string }[];
    expect(listed.map((o) => o.name).toSorted()).toEqual([...names.filter((n) => n !== '..'), 'd/e'].toSorted());
    expect(await statusOf('DELETE', `${box}/d/`)).toBe(204);
    expect(await statusOf('HEAD', `${box}/d`)).toBe(200);
  });

  it('lists by prefix, delimiter, path, markers and in reverse, as text, JSON and XML', async () => {
    const names = ['a', 'b/1', 'b/2', 'b/c/3', 'b/c/', 'd<&'];
    const box = await container(
      'lists',
      Object.fromEntries(names.map((n) => [encodeURIComponent(n).replaceAll('%2F', '/'), n])),
    );
    const list = async (query: string): Promise<string[]> =>
      (await ask('GET', `${box}?${query}`)).text.split('\n').filter((line) => line !== '');
    expect(await list('')).toEqual(['a', 'b/1', 'b/2', 'b/c/', 'b/c/3', 'd<&']);
    expect(await list('delimiter=/')).toEqual(['a', 'b/', 'd<&']);
    expect(await list('delimiter=/&prefix=b/')).toEqual(['b/1', 'b/2', 'b/c/']);
    expect(await list('delimiter=/&marker=b/')).toEqual(['d<&']);
    expect(await list('path=b')).toEqual(['b/1', 'b/2', 'b/c/']);
    expect(await list('path=')).toEqual(['a', 'd<&']);
    expect(await list('marker=a&end_marker=b/c/')).toEqual(['b/1', 'b/2']);
    expect(await list('reverse=true&limit=2')).toEqual(['d<&', 'b/c/3']);
    expect(await list('reverse=true&marker=b/2')).toEqual(['b/1', 'a']);
    expect(await statusOf('GET', `${box}?limit=10001`)).toBe(412);
    expect(await statusOf('GET', `${box}?prefix=none`)).toBe(204);
    const json = await ask('GET', `${box}?format=json&delimiter=/`);
    expect(JSON.parse(json.text)).toMatchObject([{ name: 'a', bytes: 1 }, { subdir: 'b/' }, { name: 'd<&' }]);
    const xml = await ask('GET', `${box}?format=xml&delimiter=/`);
    expect(xml.headers.get('content-type')).toBe('application/xml; charset=utf-8');
    expect(xml.text).toContain('<container name="lists"><object><name>a</name>');
    expect(xml.text).toContain('<subdir name="b/"><name>b/</name></subdir>');
    expect(xml.text).toContain('<name>d&lt;&amp;</name>');
    expect(await statusOf('GET', box, { headers: { accept: 'image/png' } })).toBe(406);
    const own = JSON.parse((await ask('GET', '?format=json&prefix=lists')).text) as object[];
    expect(own).toMatchObject([{ name: 'lists', count: 6 }]);
    const head = await ask('HEAD', '?limit=1');
    expect(Number(head.headers.get('x-account-object-count'))).toBeGreaterThanOrEqual(6);
  });

  it('refuses names and metadata over the limits that GET /info gives, and bytes over the largest size', async () => {
    const { swift } = (await (await fetch(`${tenant.api.base}/object-store/info`)).json()) as { swift: typeof LIMITS };
    expect(swift).toMatchObject(LIMITS);
    const box = await container('limits');
    expect(await statusOf('PUT', `/${'c'.repeat(256)}`)).toBe(201);
    for (const name of ['c'.repeat(257), 'ü'.repeat(129), 'a%2Fb']) expect(await statusOf('PUT', `/${name}`)).toBe(400);
    expect(await statusOf('PUT', `${box}/${'o'.repeat(1024)}`, { body: 'x' })).toBe(201);
    for (const name of ['o'.repeat(1025), 'o'.repeat(7000), encodeURIComponent('ü'.repeat(513))])
      expect(await statusOf('PUT', `${box}/${name}`, { body: 'x' })).toBe(400);
    const put = (headers: Record<string, string>): Promise<number> =>
      statusOf('PUT', `${box}/o`, { body: 'x', headers });
    const many = (count: number, value: string): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-object-meta-${i}`, value]));
    expect(await put({ [`x-object-meta-${'n'.repeat(128)}`]: 'v'.repeat(256) })).toBe(201);
    expect(await put({ [`x-object-meta-${'n'.repeat(129)}`]: 'v' })).toBe(400);
    expect(await put({ 'x-object-meta-n': 'v'.repeat(257) })).toBe(400);
    expect(await put(many(91, 'v'))).toBe(400);
    expect(await put(many(20, 'v'.repeat(250)))).toBe(400);
    expect(await put({ etag: '0'.repeat(32) })).toBe(422);
    // A container's metadata counts with what it has already.
    for (const from of [0, 60]) {
      const headers = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`x-container-meta-${from + i}`, 'v']));
      expect(await statusOf('POST', box, { headers })).toBe(from === 0 ? 204 : 400);
    }
  });

  it('refuses what Swift would act on and this does not, so that no success is a false one', async () => {
    const box = await container('refused', { o: 'x' });
    const object: [string, Record<string, string>][] = [
      ['', { 'x-object-manifest': 'refused/parts' }],
      ['', { 'x-delete-after': '60' }],
      ['', { 'x-delete-at': '4000000000' }],
      ['', { 'x-symlink-target': 'refused/o' }],
      ['', { 'if-match': '"etag"' }],
      ['?multipart-manifest=put', {}],
      ['?extract-archive=tar', {}],
    ];
    for (const [query, headers] of object)
      expect([query, headers, await statusOf('PUT', `${box}/new${query}`, { body: '[]', headers })]).toEqual([
        query,
        headers,
        501,
      ]);
    expect(await statusOf('HEAD', `${box}/new`)).toBe(404);
    for (const header of [
      'x-container-read',
      'x-container-write',
      'x-versions-enabled',
      'x-container-meta-quota-bytes',
    ])
      for (const method of ['PUT', 'POST'])
        expect([header, await statusOf(method, box, { headers: { [header]: '1' } })]).toEqual([header, 501]);
    expect(await statusOf('PUT', '/other', { headers: { 'x-storage-policy': 'gold' } })).toBe(400);
    expect(await statusOf('GET', `${box}/o?multipart-manifest=get`)).toBe(501);
    expect(await statusOf('POST', '?bulk-delete', { body: 'refused/o' })).toBe(501);
    expect(await statusOf('HEAD', `${box}/o`)).toBe(200);
  });
});
