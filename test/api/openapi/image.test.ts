import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk } from './walk.js';

const PATCH = 'application/openstack-images-v2.1-json-patch';

describe('What the documents say of Glance', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('image');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api } = tenant;
    const name = `described-${tenant.userName}`;
    const image = await ask<{ id: string }>(api, 'POST', '/image/v2/images', {
      name,
      disk_format: 'raw',
      container_format: 'bare',
      own_property: 'p',
    });
    await ask(api, 'PUT', `/image/v2/images/${image.id}/file`, new Uint8Array(512));
    const change = [{ op: 'replace', path: '/name', value: `${name}-changed` }];
    await ask(api, 'PATCH', `/image/v2/images/${image.id}`, change, { 'content-type': PATCH });
    await ask(api, 'PUT', `/image/v2/images/${image.id}/tags/t`);
    walk.knows({
      images: image.id,
      tags: 't',
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/image/v2/images/nothing');
    expect(walk.found()).toEqual([]);
  });
});
