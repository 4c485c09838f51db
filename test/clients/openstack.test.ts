import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { GUEST_UP, IMAGE_NAME, guestImage } from '#apps/standalone/guest-image';
import { orphansOf } from '../setup/tenant.js';
import { clientOf } from './client.js';

const cloud = provided('real');
const { openstack, json } = clientOf(cloud);

describe('the unmodified openstack client', () => {
  it('boots a server, reads its console and its events, and deletes it', async () => {
    const server = await json<{ id: string; status: string; addresses: Record<string, string[]> }>(
      'server',
      'create',
      '--wait',
      '--image',
      IMAGE_NAME,
      '--flavor',
      'm1.nano',
      '--network',
      'private',
      'from-cli',
    );
    expect(server.status).toBe('ACTIVE');
    expect(await openstack('console', 'log', 'show', 'from-cli')).toContain(GUEST_UP);
    const [event] = await json<{ 'Request ID': string; Action: string }[]>('server', 'event', 'list', 'from-cli');
    expect(event?.Action).toBe('create');
    const shown = await json<{ events: { event: string; result: string }[] }>(
      'server',
      'event',
      'show',
      'from-cli',
      event!['Request ID'],
    );
    expect(shown.events.map((e) => e.event)).toContain('spawnServer');
    expect((await json<{ Name: string }[]>('server', 'list')).map((s) => s.Name)).toContain('from-cli');
    await openstack('server', 'delete', '--wait', 'from-cli');
    expect((await json<{ Name: string }[]>('server', 'list')).map((s) => s.Name)).not.toContain('from-cli');
    expect(await orphansOf(cloud, [server.id])).toEqual([]);
  });

  it('boots a server from a volume', async () => {
    const server = await json<{ id: string; status: string; volumes_attached: { id: string }[] }>(
      'server',
      'create',
      '--wait',
      '--image',
      IMAGE_NAME,
      '--flavor',
      'm1.nano',
      '--network',
      'private',
      '--boot-from-volume',
      '1',
      'from-volume',
    );
    expect(server.status).toBe('ACTIVE');
    expect(await openstack('console', 'log', 'show', 'from-volume')).toContain(GUEST_UP);
    await openstack('server', 'delete', '--wait', 'from-volume');
    await openstack('volume', 'delete', server.volumes_attached[0]!.id);
    expect(await orphansOf(cloud, [server.id, server.volumes_attached[0]!.id])).toEqual([]);
  });

  it('manages images, networks, ports, key pairs, flavors and limits', async () => {
    const file = path.join(cloud.home, 'own.img');
    await writeFile(file, guestImage());
    const image = await json<{ id: string; status: string }>(
      'image',
      'create',
      '--disk-format',
      'raw',
      '--container-format',
      'bare',
      '--file',
      file,
      'own',
    );
    expect((await json<{ status: string }>('image', 'show', 'own')).status).toBe('active');
    await openstack('image', 'delete', image.id);
    await openstack('network', 'create', 'own-net');
    await openstack('subnet', 'create', '--network', 'own-net', '--subnet-range', '192.0.2.0/24', 'own-subnet');
    const port = await json<{ id: string; fixed_ips: { ip_address: string }[] }>(
      'port',
      'create',
      '--network',
      'own-net',
      'own-port',
    );
    expect(port.fixed_ips[0]?.ip_address).toMatch(/^192\.0\.2\./);
    await openstack('port', 'delete', 'own-port');
    await openstack('subnet', 'delete', 'own-subnet');
    await openstack('network', 'delete', 'own-net');
    const { id } = await json<{ id: string }>('volume', 'create', '--size', '1', 'own-volume');
    const status = async (): Promise<string> => (await json<{ status: string }>('volume', 'show', id)).status;
    await until(async () => ((await status()) === 'available' ? true : undefined), 100, 30_000);
    await openstack('volume', 'delete', 'own-volume');
    const keyFile = path.join(cloud.home, 'own-key');
    await openstack('keypair', 'create', '--private-key', keyFile, 'own-key');
    await openstack('keypair', 'delete', 'own-key');
    expect((await json<{ Name: string }[]>('flavor', 'list')).map((f) => f.Name)).toContain('m1.nano');
    expect((await json<{ Name: string }[]>('limits', 'show', '--absolute')).map((l) => l.Name)).toContain('instances');
    expect(await openstack('catalog', 'list')).toContain('nova');
    expect(await openstack('token', 'issue')).toContain('project_id');
  });

  it('manages resource providers: their inventory, traits, aggregates and allocations, and its own classes', async () => {
    const placement = (...args: string[]): Promise<string> =>
      openstack('--os-cloud', 'novaflow-admin', '--os-placement-api-version', '1.39', ...args);
    const shown = async <T>(...args: string[]): Promise<T> => JSON.parse(await placement(...args, '-f', 'json')) as T;
    const { uuid, generation } = await shown<{ uuid: string; generation: number }>(
      'resource',
      'provider',
      'create',
      'from-cli',
    );
    expect(generation).toBe(0);
    const of = (part: string): string[] => ['resource', 'provider', part];
    await placement('resource', 'class', 'create', 'CUSTOM_FROM_CLI');
    await placement('trait', 'create', 'CUSTOM_TRAIT_FROM_CLI');
    await placement(...of('inventory'), 'set', uuid, '--resource', 'CUSTOM_FROM_CLI=4', '--resource', 'VCPU=8');
    await placement(...of('trait'), 'set', uuid, '--trait', 'CUSTOM_TRAIT_FROM_CLI');
    await placement(...of('aggregate'), 'set', uuid, '--aggregate', uuid, '--generation', '2');
    const found = await shown<{ uuid: string }[]>(
      ...of('list'),
      '--resource',
      'CUSTOM_FROM_CLI=4',
      '--required',
      'CUSTOM_TRAIT_FROM_CLI',
      '--member-of',
      uuid,
    );
    expect(found.map((one) => one.uuid)).toEqual([uuid]);
    const holder = ['--project-id', 'p', '--user-id', 'u', '--consumer-type', 'INSTANCE'];
    await placement(...of('allocation'), 'set', uuid, '--allocation', `rp=${uuid},VCPU=2`, ...holder);
    expect(await shown(...of('allocation'), 'show', uuid)).toMatchObject([{ resources: { VCPU: 2 } }]);
    expect(await shown(...of('usage'), 'show', uuid)).toContainEqual({ resource_class: 'VCPU', usage: 2 });
    await expect(placement(...of('delete'), uuid)).rejects.toThrow('has allocations');
    await placement(...of('allocation'), 'delete', uuid);
    await placement(...of('delete'), uuid);
    await placement('resource', 'class', 'delete', 'CUSTOM_FROM_CLI');
    await placement('trait', 'delete', 'CUSTOM_TRAIT_FROM_CLI');
  });

  it('sets, shows and resets the quotas of a project, and changes networks', async () => {
    const admin = (...args: string[]): Promise<string> => openstack('--os-cloud', 'novaflow-admin', ...args);
    await admin(
      'quota',
      'set',
      '--volumes',
      '12',
      '--gigabytes',
      '1200',
      '--ports',
      '600',
      '--networks',
      '120',
      'demo',
    );
    const shown = async (): Promise<Record<string, number>> => {
      const rows = JSON.parse(await openstack('quota', 'show', '-f', 'json')) as { Resource: string; Limit: number }[];
      return Object.fromEntries(rows.map((r) => [r.Resource, r.Limit]));
    };
    expect(await shown()).toMatchObject({ volumes: 12, gigabytes: 1200, ports: 600, networks: 120 });
    await admin('quota', 'delete', 'demo');
    expect(await shown()).toMatchObject({ volumes: 10, gigabytes: 1000, ports: 500, networks: 100 });
    await openstack('network', 'create', 'net-before');
    await openstack('network', 'set', '--name', 'net-after', '--disable', 'net-before');
    expect(await json<object>('network', 'show', 'net-after')).toMatchObject({ admin_state_up: false });
    await openstack('network', 'delete', 'net-after');
  });

  it('keeps objects', async () => {
    await openstack('container', 'create', 'box');
    const file = path.join(cloud.home, 'object.json');
    await writeFile(file, '{"an": "object"}');
    await openstack('object', 'create', '--name', 'some/where.json', 'box', file);
    expect(await json<{ Name: string }[]>('object', 'list', 'box')).toEqual([{ Name: 'some/where.json' }]);
    expect(await json<object>('object', 'show', 'box', 'some/where.json')).toMatchObject({ 'content-length': '16' });
    const copy = path.join(cloud.home, 'copy.json');
    await openstack('object', 'save', '--file', copy, 'box', 'some/where.json');
    expect(await readFile(copy, 'utf8')).toBe('{"an": "object"}');
    await openstack('object', 'delete', 'box', 'some/where.json');
    await openstack('container', 'delete', 'box');
    expect(await json<object[]>('container', 'list')).toEqual([]);
  });

  it('gives an administrator the hosts, the hypervisors and the quotas', async () => {
    const [service] = await json<{ Binary: string; State: string }[]>(
      '--os-cloud',
      'novaflow-admin',
      'compute',
      'service',
      'list',
    );
    expect(service).toMatchObject({ Binary: 'nova-compute', State: 'up' });
    expect(await openstack('--os-cloud', 'novaflow-admin', 'hypervisor', 'list')).toContain('QEMU');
    expect(await openstack('--os-cloud', 'novaflow-admin', 'project', 'list')).toContain('demo');
  });
});
