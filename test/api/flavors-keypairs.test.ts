import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { CERTIFICATE, SSH_KEYS } from '../setup/keys.js';
import { Tenant, adminOf } from '../setup/tenant.js';
import { wordsOf } from '../setup/words.js';

const cloud = provided('fake');
describe('flavors', () => {
  let admin: Api;
  const flavors = '/compute/v2.1/flavors';
  beforeAll(async () => {
    admin = await adminOf(cloud);
  });
  const flavor = (fields: object = {}): { flavor: object } => ({
    flavor: { name: randomUUID(), vcpus: 1, ram: 64, disk: 0, ...fields },
  });
  const refused = async (fields: object): Promise<[number, string]> =>
    wordsOf(await admin.request('POST', flavors, flavor(fields)));

  it('take text for booleans and numbers', async () => {
    const { flavor: made } = await admin.call<{ flavor: { id: string } }>(
      'POST',
      flavors,
      flavor({ 'os-flavor-access:is_public': 'False', vcpus: '2', ram: '128', rxtx_factor: '1.5' }),
    );
    expect(made).toMatchObject({ 'os-flavor-access:is_public': false, vcpus: 2, ram: 128, rxtx_factor: 1.5 });
    await admin.call('DELETE', `${flavors}/${made.id}`);
  });

  it('say which of id and name is taken', async () => {
    const [id, name] = [randomUUID(), randomUUID()];
    await admin.call('POST', flavors, flavor({ id, name }));
    expect(await refused({ id })).toEqual([409, `Flavor with ID ${id} already exists.`]);
    expect(await refused({ name })).toEqual([409, `Flavor with name ${name} already exists.`]);
    await admin.call('DELETE', `${flavors}/${id}`);
  });

  it.each([
    ['20 digits of memory', { ram: '9'.repeat(20) }, /greater than the maximum of 2147483647/],
    ['no processors', { vcpus: '0' }, /less than the minimum of 1/],
    ['a factor of nothing', { rxtx_factor: 0 }, /rxtx_factor/],
    ['a factor of nothing as text', { rxtx_factor: '0' }, /rxtx_factor/],
    ['an id with a space before it', { id: ' x' }, /does not match/],
    ['a name of 256 characters', { name: 'n'.repeat(256) }, /too long/],
  ])('with %s are refused', async (_name, fields, words) => {
    expect(await refused(fields)).toEqual([400, expect.stringMatching(words)]);
  });

  it('take numbers for extra specs, and keep them as text', async () => {
    const { flavor: made } = await admin.call<{ flavor: { id: string } }>('POST', flavors, flavor());
    const path = `${flavors}/${made.id}/os-extra_specs`;
    expect(await admin.call('POST', path, { extra_specs: { 'hw:cpus': 2 } })).toEqual({
      extra_specs: { 'hw:cpus': '2' },
    });
    expect(wordsOf(await admin.request('POST', path, { extra_specs: { a: 'x'.repeat(256) } }))[0]).toBe(400);
    await admin.call('DELETE', `${flavors}/${made.id}`);
  });

  it('have the extra specs that were set, and none that every object has', async () => {
    for (const key of ['constructor', '__proto__', 'toString'])
      expect(wordsOf(await admin.request('GET', `${flavors}/42/os-extra_specs/${key}`))).toEqual([
        404,
        `Flavor 42 has no extra specs with key ${key}.`,
      ]);
  });
});

describe('key pairs', () => {
  let tenant: Tenant;
  const keypairs = '/compute/v2.1/os-keypairs';
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });
  const at = (version: string): Record<string, string> => ({ 'openstack-api-version': `compute ${version}` });
  const create = (keypair: object, version = '2.96') =>
    tenant.api.request<{ keypair?: { fingerprint: string; public_key: string; type: string } }>(
      'POST',
      keypairs,
      { keypair: { name: randomUUID(), ...keypair } },
      at(version),
    );
  const ed25519 = SSH_KEYS.find((k) => k.type === 'ssh-ed25519')!.line;

  it.each(SSH_KEYS)('of type $type are imported as they are given, with their fingerprint', async ({ line, md5 }) => {
    const { status, body } = await create({ public_key: line });
    expect([status, body.keypair]).toMatchObject([201, { public_key: line, fingerprint: md5, type: 'ssh' }]);
  });

  const blob = (...fields: (string | Buffer)[]): string =>
    Buffer.concat(
      fields.flatMap((f) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(f));
        return [length, Buffer.from(f)];
      }),
    ).toString('base64');
  const odd = Buffer.concat([Buffer.from([0]), Buffer.alloc(256, 0xff)]);
  it.each([
    ['no key in it', 'ssh-rsa AAAAB3NzaC1yc2E= x'],
    ['no numbers', `ssh-rsa ${blob('ssh-rsa')} x`],
    ['an even modulus', `ssh-rsa ${blob('ssh-rsa', Buffer.from([1, 0, 1]), Buffer.from([0x40, 2]))} x`],
    ['an exponent of nothing', `ssh-rsa ${blob('ssh-rsa', Buffer.alloc(0), odd)} x`],
    ['more than a key', `ssh-rsa ${blob('ssh-rsa', Buffer.from([1, 0, 1]), odd, 'more')} x`],
    ['another type within', `ssh-ed25519 ${blob('ssh-rsa', Buffer.alloc(32))} x`],
    ['a short ed25519', `ssh-ed25519 ${blob('ssh-ed25519', Buffer.alloc(31))} x`],
    [
      'a point that is off the curve',
      `ecdsa-sha2-nistp256 ${blob('ecdsa-sha2-nistp256', 'nistp256', Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]))} x`,
    ],
    ['a type that is none', 'ssh-magic AAAA x'],
    ['nothing', ''],
  ])('with %s are refused', async (_name, public_key) => {
    expect(wordsOf(await create({ public_key }))).toEqual([
      400,
      'Keypair data is invalid: failed to generate fingerprint',
    ]);
  });

  it('of a security key are imported', async () => {
    const type = 'sk-ssh-ed25519@openssh.com';
    expect((await create({ public_key: `${type} ${blob(type, Buffer.alloc(32, 7), 'ssh:')} x` })).status).toBe(201);
  });

  it('hold one key: a line break within, or before it, is refused', async () => {
    const line = ed25519.trim();
    for (const public_key of [`${line}\n${line}\n`, `${line} a\nb`, `\n${line}`, `${line} a\rb`])
      expect(wordsOf(await create({ public_key }))).toEqual([
        400,
        'Keypair data is invalid: failed to generate fingerprint',
      ]);
  });

  it('are listed page by page since 2.35', async () => {
    const user = await Tenant.make(cloud);
    for (const name of ['k1', 'k2', 'k3'])
      await user.api.call('POST', keypairs, { keypair: { name, public_key: ed25519 } });
    interface Page {
      keypairs: { keypair: { name: string } }[];
      keypairs_links?: { href: string }[];
    }
    const page = async (query: string, version = '2.96'): Promise<[string[], string | undefined]> => {
      const body = await user.api.call<Page>('GET', `${keypairs}?${query}`, undefined, at(version));
      return [body.keypairs.map((k) => k.keypair.name), body.keypairs_links?.[0]?.href.split('?')[1]];
    };
    expect(await page('limit=2')).toEqual([['k1', 'k2'], 'limit=2&marker=k2']);
    expect(await page('limit=2&marker=k2')).toEqual([['k3'], undefined]);
    expect(await page('limit=1', '2.34')).toEqual([['k1', 'k2', 'k3'], undefined]);
    expect(wordsOf(await user.api.request('GET', `${keypairs}?marker=none`))).toEqual([400, 'marker [none] not found']);
  });

  it('of 500 kB are refused', async () => {
    expect(wordsOf(await create({ public_key: `${ed25519.trim()}${'x'.repeat(500_000)}` }))).toEqual([
      400,
      expect.stringMatching(/public_key/),
    ]);
  });

  it('have names of the characters that Nova allows', async () => {
    const public_key = ed25519;
    for (const version of ['2.1', '2.91', '2.92'])
      expect(wordsOf(await create({ name: 'key_/.\\@:', public_key }, version))).toEqual([
        400,
        expect.stringMatching(/Invalid input for field\/attribute name\. .* does not match/),
      ]);
    expect((await create({ name: 'a@b.c', public_key }, '2.91')).status).toBe(400);
    expect((await create({ name: 'a@b.c', public_key }, '2.92')).status).toBe(201);
    expect((await create({ name: 'a b_c-1', public_key }, '2.1')).status).toBe(200);
  });

  it('of type x509 are imported, and not made', async () => {
    const { pem, sha1 } = CERTIFICATE;
    const { status, body } = await create({ type: 'x509', public_key: pem });
    expect([status, body.keypair]).toMatchObject([201, { type: 'x509', fingerprint: sha1, public_key: pem }]);
    expect(wordsOf(await create({ type: 'x509', public_key: 'no certificate' }))).toEqual([
      400,
      expect.stringMatching(/^Keypair data is invalid: failed to generate X509 fingerprint/),
    ]);
    expect(wordsOf(await create({ type: 'x509' }, '2.91'))).toEqual([400, expect.stringMatching(/x509/)]);
  });

  it('that are made below 2.92 are keys of the type that ssh knows', async () => {
    const { body } = await create({}, '2.91');
    expect(body.keypair?.public_key).toMatch(/^ssh-rsa \S+ Generated-by-Nova$/);
    const answer = await create({}, '2.92');
    expect(wordsOf(answer)).toEqual([400, expect.stringMatching(/'public_key' is a required property/)]);
  });
});
