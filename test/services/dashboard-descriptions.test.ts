import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ALL_RESOURCES } from '#apps/api/dashboard/all-resources';
import { ACTION_ROUTES } from '#apps/api/nova/server-actions';
import { newMember, type Member } from '../setup/identity.js';
import { ServiceApi } from '../setup/service-api.js';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly write: string[];
  readonly required: string[];
  readonly filter: boolean | 'admin';
  readonly enum?: unknown[];
  readonly refersTo?: { readonly service: string; readonly name: string };
}
interface Described {
  readonly service: string;
  readonly name: string;
  readonly path: string;
  readonly detailPath: string | null;
  readonly envelope: { readonly one: string | null; readonly many: string };
  readonly microversion: string | null;
  readonly below: {
    readonly field: string;
    readonly parent: { readonly service: string; readonly name: string } | null;
  } | null;
  readonly pages: boolean;
  readonly may: Record<string, boolean>;
  readonly fields: Field[];
  readonly actions: {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly within: string[];
    readonly item: boolean;
    readonly fields: Field[];
    readonly fixed: Record<string, unknown>;
    readonly needs: { readonly field: string; readonly reason: string } | null;
    readonly may: boolean;
  }[];
}
interface Actions {
  readonly server: {
    readonly action: string;
    readonly label: string;
    readonly bodyKey: string | null;
    readonly body: unknown;
    readonly fields: Field[];
    readonly from: { readonly vm_state: string[]; readonly task_state: (string | null)[] } | null;
    readonly may: boolean;
  }[];
  readonly statuses: {
    readonly server: Record<string, { readonly status: string }>;
    readonly volume: Record<string, object>;
  };
}

describe('what the pages of the dashboard are made of', () => {
  let api: ServiceApi;
  let member: Member;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
    member = await newMember(api.admin);
  });
  afterAll(() => api.stop());
  const resources = async (who = member.api): Promise<Map<string, Described>> => {
    const { resources: all } = await who.call<{ resources: Described[] }>('GET', '/dashboard/resources');
    return new Map(all.map((one) => [`${one.service}/${one.name}`, one]));
  };

  it('is every resource that the API has, with a path that answers whoever may list it', async () => {
    const found = await resources(api.admin);
    expect(found.size).toBe(ALL_RESOURCES.length);
    for (const { path, detailPath, may, microversion, envelope } of found.values()) {
      if (!may['list'] || path.includes(':')) continue;
      const headers = microversion === null ? {} : { 'openstack-api-version': microversion };
      const { status, body } = await api.admin.request<object>('GET', detailPath ?? path, undefined, headers);
      expect([path, status, Object.keys(body)]).toEqual([path, 200, expect.arrayContaining([envelope.many])]);
    }
  });

  it('says what a request may give, what it must, what a value may be and what it refers to', async () => {
    const found = await resources();
    const subnet = found.get('network/subnet')!;
    const fieldOf = (name: string) => subnet.fields.find((field) => field.name === name);
    expect(fieldOf('network_id')).toMatchObject({
      type: 'text',
      write: ['post'],
      required: ['post'],
      refersTo: { service: 'network', name: 'network' },
    });
    expect(fieldOf('tenant_id')?.refersTo ?? fieldOf('project_id')?.refersTo).toEqual({
      service: 'identity',
      name: 'project',
    });
    expect(found.get('network/network')!.fields.find(({ name }) => name === 'subnets')?.refersTo).toEqual({
      service: 'network',
      name: 'subnet',
    });
    expect(fieldOf('ip_version')).toMatchObject({ type: 'int', min: 4, max: 6 });
    expect(fieldOf('ipv6_ra_mode')?.enum).toContain('slaac');
    expect(fieldOf('name')).toMatchObject({ write: ['post', 'put'], required: [], filter: true });
    expect(found.get('image/image')).toMatchObject({ envelope: { one: null, many: 'images' } });
    expect(found.get('compute/flavor')).toMatchObject({
      envelope: { one: 'flavor', many: 'flavors' },
      detailPath: '/compute/v2.1/flavors/detail',
    });
  });

  it('says what fields refer to whose names do not tell, and takes a text for one wherever a person writes it', async () => {
    const found = await resources(api.admin);
    const fieldOf = (of: string, name: string) => found.get(of)!.fields.find((field) => field.name === name);
    for (const [of, name, refersTo] of [
      ['network/security_group_rule', 'remote_group_id', 'network/security_group'],
      ['network/security_group_rule', 'remote_address_group_id', 'network/address_group'],
      ['volume/volume', 'imageRef', 'image/image'],
      ['image/image', 'owner', 'identity/project'],
      ['identity/project', 'parent_id', 'identity/project'],
      ['identity/user', 'default_project_id', 'identity/project'],
      ['placement/resource_provider', 'parent_provider_uuid', 'placement/resource_provider'],
    ] as const) {
      const [service, one] = refersTo.split('/');
      expect([of, fieldOf(of, name)]).toEqual([
        of,
        expect.objectContaining({ type: 'text', refersTo: { service, name: one } }),
      ]);
    }
    expect(fieldOf('network/port', 'security_groups')).toMatchObject({ type: 'list' });
    expect(fieldOf('network/port', 'fixed_ips')).toMatchObject({ type: 'json' });
  });

  it('says what may be done with a record beside changing it, as the API’s routes take it', async () => {
    const found = await resources();
    const action = (of: string, name: string) => found.get(of)!.actions.find((one) => one.name === name)!;
    expect(action('network/router', 'add_router_interface')).toMatchObject({
      method: 'PUT',
      path: '/network/v2.0/routers/:id/add_router_interface',
      within: [],
      fields: [
        { name: 'subnet_id', refersTo: { service: 'network', name: 'subnet' } },
        { name: 'port_id', refersTo: { service: 'network', name: 'port' } },
      ],
      may: true,
    });
    expect(action('network/router', 'add_extraroutes')).toMatchObject({ within: ['router', 'routes'], item: true });
    expect(action('network/router', 'clear_gateway').needs).toMatchObject({ field: 'external_gateway_info' });
    expect(action('network/trunk', 'remove_subports').needs).toMatchObject({ field: 'sub_ports' });
    expect(action('network/floatingip', 'disassociate')).toMatchObject({ fixed: { port_id: null }, fields: [] });
    expect(action('network/flavor', 'service_profiles')).toMatchObject({
      within: ['service_profile'],
      fields: [{ name: 'id', refersTo: { service: 'network', name: 'service_profile' } }],
      may: false,
    });
    expect(action('image/image', 'deactivate')).toMatchObject({ method: 'POST', fields: [], may: true });
  });

  it('says which lists come in pages, and those that do give one row where one is asked for', async () => {
    const found = await resources(api.admin);
    expect(found.get('network/network')!.pages).toBe(true);
    for (const { path, detailPath, may, microversion, envelope, pages } of found.values()) {
      if (!pages || !may['list'] || path.includes(':')) continue;
      const headers = microversion === null ? {} : { 'openstack-api-version': microversion };
      const list = await api.admin.request<Record<string, unknown[]>>(
        'GET',
        `${detailPath ?? path}?limit=1`,
        undefined,
        headers,
      );
      expect([path, list.status, (list.body[envelope.many] ?? []).length <= 1]).toEqual([path, 200, true]);
    }
  });

  it('says below what a resource lies that is found by that alone', async () => {
    const found = [...(await resources()).values()].filter(({ path }) => path.includes(':'));
    expect(found.map(({ name }) => name)).toContain('application_credential');
    for (const { name, path, below } of found)
      expect([name, path.includes(`/:${below!.field}/`), below!.parent]).toEqual([
        name,
        true,
        { service: expect.any(String), name: expect.any(String) },
      ]);
    expect(found.find(({ name }) => name === 'application_credential')!.below).toEqual({
      field: 'user_id',
      parent: { service: 'identity', name: 'user' },
    });
  });

  it('says what its caller may do, by the rules that the API asks', async () => {
    const [of, admins] = [await resources(), await resources(api.admin)];
    expect(of.get('network/network')!.may).toEqual({ list: true, get: true, create: true, update: true, delete: true });
    expect(of.get('compute/flavor')!.may).toMatchObject({ list: true, create: false, delete: false });
    expect(admins.get('compute/flavor')!.may).toMatchObject({ list: true, create: true, delete: true });
    for (const { path, may } of of.values()) {
      if (path.includes(':')) continue;
      const { status, body } = await member.api.request<Record<string, unknown>>('GET', path);
      // Of what somebody may not see Neutron shows an empty list.
      const empty = path.startsWith('/network/') && Object.values(body).some((list) => isDeepStrictEqual(list, []));
      const nothing = empty || [404, 405].includes(status);
      expect([path, may['list'] ? 200 : 403]).toEqual([path, nothing && !may['list'] ? 403 : status]);
    }
  });

  it('is every action on a server with the states in which it begins, and what each state is', async () => {
    const { server, statuses } = await member.api.call<Actions>('GET', '/dashboard/actions');
    expect(new Set(server.flatMap(({ bodyKey }) => bodyKey ?? []))).toEqual(
      new Set(Object.entries(ACTION_ROUTES).flatMap(([name, { until }]) => (until === undefined ? [name] : []))),
    );
    const named = (label: string) => server.find((one) => one.label === label)!;
    expect(named('Stop')).toMatchObject({
      bodyKey: 'os-stop',
      from: { vm_state: ['active', 'error'], task_state: [null] },
      may: true,
    });
    expect(named('Console')).toMatchObject({ bodyKey: null, from: { vm_state: ['active', 'paused'] }, may: true });
    expect(named('Reboot').body).toEqual({ type: 'SOFT' });
    expect(named('Hard reboot').from!.vm_state).toContain('error');
    expect(named('Reboot').from!.vm_state).not.toContain('error');
    expect(named('Attach volume')).toMatchObject({ bodyKey: null, may: true });
    expect(named('Add security group').fields).toMatchObject([
      { name: 'name', required: ['post'], refersTo: { service: 'network', name: 'security_group' } },
    ]);
    expect(named('Stop').fields).toEqual([]);
    expect(named('Reset to error')).toMatchObject({ bodyKey: 'os-resetState', from: null, may: false });
    expect(statuses.server['stopped']).toMatchObject({ status: 'SHUTOFF' });
    for (const state of server.flatMap(({ from }) => from?.vm_state ?? []))
      expect(statuses.server).toHaveProperty(state);
    expect(statuses.volume['available']).toMatchObject({ deletable: true });
  });

  it('is told to nobody without a token', async () => {
    for (const path of ['resources', 'actions'])
      expect((await fetch(`${api.admin.base}/dashboard/${path}`)).status).toBe(401);
  });
});
