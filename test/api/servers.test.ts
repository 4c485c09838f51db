import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { wordsOf } from '../setup/words.js';

const cloud = provided('fake');
const servers = '/compute/v2.1/servers';
interface Server {
  id: string;
  name: string;
  updated: string;
  accessIPv6: string;
  addresses: Record<string, { addr: string }[]>;
  'OS-DCF:diskConfig': string;
}

describe('a server request', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });
  const post = (body: object, version = '2.96') =>
    tenant.api.request<{ server?: Server }>('POST', servers, body, {
      'openstack-api-version': `compute ${version}`,
    });
  const words = async (body: object, version?: string): Promise<[number, string]> => {
    const answer = await post(body, version);
    if (answer.body.server) await tenant.delete(answer.body.server.id);
    return wordsOf(answer);
  };

  it('that names a security group which is not there is refused as by Nova', async () => {
    expect(await words(tenant.server({ security_groups: [{ name: 'nosuch' }] }))).toEqual([
      400,
      expect.stringMatching(/Security group .*nosuch.* not found/),
    ]);
    expect((await words(tenant.server({ security_groups: [{ name: 'default' }, {}] })))[0]).toBe(202);
  });

  it('with a hint that a filter would have to obey is refused, and any other hint is accepted', async () => {
    const with_ = (hints: object, key = 'os:scheduler_hints'): object => ({ ...tenant.server(), [key]: hints });
    const uuid = '11111111-2222-3333-4444-555555555555';
    expect(await words(with_({ group: uuid }))).toEqual([400, `Instance group ${uuid} could not be found.`]);
    expect(await words(with_({ different_host: [uuid] }))).toEqual([400, expect.stringMatching(/different_host/)]);
    expect(await words(with_({ group: 'no uuid' }))).toEqual([400, expect.stringMatching(/group/)]);
    expect((await words(with_({ colour: 'red' })))[0]).toBe(202);
    expect((await words(with_({ colour: 'red' }, 'OS-SCH-HNT:scheduler_hints')))[0]).toBe(202);
  });

  it('shows an IPv6 access address in its short form, and the disk configuration that was asked for', async () => {
    const { body } = await post(tenant.server({ accessIPv6: '2001:DB8:0:0:0:0:0:1', 'OS-DCF:diskConfig': 'AUTO' }));
    const { id } = body.server!;
    expect(body.server!['OS-DCF:diskConfig']).toBe('AUTO');
    const show = async (): Promise<Server> =>
      (await tenant.api.call<{ server: Server }>('GET', `${servers}/${id}`)).server;
    expect(await show()).toMatchObject({ accessIPv6: '2001:db8::1', 'OS-DCF:diskConfig': 'AUTO' });
    const put = (server: object): Promise<{ server: Server }> => tenant.api.call('PUT', `${servers}/${id}`, { server });
    expect((await put({ accessIPv6: '2001:db8:0::2', 'OS-DCF:diskConfig': 'MANUAL' })).server).toMatchObject({
      accessIPv6: '2001:db8::2',
      'OS-DCF:diskConfig': 'MANUAL',
    });
    expect(await show()).toMatchObject({ accessIPv6: '2001:db8::2', 'OS-DCF:diskConfig': 'MANUAL' });
    // A change of nothing changes nothing.
    expect((await put({})).server).toMatchObject({ accessIPv6: '2001:db8::2', name: 'vm' });
    await tenant.delete(id);
  });

  it('with files takes them below 2.57 within the quota, and not from then on', async () => {
    const file = { path: '/etc/motd', contents: Buffer.from('hello').toString('base64') };
    expect(await words(tenant.server({ personality: Array.from({ length: 6 }, () => file) }), '2.56')).toEqual([
      403,
      'Personality file limit exceeded',
    ]);
    expect(await words(tenant.server({ personality: [{ ...file, path: 'p'.repeat(256) }] }), '2.56')).toEqual([
      403,
      'Personality file path exceeds maximum 255',
    ]);
    expect(await words(tenant.server({ personality: [{ ...file, contents: 'QUJD'.repeat(2561) }] }), '2.56')).toEqual([
      403,
      'Personality file content exceeds maximum 10240',
    ]);
    expect(await words(tenant.server({ personality: [{ ...file, contents: '%' }] }), '2.56')).toEqual([
      400,
      expect.stringMatching(/base64/),
    ]);
    expect(await words(tenant.server({ personality: [file] }), '2.57')).toEqual([
      400,
      expect.stringMatching(/Additional properties are not allowed \('personality'/),
    ]);
    expect((await words(tenant.server({ personality: [file] }), '2.56'))[0]).toBe(202);
  });

  it('for an action names exactly one', async () => {
    const { body } = await post(tenant.server());
    const { id } = body.server!;
    const act = async (action: unknown): Promise<[number, string]> =>
      wordsOf(await tenant.api.request('POST', `${servers}/${id}/action`, action));
    const malformed = [400, 'Malformed request body'];
    expect(await act({ 'os-getConsoleOutput': {}, reboot: {} })).toEqual(malformed);
    expect(await act({})).toEqual(malformed);
    expect(await act(['os-getConsoleOutput'])).toEqual(malformed);
    expect(await act({ dance: {} })).toEqual([400, 'There is no such action: dance']);
    await tenant.delete(id);
  });
});

describe('a list of servers', () => {
  let tenant: Tenant;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    for (const name of ['xa', 'xb', 'ya', 'a.b', 'aXb']) ids[name] = await tenant.post(tenant.server({ name }));
    await Promise.all(Object.values(ids).map((id) => tenant.settled(id)));
  });
  afterAll(async () => {
    await Promise.all(Object.values(ids).map((id) => tenant.delete(id)));
  });
  const list = async (query: string, path = servers): Promise<string[]> =>
    (await tenant.api.call<{ servers: Server[] }>('GET', `${path}?${query}`)).servers.map((s) => s.name).toSorted();
  const refused = async (query: string): Promise<[number, string]> =>
    wordsOf(await tenant.api.request('GET', `${servers}?${query}`));

  it('takes a name for a regular expression', async () => {
    expect(await list('name=^x.*')).toEqual(['xa', 'xb']);
    expect(await list('name=^xa$')).toEqual(['xa']);
    expect(await list('name=a')).toEqual(['a.b', 'aXb', 'xa', 'ya']);
    expect(await list('name=a.b')).toEqual(['a.b', 'aXb']);
    expect(await list(`name=${encodeURIComponent('^a\\.b$')}`)).toEqual(['a.b']);
    expect(await list(`name=${encodeURIComponent('^(xa|ya)$')}`, `${servers}/detail`)).toEqual(['xa', 'ya']);
    expect(await list('name=nothing')).toEqual([]);
  });

  it('refuses an expression that is none, and one that is too long or too much work', async () => {
    expect(await refused('name=(')).toEqual([400, expect.stringMatching(/'\(' is not a 'regex'/)]);
    // Nova looks at what it then ignores, too.
    expect(await refused('progress=(')).toEqual([400, expect.stringMatching(/progress.*'\(' is not a 'regex'/)]);
    expect(await refused(`name=${'x'.repeat(300)}`)).toEqual([400, expect.stringMatching(/too long/)]);
    expect((await refused(`name=${encodeURIComponent('((((a{1,200}){1,200}){1,200}){1,200})')}`))[0]).toBe(400);
  });

  it('finds servers by a part of their address', async () => {
    const { server } = await tenant.api.call<{ server: Server }>('GET', `${servers}/${ids['ya']!}`);
    const { addr } = Object.values(server.addresses)[0]![0]!;
    expect(await list(`ip=^${addr.replaceAll('.', '\\.')}$`)).toEqual(['ya']);
    expect(await list(`ip=${addr.split('.').slice(0, 2).join('.')}`)).toEqual(['a.b', 'aXb', 'xa', 'xb', 'ya']);
    expect(await list('ip=192.0.2.')).toEqual([]);
    expect(await list('ip6=fd00')).toEqual([]);
    expect((await refused('ip=['))[0]).toBe(400);
  });

  it('is empty when none is asked for', async () => {
    expect(await list('limit=0')).toEqual([]);
    expect(await list('limit=0', `${servers}/detail`)).toEqual([]);
  });

  it('refuses a time that is none, and a period that ends before it begins', async () => {
    for (const time of ['5', 'Jan 1 2020', '2020-13-01', '0000-01-01T00:00:00Z', 'garbage'])
      for (const key of ['changes-since', 'changes-before'])
        expect(await refused(`${key}=${encodeURIComponent(time)}`)).toEqual([400, expect.stringContaining(key)]);
    expect(await refused('changes-since=2026-01-02T00:00:00Z&changes-before=2026-01-01T00:00:00Z')).toEqual([
      400,
      'The value of changes-since must be less than or equal to changes-before.',
    ]);
  });

  it('counts a change in the second that it was shown in as before that second ends', async () => {
    const { servers: all } = await tenant.api.call<{ servers: Server[] }>('GET', `${servers}/detail`);
    const last = all
      .map((s) => s.updated)
      .toSorted()
      .at(-1)!;
    expect(await list(`changes-before=${last}`)).toEqual(['a.b', 'aXb', 'xa', 'xb', 'ya']);
  });

  it('knows Nova’s statuses, and refuses any other since 2.38', async () => {
    expect(await list('status=active')).toHaveLength(5);
    expect(await list('status=PAUSED')).toEqual([]);
    expect(await refused('status=dancing')).toEqual([400, 'Invalid status value']);
    const old = await tenant.api.request<{ servers: unknown[] }>('GET', `${servers}?status=dancing`, undefined, {
      'openstack-api-version': 'compute 2.37',
    });
    expect([old.status, old.body.servers]).toEqual([200, []]);
  });

  it('leaves out servers by their tags', async () => {
    const id = await tenant.post(tenant.server({ name: 'tagged', tags: ['a', 'b'] }));
    expect(await list('not-tags=a,b')).not.toContain('tagged');
    expect(await list('not-tags=a,c')).toContain('tagged');
    expect(await list('not-tags-any=a,c')).not.toContain('tagged');
    await tenant.delete(id);
  });

  it('of all projects is for administrators', async () => {
    expect(await refused('all_tenants=1')).toEqual([
      403,
      "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.",
    ]);
    expect(await list('all_tenants=0')).toHaveLength(5);
    expect((await refused('all_tenants=maybe'))[0]).toBe(400);
  });
});
