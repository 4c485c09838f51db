import { createHash, createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { KeyRing } from '#services/keystone/keys/key-ring';
import {
  CREDENTIAL_KEYS,
  FERNET_KEYS,
  readRepository,
  rotated,
  writeRepository,
} from '#services/keystone/keys/repository';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser, askWith } from '../setup/service-user.js';

interface Credential {
  readonly credential: { readonly id: string; readonly blob: string; readonly type: string; readonly links: object };
}
interface Ec2 {
  readonly credential: { readonly access: string; readonly secret: string; readonly tenant_id: string };
}
interface Token {
  readonly token: { readonly methods: string[]; readonly user: { id: string }; readonly project: { id: string } };
}

describe('Keystone’s credentials', () => {
  let api: ServiceApi;
  let one: ServiceUser;
  let other: ServiceUser;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    [one, other] = [await ServiceUser.make(api), await ServiceUser.make(api)];
  });
  afterAll(() => api.stop());

  const make = (blob: string, more: object = {}) =>
    one.ask<Credential>('POST', '/credentials', { credential: { type: 'cert', user_id: one.id, blob, ...more } });

  it('are made, shown, found by their filters, changed in their content alone, and deleted', async () => {
    const made = await make('{"a": 1}', { own: 'attribute' });
    expect(made).toMatchObject({
      status: 201,
      body: { credential: { blob: '{"a": 1}', type: 'cert', user_id: one.id, project_id: null, own: 'attribute' } },
    });
    const { id } = made.body.credential;
    expect(made.body.credential.links).toEqual({ self: `${one.api.base}/identity/v3/credentials/${id}` });
    expect((await one.ask('GET', `/credentials/${id}`)).body).toEqual(made.body);
    const totp = (await make('secret', { type: 'totp' })).body.credential.id;
    const found = await one.ask<{ credentials: { id: string }[] }>('GET', '/credentials?type=totp');
    expect(found.body.credentials.map((c) => c.id)).toEqual([totp]);
    const change = (credential: object) => one.ask<Credential>('PATCH', `/credentials/${id}`, { credential });
    expect((await change({ blob: 'other' })).body.credential.blob).toBe('other');
    expect(await change({ blob: 'x', type: 'totp' })).toMatchObject({
      status: 400,
      body: { error: { message: "Additional properties are not allowed ('type' was unexpected)" } },
    });
    expect((await one.ask('DELETE', `/credentials/${id}`)).status).toBe(204);
    const gone = await api.admin.request<{ error: { message: string } }>('GET', `/identity/v3/credentials/${id}`);
    expect([gone.status, gone.body.error.message]).toEqual([404, `Could not find credential: ${id}.`]);
  });

  it('are nobody else’s to see, and are kept sealed', async () => {
    const { id } = (await make('do not read this')).body.credential;
    for (const method of ['GET', 'DELETE']) expect((await other.ask(method, `/credentials/${id}`)).status).toBe(403);
    expect((await other.ask('GET', '/credentials')).body).toMatchObject({ credentials: [] });
    const foreign = { credential: { type: 'cert', user_id: one.id, blob: 'x' } };
    expect((await other.ask('POST', '/credentials', foreign)).status).toBe(403);
    const { rows } = await api.database.query<{ blob: string }>('SELECT blob FROM keystone.credentials WHERE id = $1', [
      id,
    ]);
    expect(rows[0]!.blob).toMatch(/^gAAAA/);
  });

  it('of EC2 have the hash of their access key as id, name their project, and stay what they are confined to', async () => {
    const access = randomUUID();
    const blob = JSON.stringify({ access, secret: 's' });
    const ec2 = { type: 'ec2', project_id: one.project };
    const made = await make(blob, ec2);
    expect(made.body.credential.id).toBe(createHash('sha256').update(access).digest('hex'));
    expect((await make(blob, ec2)).status).toBe(409);
    expect((await make(blob, { type: 'ec2' })).body.error!.message).toBe("'project_id' is a required property");
    expect((await make('nonsense', ec2)).body.error!.message).toBe('Invalid blob in credential');
    const odd = JSON.stringify({ access: randomUUID(), secret: 's', trust_id: { not: '' } });
    expect((await make(odd, ec2)).body.error!.message).toBe('Invalid blob in credential');
    const confined = JSON.stringify({ access, secret: 's', trust_id: 'another' });
    const changed = await one.ask('PATCH', `/credentials/${made.body.credential.id}`, {
      credential: { blob: confined },
    });
    expect([changed.status, changed.body.error!.message]).toEqual([400, 'trust_id can not be updated for credential']);
  });

  it('go with the user whose they are', async () => {
    const user = await ServiceUser.make(api);
    const credential = { type: 'cert', user_id: user.id, blob: 'x' };
    const { id } = (await user.ask<Credential>('POST', '/credentials', { credential })).body.credential;
    await api.admin.call('DELETE', `/identity/v3/users/${user.id}`);
    expect((await api.admin.request('GET', `/identity/v3/credentials/${id}`)).status).toBe(404);
  });

  it('are sealed again after a rotation by the key that writes, which is refused while one is not', async () => {
    const { id } = (await make('kept')).body.credential;
    const file = path.join(api.secrets, CREDENTIAL_KEYS);
    const left = async (): Promise<number> =>
      (await api.admin.call<{ unmigrated: number }>('GET', '/internal/credentials')).unmigrated;
    expect(await left()).toBe(0);
    await writeRepository(file, rotated(readRepository(file), 3));
    await expect.poll(left, { timeout: 5_000 }).toBeGreaterThan(0);
    expect((await one.ask<Credential>('GET', `/credentials/${id}`)).body.credential.blob).toBe('kept');
    await api.admin.call('POST', '/internal/credentials/migrate');
    expect(await left()).toBe(0);
    for (let i = 0; i < 2; i++) {
      await writeRepository(file, rotated(readRepository(file), 3));
      await expect.poll(left, { timeout: 5_000 }).toBeGreaterThan(0);
      await api.admin.call('POST', '/internal/credentials/migrate');
    }
    expect((await one.ask<Credential>('GET', `/credentials/${id}`)).body.credential.blob).toBe('kept');
    expect(await readFile(file, 'utf8')).toMatch(/staged /);
    expect((await one.api.request('GET', '/internal/credentials')).status).toBe(403);
  });

  it('and tokens, and what hosts keep sealed, live on over rotations of the keys of tokens while the API runs', async () => {
    const file = path.join(api.secrets, FERNET_KEYS);
    const sealed = new KeyRing(file).seal(Buffer.from('key of a host'));
    await api.database.query(
      `INSERT INTO nova.services (host, machine, facts, api_key, updated_at) VALUES ('h', 'm', '{}', $1, now())`,
      [sealed],
    );
    const valid = async (token: string): Promise<number> =>
      (await askWith(one.api.base, token, 'GET', '/auth/catalog')).status;
    const before = one.api.sessionToken;
    expect(await api.admin.call('POST', '/internal/keys/reseal')).toEqual({ resealed: 1 });
    await writeRepository(file, rotated(readRepository(file), 3));
    expect(await valid(before)).toBe(200);
    await api.admin.call('POST', '/internal/keys/reseal');
    await one.api.renew();
    // The second one takes away the key that all was sealed by before the first.
    await api.admin.renew();
    await writeRepository(file, rotated(readRepository(file), 3));
    const { rows } = await api.database.query<{ api_key: string }>(
      `SELECT api_key FROM nova.services WHERE host = 'h'`,
    );
    expect(new KeyRing(file).open(rows[0]!.api_key)?.toString()).toBe('key of a host');
    expect(await valid(one.api.sessionToken)).toBe(200);
  });

  describe('for EC2 and S3', () => {
    let key: Ec2['credential'];
    const at = (user = one): string => `/users/${user.id}/credentials/OS-EC2`;
    const asAdmin = <T>(where: string, body: unknown) =>
      askWith<T>(one.api.base, api.admin.sessionToken, 'POST', where, body);
    const hmac = (hash: string, secret: string | Buffer, text: string): Buffer =>
      createHmac(hash, secret).update(text).digest();
    beforeAll(async () => {
      key = (await one.ask<Ec2>('POST', at(), { tenant_id: one.project })).body.credential;
    });

    it('are made, listed, shown and deleted by their access key', async () => {
      expect(key).toMatchObject({ tenant_id: one.project, user_id: one.id, trust_id: null });
      const shown = await one.ask<Ec2>('GET', `${at()}/${key.access}`);
      expect(shown.body.credential).toEqual(key);
      const { body } = await one.ask<{ credentials: object[] }>('GET', at());
      expect(body.credentials).toContainEqual(key);
      for (const [method, where] of [
        ['GET', at()],
        ['GET', `${at()}/${key.access}`],
        ['DELETE', `${at()}/${key.access}`],
      ] as const)
        expect((await other.ask(method, where)).status).toBe(403);
      expect((await one.ask('POST', at(), { tenant_id: 'nothing' })).status).toBe(404);
      const spare = (await one.ask<Ec2>('POST', at(), { tenant_id: one.project })).body.credential;
      expect((await one.ask('DELETE', `${at()}/${spare.access}`)).status).toBe(204);
      expect((await one.ask('GET', `${at()}/${spare.access}`)).status).toBe(404);
    });

    const signedV2 = () => {
      const params = {
        AWSAccessKeyId: key.access,
        Action: 'DescribeInstances',
        SignatureMethod: 'HmacSHA256',
        SignatureVersion: '2',
        Timestamp: new Date().toISOString(),
        odd: "a b~c/d*'",
      };
      const query = Object.entries(params)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([k, v]) => `${k}=${encodeURIComponent(v).replaceAll('*', '%2A').replaceAll("'", '%27')}`)
        .join('&');
      const signature = hmac('sha256', key.secret, `GET\nec2.example\n/services/Cloud\n${query}`).toString('base64');
      return { access: key.access, host: 'ec2.example:8773', verb: 'GET', path: '/services/Cloud', params, signature };
    };

    it('give a service a token for a request that was signed by one, in each version of the signature', async () => {
      const two = await asAdmin<Token>('/ec2tokens', { credentials: signedV2() });
      expect(two).toMatchObject({
        status: 200,
        body: { token: { methods: ['ec2credential'], user: { id: one.id }, project: { id: one.project } } },
      });
      expect((await one.ask('GET', '/auth/projects', undefined, two.token)).status).toBe(200);
      const params = { SignatureVersion: '1', Action: 'A', b: 'c' };
      const first = hmac('sha1', key.secret, 'ActionAbcSignatureVersion1').toString('base64');
      const old = { access: key.access, host: 'h', verb: 'GET', path: '/', params, signature: first };
      expect((await asAdmin('/ec2tokens', { ec2Credentials: old })).status).toBe(200);
      const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
      const scope = `${date.slice(0, 8)}/RegionOne/ec2/aws4_request`;
      const headers = { Host: 'h', 'X-Amz-Date': date, Authorization: '' };
      headers.Authorization = `AWS4-HMAC-SHA256 Credential=${key.access}/${scope}, SignedHeaders=host;x-amz-date, Signature=`;
      const body_hash = createHash('sha256').update('').digest('hex');
      const canonical = `GET\n/\nAction=A\nhost:h\nx-amz-date:${date}\n\nhost;x-amz-date\n${body_hash}`;
      const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash('sha256').update(canonical).digest('hex')}`;
      const signing = scope
        .split('/')
        .reduce<Buffer | string>((k, part) => hmac('sha256', k, part), `AWS4${key.secret}`);
      const signature = hmac('sha256', signing, text).toString('hex');
      const four = {
        access: key.access,
        host: 'h',
        verb: 'GET',
        path: '/',
        params: { Action: 'A' },
        headers,
        body_hash,
        signature,
      };
      expect((await asAdmin('/ec2tokens', { credentials: four })).status).toBe(200);
      expect((await asAdmin('/ec2tokens', { credentials: { ...four, path: '/other' } })).status).toBe(401);
    });

    it('refuse who is no service, what is signed by something else, and what was signed long ago', async () => {
      expect((await one.ask('POST', '/ec2tokens', { credentials: signedV2() })).status).toBe(403);
      expect((await askWith(one.api.base, undefined, 'POST', '/ec2tokens', { credentials: signedV2() })).status).toBe(
        401,
      );
      const wrong = { ...signedV2(), verb: 'POST' };
      expect((await asAdmin('/ec2tokens', { credentials: wrong })).status).toBe(401);
      expect((await asAdmin('/ec2tokens', { credentials: { ...signedV2(), access: 'nobody’s' } })).status).toBe(404);
      expect((await asAdmin('/ec2tokens', {})).status).toBe(400);
      const params = { SignatureVersion: '0', Action: 'A', Timestamp: '2020-01-01T00:00:00Z' };
      const signature = hmac('sha1', key.secret, 'A2020-01-01T00:00:00Z').toString('base64');
      const late = { access: key.access, host: 'h', verb: 'GET', path: '/', params, signature };
      expect((await asAdmin('/ec2tokens', { credentials: late })).status).toBe(401);
    });

    it('tell a gateway of S3 whose request it has, without a token for it', async () => {
      const token = Buffer.from('GET\n\n\ndate\n/bucket').toString('base64url');
      const signature = hmac('sha1', key.secret, 'GET\n\n\ndate\n/bucket').toString('base64');
      const answer = await asAdmin<Token>('/s3tokens', { credentials: { access: key.access, token, signature } });
      expect(answer).toMatchObject({ status: 200, token: '', body: { token: { user: { id: one.id } } } });
      const four = 'AWS4-HMAC-SHA256\n20260101T000000Z\n20260101/r/s3/aws4_request\nabc';
      const signing = '20260101/r/s3/aws4_request'
        .split('/')
        .reduce<Buffer | string>((k, part) => hmac('sha256', k, part), `AWS4${key.secret}`);
      const credentials = {
        access: key.access,
        token: Buffer.from(four).toString('base64url'),
        signature: hmac('sha256', signing, four).toString('hex'),
      };
      expect((await asAdmin('/s3tokens', { credentials })).status).toBe(200);
      expect((await asAdmin('/s3tokens', { credentials: { ...credentials, signature } })).status).toBe(401);
    });

    it('make tokens that reach no credential and become no other token', async () => {
      const { token } = await asAdmin('/ec2tokens', { credentials: signedV2() });
      expect((await one.ask('GET', at(), undefined, token)).body.error!.message).toMatch(
        /Delegated tokens cannot access/,
      );
      expect((await one.ask('GET', '/credentials', undefined, token)).body).toMatchObject({ credentials: [] });
      const auth = { identity: { methods: ['token'], token: { id: token } } };
      expect((await one.ask('POST', '/auth/tokens', { auth })).status).toBe(403);
    });
  });
});
