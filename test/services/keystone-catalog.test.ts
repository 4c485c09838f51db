import { describe, expect, it, vi } from 'vitest';
import { makeCatalog } from '#services/keystone/catalog/make';
import { withCatalog, type Entry } from '../setup/catalog.js';
import { bodyOf, issue, kindOf, readWith } from '../setup/identity.js';

interface Token {
  readonly catalog?: readonly Entry[];
}

const { world, ask, services, endpoints, catalogOf, newService, shown } = withCatalog();

describe('the catalog', () => {
  it('has the cloud’s own services with the ids and addresses that it has had since its beginning', async () => {
    const catalog = await catalogOf();
    const { base } = world.cloud.admin;
    const found = Object.fromEntries(catalog.map(({ type, endpoints: [first] }) => [type, first?.url]));
    expect(found).toMatchObject({
      identity: `${base}/identity/v3`,
      compute: `${base}/compute/v2.1`,
      image: `${base}/image`,
      network: `${base}/network`,
      volumev3: `${base}/volume/v3`,
      placement: `${base}/placement`,
      alarming: `${base}/alarming`,
      'metric-storage': `${base}/prometheus`,
      'object-store': `${base}/object-store/v1/AUTH_${world.member.project}`,
    });
    const compute = catalog.find(({ type }) => type === 'compute')!;
    expect([compute.id, compute.name]).toEqual(['5452f7fcde5b4bb45e19e2d9901b7d63', 'nova']);
    expect(compute.endpoints.map((one) => [one.interface, one.region_id])).toEqual(
      ['admin', 'internal', 'public'].map((kind) => [kind, 'RegionOne']),
    );
    expect(compute.endpoints.find((one) => one.interface === 'public')!.id).toBe('3d030d5e3b6ce39e3caa68a90484dbe3');
  });

  it('has of a token what is enabled, with the names in its addresses, as soon as that changes', async () => {
    const { service, endpoint } = await newService('http://a.example/%(project_id)s/$(user_id)s/100%%');
    const { project, user } = world.member;
    expect(await shown(service)).toEqual([`http://a.example/${project}/${user}/100%`]);
    await endpoints().change(endpoint.id, { enabled: false });
    expect(await shown(service)).toEqual([]);
    await endpoints().change(endpoint.id, { enabled: true, url: 'http://a.example/%(nothing)s' });
    expect(await shown(service)).toEqual([]);
    await endpoints().change(endpoint.id, { url: 'http://b.example' });
    expect(await shown(service)).toEqual(['http://b.example']);
    await services().change(service.id, { enabled: false });
    expect(await shown(service)).toBeUndefined();
  });

  it('is read again when another process has changed it', async () => {
    const { service } = await newService('http://a.example');
    expect(await shown(service)).toEqual(['http://a.example']);
    await world.cloud.database.query('BEGIN');
    await world.cloud.database.query("UPDATE keystone.endpoints SET url = 'http://b.example' WHERE service_id = $1", [
      service.id,
    ]);
    await world.cloud.database.query("SELECT pg_notify('keystone_tokens', '')");
    await world.cloud.database.query('COMMIT');
    await vi.waitFor(async () => expect(await shown(service)).toEqual(['http://b.example']), { timeout: 10_000 });
  });

  it('comes with a token of a project, of a domain without what names a project, and not where it is not wanted', async () => {
    const { service } = await newService();
    const role = (await kindOf(world.cloud.admin, 'role').list('name=member'))[0]!;
    await bodyOf(world.cloud.admin, 'PUT', `/domains/default/users/${world.member.user}/roles/${role}`);
    const scope = { project: { id: world.member.project } };
    const urls = ({ catalog }: Token): string[] | undefined =>
      catalog?.find((entry) => entry.id === service.id)?.endpoints.map(({ url }) => url);
    expect(urls((await issue<Token>(world.member, scope)).body.token)).toEqual([
      `http://a.example/${world.member.project}`,
    ]);
    expect((await issue<Token>(world.member, scope, '?nocatalog')).body.token).not.toHaveProperty('catalog');
    const ofDomain = await issue<Token>(world.member, { domain: { id: 'default' } });
    expect(urls(ofDomain.body.token)).toEqual([]);
    const unscoped = await issue<Token>(world.member, 'unscoped');
    expect(unscoped.body.token).not.toHaveProperty('catalog');
    for (const { token } of [ofDomain, unscoped])
      expect(await readWith(world.cloud.admin.base, token, '/auth/catalog')).toMatchObject({
        status: 403,
        body: { error: { message: 'You are not authorized to perform the requested action.' } },
      });
  });

  it('follows the address and the region of the configuration, and leaves what an operator made or changed', async () => {
    const { db } = world.cloud.services;
    const { base } = world.cloud.admin;
    const of = (type: string) => db.endpoint.findMany({ where: { service: { type } }, orderBy: { interface: 'asc' } });
    const [admin, internal, open] = await of('image');
    const own = await endpoints().make({
      service_id: open!.service_id,
      interface: 'public',
      url: 'http://mine.example/image',
      region_id: 'RegionOne',
    });
    await endpoints().change(internal!.id, { url: 'http://inside.example/image' });
    await bodyOf(world.cloud.admin, 'PUT', `/OS-EP-FILTER/projects/${world.member.project}/endpoints/${open!.id}`);
    await makeCatalog(db, 'https://cloud.example/100%', 'Elsewhere');
    const found = new Map((await of('image')).map((one) => [`${one.interface} ${one.region_id ?? ''}`, one]));
    expect(found.get('admin Elsewhere')!.url).toBe('https://cloud.example/100%%/image');
    expect(found.get('internal Elsewhere')!.url).toBe('http://inside.example/image');
    expect(found.get('public RegionOne')).toMatchObject({ id: own.id, url: own['url'] });
    const moved = found.get('public Elsewhere')!;
    expect(moved.id).not.toBe(open!.id);
    expect(
      await bodyOf(world.cloud.admin, 'GET', `/OS-EP-FILTER/projects/${world.member.project}/endpoints`),
    ).toMatchObject({
      endpoints: [{ id: moved.id }],
    });
    expect(await endpoints().remove(own.id)).toEqual([204, '']);
    await makeCatalog(db, base, 'RegionOne');
    await makeCatalog(db, base, 'RegionOne');
    expect((await of('image')).map(({ id, url }) => [id, url])).toEqual([
      [admin!.id, `${base}/image`],
      [internal!.id, 'http://inside.example/image'],
      [open!.id, `${base}/image`],
    ]);
    expect((await ask('GET', '/regions/Elsewhere'))[0]).toBe(404);
    expect((await ask('DELETE', `/OS-EP-FILTER/projects/${world.member.project}/endpoints/${open!.id}`))[0]).toBe(204);
  });
});
