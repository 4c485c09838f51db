import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ServiceApi } from '../setup/service-api.js';

interface Service {
  id: string | number;
  host: string;
  binary: string;
}
interface Zones {
  availabilityZoneInfo: { zoneName: string; zoneState: object; hosts: Record<string, Record<string, object>> | null }[];
}

describe('Nova’s services', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    for (const host of ['one', 'two', 'three']) {
      const report = { host, facts: {}, inventory: { VCPU: { total: 4 } } };
      await api.services.nova.hosts.report(host, [report]);
    }
    await api.services.nova.conductors.report('control');
  });
  afterAll(() => api.stop());

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  const ask = <T>(method: string, path: string, minor = 104, body?: unknown) =>
    api.admin.request<T>(method, `/compute/v2.1${path}`, body, { 'openstack-api-version': `compute 2.${minor}` });
  const list = async (query = '', minor?: number): Promise<Service[]> =>
    (await ask<{ services: Service[] }>('GET', `/os-services${query}`, minor)).body.services;
  const named = async (host: string): Promise<string> => String((await list(`?host=${host}`))[0]!.id);
  const providers = async (): Promise<string[]> =>
    (await api.services.db.resourceProvider.findMany({ orderBy: { name: 'asc' } })).map((p) => p.name);

  it('are listed by host and binary, each by a number until 2.52 and by a UUID since', async () => {
    expect((await list('', 52)).map((s) => s.id)).toEqual([1, 2, 3, 4, 5]);
    expect((await list('?binary=nova-conductor')).map((s) => s.host)).toEqual(['control']);
    expect((await list('?host=one&binary=nova-compute')).map((s) => s.id)).toEqual([await named('one')]);
  });

  it('are deleted with their host’s provider, and not while something of it is claimed', async () => {
    const { id } = (await api.services.db.resourceProvider.findUnique({ where: { name: 'one' } }))!;
    const claim = { consumerId: randomUUID(), projectId: 'p', userId: 'u' };
    await api.services.db.$transaction(async (tx) => {
      await tx.$queryRaw(api.services.placement.locking(id));
      await api.services.placement.claimLocked(tx, id, claim, { VCPU: 1 });
    });
    const service = await named('one');
    expect((await ask('DELETE', `/os-services/${service}`)).status).toBe(409);
    expect(await providers()).toContain('one');
    await api.services.placement.releaseConsumer(claim.consumerId);
    expect((await ask('DELETE', '/os-services/one')).status).toBe(400);
    expect((await ask('DELETE', `/os-services/${service}`)).status).toBe(204);
    expect((await ask('DELETE', `/os-services/${service}`)).status).toBe(404);
    expect(await providers()).toEqual(['three', 'two']);
    // A role that starts reports its host again.
    await api.services.nova.hosts.report('one', [{ host: 'one', facts: {}, inventory: { VCPU: { total: 4 } } }]);
    expect(await named('one')).toBe(service);
  });

  it('are deleted by their number until 2.52', async () => {
    const three = (await list('', 52)).find((s) => s.host === 'three')!;
    expect((await ask('DELETE', `/os-services/${three.id}`, 52)).status).toBe(204);
    expect((await list()).map((s) => s.host)).not.toContain('three');
  });

  it('are disabled with a reason under their id, and enabled without one', async () => {
    const id = await named('two');
    const change = async (body: object) =>
      (await ask<{ service: object }>('PUT', `/os-services/${id}`, 104, body)).body.service;
    expect(await change({ status: 'disabled', disabled_reason: 'disk' })).toMatchObject({
      id,
      status: 'disabled',
      disabled_reason: 'disk',
      forced_down: false,
    });
    expect(await change({ forced_down: 'true' })).toMatchObject({ state: 'down', forced_down: true });
    expect(await change({ status: 'enabled', forced_down: false })).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      state: 'up',
    });
    expect((await ask('PUT', `/os-services/${id}`, 104, {})).status).toBe(400);
    expect((await ask('PUT', `/os-services/${id}`, 104, { service: { status: 'enabled' } })).status).toBe(400);
  });

  it('are in zones, of which only administrators see who is in them and where the conductors are', async () => {
    const short = (await ask<Zones>('GET', '/os-availability-zone')).body.availabilityZoneInfo;
    expect(short).toEqual([{ zoneName: 'nova', zoneState: { available: true }, hosts: null }]);
    const long = (await ask<Zones>('GET', '/os-availability-zone/detail')).body.availabilityZoneInfo;
    expect(long.map((zone) => zone.zoneName)).toEqual(['nova', 'internal']);
    expect(long[0]!.hosts!['two']).toMatchObject({ 'nova-compute': { active: true, available: true } });
    expect(Object.keys(long[1]!.hosts!['control']!)).toEqual(['nova-conductor', 'nova-scheduler']);
  });

  it('are told apart from the extensions that clients ask for, whose list is Nova’s own', async () => {
    const { body } = await ask<{ extensions: { alias: string }[] }>('GET', '/extensions');
    expect(body.extensions).toHaveLength(99);
    const shown = await ask('GET', '/extensions/os-services');
    expect(shown.body).toMatchObject({ extension: { alias: 'os-services', links: [] } });
    expect((await ask('GET', '/extensions/constructor')).status).toBe(404);
  });
});
