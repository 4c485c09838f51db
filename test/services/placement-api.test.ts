import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { orphanedRecords } from '#services/audit/records';
import { ServiceApi } from '../setup/service-api.js';

interface Provider {
  uuid: string;
  generation: number;
  root_provider_uuid: string;
  parent_provider_uuid: string | null;
}
interface Refusal {
  errors: { code?: string; detail: string }[];
}

describe('Placement’s API', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  const ask = <T = Refusal>(method: string, path: string, body?: unknown, minor = 39) =>
    api.admin.request<T>(method, `/placement${path}`, body, { 'openstack-api-version': `placement 1.${minor}` });
  const make = async (parent: string | null = null): Promise<Provider> =>
    (await ask<Provider>('POST', '/resource_providers', { name: randomUUID(), parent_provider_uuid: parent })).body;
  const show = async (uuid: string): Promise<Provider> =>
    (await ask<Provider>('GET', `/resource_providers/${uuid}`)).body;
  const stock = (id: string, VCPU: object, generation = 0) =>
    ask('PUT', `/resource_providers/${id}/inventories`, {
      resource_provider_generation: generation,
      inventories: { VCPU },
    });
  const hold = (consumer: string, byProvider: Record<string, number>, generation: number | null, more: object = {}) =>
    ask('PUT', `/allocations/${consumer}`, {
      allocations: Object.fromEntries(Object.entries(byProvider).map(([id, VCPU]) => [id, { resources: { VCPU } }])),
      project_id: 'p',
      user_id: 'u',
      consumer_generation: generation,
      consumer_type: 'INSTANCE',
      ...more,
    });

  it('takes one of two writers of the same generation of a provider, and refuses the other with the code of that', async () => {
    const { uuid } = await make();
    const answers = await Promise.all([stock(uuid, { total: 4 }), stock(uuid, { total: 8 })]);
    expect(answers.map((a) => a.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(answers.find((a) => a.status === 409)!.body.errors[0]!.code).toBe('placement.concurrent_update');
    expect((await show(uuid)).generation).toBe(1);
  });

  it('takes one of two writers of the same new consumer, whichever providers they name', async () => {
    const [one, other] = [await make(), await make()];
    await Promise.all([stock(one.uuid, { total: 4 }), stock(other.uuid, { total: 4 })]);
    const consumer = randomUUID();
    const answers = await Promise.all([
      hold(consumer, { [one.uuid]: 1 }, null),
      hold(consumer, { [other.uuid]: 1 }, null),
    ]);
    expect(answers.map((a) => a.status).toSorted((a, b) => a - b)).toEqual([204, 409]);
    const { body } = await ask<{ allocations: object; consumer_generation: number }>('GET', `/allocations/${consumer}`);
    expect(Object.keys(body.allocations)).toHaveLength(1);
    expect(body.consumer_generation).toBe(1);
  });

  it('gives the last unit to one of many consumers that ask at once', async () => {
    const { uuid } = await make();
    await stock(uuid, { total: 3 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => hold(randomUUID(), { [uuid]: 1 }, null)));
    expect(answers.filter((a) => a.status === 204)).toHaveLength(3);
    const { body } = await ask<{ usages: object }>('GET', `/resource_providers/${uuid}/usages`);
    expect(body.usages).toEqual({ VCPU: 3 });
  });

  it('lets a consumer of a provider that shrank hold less, and not as much or more', async () => {
    const { uuid } = await make();
    const consumer = randomUUID();
    await stock(uuid, { total: 8 });
    await hold(consumer, { [uuid]: 8 }, null);
    await stock(uuid, { total: 2 }, (await show(uuid)).generation);
    expect((await hold(randomUUID(), { [uuid]: 1 }, null)).status).toBe(409);
    expect((await hold(consumer, { [uuid]: 6 }, 1)).status).toBe(204);
    expect((await hold(consumer, { [uuid]: 7 }, 2)).body.errors[0]!.detail).toContain('would exceed the capacity');
  });

  it('shows a claim of the scheduler as Nova’s own allocation, which a writer may change by its generation', async () => {
    const { uuid } = await make();
    await stock(uuid, { total: 4 });
    const [consumerId, projectId, userId] = [randomUUID(), 'p', 'u'];
    const claimed = await api.services.db.$transaction(async (tx) => {
      await tx.$queryRaw(api.services.placement.locking(uuid));
      return api.services.placement.claimLocked(tx, uuid, { consumerId, projectId, userId }, { VCPU: 1 });
    });
    expect(claimed).toBe(true);
    expect((await ask('GET', `/allocations/${consumerId}`)).body).toMatchObject({
      project_id: 'p',
      consumer_type: 'INSTANCE',
      consumer_generation: 1,
    });
    expect((await hold(consumerId, { [uuid]: 2 }, null)).status).toBe(409);
    expect((await hold(consumerId, {}, 1)).status).toBe(204);
    expect((await ask('GET', `/allocations/${consumerId}`)).body).toEqual({ allocations: {} });
  });

  it('leaves to the audit what servers hold, and not what other consumers do', async () => {
    const { uuid } = await make();
    await stock(uuid, { total: 4 });
    const [server, other] = [randomUUID(), randomUUID()];
    await hold(server, { [uuid]: 1 }, null);
    await hold(other, { [uuid]: 1 }, null, { consumer_type: 'CUSTOM_OTHER' });
    const owners = (await orphanedRecords(api.services.db, 0)).map((orphan) => orphan.owner);
    expect(owners).toContain(server);
    expect(owners).not.toContain(other);
  });

  it('keeps trees whole: no loop, no parent deleted, and a moved provider takes what is below it along', async () => {
    const root = await make();
    const child = await make(root.uuid);
    const leaf = await make(child.uuid);
    const other = await make();
    const move = (id: string, parent: string | null, minor = 39) =>
      ask('PUT', `/resource_providers/${id}`, { name: randomUUID(), parent_provider_uuid: parent }, minor);
    expect(leaf.root_provider_uuid).toBe(root.uuid);
    expect((await ask('DELETE', `/resource_providers/${child.uuid}`)).body.errors[0]!.code).toBe(
      'placement.resource_provider.cannot_delete_parent',
    );
    expect((await move(root.uuid, leaf.uuid)).body.errors[0]!.detail).toContain('creating loop');
    expect((await move(child.uuid, other.uuid, 36)).body.errors[0]!.detail).toContain('re-parenting');
    expect((await move(child.uuid, other.uuid)).status).toBe(200);
    expect((await show(leaf.uuid)).root_provider_uuid).toBe(other.uuid);
    expect((await move(child.uuid, null)).status).toBe(200);
    expect(await show(leaf.uuid)).toMatchObject({ root_provider_uuid: child.uuid, parent_provider_uuid: child.uuid });
    const tree = await ask<{ resource_providers: Provider[] }>('GET', `/resource_providers?in_tree=${leaf.uuid}`);
    expect(tree.body.resource_providers.map((p) => p.uuid).toSorted()).toEqual([child.uuid, leaf.uuid].toSorted());
    // Two moves that would make a loop together.
    const [a, b] = [await make(), await make()];
    const moves = await Promise.all([move(a.uuid, b.uuid), move(b.uuid, a.uuid)]);
    expect(moves.filter((m) => m.status === 200)).toHaveLength(1);
  });

  it('finds providers by room, traits and aggregates together', async () => {
    const [small, large] = [await make(), await make()];
    const aggregate = randomUUID();
    for (const [{ uuid }, total] of [
      [small, 2],
      [large, 16],
    ] as const) {
      await stock(uuid, { total });
      await ask('PUT', `/resource_providers/${uuid}/aggregates`, {
        aggregates: [aggregate],
        resource_provider_generation: 1,
      });
    }
    await ask('PUT', `/resource_providers/${large.uuid}/traits`, {
      traits: ['HW_CPU_X86_VMX'],
      resource_provider_generation: 2,
    });
    const found = async (query: string): Promise<string[]> =>
      (
        await ask<{ resource_providers: Provider[] }>('GET', `/resource_providers?member_of=${aggregate}&${query}`)
      ).body.resource_providers.map((p) => p.uuid);
    expect(await found('resources=VCPU:1')).toHaveLength(2);
    expect(await found('resources=VCPU:4')).toEqual([large.uuid]);
    expect(await found('required=!HW_CPU_X86_VMX')).toEqual([small.uuid]);
    expect(await found('required=in:HW_CPU_X86_VMX,HW_CPU_X86_SVM')).toEqual([large.uuid]);
    expect(await found(`required=HW_CPU_X86_VMX&member_of=!${aggregate}`)).toEqual([]);
    expect((await ask('GET', '/resource_providers?required=CUSTOM_NONE')).status).toBe(400);
    expect((await ask('GET', '/resource_providers?required=HW_CPU_X86_VMX', undefined, 17)).status).toBe(400);
  });

  it('counts what a project holds by the type of the consumers', async () => {
    const { uuid } = await make();
    await stock(uuid, { total: 9 });
    const project_id = randomUUID();
    await hold(randomUUID(), { [uuid]: 2 }, null, { project_id });
    await hold(randomUUID(), { [uuid]: 3 }, null, { project_id });
    await hold(randomUUID(), { [uuid]: 4 }, null, { project_id, consumer_type: 'MIGRATION' });
    const usages = async (query: string, minor?: number): Promise<object> =>
      (await ask<{ usages: object }>('GET', `/usages?project_id=${project_id}${query}`, undefined, minor)).body.usages;
    expect(await usages('', 37)).toEqual({ VCPU: 9 });
    expect(await usages('')).toEqual({
      INSTANCE: { VCPU: 5, consumer_count: 2 },
      MIGRATION: { VCPU: 4, consumer_count: 1 },
    });
    expect(await usages('&consumer_type=all')).toEqual({ all: { VCPU: 9, consumer_count: 3 } });
  });

  it('moves a class with what is allocated of it to another provider at once', async () => {
    const [from, to] = [await make(), await make()];
    const consumer = randomUUID();
    await stock(from.uuid, { total: 4 });
    await hold(consumer, { [from.uuid]: 3 }, null);
    const { generation } = await show(from.uuid);
    const wanted = (consumer_generation: number) => ({
      consumerId: consumer,
      owner: { project_id: 'p', user_id: 'u' },
      generation: consumer_generation,
      byProvider: { [to.uuid]: { VCPU: 3 } },
    });
    const VCPU = { total: 4, reserved: 0, min_unit: 1, max_unit: 4, step_size: 1, allocation_ratio: 1 };
    const providers = {
      [from.uuid]: { generation, inventories: {} },
      [to.uuid]: { generation: 0, inventories: { VCPU } },
    };
    // Only a service may, by the default rules.
    expect((await ask('POST', '/reshaper', {})).status).toBe(403);
    await expect(api.services.placement.reshape(providers, [])).rejects.toMatchObject({
      status: 409,
      type: 'placement.inventory.inuse',
    });
    await api.services.placement.reshape(providers, [wanted(1)]);
    const { body } = await ask<{ allocations: object }>('GET', `/allocations/${consumer}`);
    expect(Object.keys(body.allocations)).toEqual([to.uuid]);
    expect((await ask('GET', `/resource_providers/${from.uuid}/inventories`)).body).toMatchObject({ inventories: {} });
  });

  it('renames a class of a client’s own everywhere, and deletes none that is in use', async () => {
    const { uuid } = await make();
    const consumer = randomUUID();
    await ask('POST', '/resource_classes', { name: 'CUSTOM_GOLD' });
    await ask('PUT', `/resource_providers/${uuid}/inventories`, {
      resource_provider_generation: 0,
      inventories: { CUSTOM_GOLD: { total: 4 } },
    });
    await ask('PUT', `/allocations/${consumer}`, {
      allocations: { [uuid]: { resources: { CUSTOM_GOLD: 1 } } },
      project_id: 'p',
      user_id: 'u',
      consumer_generation: null,
      consumer_type: 'INSTANCE',
    });
    expect((await ask('PUT', '/resource_classes/CUSTOM_GOLD', { name: 'CUSTOM_SILVER' }, 6)).status).toBe(200);
    const { body } = await ask<{ usages: object }>('GET', `/resource_providers/${uuid}/usages`);
    expect(body.usages).toEqual({ CUSTOM_SILVER: 1 });
    expect((await ask('DELETE', '/resource_classes/CUSTOM_SILVER')).status).toBe(409);
    expect((await ask('DELETE', '/resource_classes/VCPU')).status).toBe(400);
  });
});
