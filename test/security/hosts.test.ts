import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { isPublic } from '#apps/api/http/policy';
import type { Api } from '#apps/standalone/api';
import { until } from '#cli/bench/measure';
import { ensureMachineCredentials, ensureSecrets } from '#apps/standalone/secrets';
import { ROOT } from '#config';
import { startCloud, type OwnCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { BINARIES, OWN_MACHINE, asHost, type Binary } from '../setup/host.js';
import { authenticate, statusWith, tokenOf } from '../setup/login.js';
import { allRoutes } from '../setup/routes.js';
import { Tenant, adminOf } from '../setup/tenant.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const run = promisify(execFile);
/** What a compute role says of a host. */
const report = (host: string) => ({
  hosts: [{ host, facts: { type: 'fake' }, inventory: { VCPU: { total: 1 }, MEMORY_MB: { total: 1 } } }],
});
const named = (): string => `m${randomUUID().slice(0, 8)}`;

describe('a host credential', () => {
  let own: Record<Binary, Api>;
  let elsewhere: Api;
  let tenant: Tenant;
  let server: string;
  let image: string;
  beforeAll(async () => {
    const [compute, volume, network] = await Promise.all(BINARIES.map((b) => asHost(cloud, b)));
    own = { 'nova-compute': compute!, 'cinder-volume': volume!, 'neutron-agent': network! };
    elsewhere = await asHost(cloud, 'nova-compute', named());
    tenant = await Tenant.make(cloud);
    const made = await tenant.api.call<{ id: string }>('POST', '/image/v2/images', {
      name: 'private',
      disk_format: 'raw',
      container_format: 'bare',
      visibility: 'private',
    });
    image = made.id;
    await tenant.api.call('PUT', `/image/v2/images/${image}/file`, new Uint8Array(512).fill(7));
    server = await tenant.post(tenant.server({ imageRef: image, adminPass: 'of-the-guest', config_drive: true }));
    await tenant.settled(server);
  });

  it.each(BINARIES)('of %s opens no route beside those for hosts', async (binary) => {
    const fill = (p: string): string => p.replaceAll(/:(\w+)/g, server);
    for (const { method, path: route, rule } of allRoutes()) {
      if (rule === undefined || isPublic(rule) || rule === 'novaflow:internal') continue;
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined;
      const { status } = await own[binary].request(method, fill(route), body);
      expect([method, route, rule, status]).toEqual([method, route, rule, 403]);
    }
  });

  it('opens the guest data and the devices of servers that are on its machine now, for nova-compute alone', async () => {
    const data = `/internal/servers/${server}/guest-data`;
    const devices = `/internal/servers/${server}/devices`;
    const { status, body } = await own['nova-compute'].request<{ uuid: string }>('GET', data);
    expect([status, body.uuid]).toEqual([200, server]);
    const recorded = await own['nova-compute'].request<{ ports: string[] }>('GET', devices);
    expect([recorded.status, recorded.body.ports.length]).toEqual([200, 1]);
    for (const other of [own['cinder-volume'], own['neutron-agent'], elsewhere])
      for (const at of [data, devices]) expect((await other.request('GET', at)).status).toBe(404);
    const gone = await tenant.post();
    await tenant.settled(gone);
    await tenant.delete(gone);
    expect((await own['nova-compute'].request('GET', `/internal/servers/${gone}/guest-data`)).status).toBe(404);
  });

  it('opens an image where a server of its machine boots from it', async () => {
    const at = `/internal/images/${image}`;
    const { status, body } = await own['nova-compute'].request<{ direct_url?: string; status: string }>('GET', at);
    expect([status, body.status, typeof body.direct_url]).toEqual([200, 'active', 'string']);
    for (const other of [own['cinder-volume'], own['neutron-agent'], elsewhere]) {
      expect((await other.request('GET', at)).status).toBe(404);
      expect((await other.request('GET', `${at}/file`)).status).toBe(404);
    }
  });

  it('of cinder-volume opens an image while a volume is made of it there', async () => {
    const at = `/internal/images/${image}`;
    const project = tenant.api.projectId;
    await inject(cloud, { project, step: 'connectVolume', phase: 'before', kind: 'delay', ms: 5_000 });
    const volume = await tenant.postVolume({ imageRef: image });
    const status = async (asker: Api): Promise<number> => (await asker.request('GET', at)).status;
    await until(async () => ((await status(own['cinder-volume'])) === 200 ? true : undefined), 50, 30_000);
    expect(await status(await asHost(cloud, 'cinder-volume', named()))).toBe(404);
    expect(await tenant.volumeSettled(volume)).toBe('available');
    expect(await status(own['cinder-volume'])).toBe(404);
    await tenant.deleteVolume(volume);
  });

  it('reports for its own binary and machine alone', async () => {
    const put = async (asker: Api, at: string, body: object = {}): Promise<number> =>
      (await asker.request('PUT', `/internal/services/${at}`, body)).status;
    expect(await put(own['neutron-agent'], `neutron-agent/${OWN_MACHINE}`)).toBe(204);
    expect(await put(own['neutron-agent'], 'neutron-agent/elsewhere')).toBe(403);
    expect(await put(own['neutron-agent'], `nova-compute/${OWN_MACHINE}`)).toBe(403);
    expect(await put(own['cinder-volume'], `neutron-agent/${OWN_MACHINE}`)).toBe(403);
    expect(await put(own['nova-compute'], 'nova-compute/elsewhere', report('elsewhere'))).toBe(403);
    expect(await put(tenant.admin, `nova-compute/${OWN_MACHINE}`)).toBe(403);
    const { services } = await tenant.admin.call<{ services: { host: string }[] }>('GET', '/compute/v2.1/os-services');
    expect(services.map((s) => s.host)).not.toContain('elsewhere');
  });

  it("neither reads nor ends another's token", async () => {
    const proof = { name: tenant.userName, password: tenant.password };
    const token = await tokenOf(cloud, proof, { project: { id: tenant.api.projectId } });
    const colleague = await Tenant.make(cloud);
    for (const asker of [...Object.values(own), colleague.api]) {
      for (const method of ['GET', 'HEAD', 'DELETE']) {
        const { status } = await asker.request(method, '/identity/v3/auth/tokens', undefined, {
          'x-subject-token': token,
        });
        expect([method, status]).toEqual([method, 403]);
      }
    }
    expect(await statusWith(base, token, '/compute/v2.1/servers')).toBe(200);
    const headers = { 'x-subject-token': token };
    expect(await statusWith(base, token, '/identity/v3/auth/tokens', { method: 'DELETE', headers })).toBe(204);
    expect(await statusWith(base, token, '/compute/v2.1/servers')).toBe(401);
  });
});

describe('a machine', () => {
  // Hosts that nobody runs would be counted by the other tests' schedulers.
  let own: OwnCloud;
  beforeAll(async () => {
    own = await startCloud({ NOVAFLOW_HYPERVISOR: 'fake' });
  });
  afterAll(() => own.stop());

  it('cannot take a host that is not of its machine', async () => {
    const admin = await adminOf(own.at);
    const long = `${named()}-0001`;
    const short = long.replace('-0001', '');
    const [first, second] = await Promise.all([
      asHost(own.at, 'nova-compute', long),
      asHost(own.at, 'nova-compute', short),
    ]);
    const { services } = await admin.call<{ services: { host: string }[] }>('GET', '/compute/v2.1/os-services');
    const put = (asker: Api, machine: string, host: string) =>
      asker.request<{ forbidden?: object }>('PUT', `/internal/services/nova-compute/${machine}`, report(host));
    const theirs = services.find((s) => s.host.startsWith(OWN_MACHINE))!.host;
    expect((await put(second, short, theirs)).status).toBe(403);
    expect((await put(first, long, long)).status).toBe(204);
    // Its name could be one of the shorter machine's simulated hosts; but it was there first.
    expect((await put(second, short, long)).status).toBe(409);
    expect((await put(first, long, long)).status).toBe(204);
  });
});

describe('the credentials of a machine', () => {
  it('are made in a directory of its own, and the shared ones of older versions go', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-secrets-'));
    await mkdir(path.join(directory, 'hosts'));
    for (const user of BINARIES)
      await writeFile(path.join(directory, 'hosts', `${user}.json`), JSON.stringify({ username: user, password: 'x' }));
    const old = JSON.stringify({ admin: 'a', demo: 'd', 'nova-compute': 'x' });
    await writeFile(path.join(directory, 'passwords.json'), old);
    const secrets = await ensureSecrets(directory);
    expect(secrets.passwords).toMatchObject({ admin: 'a', demo: 'd' });
    await ensureMachineCredentials(directory, 'first');
    const again = await ensureMachineCredentials(directory, 'first');
    expect(again).toBe(path.join(directory, 'hosts/first'));
    expect(await readdir(path.join(directory, 'hosts'))).toEqual(['first']);
    for (const binary of BINARIES) {
      const text = await readFile(path.join(again, `${binary}.json`), 'utf8');
      expect(JSON.parse(text)).toMatchObject({ username: `${binary}@first` });
    }
    for (const wrong of ['../up', 'a/b', '', '.', '..', 'x y'])
      await expect(ensureMachineCredentials(directory, wrong)).rejects.toThrow('cannot be the name of a machine');
    await rm(directory, { recursive: true });
  });

  it('become users at the next bootstrap, and the shared users of older versions stop working', async () => {
    const admin = (await Tenant.make(cloud)).admin;
    const [{ projects }, { roles }] = await Promise.all([
      admin.call<{ projects: { id: string }[] }>('GET', '/identity/v3/projects?name=service'),
      admin.call<{ roles: { id: string }[] }>('GET', '/identity/v3/roles?name=service'),
    ]);
    const shared = { name: 'nova-compute', password: 'of-version-0.3.0' };
    const { user } = await admin.call<{ user: { id: string } }>('POST', '/identity/v3/users', { user: shared });
    await admin.call('PUT', `/identity/v3/projects/${projects[0]!.id}/users/${user.id}/roles/${roles[0]!.id}`);
    const scope = { project: { id: projects[0]!.id } };
    const token = await tokenOf(cloud, shared, scope);

    const machine = named();
    const secrets = path.join(cloud.home, 'secrets');
    const file = path.join(await ensureMachineCredentials(secrets, machine), 'nova-compute.json');
    const read = async () => JSON.parse(await readFile(file, 'utf8')) as { username: string; password: string };
    const bootstrap = () =>
      run(process.execPath, [path.join(ROOT, 'dist/programs/bootstrap.js')], {
        env: {
          ...process.env,
          NOVAFLOW_HOME: cloud.home,
          // The endpoints of the catalog are those of the configuration.
          NOVAFLOW_PORT: new URL(cloud.authUrl).port,
          DATABASE_URL: cloud.databaseUrl,
          TEMPORAL_ADDRESS: cloud.temporalAddress,
        },
      });
    const accepted = async (): Promise<number> => {
      const { username: name, password } = await read();
      return (await authenticate(cloud, { name, password }, scope)).status;
    };
    expect(await accepted()).toBe(401);
    await bootstrap();
    expect(await accepted()).toBe(201);
    expect((await authenticate(cloud, shared, scope)).status).toBe(401);
    await until(
      async () => ((await statusWith(base, token, '/identity/v3/auth/catalog')) === 401 ? true : undefined),
      50,
      5_000,
    );
    // A credential that was made anew replaces the old one.
    const { username, password } = await read();
    await writeFile(file, JSON.stringify({ username, password: 'made-anew' }));
    await bootstrap();
    expect(await accepted()).toBe(201);
    expect((await authenticate(cloud, { name: username, password }, scope)).status).toBe(401);
    await rm(path.dirname(file), { recursive: true });
  });
});
