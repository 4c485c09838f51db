import { join } from 'node:path';
import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import type { Api } from '#apps/standalone/api';
import { linesOf } from '#cli/logs/lines';
import { DocumentJudge, operationsOf, type OpenApi } from '../setup/openapi.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const documentOf = async (path: string): Promise<OpenApi> => (await (await fetch(base + path)).json()) as OpenApi;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmkXPpRh0xHn8sXyUJJVhtuwZ0WQTZ4kLPFQn0aGZxJ walker@test';
/** The oldest, the newest, and some between, in which answers are of different kinds. */
const VERSIONS = [
  'compute 2.1, volume 3.0',
  'compute 2.53, volume 3.48, placement 1.19',
  'compute 2.96, placement 1.28',
  'compute 2.104, volume 3.71, placement 1.39',
];
const PATCH = 'application/openstack-images-v2.1-json-patch';

describe('real requests and answers are what the documents say', () => {
  let tenant: Tenant;
  let judge: DocumentJudge;
  let host: string;
  const wrong = new Set<string>();
  /** What a test has found. */
  const found = (): string[] => {
    const all = [...wrong];
    wrong.clear();
    return all;
  };
  /** Routes that gave what was asked for. */
  const good = new Set<string>();
  /** What each parameter of a path is filled with, by the part of the path before it. */
  const values: Record<string, string> = {};
  /** Paths with several parameters that belong together. */
  let identity: [path: string, url: string][] = [];

  const ask = async <T>(
    api: Api,
    method: string,
    url: string,
    asked?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> => {
    const bytes = asked instanceof Uint8Array;
    const response = await fetch(base + url, {
      method,
      headers: {
        'x-auth-token': api.sessionToken,
        'x-subject-token': api.sessionToken,
        accept: 'application/json',
        'openstack-api-version': VERSIONS.at(-1)!,
        ...(asked === undefined ? {} : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
        ...headers,
      },
      ...(asked === undefined ? {} : { body: bytes ? (asked as Uint8Array<ArrayBuffer>) : JSON.stringify(asked) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json') === true;
    const answer: unknown = text === '' || method === 'HEAD' ? undefined : json ? JSON.parse(text) : text;
    judge
      .judge(method, url, bytes ? undefined : asked, response.status, answer)
      .forEach((what) => wrong.add(`${what} (${url} at ${headers['openstack-api-version'] ?? 'the newest'})`));
    // A document of versions is answered with 300.
    if (response.status < 400) good.add(`${method} ${url.split('?')[0]}`);
    return answer as T;
  };

  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
    judge = new DocumentJudge(await documentOf('/openapi.json'));
  });

  it('where things are made and changed', async () => {
    const { api, admin } = tenant;
    const name = `described-${tenant.userName}`;
    type Made<K extends string> = Record<K, { id: string }>;
    const { domain } = await ask<Made<'domain'>>(admin, 'POST', '/identity/v3/domains', {
      domain: { name, enabled: false },
    });
    const { project } = await ask<Made<'project'>>(admin, 'POST', '/identity/v3/projects', {
      project: { name, description: 'd', tags: ['t'], own: 'attribute' },
    });
    const { user } = await ask<Made<'user'>>(admin, 'POST', '/identity/v3/users', {
      user: { name, password: 'old', email: 'a@b.c', default_project_id: project.id },
    });
    const { role } = await ask<Made<'role'>>(admin, 'POST', '/identity/v3/roles', { role: { name } });
    const { role: implied } = await ask<Made<'role'>>(admin, 'POST', '/identity/v3/roles', {
      role: { name: `${name}-implied`, own: 'attribute' },
    });
    await ask(admin, 'PUT', `/identity/v3/roles/${role.id}/implies/${implied.id}`);
    await ask(admin, 'PUT', `/identity/v3/projects/${project.id}/users/${user.id}/roles/${role.id}`);
    const federation = '/identity/v3/OS-FEDERATION';
    const rules = [{ local: [{ user: { name: '{0}' } }], remote: [{ type: 'sub' }, { type: 'b', whitelist: ['c'] }] }];
    await ask(admin, 'PUT', `${federation}/mappings/${name}`, { mapping: { rules } });
    await ask(admin, 'PATCH', `${federation}/mappings/${name}`, { mapping: { rules, schema_version: '2.0' } });
    const provider = `${federation}/identity_providers/${name}`;
    await ask(admin, 'PUT', provider, { identity_provider: { remote_ids: [name], enabled: true } });
    await ask(admin, 'PATCH', provider, { identity_provider: { description: 'changed' } });
    await ask(admin, 'PUT', `${provider}/protocols/openid`, { protocol: { mapping_id: name } });
    await ask(admin, 'PATCH', `${provider}/protocols/openid`, { protocol: { mapping_id: name } });
    await ask(admin, 'PUT', `${federation}/service_providers/${name}`, {
      service_provider: { auth_url: 'https://a', sp_url: 'https://b' },
    });
    const { group: people } = await ask<Made<'group'>>(admin, 'POST', '/identity/v3/groups', {
      group: { name, description: 'd', own: 'attribute' },
    });
    await ask(admin, 'PATCH', `/identity/v3/groups/${people.id}`, { group: { description: 'changed' } });
    await ask(admin, 'PUT', `/identity/v3/groups/${people.id}/users/${user.id}`);
    for (const on of [`projects/${project.id}`, `domains/${domain.id}`, 'system'])
      for (const actor of [`users/${user.id}`, `groups/${people.id}`]) {
        await ask(admin, 'PUT', `/identity/v3/${on}/${actor}/roles/${role.id}`);
        const inherited = `OS-INHERIT/${on}/${actor}/roles/${role.id}/inherited_to_projects`;
        if (on !== 'system') await ask(admin, 'PUT', `/identity/v3/${inherited}`);
      }
    await ask(admin, 'PUT', `/identity/v3/projects/${project.id}/tags`, { tags: ['t', 'u'] });
    await ask(admin, 'PUT', `/identity/v3/projects/${project.id}/tags/v`);
    await ask(admin, 'PATCH', `/identity/v3/users/${user.id}`, { user: { description: 'changed' } });
    await ask(admin, 'POST', `/identity/v3/users/${user.id}/password`, {
      user: { original_password: 'old', password: 'new' },
    });
    await ask(admin, 'PATCH', `/identity/v3/users/${user.id}`, {
      user: { options: { multi_factor_auth_rules: [['password', 'totp']] } },
    });
    // It is answered with a receipt.
    await ask(admin, 'POST', '/identity/v3/auth/tokens', {
      auth: { identity: { methods: ['password'], password: { user: { id: user.id, password: 'new' } } } },
    });
    await ask(admin, 'PUT', `/identity/v3/regions/${name}`, { region: { description: 'd', own: 'attribute' } });
    await ask(admin, 'PATCH', `/identity/v3/regions/${name}`, { region: { parent_region_id: null } });
    const { service } = await ask<Made<'service'>>(admin, 'POST', '/identity/v3/services', {
      service: { type: name, name, own: 'attribute' },
    });
    const { endpoint } = await ask<Made<'endpoint'>>(admin, 'POST', '/identity/v3/endpoints', {
      endpoint: {
        service_id: service.id,
        region_id: name,
        interface: 'public',
        url: 'http://a.example',
        enabled: false,
      },
    });
    await ask(admin, 'PATCH', `/identity/v3/endpoints/${endpoint.id}`, { endpoint: { name } });
    const filter = '/identity/v3/OS-EP-FILTER';
    const { endpoint_group: endpoints } = await ask<Made<'endpoint_group'>>(
      admin,
      'POST',
      `${filter}/endpoint_groups`,
      { endpoint_group: { name, filters: { service_id: service.id } } },
    );
    await ask(admin, 'PUT', `${filter}/projects/${project.id}/endpoints/${endpoint.id}`);
    await ask(admin, 'PUT', `${filter}/endpoint_groups/${endpoints.id}/projects/${project.id}`);
    const { policy } = await ask<Made<'policy'>>(admin, 'POST', '/identity/v3/policies', {
      policy: { type: 'text', blob: 'b', own: 'attribute' },
    });
    for (const place of [
      `endpoints/${endpoint.id}`,
      `services/${service.id}`,
      `services/${service.id}/regions/${name}`,
    ])
      await ask(admin, 'PUT', `/identity/v3/policies/${policy.id}/OS-ENDPOINT-POLICY/${place}`);
    const of = { service_id: service.id, resource_name: name };
    const { registered_limits: registered } = await ask<{ registered_limits: { id: string }[] }>(
      admin,
      'POST',
      '/identity/v3/registered_limits',
      { registered_limits: [{ ...of, default_limit: 5 }] },
    );
    const { limits } = await ask<{ limits: { id: string }[] }>(admin, 'POST', '/identity/v3/limits', {
      limits: [{ ...of, project_id: project.id, resource_limit: 5 }],
    });
    await ask(admin, 'PATCH', `/identity/v3/limits/${limits[0]!.id}`, { limit: { description: 'changed' } });
    await ask(admin, 'PUT', `/identity/v3/domains/${domain.id}/config`, {
      config: { ldap: { url: 'ldap://a.example' } },
    });
    await ask(admin, 'PATCH', `/identity/v3/domains/${domain.id}/config/ldap/url`, {
      config: { url: 'ldap://b.example' },
    });
    await ask(admin, 'POST', '/identity/v3/auth/tokens', {
      auth: {
        identity: { methods: ['token'], token: { id: api.sessionToken } },
        scope: { project: { id: api.projectId } },
      },
    });

    const own = `/identity/v3/users/${tenant.userId}`;
    const { credential } = await ask<Made<'credential'>>(api, 'POST', '/identity/v3/credentials', {
      credential: { type: 'cert', user_id: tenant.userId, blob: 'b', own: 'attribute' },
    });
    await ask(api, 'PATCH', `/identity/v3/credentials/${credential.id}`, { credential: { blob: 'c' } });
    const { credential: key } = await ask<{ credential: { access: string } }>(
      api,
      'POST',
      `${own}/credentials/OS-EC2`,
      {
        tenant_id: api.projectId,
      },
    );
    const { application_credential: program } = await ask<
      Record<'application_credential', { id: string; secret: string; access_rules: { id: string }[] }>
    >(api, 'POST', `${own}/application_credentials`, {
      application_credential: {
        name,
        description: 'd',
        expires_at: '2999-01-01T00:00:00Z',
        access_rules: [{ service: 'compute', method: 'GET', path: '/v2.1/servers' }],
      },
    });
    await ask(api, 'POST', '/identity/v3/auth/tokens', {
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { id: program.id, secret: program.secret },
        },
      },
    });
    const { trust } = await ask<Record<'trust', { id: string; roles: { id: string }[] }>>(
      api,
      'POST',
      '/identity/v3/OS-TRUST/trusts',
      {
        trust: {
          trustor_user_id: tenant.userId,
          trustee_user_id: user.id,
          project_id: api.projectId,
          impersonation: false,
          roles: [{ name: 'member' }],
          expires_at: '2999-01-01T00:00:00Z',
        },
      },
    );
    identity = [
      ['/identity/v3/users/{user_id}/application_credentials', `${own}/application_credentials`],
      ['/identity/v3/users/{user_id}/application_credentials/{id}', `${own}/application_credentials/${program.id}`],
      ['/identity/v3/users/{user_id}/access_rules', `${own}/access_rules`],
      ['/identity/v3/users/{user_id}/access_rules/{id}', `${own}/access_rules/${program.access_rules[0]!.id}`],
      ['/identity/v3/users/{user_id}/credentials/OS-EC2', `${own}/credentials/OS-EC2`],
      ['/identity/v3/users/{user_id}/credentials/OS-EC2/{access}', `${own}/credentials/OS-EC2/${key.access}`],
      [
        '/identity/v3/OS-TRUST/trusts/{id}/roles/{roleId}',
        `/identity/v3/OS-TRUST/trusts/${trust.id}/roles/${trust.roles[0]!.id}`,
      ],
    ];

    const { network } = await ask<Made<'network'>>(api, 'POST', '/network/v2.0/networks', { network: { name } });
    const { subnet } = await ask<Made<'subnet'>>(api, 'POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '198.51.100.0/24' },
    });
    const { ports } = await ask<{ ports: { id: string }[] }>(api, 'POST', '/network/v2.0/ports', {
      ports: [{ network_id: network.id }, { network_id: network.id, device_owner: 'mine' }],
    });
    await ask(api, 'PUT', `/network/v2.0/ports/${ports[0]!.id}`, { port: { name: 'changed' } });
    for (const tagged of [`networks/${network.id}`, `subnets/${subnet.id}`, `ports/${ports[0]!.id}`])
      await ask(api, 'PUT', `/network/v2.0/${tagged}/tags`, { tags: ['t'] });
    const { address_group: group } = await ask<Made<'address_group'>>(api, 'POST', '/network/v2.0/address-groups', {
      address_group: { name, addresses: ['198.51.100.0/24'] },
    });
    for (const action of ['add', 'remove'])
      await ask(api, 'PUT', `/network/v2.0/address-groups/${group.id}/${action}_addresses`, {
        addresses: ['203.0.113.0/24'],
      });
    await ask(admin, 'PUT', `/network/v2.0/quotas/${api.projectId}`, { quota: { network: 50 } });

    const image = await ask<{ id: string }>(api, 'POST', '/image/v2/images', {
      name,
      disk_format: 'raw',
      container_format: 'bare',
      own_property: 'p',
    });
    await ask(api, 'PUT', `/image/v2/images/${image.id}/file`, new Uint8Array(512));
    const change = [{ op: 'replace', path: '/name', value: `${name}-changed` }];
    await ask(api, 'PATCH', `/image/v2/images/${image.id}`, change, { 'content-type': PATCH });
    await ask(api, 'PUT', `/image/v2/images/${image.id}/tags/t`);

    const { volume } = await ask<Made<'volume'>>(api, 'POST', '/volume/v3/volumes', {
      volume: { size: 1, name, metadata: { a: 'b' } },
    });
    await ask(api, 'PUT', `/volume/v3/volumes/${volume.id}`, { volume: { description: 'changed' } });
    await ask(api, 'POST', `/volume/v3/volumes/${volume.id}/metadata`, { metadata: { c: 'd' } });
    await ask(api, 'PUT', `/volume/v3/volumes/${volume.id}/metadata/c`, { meta: { c: 'e' } });
    await ask(admin, 'PUT', `/volume/v3/os-quota-sets/${api.projectId}`, { quota_set: { volumes: 9 } });

    await ask(api, 'POST', '/compute/v2.1/os-keypairs', { keypair: { name, type: 'ssh', public_key: KEY } });
    const { flavor } = await ask<Made<'flavor'>>(admin, 'POST', '/compute/v2.1/flavors', {
      flavor: { name, ram: 64, vcpus: 1, disk: 1, description: 'd', 'os-flavor-access:is_public': false },
    });
    await ask(admin, 'PUT', `/compute/v2.1/flavors/${flavor.id}`, { flavor: { description: 'changed' } });
    await ask(admin, 'POST', `/compute/v2.1/flavors/${flavor.id}/os-extra_specs`, { extra_specs: { 'a:b': 'c' } });
    await ask(admin, 'PUT', `/compute/v2.1/flavors/${flavor.id}/os-extra_specs/a:b`, { 'a:b': 'd' });
    await ask(admin, 'PUT', `/compute/v2.1/os-quota-sets/${api.projectId}`, { quota_set: { ram: -1 } });
    const { server } = await ask<Made<'server'>>(
      api,
      'POST',
      '/compute/v2.1/servers',
      tenant.volumeServer({ key_name: name, tags: ['t'], metadata: { a: 'b' } }),
    );
    const fromImage = await tenant.post();
    await Promise.all([server.id, fromImage].map((id) => tenant.settled(id)));
    await tenant.volumeSettled(volume.id);
    await ask(api, 'PUT', `/compute/v2.1/servers/${server.id}`, { server: { description: 'changed' } });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { lock: { locked_reason: 'because' } });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { unlock: null });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { trigger_crash_dump: null });
    await ask(api, 'POST', `/compute/v2.1/servers/${server.id}/action`, { 'os-getConsoleOutput': { length: 5 } });
    const { remote_console: shown } = await ask<{ remote_console: { url: string } }>(
      api,
      'POST',
      `/compute/v2.1/servers/${server.id}/remote-consoles`,
      { remote_console: { protocol: 'vnc', type: 'novnc' } },
    );

    await ask(api, 'PUT', `/object-store/v1/AUTH_${api.projectId}/box`);
    await ask(api, 'PUT', `/object-store/v1/AUTH_${api.projectId}/box/folder/thing`, new Uint8Array(3));

    const { alarm_id: alarm } = await ask<{ alarm_id: string }>(api, 'POST', '/alarming/v2/alarms', {
      name,
      type: 'event',
      event_rule: { query: [{ field: 'traits.a', value: '1' }] },
    });
    await ask(api, 'PUT', `/alarming/v2/alarms/${alarm}/state`, 'ok');
    for (const kind of ['alarms', 'alarms/history']) await ask(api, 'POST', `/alarming/v2/query/${kind}`, {});
    await ask(admin, 'POST', '/alarming/v2/quotas', { project_id: api.projectId, quotas: [] });
    const { id: metric } = await ask<{ id: string }>(api, 'POST', '/metric/v1/metric', { archive_policy_name: 'low' });
    // Its name is its id, so that it is found by either.
    const measured = { id: metric, metrics: { [metric]: metric } };
    await ask(api, 'POST', '/metric/v1/resource/generic', measured);
    await ask(api, 'POST', `/metric/v1/metric/${metric}/measures`, [{ timestamp: 0, value: 1 }]);
    await ask(api, 'POST', '/metric/v1/aggregates', { operations: ['metric', metric, 'mean'] });
    await ask(api, 'POST', '/metric/v1/search/resource/generic', { '=': { id: metric } });
    const rule = { name: tenant.userName, metric_pattern: tenant.userName, archive_policy_name: 'low' };
    await ask(admin, 'POST', '/metric/v1/archive_policy_rule', rule);

    await ask(admin, 'POST', '/internal/audit', {});
    const { hypervisors } = await ask<{ hypervisors: { id: string; hypervisor_hostname: string }[] }>(
      admin,
      'GET',
      '/compute/v2.1/os-hypervisors',
    );
    const { resource_providers: providers } = await ask<{ resource_providers: { uuid: string; name: string }[] }>(
      admin,
      'GET',
      '/placement/resource_providers',
    );
    host = hypervisors[0]!.hypervisor_hostname;
    const { instanceActions } = await ask<{ instanceActions: { request_id: string }[] }>(
      api,
      'GET',
      `/compute/v2.1/servers/${server.id}/os-instance-actions`,
    );
    const logged = await linesOf(join(cloud.home, 'logs'), instanceActions[0]!.request_id);
    const { interfaceAttachments } = await ask<{ interfaceAttachments: { port_id: string }[] }>(
      api,
      'GET',
      `/compute/v2.1/servers/${server.id}/os-interface`,
    );
    const [attached] = (await tenant.show(server.id))['os-extended-volumes:volumes_attached'];
    const { extensions } = await ask<{ extensions: { alias: string }[] }>(api, 'GET', '/compute/v2.1/extensions');
    Object.assign(values, {
      operations: logged.find(({ workflowId }) => workflowId !== undefined)!.workflowId,
      'os-interface': interfaceAttachments[0]!.port_id,
      'os-console-auth-tokens': new URL(shown.url).searchParams.get('token')!,
      'os-volume_attachments': attached!.id,
      extensions: extensions[0]!.alias,
      resource_classes: 'VCPU',
      inventories: 'VCPU',
      traits: 'STORAGE_DISK_SSD',
      domains: domain.id,
      credentials: credential.id,
      trusts: trust.id,
      projects: project.id,
      users: user.id,
      groups: people.id,
      roles: role.id,
      identity_providers: name,
      protocols: 'openid',
      mappings: name,
      service_providers: name,
      implies: implied.id,
      regions: name,
      services: service.id,
      endpoints: endpoint.id,
      endpoint_groups: endpoints.id,
      policies: policy.id,
      registered_limits: registered[0]!.id,
      limits: limits[0]!.id,
      config: 'ldap',
      ldap: 'url',
      tags: 't',
      networks: network.id,
      subnets: subnet.id,
      ports: ports[0]!.id,
      'address-groups': group.id,
      alarms: alarm,
      quotas: api.projectId,
      images: image.id,
      volumes: volume.id,
      metadata: 'a',
      servers: server.id,
      'os-instance-actions': instanceActions[0]!.request_id,
      flavors: flavor.id,
      'os-extra_specs': 'a:b',
      'os-keypairs': name,
      'os-hypervisors': hypervisors[0]!.id,
      'os-quota-sets': api.projectId,
      'os-quota-class-sets': 'default',
      resource_providers: providers.find((one) => one.name === host)!.uuid,
      allocations: server.id,
      v1: `AUTH_${api.projectId}`,
      [`AUTH_${api.projectId}`]: 'box',
      box: 'folder/thing',
      metric,
      generic: metric,
      [metric]: metric,
      resource: 'generic',
      resource_type: 'instance',
      archive_policy: 'low',
      archive_policy_rule: rule.name,
      openapi: 'compute.json',
      docs: 'swagger-ui.css',
    });
    expect(found()).toEqual([]);
  });

  it('of every GET, to a member and to an administrator, and of every resource its list and one of it', async () => {
    const document = await documentOf('/openapi.json');
    const reads = [...operationsOf(document).keys()].filter((key) => key.startsWith('GET '));
    const filled = new Map(
      reads.map((key) => {
        const parts: string[] = [];
        for (const part of key.split(' ')[1]!.split('/'))
          parts.push(part.startsWith('{') ? (values[parts.at(-1)!] ?? 'nothing') : part);
        return [key, parts.join('/') || '/'];
      }),
    );
    const { extensions } = await ask<{ extensions: { alias: string }[] }>(
      tenant.api,
      'GET',
      '/network/v2.0/extensions',
    );
    filled.set('GET /network/v2.0/extensions/{alias}', `/network/v2.0/extensions/${extensions[0]!.alias}`);
    for (const part of ['search', 'servers'])
      filled.set(`GET /compute/v2.1/os-hypervisors/{id}/${part}`, `/compute/v2.1/os-hypervisors/${host}/${part}`);
    for (const [path, url] of identity) filled.set(`GET ${path}`, url);
    const { operations } = await ask<{ operations: { id: string }[] }>(
      tenant.api,
      'GET',
      '/dashboard/operations?limit=1',
    );
    filled.set('GET /dashboard/operations/{id}', `/dashboard/operations/${operations[0]!.id}`);
    // Pages and their files, which a build of the API alone does not make.
    for (const path of ['/dashboard', '/dashboard/{object}']) filled.delete(`GET ${path}`);
    for (const query of ['effective&include_names', `include_subtree&scope.project.id=${tenant.api.projectId}`])
      await ask(tenant.admin, 'GET', `/identity/v3/role_assignments?${query}`);
    const tree = 'parents_as_list&subtree_as_ids';
    filled.set('GET /identity/v3/projects/{id}', `/identity/v3/projects/${tenant.api.projectId}?${tree}`);
    // They are told of the default domain alone.
    const compliance = '/identity/v3/domains/default/config/security_compliance';
    filled.set('GET /identity/v3/domains/{id}/config/security_compliance', compliance);
    filled.set('GET /identity/v3/domains/{id}/config/security_compliance/{option}', `${compliance}/password_regex`);
    filled.set('GET /placement/allocation_candidates', '/placement/allocation_candidates?resources=VCPU:1');
    const prometheus = { query: 'query=1', query_range: 'query=1&start=1&end=2&step=1', series: 'match[]=a' };
    for (const [name, query] of Object.entries(prometheus))
      filled.set(`GET /prometheus/api/v1/${name}`, `/prometheus/api/v1/${name}?${query}`);
    filled.set('GET /metric/v1/aggregation/metric', `/metric/v1/aggregation/metric?metric=${values['metric']!}`);
    filled.set('GET /placement/usages', `/placement/usages?project_id=${tenant.api.projectId}`);
    for (const url of filled.values())
      for (const api of [tenant.api, tenant.admin])
        for (const version of VERSIONS) await ask(api, 'GET', url, undefined, { 'openstack-api-version': version });
    expect(found()).toEqual([]);
    const refused = [...filled].filter(([, url]) => !good.has(`GET ${url.split('?')[0]}`)).map(([key]) => key);
    expect(refused.toSorted()).toEqual(
      [
        // It is a stream, for who asks for one.
        'GET /dashboard/events',
        // Its token is another identity provider's (test/services/keystone-federation-log-in.test.ts).
        'GET /identity/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{id}/auth',
        // What only host roles are told.
        'GET /internal/servers/{id}/guest-data',
        'GET /internal/servers/{id}/devices',
        'GET /internal/images/{id}',
        'GET /internal/images/{id}/file',
        // Keystone refuses it to everybody.
        'GET /identity/v3/auth/tokens/OS-PKI/revoked',
      ].toSorted(),
    );
  });

  it('where they are refused', async () => {
    const { api } = tenant;
    for (const [method, url, body] of [
      ['GET', '/compute/v2.1/servers/nothing'],
      ['GET', '/network/v2.0/networks/nothing'],
      ['GET', '/volume/v3/volumes/nothing'],
      ['GET', '/image/v2/images/nothing'],
      ['GET', '/placement/resource_providers/nothing'],
      ['GET', '/alarming/v2/alarms/nothing'],
      ['GET', '/identity/v3/projects/nothing'],
      ['POST', '/compute/v2.1/servers', {}],
      ['POST', '/network/v2.0/networks', { network: { nonsense: 1 } }],
      ['POST', '/identity/v3/projects', { project: {} }],
    ] as const)
      await ask(api, method, url, body);
    expect(found()).toEqual([]);
  });
});
