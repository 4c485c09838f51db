import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Fernet } from '#services/keystone/fernet';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');

describe('under a rush', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });

  it('no address is handed out twice, and each that there is, is', async () => {
    const { network } = await tenant.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: {},
    });
    await tenant.api.call('POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '10.0.0.0/28' },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        tenant.api.request<{ port?: { fixed_ips: { ip_address: string }[] } }>('POST', '/network/v2.0/ports', {
          port: { network_id: network.id },
        }),
      ),
    );
    const given = answers.flatMap((a) => a.body.port?.fixed_ips.map((f) => f.ip_address) ?? []);
    expect(new Set(given).size).toBe(13);
    expect(given).toHaveLength(13);
    expect(answers.filter((a) => a.status === 409)).toHaveLength(7);
  });

  it('the last unit of a quota goes to exactly one', async () => {
    await tenant.admin.call('PUT', `/compute/v2.1/os-quota-sets/${tenant.api.projectId}`, {
      quota_set: { instances: 1 },
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        tenant.api.request<{ server?: { id: string } }>(
          'POST',
          '/compute/v2.1/servers',
          tenant.server({ networks: 'none' }),
        ),
      ),
    );
    expect(answers.map((a) => a.status).toSorted((a, b) => a - b)).toEqual([
      202,
      ...Array.from({ length: 19 }, () => 403),
    ]);
    const id = answers.find((a) => a.status === 202)!.body.server!.id;
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await tenant.delete(id);
  });
});

describe('a Fernet token', () => {
  it('opens with the key that sealed it, also when a newer one writes, and with no other', () => {
    const [old, now, other] = [Fernet.generateKey(), Fernet.generateKey(), Fernet.generateKey()];
    const sealed = new Fernet([old]).seal(Buffer.from('content'));
    expect(new Fernet([now, old]).open(sealed)?.toString()).toBe('content');
    expect(new Fernet([other]).open(sealed)).toBeUndefined();
    const tampered = Buffer.from(sealed, 'base64url');
    tampered[tampered.length - 1]! ^= 1;
    expect(new Fernet([old]).open(tampered.toString('base64url'))).toBeUndefined();
  });

  it('of the specification opens, without the padding that Keystone takes off', () => {
    // github.com/fernet/spec, verify.json
    const key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
    const token = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA';
    expect(new Fernet([key]).open(token)?.toString()).toBe('hello');
  });
});
