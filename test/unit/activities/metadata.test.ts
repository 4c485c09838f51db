import { describe, expect, it } from 'vitest';
import { ApiError } from '#activities/host/api-client';
import { answerMetadata } from '#activities/host/metadata';
import { metadataDocument } from '#activities/host/metadata-documents';
import { makeLogger } from '#services/kernel/log';
import type { GuestMetadata } from '#services/nova/index';

const guest: GuestMetadata = {
  uuid: '6f1b1c9e-0000-4000-8000-000000000001',
  name: 'web',
  hostname: 'web',
  project_id: 'p',
  launch_index: 0,
  availability_zone: 'nova',
  meta: { role: 'front' },
  public_keys: { mine: 'ssh-ed25519 AAAA' },
  key_type: 'ssh',
  user_data: Buffer.from('#!/bin/sh\necho \u00e4\n').toString('base64'),
  network_data: { links: [], networks: [], services: [] },
  ec2: {
    instance_id: 'i-0000000a',
    ami_id: 'ami-12345678',
    reservation_id: 'r-1',
    instance_type: 'm1.tiny',
    local_ipv4: '10.0.1.11',
    security_groups: ['default', 'web'],
    block_devices: { ami: 'vda', root: '/dev/vda' },
  },
};
const read = (at: string, of: GuestMetadata = guest) => {
  const { status, type, body } = metadataDocument(of, at);
  return { status, type, body: Buffer.from(body).toString() };
};
const bare = { ...guest, meta: {}, public_keys: {}, user_data: undefined };
const { user_data: _, ...without } = bare;

describe('A guest’s metadata', () => {
  it('has the versions of both formats, and listings of what is in them', () => {
    expect(read('/').body.split('\n')).toEqual(expect.arrayContaining(['1.0', '2009-04-04', 'latest']));
    expect(read('/openstack/').body.split('\n')).toEqual(
      expect.arrayContaining(['2012-08-10', '2025-04-04', 'latest']),
    );
    expect(read('/latest').body).toBe('meta-data/\nuser-data');
    expect(read('/openstack/latest').body.split('\n')).toEqual([
      'meta_data.json',
      'user_data',
      'vendor_data.json',
      'network_data.json',
      'vendor_data2.json',
    ]);
    expect(read('/openstack/2012-08-10').body).toBe('meta_data.json\nuser_data');
  });

  it('in OpenStack’s format is JSON, and older versions know less', () => {
    const { type, body } = read('/openstack/latest/meta_data.json');
    expect(type).toBe('application/json');
    expect(JSON.parse(body)).toMatchObject({
      uuid: guest.uuid,
      name: 'web',
      hostname: 'web',
      project_id: 'p',
      meta: { role: 'front' },
      public_keys: { mine: 'ssh-ed25519 AAAA' },
      keys: [{ name: 'mine', type: 'ssh', data: 'ssh-ed25519 AAAA' }],
      devices: [],
    });
    expect(Object.keys(JSON.parse(read('/openstack/2012-08-10/meta_data.json').body) as object).toSorted()).toEqual(
      ['availability_zone', 'hostname', 'keys', 'launch_index', 'meta', 'name', 'public_keys', 'uuid'].toSorted(),
    );
    expect(JSON.parse(read('/openstack/latest/network_data.json').body)).toEqual(guest.network_data);
    expect(JSON.parse(read('/openstack/latest/vendor_data.json').body)).toEqual({});
    expect(read('/openstack/latest/user_data').body).toBe('#!/bin/sh\necho ä\n');
  });

  it('gives each time another seed', () => {
    const seed = (): string =>
      (JSON.parse(read('/openstack/latest/meta_data.json').body) as { random_seed: string }).random_seed;
    expect(Buffer.from(seed(), 'base64').length).toBe(512);
    expect(seed()).not.toBe(seed());
  });

  it('in EC2’s format is a tree of texts', () => {
    expect(read('/latest/meta-data/').body.split('\n')).toContain('public-keys/');
    expect(read('/latest/meta-data/public-keys/').body).toBe('0=mine');
    expect(read('/latest/meta-data/public-keys/0').body).toBe('openssh-key');
    expect(read('/latest/meta-data/public-keys/0/openssh-key').body).toBe('ssh-ed25519 AAAA');
    expect(read('/ec2/2009-04-04/meta-data/instance-id').body).toBe('i-0000000a');
    expect(read('//latest//meta-data/./local-ipv4').body).toBe('10.0.1.11');
    expect(read('/latest/meta-data/security-groups').body).toBe('default\nweb');
    expect(read('/latest/meta-data/block-device-mapping/root').body).toBe('/dev/vda');
    expect(read('/latest/meta-data/placement/availability-zone').body).toBe('nova');
    expect(read('/latest/user-data').body).toBe('#!/bin/sh\necho ä\n');
    expect(read('/1.0/meta-data/instance-type').status).toBe(404);
  });

  it.each([
    '/nothing',
    '/latest/meta-data/nothing',
    '/latest/meta-data/instance-id/more',
    '/latest/meta-data/public-keys/0/_name',
    '/latest/__proto__/polluted',
    '/latest/meta-data/constructor',
    '/openstack/2013-01-01/meta_data.json',
    '/openstack/latest/password',
    '/openstack/latest/../../etc/passwd',
    '/%zz',
    '/openstack/2012-08-10/network_data.json',
  ])('is not there at %s', (at) => {
    expect(read(at).status).toBe(404);
  });

  it('lists no user data and no key where there are none', () => {
    expect(read('/latest', without).body).toBe('meta-data/');
    expect(read('/latest/meta-data', without).body).not.toContain('public-keys');
    expect(read('/openstack/latest/user_data', without).status).toBe(404);
    expect(Object.keys(JSON.parse(read('/openstack/latest/meta_data.json', without).body) as object)).not.toContain(
      'meta',
    );
  });
});

describe('The metadata that a host answers with', () => {
  const asker = { networkId: 'n', ip: '10.0.1.11' };
  const answers = (get: (at: string) => Promise<unknown>) =>
    answerMetadata({ get: get as <T>(at: string) => Promise<T> }, makeLogger('network', 'silent'));

  it('is asked for once, though a guest asks for many documents at a time', async () => {
    const asked: string[] = [];
    const answer = answers((at) => {
      asked.push(at);
      return Promise.resolve(guest);
    });
    const got = await Promise.all(Array.from({ length: 20 }, () => answer(asker, '/latest/meta-data/hostname')));
    expect(new Set(got.map(({ body }) => body))).toEqual(new Set(['web']));
    expect(asked).toEqual(['/internal/networks/n/guest-data?ip=10.0.1.11']);
    await answer({ ...asker, ip: '10.0.1.12' }, '/');
    expect(asked.length).toBe(2);
  });

  it('is 404 for an address that is no server’s, and an error while the control plane is away, which is not kept', async () => {
    let error: Error = new ApiError(404, 'no');
    const answer = answers(() => (error.message === '' ? Promise.resolve(guest) : Promise.reject(error)));
    expect((await answer(asker, '/latest/meta-data/hostname')).status).toBe(404);
    error = new ApiError(503, 'away');
    await expect(answer({ ...asker, ip: '10.0.1.12' }, '/')).rejects.toThrow('away');
    error = new Error('');
    expect((await answer({ ...asker, ip: '10.0.1.12' }, '/latest/meta-data/hostname')).body).toBe('web');
  });
});
