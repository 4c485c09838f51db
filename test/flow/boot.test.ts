import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { inject } from '../setup/faults.js';
import { replaysAtEnd } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';
import { workflowOf } from '../setup/operations.js';

/** Once as conductors run, and once with no workflow kept in memory: each step rebuilds its workflow from the history. */
describe.each(['fake', 'uncached'] as const)('on the cloud %s:', (which) => {
  const cloud = provided(which);
  replaysAtEnd(cloud);

  describe('a boot', () => {
    let tenant: Tenant;
    beforeAll(async () => {
      tenant = await Tenant.make(cloud);
    });

    it('ends ACTIVE, shows its steps, and a delete leaves nothing', async () => {
      const id = await tenant.post();
      const server = await tenant.settled(id);
      expect(server.status).toBe('ACTIVE');
      expect(server.addresses['private']?.[0]?.addr).toMatch(/^10\.20\./);
      const events = await tenant.events(id);
      expect(events.map((e) => e.event).toSorted()).toEqual([
        'activateServer',
        'allocateNetwork',
        'fetchImage',
        'scheduleServer',
        'spawnServer',
        'validateToken',
      ]);
      expect(events.every((e) => e.result === 'Success')).toBe(true);
      expect(await tenant.holdings()).toMatchObject({
        instances: 1,
        cores: 1,
        ram: 64,
        ports: 1,
        claims: { VCPU: 1, MEMORY_MB: 64, DISK_GB: 1 },
      });
      await tenant.delete(id);
      expect(await tenant.holdings()).toEqual(NOTHING);
      expect(await orphansOf(cloud, [id])).toEqual([]);
    });

    it('from a new volume takes the volume along when the volume says so', async () => {
      const id = await tenant.post(tenant.volumeServer());
      const server = await tenant.settled(id);
      expect(server.status).toBe('ACTIVE');
      expect(server['os-extended-volumes:volumes_attached']).toHaveLength(1);
      await tenant.delete(id);
      expect(await tenant.holdings()).toEqual(NOTHING);
    });

    it('leaves a volume that is not to be deleted with its server, and another server boots from it', async () => {
      const root = {
        uuid: tenant.image,
        boot_index: 0,
        source_type: 'image',
        destination_type: 'volume',
        volume_size: 1,
        delete_on_termination: false,
      };
      const first = await tenant.post(tenant.server({ imageRef: '', block_device_mapping_v2: [root] }));
      const volume = (await tenant.settled(first))['os-extended-volumes:volumes_attached'][0]!.id;
      await tenant.delete(first);
      const second = await tenant.post(
        tenant.server({
          imageRef: '',
          block_device_mapping_v2: [{ uuid: volume, boot_index: 0, source_type: 'volume', destination_type: 'volume' }],
        }),
      );
      expect((await tenant.settled(second)).status).toBe('ACTIVE');
      await tenant.delete(second);
      expect(await tenant.showVolume(volume)).toMatchObject({ status: 'available' });
      await tenant.deleteVolume(volume);
      expect(await orphansOf(cloud, [volume, first, second])).toEqual([]);
    });

    it("leaves a user's own port when its server goes", async () => {
      const { port } = await tenant.api.call<{ port: { id: string; fixed_ips: { ip_address: string }[] } }>(
        'POST',
        '/network/v2.0/ports',
        { port: { network_id: tenant.network } },
      );
      const id = await tenant.post(tenant.server({ networks: [{ port: port.id }] }));
      expect((await tenant.settled(id)).addresses['private']?.[0]?.addr).toBe(port.fixed_ips[0]?.ip_address);
      await tenant.delete(id);
      const after = await tenant.api.call<{ port: { device_id: string; status: string } }>(
        'GET',
        `/network/v2.0/ports/${port.id}`,
      );
      expect(after.port).toMatchObject({ device_id: '', status: 'DOWN' });
      await tenant.api.call('DELETE', `/network/v2.0/ports/${port.id}`);
    });

    it('of several servers numbers them, and none, auto and a fixed address mean what they say', async () => {
      const body = tenant.server({
        name: 'many',
        min_count: 2,
        max_count: 2,
        networks: 'none',
        return_reservation_id: true,
      });
      const { reservation_id } = await tenant.api.call<{ reservation_id: string }>(
        'POST',
        '/compute/v2.1/servers',
        body,
      );
      const { servers } = await tenant.api.call<{ servers: { id: string; name: string }[] }>(
        'GET',
        `/compute/v2.1/servers?reservation_id=${reservation_id}`,
      );
      expect(servers.map((s) => s.name).toSorted()).toEqual(['many-1', 'many-2']);
      for (const { id } of servers) expect((await tenant.settled(id)).addresses).toEqual({});
      const auto = await tenant.settled(await tenant.post(tenant.server({ networks: 'auto' })));
      expect(Object.keys(auto.addresses)).toEqual(['private']);
      // On a network of another project nobody chooses an address.
      const own = await tenant.ownNetwork('own', '198.51.100.0/24');
      const fixed = await tenant.settled(
        await tenant.post(tenant.server({ networks: [{ uuid: own, fixed_ip: '198.51.100.250' }] })),
      );
      expect(fixed.addresses['own']?.[0]?.addr).toBe('198.51.100.250');
      for (const { id } of [...servers, auto, fixed]) await tenant.delete(id);
      await tenant.api.call('DELETE', `/network/v2.0/networks/${own}`);
      expect(await tenant.holdings()).toEqual(NOTHING);
    });

    it('that is deleted while it builds is undone and gone, without a fault', async () => {
      const name = `doomed-${randomUUID().slice(0, 8)}`;
      const clear = await inject(cloud, {
        project: tenant.api.projectId,
        step: 'spawnServer',
        phase: 'before',
        kind: 'delay',
        ms: 2_000,
      });
      const id = await tenant.post(tenant.volumeServer({ name }));
      await until(
        async () => ((await tenant.show(id))['OS-EXT-STS:task_state'] === 'spawning' ? true : undefined),
        20,
        30_000,
      );
      await tenant.delete(id);
      await clear();
      expect(await tenant.holdings()).toEqual(NOTHING);
      expect(await orphansOf(cloud, [id])).toEqual([]);
    });

    it('that no host can take is in ERROR with the count of each filter', async () => {
      const name = `huge-${randomUUID().slice(0, 8)}`;
      const { flavor } = await tenant.admin.call<{ flavor: { id: string } }>('POST', '/compute/v2.1/flavors', {
        flavor: { name, ram: 900_000, vcpus: 1, disk: 1 },
      });
      await tenant.admin.call('PUT', `/compute/v2.1/os-quota-sets/${tenant.api.projectId}`, { quota_set: { ram: -1 } });
      const id = await tenant.post(tenant.server({ flavorRef: flavor.id }));
      const server = await tenant.settled(id);
      expect(server.status).toBe('ERROR');
      expect(server.fault?.message).toMatch(
        /^No valid host was found\. Of 2 hosts, these passed each filter: .*ComputeFilter 2 of 2.*MEMORY_MB 0 of 2/,
      );
      await tenant.delete(id);
      await tenant.admin.call('DELETE', `/compute/v2.1/os-quota-sets/${tenant.api.projectId}`);
      expect(await tenant.holdings()).toEqual(NOTHING);
    });
  });

  describe('a workflow tells its story', () => {
    let client: Client;
    beforeAll(async () => {
      client = new Client({ connection: await Connection.connect({ address: cloud.temporalAddress }) });
    });
    afterAll(() => client.connection.close());

    it('by its summary, its search attributes and a summary for each step', async () => {
      const tenant = await Tenant.make(cloud);
      const id = await tenant.post(tenant.server({ name: 'told' }));
      await tenant.settled(id);
      const handle = client.workflow.getHandle(await workflowOf(cloud, 'bootServer', id));
      await handle.result();
      const found = await until(
        async () => {
          for await (const execution of client.workflow.list({
            query: `ServerId = "${id}" AND ProjectId = "${tenant.api.projectId}"`,
          }))
            return execution.workflowId;
          return undefined;
        },
        50,
        20_000,
      );
      expect(found).toBe(handle.workflowId);
      const { events } = await handle.fetchHistory();
      const text = (data: Uint8Array | null | undefined): string =>
        JSON.parse(Buffer.from(data ?? []).toString() || '""') as string;
      const scheduled = events!.filter((e) => e.activityTaskScheduledEventAttributes);
      expect(scheduled.map((e) => text(e.userMetadata?.summary?.data)).every((s) => s.length > 0)).toBe(true);
      expect(text(events![0]!.userMetadata?.summary?.data)).toBe('Boot told (m1.nano)');
      await tenant.delete(id);
    });
  });
});
