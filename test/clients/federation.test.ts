import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { OidcProvider } from '../setup/oidc-provider.js';
import { adminOf } from '../setup/tenant.js';

const run = promisify(execFile);
const cloud = provided('fake');
const FED = '/identity/v3/OS-FEDERATION';

describe('the unmodified openstack client with an access token of another identity provider', () => {
  let oidc: OidcProvider;
  beforeAll(async () => {
    oidc = await OidcProvider.start(cloud.authUrl);
  });
  afterAll(() => oidc.stop());

  it('is given a token for a project that the mapping made for its user', async () => {
    const admin = await adminOf(cloud);
    const name = `federated-${randomUUID()}`.slice(0, 40);
    const local = [{ user: { name: '{0}' }, projects: [{ name: '{0}', roles: [{ name: 'member' }] }] }];
    const mapping = { rules: [{ local, remote: [{ type: 'HTTP_OIDC_SUB' }] }] };
    const provider = { enabled: true, remote_ids: [oidc.issuer], domain_id: 'default' };
    await admin.call('PUT', `${FED}/mappings/${name}`, { mapping });
    await admin.call('PUT', `${FED}/identity_providers/${name}`, { identity_provider: provider });
    await admin.call('PUT', `${FED}/identity_providers/${name}/protocols/openid`, { protocol: { mapping_id: name } });

    const asked = {
      'auth-type': 'v3oidcaccesstoken',
      'auth-url': cloud.authUrl,
      'identity-provider': name,
      protocol: 'openid',
      'access-token': await oidc.token({ sub: name }),
      'project-name': name,
      'project-domain-id': 'default',
    };
    const options = Object.entries(asked).flatMap(([option, value]) => [`--os-${option}`, value]);
    const { stdout } = await run(
      process.env['NOVAFLOW_TEST_OPENSTACK'] ?? 'openstack',
      [...options, 'token', 'issue', '-f', 'json'],
      // Nothing else may say who asks.
      { env: Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('OS_'))) },
    );
    const issued = JSON.parse(stdout) as { project_id: string; user_id: string };
    const { project } = await admin.call<{ project: { name: string } }>(
      'GET',
      `/identity/v3/projects/${issued.project_id}`,
    );
    const { user } = await admin.call<{ user: { name: string } }>('GET', `/identity/v3/users/${issued.user_id}`);
    expect([project.name, user.name]).toEqual([name, name]);
  });
});
