import { describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { IMAGE_NAME } from '#apps/standalone/guest-image';
import { orphansOf } from '../setup/tenant.js';
import { clientOf } from './client.js';

const cloud = provided('real');
const { openstack, json } = clientOf(cloud);
const NAME = 'acted-on';

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly addresses: Record<string, string[]>;
  readonly volumes_attached: { id: string }[];
}
const shown = (): Promise<Shown> => json('server', 'show', NAME);
const becomes = (what: string, is: (server: Shown) => boolean): Promise<true> =>
  until(async () => (is(await shown()) ? true : undefined), 200, 120_000).catch((error: unknown) => {
    throw new Error(`the server never ${what}`, { cause: error });
  });
const status = (wanted: string): Promise<true> => becomes(`was ${wanted}`, (s) => s.status === wanted);

describe('the unmodified openstack client, on a real guest,', () => {
  it('does each of the fifteen actions, and the server and its events tell of each', async () => {
    const where = ['--image', IMAGE_NAME, '--flavor', 'm1.nano', '--network', 'private'];
    const server = await json<{ id: string }>('server', 'create', '--wait', ...where, NAME);
    await openstack('server', 'stop', NAME);
    await status('SHUTOFF');
    await openstack('server', 'start', NAME);
    await status('ACTIVE');
    await openstack('server', 'reboot', '--wait', '--soft', NAME);
    await openstack('server', 'reboot', '--wait', '--hard', NAME);
    await openstack('server', 'pause', NAME);
    await status('PAUSED');
    await openstack('server', 'unpause', NAME);
    await status('ACTIVE');
    await openstack('server', 'suspend', NAME);
    await status('SUSPENDED');
    await openstack('server', 'resume', NAME);
    await status('ACTIVE');

    await openstack('server', 'lock', NAME);
    expect(await json('server', 'show', NAME)).toMatchObject({ locked: true });
    await openstack('server', 'unlock', NAME);
    expect(await json('server', 'show', NAME)).toMatchObject({ locked: false });

    const volume = await json<{ id: string }>('volume', 'create', '--size', '1', 'given');
    await until(
      async () => ((await json<Shown>('volume', 'show', 'given')).status === 'available' ? true : undefined),
      200,
      60_000,
    );
    await openstack('server', 'add', 'volume', NAME, 'given');
    await becomes('had the volume', (s) => s.volumes_attached.some((v) => v.id === volume.id));
    await until(
      async () => ((await json<Shown>('volume', 'show', 'given')).status === 'in-use' ? true : undefined),
      200,
      60_000,
    );
    await openstack('server', 'remove', 'volume', NAME, 'given');
    await becomes('let go of the volume', (s) => s.volumes_attached.length === 0);
    await openstack('volume', 'delete', 'given');

    const addresses = async (): Promise<number> => Object.values((await shown()).addresses).flat().length;
    const before = await addresses();
    await openstack('server', 'add', 'network', NAME, 'private');
    await becomes('had a second address', (s) => Object.values(s.addresses).flat().length === before + 1);
    const port = await json<{ id: string }>('port', 'create', '--network', 'private', 'own');
    await openstack('server', 'add', 'port', NAME, 'own');
    await becomes('had a third', (s) => Object.values(s.addresses).flat().length === before + 2);
    await openstack('server', 'remove', 'port', NAME, 'own');
    await becomes('let go of it', (s) => Object.values(s.addresses).flat().length === before + 1);
    await openstack('port', 'delete', port.id);

    await openstack('--os-cloud', 'novaflow-admin', 'server', 'set', '--state', 'error', server.id);
    await status('ERROR');
    await openstack('--os-cloud', 'novaflow-admin', 'server', 'set', '--state', 'active', server.id);
    await status('ACTIVE');

    const events = (await json<{ Action: string }[]>('server', 'event', 'list', NAME)).map((e) => e.Action);
    const expected =
      'create stop start reboot pause unpause suspend resume lock unlock attach_volume detach_volume attach_interface detach_interface';
    for (const action of expected.split(' ')) expect(events).toContain(action);
    await openstack('server', 'delete', '--wait', NAME);
    expect(await orphansOf(cloud, [server.id, volume.id])).toEqual([]);
  });
});
