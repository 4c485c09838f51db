import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk } from './walk.js';

describe('What the documents say of Placement', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('placement');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { admin } = tenant;
    const server = await tenant.post();
    const { 'OS-EXT-SRV-ATTR:host': host } = await tenant.settled(server);
    const { resource_providers: providers } = await ask<{ resource_providers: { uuid: string; name: string }[] }>(
      admin,
      'GET',
      '/placement/resource_providers',
    );
    walk.knows({
      resource_classes: 'VCPU',
      inventories: 'VCPU',
      traits: 'STORAGE_DISK_SSD',
      resource_providers: providers.find((one) => one.name === host)!.uuid,
      allocations: server,
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    walk.knowsPaths([
      ['/placement/allocation_candidates', '/placement/allocation_candidates?resources=VCPU:1'],
      ['/placement/usages', `/placement/usages?project_id=${walk.tenant.api.projectId}`],
    ]);
    expect(await walk.readAll()).toEqual([]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/placement/resource_providers/nothing');
    expect(walk.found()).toEqual([]);
  });
});
