import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { KeyRing } from '#services/keystone/keys/key-ring';
import {
  CREDENTIAL_KEYS,
  FERNET_KEYS,
  readRepository,
  rotated,
  writeRepository,
} from '#services/keystone/keys/repository';
import { answerOf, bodyOf, kindOf, newMember, newName, readWith, v3 } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

/** Keys of a repository that stay at a rotation: a key is away after as many. */
const ACTIVE = 3;

let cloud: ServiceApi;
beforeAll(async () => {
  cloud = await ServiceApi.start(provided('databaseUrl'));
});
afterAll(() => cloud.stop());

const newDomain = async (): Promise<string> => (await kindOf(cloud.admin, 'domain').make({ name: newName() })).id;
const ask = (method: string, path: string, config?: object) =>
  answerOf(cloud.admin, method, `/domains/${path}`, config === undefined ? undefined : { config });
const read = async (path: string): Promise<unknown> =>
  (await bodyOf<{ config: unknown }>(cloud.admin, 'GET', `/domains/${path}`)).config;
const put = (id: string, config: object) =>
  cloud.admin.request<{ config: object }>('PUT', `${v3}/domains/${id}/config`, { config });
const ldap = { url: 'ldap://d.example', user_filter: null, page_size: 5, user_attribute_ignore: ['a'] };

describe('a domain’s configuration', () => {
  it('is set, set anew, changed and taken away: all of it, a group, or one option', async () => {
    const id = await newDomain();
    const at = `${id}/config`;
    expect(await ask('GET', at)).toEqual([404, `Could not find any options in domain configuration for domain ${id}.`]);
    const first = await put(id, { ldap, identity: { driver: 'ldap' } });
    expect([first.status, first.body.config]).toEqual([201, { ldap, identity: { driver: 'ldap' } }]);
    const again = await put(id, { ldap });
    expect([again.status, again.body.config]).toEqual([200, { ldap }]);
    expect(await read(at)).toEqual({ ldap });
    expect(await read(`${at}/ldap`)).toEqual({ ldap });
    expect(await read(`${at}/ldap/page_size`)).toEqual({ page_size: 5 });
    const patch = async (path: string, config: object): Promise<object> =>
      (await bodyOf<{ config: object }>(cloud.admin, 'PATCH', `/domains/${path}`, { config })).config;
    expect(await patch(at, { identity: { driver: 'sql' } })).toEqual({ ldap, identity: { driver: 'sql' } });
    expect(await patch(`${at}/identity`, { identity: { driver: 'ldap' } })).toMatchObject({
      identity: { driver: 'ldap' },
    });
    expect(await patch(`${at}/ldap/page_size`, { page_size: 6 })).toMatchObject({ ldap: { ...ldap, page_size: 6 } });
    expect(await ask('DELETE', `${at}/ldap/page_size`)).toEqual([204, '']);
    expect(await ask('GET', `${at}/ldap/page_size`)).toEqual([
      404,
      `Could not find option page_size in group ldap in domain configuration for domain ${id}.`,
    ]);
    expect((await ask('DELETE', `${at}/ldap/page_size`))[0]).toBe(404);
    expect(await ask('DELETE', `${at}/ldap`)).toEqual([204, '']);
    expect((await ask('PATCH', `${at}/ldap`, { ldap: { url: 'x' } }))[0]).toBe(404);
    expect(await read(at)).toEqual({ identity: { driver: 'ldap' } });
    expect(await ask('DELETE', at)).toEqual([204, '']);
    expect(await ask('DELETE', at)).toEqual([204, '']);
    expect((await ask('GET', at))[0]).toBe(404);
  });

  it('shows no password, and keeps none that somebody could read', async () => {
    const id = await newDomain();
    const secret = 'correct-horse-battery';
    expect((await put(id, { ldap: { url: 'ldap://d.example', password: secret } })).body.config).toEqual({
      ldap: { url: 'ldap://d.example' },
    });
    expect((await ask('GET', `${id}/config/ldap/password`))[0]).toBe(404);
    expect((await ask('PATCH', `${id}/config/ldap/password`, { password: 'x' }))[0]).toBe(200);
    const { rows } = await cloud.database.query('SELECT * FROM keystone.domain_options WHERE domain_id = $1', [id]);
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect((await ask('DELETE', `${id}/config/ldap/password`))[0]).toBe(204);
  });

  it('keeps its password while the keys of tokens are all rotated away, and has it sealed again with the credentials', async () => {
    const id = await newDomain();
    const looksSealed = { blob: 'x', key_hash: 'y' };
    await put(id, { ldap: { url: 'ldap://d.example', password: 'kept' } });
    const config = { ldap: { url: 'ldap://d.example', user: looksSealed } };
    expect((await ask('PATCH', `${id}/config`, { ldap: { user: looksSealed } }))[0]).toBe(200);
    const rotate = async (name: string): Promise<void> => {
      const file = join(cloud.secrets, name);
      await writeRepository(file, rotated(readRepository(file), ACTIVE));
    };
    const kept = async (): Promise<unknown> => {
      const { rows } = await cloud.database.query<{ blob: string }>(
        `SELECT value->>'blob' AS blob FROM keystone.domain_options WHERE domain_id = $1 AND option = 'password'`,
        [id],
      );
      return new KeyRing(join(cloud.secrets, CREDENTIAL_KEYS)).open(rows[0]!.blob)?.toString();
    };
    for (let i = 0; i < ACTIVE; i++) {
      await rotate(FERNET_KEYS);
      await cloud.admin.renew();
    }
    expect(await kept()).toBe('"kept"');
    expect(await read(`${id}/config`)).toEqual(config);
    const left = async (): Promise<number> =>
      (await cloud.admin.call<{ unmigrated: number }>('GET', '/internal/credentials')).unmigrated;
    for (let i = 0; i < ACTIVE; i++) {
      expect(await left()).toBe(0);
      await rotate(CREDENTIAL_KEYS);
      expect(await left()).toBeGreaterThan(0);
      await cloud.admin.call('POST', '/internal/credentials/migrate');
    }
    expect(await kept()).toBe('"kept"');
    expect(await read(`${id}/config`)).toEqual(config);
  });

  it('is refused in Keystone’s words for what no domain can set, and for a body that is not what the path names', async () => {
    const id = await newDomain();
    const at = `${id}/config`;
    await put(id, { ldap });
    const refused = (reason: string) => [403, `Invalid domain specific configuration: ${reason}.`];
    expect(await ask('PUT', at, {})).toEqual(refused('No options specified'));
    expect(await ask('PUT', at)).toEqual(refused('No options specified'));
    expect(await ask('PUT', at, { ldap: {} })).toEqual(
      refused('The value of group ldap specified in the config should be a dictionary of options'),
    );
    expect(await ask('PUT', at, { token: { expiration: 1 } })).toEqual(
      refused('Group token is not supported for domain specific configurations'),
    );
    expect(await ask('PATCH', at, { ldap: { nothing: 1 } })).toEqual(
      refused('Option nothing in group ldap is not supported for domain specific configurations'),
    );
    expect(await ask('GET', `${at}/constructor`)).toEqual(
      refused('Group constructor is not supported for domain specific configurations'),
    );
    expect(await ask('PATCH', `${at}/ldap`, { identity: { driver: 'sql' } })).toEqual(
      refused('request to update group ldap, but config provided contains group identity instead'),
    );
    expect(await ask('PATCH', `${at}/ldap`, { ldap: { url: 'x' }, identity: { driver: 'sql' } })).toEqual(
      refused('Trying to update group ldap, so that, and only that, group must be specified in the config'),
    );
    expect(await ask('PATCH', `${at}/ldap/url`, { url: 'x', user: 'y' })).toEqual(
      refused(
        'Trying to update option url in group ldap, so that, and only that, option must be specified  in the config',
      ),
    );
    expect(await ask('PATCH', `${at}/ldap/url`, { user: 'y' })).toEqual(
      refused('Trying to update option url in group ldap, but config provided contains option user instead'),
    );
    expect((await ask('PATCH', `${at}/ldap/user`, { user: 'y' }))[0]).toBe(404);
    expect((await answerOf(cloud.admin, 'PUT', `/domains/${at}`, { config: [] }))[0]).toBe(400);
    expect(await read(at)).toEqual({ ldap });
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      expect((await ask(method, 'nowhere/config', method === 'DELETE' ? undefined : { ldap }))[0]).toBe(404);
  });

  it('has defaults of which single ones can be read, and goes with its domain', async () => {
    expect(await read('config/default')).toMatchObject({
      identity: { driver: 'sql' },
      ldap: { url: 'ldap://localhost' },
    });
    expect(await read('config/identity/default')).toEqual({ identity: { driver: 'sql', list_limit: null } });
    expect(await read('config/ldap/pool_size/default')).toEqual({ pool_size: 10 });
    expect(await ask('GET', 'config/ldap/password/default')).toEqual([
      403,
      'Invalid domain specific configuration: Reading the default for option password in group ldap is not supported.',
    ]);
    const id = await newDomain();
    await put(id, { ldap });
    await kindOf(cloud.admin, 'domain').change(id, { enabled: false });
    await kindOf(cloud.admin, 'domain').remove(id);
    const { rows } = await cloud.database.query('SELECT 1 FROM keystone.domain_options WHERE domain_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  it('tells every user how passwords have to be, and administrators alone the rest', async () => {
    const { api } = await newMember(cloud.admin);
    const as = (path: string) => readWith<unknown>(cloud.admin.base, api.sessionToken, `/domains/${path}`);
    expect(await as('default/config/security_compliance')).toEqual({
      status: 200,
      body: { config: { security_compliance: { password_regex: null, password_regex_description: null } } },
    });
    expect(await as('default/config/security_compliance/password_regex')).toEqual({
      status: 200,
      body: { config: { password_regex: null } },
    });
    expect((await as('default/config/security_compliance/lockout_duration')).status).toBe(403);
    expect((await as(`${await newDomain()}/config/security_compliance`)).status).toBe(403);
    for (const path of ['default/config', 'default/config/ldap', 'config/default'])
      expect((await as(path)).status).toBe(403);
  });
});
