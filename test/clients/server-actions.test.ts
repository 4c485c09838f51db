import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
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

/** One server is taken through all of them: a guest of the tiny image takes a minute to be asked to go down. */
describe('the unmodified openstack client, on a real guest,', () => {
  let id: string;
  beforeAll(async () => {
    const where = ['--image', IMAGE_NAME, '--flavor', 'm1.nano', '--network', 'private'];
    ({ id } = await json<{ id: string }>('server', 'create', '--wait', ...where, NAME));
  });

  it('stops and starts it', async () => {
    await openstack('server', 'stop', NAME);
    await status('SHUTOFF');
    await openstack('server', 'start', NAME);
    await status('ACTIVE');
  });

  it('reboots it, softly and hard', async () => {
    await openstack('server', 'reboot', '--wait', '--soft', NAME);
    await openstack('server', 'reboot', '--wait', '--hard', NAME);
    await status('ACTIVE');
  });

  it('pauses and unpauses it, suspends and resumes it', async () => {
    for (const [action, wanted] of [
      ['pause', 'PAUSED'],
      ['unpause', 'ACTIVE'],
      ['suspend', 'SUSPENDED'],
      ['resume', 'ACTIVE'],
    ] as const) {
      await openstack('server', action, NAME);
      await status(wanted);
    }
  });

  it('locks and unlocks it, and an administrator says what its state is', async () => {
    await openstack('server', 'lock', NAME);
    expect(await json('server', 'show', NAME)).toMatchObject({ locked: true });
    await openstack('server', 'unlock', NAME);
    expect(await json('server', 'show', NAME)).toMatchObject({ locked: false });
    for (const [state, wanted] of [
      ['error', 'ERROR'],
      ['active', 'ACTIVE'],
    ] as const) {
      await openstack('--os-cloud', 'novaflow-admin', 'server', 'set', '--auto-approve', '--state', state, id);
      await status(wanted);
    }
  });

  it('gives it a volume and takes it back', async () => {
    const volume = await json<{ id: string }>('volume', 'create', '--size', '1', 'given');
    const isVolume = (wanted: string): Promise<true> =>
      until(
        async () => ((await json<Shown>('volume', 'show', 'given')).status === wanted ? true : undefined),
        200,
        120_000,
      );
    await isVolume('available');
    await openstack('server', 'add', 'volume', NAME, 'given');
    await isVolume('in-use');
    expect((await shown()).volumes_attached.map((v) => v.id)).toEqual([volume.id]);
    await openstack('server', 'remove', 'volume', NAME, 'given');
    await isVolume('available');
    expect((await shown()).volumes_attached).toEqual([]);
    await openstack('volume', 'delete', 'given');
  });

  it('gives it a card on a network and one of a port, and takes that back', async () => {
    const count = ({ addresses }: Shown): number => Object.values(addresses).flat().length;
    const before = count(await shown());
    await openstack('server', 'add', 'network', NAME, 'private');
    await becomes('had a second address', (s) => count(s) === before + 1);
    await openstack('port', 'create', '--network', 'private', 'own');
    await openstack('server', 'add', 'port', NAME, 'own');
    await becomes('had a third', (s) => count(s) === before + 2);
    await openstack('server', 'remove', 'port', NAME, 'own');
    await becomes('let go of it', (s) => count(s) === before + 1);
    await openstack('port', 'delete', 'own');
  });

  it('sees each of them among the server’s events, and leaves nothing when it deletes the server', async () => {
    const events = (await json<{ Action: string }[]>('server', 'event', 'list', NAME)).map((e) => e.Action);
    const expected =
      'create stop start reboot pause unpause suspend resume lock unlock attach_volume detach_volume attach_interface detach_interface';
    for (const action of expected.split(' ')) expect(events).toContain(action);
    await openstack('server', 'delete', '--wait', NAME);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  });
});
