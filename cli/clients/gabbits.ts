import path from 'node:path';
import { Api } from '#apps/standalone/api';
import type { ScratchCloud } from '#apps/standalone/scratch';

/** The settings that Gnocchi's own tests were written for (gnocchi/tests/functional/fixtures.py). */
export const GABBI_SETTINGS = { NOVAFLOW_GNOCCHI_MAX_LIMIT: '7' };

/** The names by which the tests log in, beside `admin`. */
const NAMES = ['foobar', 'foobaz', 'jd', 'pasta'];

/** Makes the users that the tests log in as, each with a project of his own. @returns the environment of the tests */
export async function gabbiEnvironment(scratch: ScratchCloud, python: string): Promise<NodeJS.ProcessEnv> {
  const { cloud, home, ready, passwords, admin } = scratch;
  const api = await Api.login(admin);
  const users: Record<string, { password: string; project: string }> = {
    admin: { password: passwords.admin, project: 'admin' },
  };
  for (const name of NAMES) {
    await addUser(api, name, passwords.demo);
    users[name] = { password: passwords.demo, project: name };
  }
  const url = `${ready.authUrl.replace(/\/identity\/v3$/, '')}/metric`;
  return {
    PATH: [path.dirname(python), process.env['PATH']].join(path.delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    GNOCCHI_TESTS: JSON.stringify({ auth_url: ready.authUrl, url, database: cloud.databaseUrl, users }),
  };
}

async function addUser(api: Api, name: string, password: string): Promise<void> {
  const identity = <T>(method: string, url: string, body?: object) => api.call<T>(method, `/identity/v3${url}`, body);
  const [{ project }, { user }, { roles }] = await Promise.all([
    identity<{ project: { id: string } }>('POST', '/projects', { project: { name, domain_id: 'default' } }),
    identity<{ user: { id: string } }>('POST', '/users', { user: { name, password, domain_id: 'default' } }),
    identity<{ roles: { id: string }[] }>('GET', '/roles?name=member'),
  ]);
  await identity('PUT', `/projects/${project.id}/users/${user.id}/roles/${roles[0]!.id}`);
}
