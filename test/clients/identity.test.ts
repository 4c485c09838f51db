import { describe, expect, inject as provided, it } from 'vitest';
import { IMAGE_NAME } from '#apps/standalone/guest-image';
import { adminOf } from '../setup/tenant.js';
import { clientOf } from './client.js';

const cloud = provided('fake');
const demo = clientOf(cloud);
const admin = clientOf(cloud, { OS_CLOUD: 'novaflow-admin' });
/** A client that is told where the cloud is, and by what it lets it in. */
const by = (type: string, proof: Readonly<Record<string, string>>) =>
  clientOf(cloud, { OS_AUTH_URL: cloud.authUrl, OS_IDENTITY_API_VERSION: '3', OS_AUTH_TYPE: type, ...proof });
interface Token {
  readonly id: string;
  readonly project_id?: string;
  readonly user_id: string;
}

/** A start of the client takes a core for a second: what needs nothing of each other runs side by side. */
describe('the unmodified openstack client', () => {
  it.concurrent.each(['project', 'user', 'role', 'domain', 'group'])(
    'makes, lists, changes, shows and deletes a %s',
    async (kind) => {
      const { id } = await admin.json<{ id: string }>(kind, 'create', '--description', 'made', `cli-${kind}`);
      const listed = await admin.json<{ ID: string; Name: string }[]>(kind, 'list');
      expect(listed).toContainEqual(expect.objectContaining({ ID: id, Name: `cli-${kind}` }));
      // A domain that is enabled is not deleted.
      const disabled = kind === 'domain' ? ['--disable'] : [];
      await admin.openstack(kind, 'set', '--name', `cli-${kind}-2`, '--description', 'changed', ...disabled, id);
      expect(await admin.json<object>(kind, 'show', `cli-${kind}-2`)).toMatchObject({ id, description: 'changed' });
      await admin.openstack(kind, 'delete', `cli-${kind}-2`);
      expect((await (await adminOf(cloud)).request('GET', `/identity/v3/${kind}s/${id}`)).status).toBe(404);
    },
  );

  it.concurrent('names who has which role on what', async () => {
    const assigned = ['role', 'assignment', 'list', '--names', '--user', 'demo', '--project', 'demo'];
    expect(await admin.json<object[]>(...assigned)).toContainEqual(
      expect.objectContaining({ Role: 'member', User: 'demo@Default', Project: 'demo@Default', Inherited: false }),
    );
  });

  it.concurrent('makes an application credential, and boots a server with it and nothing else', async () => {
    const credential = ['application', 'credential'];
    const made = await demo.json<{ ID: string; Secret: string }>(
      ...credential,
      'create',
      '--role',
      'member',
      'cli-boots',
    );
    const machine = by('v3applicationcredential', {
      OS_APPLICATION_CREDENTIAL_ID: made.ID,
      OS_APPLICATION_CREDENTIAL_SECRET: made.Secret,
    });
    const where = ['--image', IMAGE_NAME, '--flavor', 'm1.nano', '--network', 'private'];
    const server = await machine.json<object>('server', 'create', '--wait', ...where, 'by-credential');
    expect(server).toMatchObject({ status: 'ACTIVE' });
    await machine.openstack('server', 'delete', '--wait', 'by-credential');
    await demo.openstack(...credential, 'delete', 'cli-boots');
    await expect(machine.openstack('token', 'issue')).rejects.toThrow(/HTTP 40[14]/);
  });

  it.concurrent('makes a trust, with which the trustee works in the project of the trustor', async () => {
    const given = ['--project', 'admin', '--role', 'member', 'admin', 'demo'];
    const { id, project_id } = await admin.json<{ id: string; project_id: string }>('trust', 'create', ...given);
    const trustee = by('v3password', {
      OS_USERNAME: 'demo',
      OS_PASSWORD: cloud.passwords.demo,
      OS_USER_DOMAIN_ID: 'default',
      OS_TRUST_ID: id,
    });
    expect((await trustee.json<Token>('token', 'issue')).project_id).toBe(project_id);
    await admin.openstack('trust', 'delete', id);
    await expect(trustee.openstack('token', 'issue')).rejects.toThrow(/HTTP 40[134]/);
  });

  it.concurrent('makes, lists and deletes EC2 credentials', async () => {
    const { access } = await demo.json<{ access: string }>('ec2', 'credentials', 'create');
    const listed = async (): Promise<string[]> =>
      (await demo.json<{ Access: string }[]>('ec2', 'credentials', 'list')).map((one) => one.Access);
    expect(await listed()).toContain(access);
    await demo.openstack('ec2', 'credentials', 'delete', access);
    expect(await listed()).not.toContain(access);
  });

  it.concurrent('registers a limit, makes one of a project, changes and deletes it', async () => {
    const widgets = ['--service', 'nova', 'cli-widgets'];
    const register = ['registered', 'limit', 'create', '--default-limit', '10'];
    const registered = await admin.json<{ id: string }>(...register, ...widgets);
    const create = ['limit', 'create', '--project', 'demo', '--resource-limit', '5'];
    const limit = await admin.json<{ id: string }>(...create, ...widgets);
    await admin.openstack('limit', 'set', '--resource-limit', '7', limit.id);
    expect(await admin.json<object[]>('limit', 'list', '--resource-name', 'cli-widgets')).toEqual([
      expect.objectContaining({ ID: limit.id, 'Resource Limit': 7 }),
    ]);
    await admin.openstack('limit', 'delete', limit.id);
    await admin.openstack('registered', 'limit', 'delete', registered.id);
  });

  it.concurrent('lists the catalog', async () => {
    const catalog = await demo.json<{ Type: string; Endpoints: object[] }[]>('catalog', 'list');
    const types = catalog.filter((service) => service.Endpoints.length > 0).map((service) => service.Type);
    expect(types).toEqual(expect.arrayContaining(['identity', 'compute', 'network', 'image', 'placement']));
  });

  it.concurrent('issues a token and revokes it, and it lets nobody in after that', async () => {
    const { id } = await demo.json<Token>('token', 'issue');
    const bearer = by('v3token', { OS_TOKEN: id });
    expect((await bearer.json<Token>('token', 'issue')).user_id).toMatch(/^[0-9a-f]{32}$/);
    await demo.openstack('token', 'revoke', id);
    await expect(bearer.openstack('token', 'issue')).rejects.toThrow('HTTP 401');
  });
});
