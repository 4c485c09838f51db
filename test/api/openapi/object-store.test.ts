import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk } from './walk.js';

describe('What the documents say of Swift', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('object-store');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api } = tenant;
    await ask(api, 'PUT', `/object-store/v1/AUTH_${api.projectId}/box`);
    await ask(api, 'PUT', `/object-store/v1/AUTH_${api.projectId}/box/folder/thing`, new Uint8Array(3));
    walk.knows({
      v1: `AUTH_${api.projectId}`,
      [`AUTH_${api.projectId}`]: 'box',
      box: 'folder/thing',
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/object-store/v1/nothing/nothing');
    expect(walk.found()).toEqual([]);
  });
});
