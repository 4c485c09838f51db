import { describe, expect, it } from 'vitest';
import { FED, unique, withFederation } from '../setup/federation.js';

const RULES = [{ local: [{ user: { name: '{0}' } }], remote: [{ type: 'OIDC-sub' }] }];

type Made<K extends string> = Record<K, { id: string; domain_id: string; links: Record<string, string> }>;

const { world, ask, makeMapping, makeProvider } = withFederation();

describe('identity providers', () => {
  it('are made under the id that the client chooses, in a domain that is made for them, and disabled', async () => {
    const id = `idp-${unique()}`;
    const { status, body } = await ask<Made<'identity_provider'>>('PUT', `${FED}/identity_providers/${id}`, {
      identity_provider: {},
    });
    expect(status).toBe(201);
    const self = `${world.api.admin.base}${FED}/identity_providers/${id}`;
    expect(body.identity_provider).toEqual({
      id,
      enabled: false,
      description: null,
      domain_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      authorization_ttl: null,
      remote_ids: [],
      links: { self, protocols: `${self}/protocols` },
    });
    const { domain } = await world.api.admin.call<{ domain: object }>(
      'GET',
      `/identity/v3/domains/${body.identity_provider.domain_id}`,
    );
    expect(domain).toMatchObject({
      enabled: true,
      description: `Auto generated federated domain for Identity Provider: ${id}`,
    });
    expect(await ask('GET', `${FED}/identity_providers/${id}`)).toMatchObject({ status: 200, body });
    expect(await ask('PUT', `${FED}/identity_providers/${id}`, { identity_provider: {} })).toMatchObject({
      status: 409,
      body: {
        error: { message: `Conflict occurred attempting to store identity_provider - Duplicate entry: ${id}.` },
      },
    });
  });

  it('are changed, filtered and deleted, and what is none of theirs is refused', async () => {
    const id = await makeProvider({ domain_id: 'default', authorization_ttl: 5 });
    const path = `${FED}/identity_providers/${id}`;
    const change = { description: 'd', enabled: false, authorization_ttl: null, remote_ids: [`https://${id}`] };
    expect(await ask('PATCH', path, { identity_provider: change })).toMatchObject({
      status: 200,
      body: { identity_provider: { id, domain_id: 'default', ...change } },
    });
    for (const wrong of [
      {},
      { own: 1 },
      { domain_id: 'default' },
      { authorization_ttl: -1 },
      { remote_ids: ['a', 'a'] },
    ])
      expect((await ask('PATCH', path, { identity_provider: wrong })).status).toBe(400);
    const list = async (query: string): Promise<string[]> =>
      (
        await world.api.admin.call<{ identity_providers: { id: string }[] }>(
          'GET',
          `${FED}/identity_providers?${query}`,
        )
      ).identity_providers.map((one) => one.id);
    expect(await list(`id=${id}`)).toEqual([id]);
    expect(await list('enabled=false')).toContain(id);
    expect(await list('enabled=true')).not.toContain(id);
    expect((await ask('DELETE', path)).status).toBe(204);
    expect(await ask('GET', path)).toMatchObject({
      status: 404,
      body: { error: { message: `Could not find Identity Provider: ${id}.` } },
    });
  });

  it('share no remote id, and need a domain that is there', async () => {
    const remote = `https://${unique()}`;
    await makeProvider({ remote_ids: [remote, `${remote}/2`] });
    const other = await makeProvider();
    const refused = {
      status: 409,
      body: { error: { message: expect.stringContaining(`Duplicate remote ID: ${remote}`) as string } },
    };
    const body = { identity_provider: { remote_ids: [remote] } };
    expect(await ask('PATCH', `${FED}/identity_providers/${other}`, body)).toMatchObject(refused);
    expect(await ask('PUT', `${FED}/identity_providers/${unique()}`, body)).toMatchObject(refused);
    const domains = await world.api.database.query('SELECT count(*) FROM keystone.projects WHERE is_domain');
    const nowhere = { identity_provider: { domain_id: 'nowhere' } };
    expect(await ask('PUT', `${FED}/identity_providers/${unique()}`, nowhere)).toMatchObject({
      status: 404,
      body: { error: { message: 'Could not find domain: nowhere.' } },
    });
    const after = await world.api.database.query('SELECT count(*) FROM keystone.projects WHERE is_domain');
    expect(after.rows).toEqual(domains.rows);
  });

  it('have no ids that no path could name', async () => {
    for (const id of ['x'.repeat(65), 'a%2Fb', 'a%00b'])
      expect((await ask('PUT', `${FED}/identity_providers/${id}`, { identity_provider: {} })).status).toBe(400);
    expect((await ask('PUT', `${FED}/identity_providers/a%20b%25`, { identity_provider: {} })).status).toBe(201);
    expect((await ask('DELETE', `${FED}/identity_providers/a%20b%25`)).status).toBe(204);
  });
});

describe('protocols, mappings and service providers', () => {
  it('are a protocol of each provider under one id, with a mapping that is there and stays', async () => {
    const [one, other, mapping] = [await makeProvider(), await makeProvider(), await makeMapping()];
    const pathOf = (idp: string) => `${FED}/identity_providers/${idp}/protocols`;
    const body = { protocol: { mapping_id: mapping, remote_id_attribute: 'OIDC-iss' } };
    const self = `${world.api.admin.base}${pathOf(one)}/openid`;
    const links = { self, identity_provider: `${world.api.admin.base}${FED}/identity_providers/${one}` };
    expect(await ask('PUT', `${pathOf(one)}/openid`, body)).toMatchObject({
      status: 201,
      body: { protocol: { id: 'openid', mapping_id: mapping, links } },
    });
    expect((await ask('PUT', `${pathOf(other)}/openid`, body)).status).toBe(201);
    expect(await ask('PUT', `${pathOf(one)}/openid`, body)).toMatchObject({
      status: 409,
      body: {
        error: {
          message: 'Conflict occurred attempting to store federation_protocol - Duplicate entry found with ID openid.',
        },
      },
    });
    expect((await ask<object>('GET', pathOf(one))).body).toMatchObject({
      protocols: [{ id: 'openid', idp_id: one, mapping_id: mapping, remote_id_attribute: 'OIDC-iss', links }],
      links: { next: null, previous: null },
    });
    const second = await makeMapping();
    expect(await ask('PATCH', `${pathOf(one)}/openid`, { protocol: { mapping_id: second } })).toMatchObject({
      status: 200,
      body: { protocol: { mapping_id: second } },
    });
    expect(await ask('GET', `${pathOf(other)}/openid`)).toMatchObject({ body: { protocol: { mapping_id: mapping } } });
    expect((await ask('DELETE', `${FED}/mappings/${mapping}`)).status).toBe(409);
    expect((await ask('DELETE', `${pathOf(one)}/openid`)).status).toBe(204);
    expect(await ask('GET', `${pathOf(one)}/openid`)).toMatchObject({
      status: 404,
      body: { error: { message: `Could not find federated protocol openid for Identity Provider: ${one}.` } },
    });
    expect((await ask('GET', `${pathOf(other)}/openid`)).status).toBe(200);
    expect((await ask('DELETE', `${FED}/mappings/${second}`)).status).toBe(204);
    // A provider goes with its protocols.
    expect((await ask('DELETE', `${FED}/identity_providers/${other}`)).status).toBe(204);
    expect((await ask('DELETE', `${FED}/mappings/${mapping}`)).status).toBe(204);
  });

  it('are no protocols without a mapping or a provider, and no part of another provider’s', async () => {
    const [idp, mapping] = [await makeProvider(), await makeMapping()];
    const make = (of: string, body: object) =>
      ask('PUT', `${FED}/identity_providers/${of}/protocols/openid`, { protocol: body });
    expect(await make(idp, { mapping_id: 'none' })).toMatchObject({
      status: 400,
      body: { error: { message: 'Invalid mapping id: none' } },
    });
    expect((await make('none', { mapping_id: mapping })).status).toBe(404);
    expect((await make(idp, {})).status).toBe(400);
    expect((await make(idp, { mapping_id: mapping, idp_id: 'other' })).status).toBe(400);
    expect((await make(idp, { mapping_id: mapping })).status).toBe(201);
    const elsewhere = `${FED}/identity_providers/${await makeProvider()}/protocols/openid`;
    expect((await ask('GET', elsewhere)).status).toBe(404);
    expect((await ask('PATCH', elsewhere, { protocol: { mapping_id: mapping } })).status).toBe(404);
    expect((await ask('DELETE', elsewhere)).status).toBe(404);
  });

  it('are mappings whose rules are looked at when they are written', async () => {
    const id = unique();
    const path = `${FED}/mappings/${id}`;
    expect(await ask('PUT', path, { mapping: { rules: RULES } })).toMatchObject({
      status: 201,
      body: { mapping: { id, rules: RULES, schema_version: '1.0', links: { self: `${world.api.admin.base}${path}` } } },
    });
    const inDomain = [{ ...RULES[0], local: [{ projects: [{ name: 'p', roles: [], domain: { id: 'd' } }] }] }];
    expect(await ask('PATCH', path, { mapping: { rules: inDomain, schema_version: '2.0' } })).toMatchObject({
      status: 200,
      body: { mapping: { rules: inDomain, schema_version: '2.0' } },
    });
    for (const rules of [
      [],
      [{ local: [] }],
      [{ local: [], remote: [] }],
      [{ local: [{ own: 1 }], remote: [{ type: 'a' }] }],
      [{ local: [], remote: [{ type: 'a', any_one_of: [], whitelist: [] }] }],
      [{ local: [{ group: { name: 'g' } }], remote: [{ type: 'a' }] }],
      [{ local: [], remote: [{ type: 'a', any_one_of: ['('], regex: true }] }],
      inDomain,
    ])
      expect((await ask('PUT', `${FED}/mappings/${unique()}`, { mapping: { rules } })).status).toBe(400);
    expect((await ask('PATCH', path, { mapping: { schema_version: '2.0' } })).status).toBe(400);
    expect(
      (await ask('PUT', `${FED}/mappings/${unique()}`, { mapping: { rules: RULES, schema_version: '3.0' } })).status,
    ).toBe(501);
  });

  it('are service providers with the addresses of another cloud', async () => {
    const id = unique();
    const path = `${FED}/service_providers/${id}`;
    const urls = { auth_url: 'https://a/v3', sp_url: 'https://b/Shibboleth' };
    expect((await ask('PUT', path, { service_provider: { auth_url: 'x' } })).status).toBe(400);
    expect(await ask('PUT', path, { service_provider: urls })).toMatchObject({
      status: 201,
      body: { service_provider: { id, ...urls, enabled: false, description: null, relay_state_prefix: 'ss:mem:' } },
    });
    expect(await ask('PATCH', path, { service_provider: { enabled: true } })).toMatchObject({
      body: { service_provider: { id, ...urls, enabled: true } },
    });
    expect((await ask<object>('GET', `${FED}/service_providers?id=${id}&enabled=1`)).body).toMatchObject({
      service_providers: [{ id }],
    });
    expect((await ask('DELETE', path)).status).toBe(204);
    expect(await ask('GET', path)).toMatchObject({
      status: 404,
      body: { error: { message: `Could not find Service Provider: ${id}.` } },
    });
  });
});
