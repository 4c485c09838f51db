import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { NOTHING, Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const servers = '/compute/v2.1/servers';
/** What each disk of a boot that makes a volume is. */
const blank = (fields: object = {}): object => ({
  boot_index: -1,
  source_type: 'blank',
  destination_type: 'volume',
  volume_size: 1,
  ...fields,
});

describe('what one server may ask for', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });

  /** Posts, and says the status and the words of the answer. */
  const post = async (fields: object, version = '2.96', around: object = {}): Promise<[number, string]> => {
    const { status, body } = await tenant.api.request<Record<string, { message?: string; id?: string }>>(
      'POST',
      servers,
      { ...tenant.server(fields), ...around },
      { 'openstack-api-version': `compute ${version}` },
    );
    const [answer] = Object.values(body);
    if (status === 202) await tenant.delete(answer!.id!);
    return [status, answer?.message ?? ''];
  };
  const refused = async (fields: object, words: RegExp, version?: string, around?: object): Promise<void> =>
    expect(await post(fields, version, around)).toEqual([400, expect.stringMatching(words)]);

  it('20,000 networks are refused at once, and make no server that waits for ever', async () => {
    await refused({ networks: Array.from({ length: 20_000 }, () => ({ uuid: tenant.network })) }, /20001 devices/);
  });

  it('as many devices as the machine has slots for are accepted, and one more is refused in words', async () => {
    const networks = (count: number): object => ({
      networks: Array.from({ length: count }, () => ({ uuid: tenant.network })),
    });
    expect(await post({ ...networks(29), config_drive: false })).toEqual([202, '']);
    await refused(networks(30), /30 networks.*31 devices.*takes 30/);
    await refused({ ...networks(29), config_drive: true }, /config drive.*31 devices.*takes 30/);
    await refused(
      { block_device_mapping_v2: Array.from({ length: 30 }, () => blank()) },
      /31 disks.*32 devices.*takes 30/,
    );
  });

  it('what a boot has to be told is refused when it is far more than a workflow takes', async () => {
    const specs = Object.fromEntries(
      Array.from({ length: 600 }, (_, i) => [`key-${i}`.padEnd(250, 'x'), 'v'.repeat(255)]),
    );
    const { flavor } = await tenant.admin.call<{ flavor: { id: string } }>('POST', '/compute/v2.1/flavors', {
      flavor: { name: `big-${tenant.userName}`, vcpus: 1, ram: 64, disk: 0 },
    });
    await tenant.admin.call('POST', `/compute/v2.1/flavors/${flavor.id}/os-extra_specs`, { extra_specs: specs });
    await refused({ flavorRef: flavor.id }, /too large.*262144 bytes/);
    await tenant.admin.call('DELETE', `/compute/v2.1/flavors/${flavor.id}`);
  });

  it('more servers than one request may make are refused, also where no quota does it', async () => {
    const unlimited = await Tenant.make(cloud);
    await unlimited.admin.call('PUT', `/compute/v2.1/os-quota-sets/${unlimited.api.projectId}`, {
      quota_set: { instances: -1, cores: -1, ram: -1 },
    });
    // Without cards: the quota of ports would cut their number down before.
    const many = unlimited.server({ max_count: 2000, networks: 'none' });
    const { status, body } = await unlimited.api.request('POST', servers, many);
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringMatching(/at most 1000 servers/)]);
    expect(await unlimited.holdings()).toEqual(NOTHING);
  });

  it.each([
    ['an admin password of 200 kB', { adminPass: 'x'.repeat(200_000) }, /adminPass.*too long/s],
    ['user data of 70 kB', { user_data: 'QUJD'.repeat(17_500) }, /user_data.*too long/s],
    ['a host name for several servers', { hostname: 'one', max_count: 2 }, /single hostname to multiple instances/],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, /tags.*too long/s],
    ['a certificate twice', { trusted_image_certificates: ['a', 'a'] }, /non-unique/],
    ['a name of 256 characters', { name: 'n'.repeat(256) }, /too long/],
    ['a name with a line break', { name: 'a\u2028b' }, /does not match/],
    ['a zone of 256 characters', { availability_zone: 'z'.repeat(256) }, /too long/],
    ['a description of 256 characters', { description: 'd'.repeat(256) }, /too long/],
    ['a metadata value of 256 characters', { metadata: { a: 'v'.repeat(256) } }, /too long/],
    ['user data that is null', { user_data: null }, /not of type 'string'/],
    ['min_count 0 as text', { min_count: '0' }, /less than the minimum of 1/],
    ['config_drive "maybe"', { config_drive: 'maybe' }, /is not one of \[True, 'True'/],
  ])('%s is refused in words', (_name, fields, words) => refused(fields, words));

  it('129 metadata items are over the quota', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, 'v']));
    expect(await post({ metadata })).toEqual([403, 'Maximum number of metadata items exceeds 128']);
  });

  it.each([
    ['negative', { volume_size: -5 }, /-5 is less than the minimum of 1/],
    ['zero', { volume_size: 0 }, /0 is less than the minimum of 1/],
    ['zero as text', { volume_size: '0' }, /'0' is less than the minimum of 1/],
    ['a fraction', { volume_size: 1.5 }, /1.5 is not of type 'integer', 'string'/],
    ['negative as text', { volume_size: '-5' }, /does not match/],
    ['over what a record holds', { volume_size: 2 ** 31 }, /greater than the maximum of 2147483647/],
    ['over what a record holds as text', { volume_size: '9'.repeat(400) }, /greater than the maximum of 2147483647/],
    [
      'over what a storage host holds',
      { volume_size: 10 ** 9 },
      /1000000000G is larger than maximum allowed limit 16384G/,
    ],
    ['none', { volume_size: undefined }, /Blank volumes .* need to have non-zero size/],
  ])('a blank volume whose size is %s is refused in words', async (_name, fields, words) => {
    await refused({ block_device_mapping_v2: [blank(fields)] }, words);
    expect(await tenant.holdings()).toEqual(NOTHING);
  });

  it.each([
    ['a blank device with a uuid', blank({ uuid: 'x' }), /Invalid device UUID/],
    ['a volume without a uuid', { source_type: 'volume', destination_type: 'volume' }, /Missing device UUID/],
    ['a snapshot', { source_type: 'snapshot', destination_type: 'volume', uuid: 'x' }, /failed to get snapshot x\./],
    ['a bus that is none', blank({ disk_bus: 'warp' }), /disk bus warp is not valid/],
    ['a device name with a space', blank({ device_name: 'v da' }), /does not match/],
    ['a volume type that is none', blank({ volume_type: 'gold' }), /Volume type gold could not be found/],
    ['a boot index that is a gap', blank({ boot_index: '7' }), /Boot sequence/],
  ])('%s is refused in words', (_name, device, words) => refused({ block_device_mapping_v2: [device] }, words));

  it('a device that is not to boot may have any negative boot index', async () => {
    expect(
      await post({ block_device_mapping_v2: [blank({ boot_index: -1_099_511_627_776, delete_on_termination: true })] }),
    ).toEqual([202, '']);
  });
});
