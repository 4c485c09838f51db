import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk, type Made } from './walk.js';

describe('What the documents say of Keystone', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('identity');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const name = `described-${tenant.userName}`;
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
    walk.knowsPaths([
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
    ]);
    walk.knows({
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
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    const { tenant, ask } = walk;
    for (const query of ['effective&include_names', `include_subtree&scope.project.id=${tenant.api.projectId}`])
      await ask(tenant.admin, 'GET', `/identity/v3/role_assignments?${query}`);
    // They are told of the default domain alone.
    const compliance = '/identity/v3/domains/default/config/security_compliance';
    walk.knowsPaths([
      ['/identity/v3/projects/{id}', `/identity/v3/projects/${tenant.api.projectId}?parents_as_list&subtree_as_ids`],
      ['/identity/v3/domains/{id}/config/security_compliance', compliance],
      ['/identity/v3/domains/{id}/config/security_compliance/{option}', `${compliance}/password_regex`],
    ]);
    expect(await walk.readAll()).toEqual([
      // Its token is another identity provider's (test/services/keystone-federation-log-in.test.ts).
      'GET /identity/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{id}/auth',
      // Keystone refuses it to everybody.
      'GET /identity/v3/auth/tokens/OS-PKI/revoked',
    ]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/identity/v3/projects/nothing');
    await walk.ask(walk.tenant.api, 'POST', '/identity/v3/projects', { project: {} });
    expect(walk.found()).toEqual([]);
  });
});
