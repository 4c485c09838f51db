import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { serveHostApi, type HostApi } from '#apps/worker/host-api';
import { loadConfig } from '#config';
import { FakeHypervisor } from '#drivers/hypervisor/fake';
import { makeLogger } from '#services/kernel/log';
import { ServiceApi } from '../setup/service-api.js';

interface Shown {
  id: string | number;
  hypervisor_hostname: string;
  uptime?: string | null;
}
const UPTIME = /^ \d\d:\d\d:\d\d up .*load average: [\d.]+, [\d.]+, [\d.]+\n$/;

describe('How long a hypervisor is up', () => {
  let api: ServiceApi;
  let home: string;
  let served: HostApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    home = await mkdtemp(path.join(os.tmpdir(), 'novaflow-host-'));
    const hosts = ['real-0001', 'real-0002'];
    const config = loadConfig({ NOVAFLOW_HOME: home, NOVAFLOW_MODE: 'development' });
    served = await serveHostApi(config, makeLogger('compute', 'silent'), new FakeHypervisor(home, 0), hosts);
    const report = (host: string) => ({ host, facts: {}, inventory: {} });
    await api.services.nova.hosts.report('real', hosts.map(report), served.report);
    // Nothing listens there, and its role has not said that it is down.
    await api.services.nova.hosts.report('silent', [report('silent')], { url: 'http://127.0.0.1:9', key: 'k' });
  });
  afterAll(async () => {
    await served.close();
    await api.stop();
    await rm(home, { recursive: true, force: true });
  });

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  const ask = <T>(part: string, minor: number) =>
    api.admin.request<T>('GET', `/compute/v2.1/os-hypervisors${part}`, undefined, {
      'openstack-api-version': `compute 2.${minor}`,
    });
  const all = async (minor: number): Promise<Shown[]> =>
    (await ask<{ hypervisors: Shown[] }>('/detail', minor)).body.hypervisors;
  const idOf = async (host: string, minor: number): Promise<string | number> =>
    (await all(minor)).find((one) => one.hypervisor_hostname === host)!.id;

  it('is asked for by itself until 2.87, under a number and then a UUID', async () => {
    for (const minor of [1, 52, 53, 87]) {
      const id = await idOf('real-0002', minor);
      const { status, body } = await ask<{ hypervisor: Shown }>(`/${id}/uptime`, minor);
      expect([minor, status, body]).toEqual([
        minor,
        200,
        {
          hypervisor: {
            id,
            hypervisor_hostname: 'real-0002',
            state: 'up',
            status: 'enabled',
            uptime: expect.stringMatching(UPTIME),
          },
        },
      ]);
    }
    expect((await ask(`/${await idOf('real-0001', 88)}/uptime`, 88)).status).toBe(404);
    expect((await ask('/1/uptime', 87)).status).toBe(400);
    expect((await ask('/9/uptime', 52)).status).toBe(404);
  });

  it('is in the details since 2.88, null where the host does not answer, and not in the list', async () => {
    expect((await all(87)).some((one) => 'uptime' in one)).toBe(false);
    const uptimes = (await all(88)).map((one) => [one.hypervisor_hostname, one.uptime]);
    expect(uptimes).toEqual([
      ['real-0001', expect.stringMatching(UPTIME)],
      ['real-0002', expect.stringMatching(UPTIME)],
      ['silent', null],
    ]);
    const one = await ask<{ hypervisor: Shown }>(`/${await idOf('real-0001', 88)}`, 88);
    expect(one.body.hypervisor.uptime).toMatch(UPTIME);
    const { hypervisors } = (await ask<{ hypervisors: Shown[] }>('', 88)).body;
    expect(hypervisors.some((shown) => 'uptime' in shown)).toBe(false);
  });

  it('is refused for a host that does not answer or is down, in Nova’s words', async () => {
    const silent = await idOf('silent', 87);
    const refused = { badRequest: { code: 400, message: 'Compute service of silent is unavailable at this time.' } };
    expect(await ask(`/${silent}/uptime`, 87)).toMatchObject({ status: 400, body: refused });
    await api.services.nova.hosts.set('silent', { forced_down: true });
    expect(await ask(`/${silent}/uptime`, 87)).toMatchObject({ status: 400, body: refused });
  });
});
