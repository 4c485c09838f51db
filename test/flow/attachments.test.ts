import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { idle } from '../setup/operations.js';
import { replaysAtEnd } from '../setup/temporal.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';

const ROUNDS = 10;

interface Volume {
  readonly volumeId: string;
  readonly device: string;
}
interface Card {
  readonly port_id: string;
  readonly port_state: string;
  readonly mac_addr: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}

describe.each(['fake', 'real'] as const)('a server on %s guests', (hypervisor) => {
  const cloud = provided(hypervisor);
  replaysAtEnd(cloud);

  const pathOf = (id: string, part: string): string => `/compute/v2.1/servers/${id}/${part}`;
  async function running(tenant: Tenant): Promise<string> {
    const id = await tenant.post();
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    return id;
  }
  async function blank(tenant: Tenant): Promise<string> {
    const id = await tenant.postVolume();
    expect(await tenant.volumeSettled(id)).toBe('available');
    return id;
  }
  const attach = (tenant: Tenant, id: string, volumeId: string): Promise<{ volumeAttachment: Volume }> =>
    tenant.api.call('POST', pathOf(id, 'os-volume_attachments'), { volumeAttachment: { volumeId } });
  const volumesOf = async (tenant: Tenant, id: string): Promise<readonly string[]> =>
    (
      await tenant.api.call<{ volumeAttachments: Volume[] }>('GET', pathOf(id, 'os-volume_attachments'))
    ).volumeAttachments.map((v) => v.volumeId);
  const cardsOf = async (tenant: Tenant, id: string): Promise<readonly Card[]> =>
    (await tenant.api.call<{ interfaceAttachments: Card[] }>('GET', pathOf(id, 'os-interface'))).interfaceAttachments;
  const statusOf = async (tenant: Tenant, volume: string): Promise<string | undefined> =>
    (await tenant.showVolume(volume))?.status;

  it(`is given a volume and lets go of it ${ROUNDS} times in a row, each an instance action, and nothing is left`, async () => {
    const tenant = await Tenant.make(cloud);
    const [id, volume] = await Promise.all([running(tenant), blank(tenant)]);
    for (let round = 0; round < ROUNDS; round++) {
      const { volumeAttachment } = await attach(tenant, id, volume);
      expect(volumeAttachment).toMatchObject({ volumeId: volume, serverId: id, device: '/dev/vdb' });
      await idle(cloud, id);
      expect(await statusOf(tenant, volume)).toBe('in-use');
      expect(await volumesOf(tenant, id)).toEqual([volume]);
      if (round === 0) expect(await orphansOf(cloud, [id, volume])).toEqual([]);
      expect(await tenant.api.request('DELETE', pathOf(id, `os-volume_attachments/${volume}`))).toMatchObject({
        status: 202,
      });
      await idle(cloud, id);
      expect(await statusOf(tenant, volume)).toBe('available');
      expect(await volumesOf(tenant, id)).toEqual([]);
    }
    expect((await tenant.events(id, 'attach_volume')).map((e) => [e.event, e.result])).toEqual([
      ['holdVolume', 'Success'],
      ['connectVolume', 'Success'],
      ['attachDisk', 'Success'],
      ['finishAttachVolume', 'Success'],
    ]);
    expect(await orphansOf(cloud, [id, volume])).toEqual([]);
    await tenant.delete(id);
    await tenant.deleteVolume(volume);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it(`is given a card and lets go of it ${ROUNDS} times in a row, with its addresses, and nothing is left`, async () => {
    const tenant = await Tenant.make(cloud);
    const id = await running(tenant);
    const [first] = await cardsOf(tenant, id);
    for (let round = 0; round < ROUNDS; round++) {
      const { interfaceAttachment: card } = await tenant.api.call<{ interfaceAttachment: Card }>(
        'POST',
        pathOf(id, 'os-interface'),
        { interfaceAttachment: { net_id: tenant.network } },
      );
      await idle(cloud, id);
      const address = card.fixed_ips[0]!.ip_address;
      expect(await cardsOf(tenant, id)).toEqual([first, { ...card, port_state: 'ACTIVE' }]);
      expect(Object.values((await tenant.show(id)).addresses).flat()).toContainEqual(
        expect.objectContaining({ addr: address }),
      );
      if (round === 0) expect(await orphansOf(cloud, [id])).toEqual([]);
      expect(await tenant.api.request('DELETE', pathOf(id, `os-interface/${card.port_id}`))).toMatchObject({
        status: 202,
      });
      await idle(cloud, id);
      expect(await cardsOf(tenant, id)).toEqual([first]);
      expect(JSON.stringify((await tenant.show(id)).addresses)).not.toContain(address);
    }
    expect(await orphansOf(cloud, [id])).toEqual([]);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it('takes several volumes at once, each under a name of its own, and its delete gives them all back', async () => {
    const tenant = await Tenant.make(cloud);
    const [id, ...volumes] = await Promise.all([running(tenant), blank(tenant), blank(tenant), blank(tenant)]);
    const given = await Promise.all(volumes.map((v) => attach(tenant, id, v)));
    expect(given.map((g) => g.volumeAttachment.device).toSorted()).toEqual(['/dev/vdb', '/dev/vdc', '/dev/vdd']);
    await tenant.delete(id);
    for (const volume of volumes) {
      expect(await tenant.volumeSettled(volume)).toBe('available');
      await tenant.deleteVolume(volume);
    }
    expect(await orphansOf(cloud, [id, ...volumes])).toEqual([]);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it('is given them while it is off, and has them when it starts', async () => {
    const tenant = await Tenant.make(cloud);
    const [id, volume] = await Promise.all([running(tenant), blank(tenant)]);
    const act = async (body: object, status: string): Promise<void> => {
      await tenant.api.call('POST', pathOf(id, 'action'), body);
      await until(async () => ((await tenant.show(id)).status === status ? true : undefined), 50, 120_000);
    };
    await act({ 'os-stop': null }, 'SHUTOFF');
    await attach(tenant, id, volume);
    await idle(cloud, id);
    await act({ 'os-start': null }, 'ACTIVE');
    expect(await statusOf(tenant, volume)).toBe('in-use');
    expect(await orphansOf(cloud, [id, volume])).toEqual([]);
    await tenant.delete(id);
    await tenant.deleteVolume(volume);
  });
});

describe('attaching', () => {
  const cloud = provided('fake');

  it('is refused in the words of Nova: what is not there, what is in use, the root disk, a state that it does not take', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post(tenant.volumeServer());
    await tenant.settled(id);
    const ask = (method: string, part: string, body?: object): Promise<{ status: number; body: unknown }> =>
      tenant.api.request(method, `/compute/v2.1/servers/${id}/${part}`, body);
    const [{ id: root }] = (await tenant.show(id))['os-extended-volumes:volumes_attached'] as [{ id: string }];
    const nothing = '5d1d2c4e-53d5-4b9c-9d0e-6f3c1a0b7e11';
    expect(await ask('DELETE', `os-volume_attachments/${root}`)).toMatchObject({
      status: 400,
      body: { badRequest: { message: 'Cannot detach a root device volume' } },
    });
    expect(await ask('POST', 'os-volume_attachments', { volumeAttachment: { volumeId: root } })).toMatchObject({
      status: 400,
      body: {
        badRequest: {
          message: `Invalid input received: Invalid volume: Volume ${root} status must be available or downloading to reserve, but the current status is in-use.`,
        },
      },
    });
    expect(await ask('POST', 'os-volume_attachments', { volumeAttachment: { volumeId: nothing } })).toMatchObject({
      status: 404,
    });
    expect(await ask('DELETE', `os-volume_attachments/${nothing}`)).toMatchObject({ status: 404 });
    expect(await ask('DELETE', `os-interface/${nothing}`)).toMatchObject({ status: 404 });
    expect(await ask('POST', 'os-interface', { interfaceAttachment: { port_id: nothing } })).toMatchObject({
      status: 404,
      body: { itemNotFound: { message: `Port id ${nothing} could not be found.` } },
    });
    const [{ port_id: port }] = (await ask('GET', 'os-interface').then(
      (r) => (r.body as { interfaceAttachments: Card[] }).interfaceAttachments,
    )) as [Card];
    expect(await ask('POST', 'os-interface', { interfaceAttachment: { port_id: port } })).toMatchObject({
      status: 409,
      body: { conflictingRequest: { message: `Port ${port} is still in use.` } },
    });
    await tenant.api.call('POST', `/compute/v2.1/servers/${id}/action`, { suspend: null });
    await until(async () => ((await tenant.show(id)).status === 'SUSPENDED' ? true : undefined), 50, 60_000);
    expect(await ask('DELETE', `os-interface/${port}`)).toMatchObject({
      status: 409,
      body: {
        conflictingRequest: { message: `Cannot 'detach_interface' instance ${id} while it is in vm_state suspended` },
      },
    });
    await tenant.delete(id);
  });

  it('keeps a port of the user’s own: it is free again, with its address, when it is detached', async () => {
    const tenant = await Tenant.make(cloud);
    const id = await tenant.post();
    await tenant.settled(id);
    const { port } = await tenant.api.call<{ port: { id: string; fixed_ips: object[] } }>(
      'POST',
      '/network/v2.0/ports',
      {
        port: { network_id: tenant.network },
      },
    );
    await tenant.api.call('POST', `/compute/v2.1/servers/${id}/os-interface`, {
      interfaceAttachment: { port_id: port.id },
    });
    await idle(cloud, id);
    await tenant.api.call('DELETE', `/compute/v2.1/servers/${id}/os-interface/${port.id}`);
    await idle(cloud, id);
    expect(await tenant.api.call('GET', `/network/v2.0/ports/${port.id}`)).toMatchObject({
      port: { device_id: '', status: 'DOWN', fixed_ips: port.fixed_ips },
    });
    await tenant.api.call('DELETE', `/network/v2.0/ports/${port.id}`);
    await tenant.delete(id);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });
});
