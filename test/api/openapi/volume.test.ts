import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk, type Made } from './walk.js';

describe('What the documents say of Cinder', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('volume');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const name = `described-${tenant.userName}`;
    const { volume } = await ask<Made<'volume'>>(api, 'POST', '/volume/v3/volumes', {
      volume: { size: 1, name, metadata: { a: 'b' } },
    });
    await ask(api, 'PUT', `/volume/v3/volumes/${volume.id}`, { volume: { description: 'changed' } });
    await ask(api, 'POST', `/volume/v3/volumes/${volume.id}/metadata`, { metadata: { c: 'd' } });
    await ask(api, 'PUT', `/volume/v3/volumes/${volume.id}/metadata/c`, { meta: { c: 'e' } });
    await ask(admin, 'PUT', `/volume/v3/os-quota-sets/${api.projectId}`, { quota_set: { volumes: 9 } });
    await tenant.volumeSettled(volume.id);
    walk.knows({
      volumes: volume.id,
      metadata: 'a',
      'os-quota-sets': api.projectId,
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/volume/v3/volumes/nothing');
    expect(walk.found()).toEqual([]);
  });
});
