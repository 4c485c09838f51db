import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { newMember } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmkXPpRh0xHn8sXyUJJVhtuwZ0WQTZ4kLPFQn0aGZxJ class@test';
type Limits = Record<string, number | string>;

describe('Nova’s quotas by class', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  interface Answer {
    quota_class_set: Limits;
    quota_set: Limits;
    badRequest?: { message: string };
  }
  const ask = (method: string, part: string, body?: object, minor = 104, as = api.admin) =>
    as.request<Answer>(method, `/compute/v2.1/${part}`, body, { 'openstack-api-version': `compute 2.${minor}` });
  const show = async (name: string, minor?: number): Promise<Limits> =>
    (await ask('GET', `os-quota-class-sets/${name}`, undefined, minor)).body.quota_class_set;
  const set = (name: string, quota_class_set: Limits, minor?: number) =>
    ask('PUT', `os-quota-class-sets/${name}`, { quota_class_set }, minor);
  const quotas = async (part = ''): Promise<Limits> =>
    (await ask('GET', `os-quota-sets/${api.admin.projectId}${part}`)).body.quota_set;

  it('have what each microversion has, and the cloud’s own limits where nothing is set', async () => {
    const always = { instances: 10, cores: 20, ram: 51_200, metadata_items: 128, key_pairs: 100 };
    const groups = { server_groups: 10, server_group_members: 10 };
    const network = { fixed_ips: -1, floating_ips: -1, security_groups: -1, security_group_rules: -1 };
    const files = { injected_files: 5, injected_file_content_bytes: 10_240, injected_file_path_bytes: 255 };
    const name = randomUUID();
    expect(await show(name, 49)).toEqual({ id: name, ...always, ...network, ...files });
    expect(await show(name, 50)).toEqual({ id: name, ...always, ...groups, ...files });
    expect(await show(name, 57)).toEqual({ id: name, ...always, ...groups });
    expect((await set(name, { cores: '7', server_groups: 3 }, 49)).body.quota_class_set).toEqual({
      ...always,
      ...network,
      ...files,
      cores: 7,
    });
    expect(await show(name)).toMatchObject({ cores: 7, server_groups: 3, instances: 10 });
    // A class of which nobody is.
    expect(await quotas()).toMatchObject({ cores: 20, server_groups: 10 });
  });

  it('of the default class are those of every project, but for what is set for it', async () => {
    expect((await set('default', { cores: 5, ram: 1024 })).status).toBe(200);
    expect(await quotas()).toMatchObject({ cores: 5, ram: 1024, instances: 10 });
    expect(await quotas('/defaults')).toMatchObject({ cores: 5, ram: 1024, instances: 10 });
    await ask('PUT', `os-quota-sets/${api.admin.projectId}`, { quota_set: { cores: 9 } });
    expect(await quotas()).toMatchObject({ cores: 9, ram: 1024 });
    expect(await quotas('/defaults')).toMatchObject({ cores: 5 });
    // What is counted within the statement that makes something heeds it as well.
    await set('default', { key_pairs: 0 });
    const keypair = { name: 'k', type: 'ssh', public_key: KEY };
    const full = await ask('POST', 'os-keypairs', { keypair });
    expect([full.status, JSON.stringify(full.body)]).toEqual([403, expect.stringContaining('too many key pairs')]);
    await ask('DELETE', `os-quota-sets/${api.admin.projectId}`);
    expect(await quotas()).toMatchObject({ cores: 5, key_pairs: 0 });
  });

  it('are refused in Nova’s words, and to who is no administrator', async () => {
    for (const [limits, minor, says] of [
      [{ cores: -2 }, 104, /-2 is less than the minimum of -1/],
      [{ wheels: 1 }, 104, /'wheels' was unexpected/],
      [{ fixed_ips: 1 }, 50, /'fixed_ips' was unexpected/],
      [{ injected_files: 1 }, 57, /'injected_files' was unexpected/],
    ] as const) {
      const { status, body } = await set('x', limits, minor);
      expect([status, body.badRequest?.message]).toEqual([400, expect.stringMatching(says)]);
    }
    const long = await set('x'.repeat(256), { cores: 1 });
    expect([long.status, long.body.badRequest?.message]).toEqual([
      400,
      'quota_class_name has 256 characters, more than 255.',
    ]);
    expect((await ask('GET', 'os-quota-class-sets/default?a=b', undefined, 102)).status).toBe(400);
    expect((await ask('GET', 'os-quota-class-sets/default?a=b', undefined, 101)).status).toBe(200);
    const member = await newMember(api.admin);
    for (const method of ['GET', 'PUT'])
      expect(
        (
          await ask(
            method,
            'os-quota-class-sets/default',
            method === 'GET' ? undefined : { quota_class_set: {} },
            104,
            member.api,
          )
        ).status,
      ).toBe(403);
  });
});
