import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Api } from '#apps/standalone/api';
import { IMAGE_NAME } from '#apps/standalone/guest-image';
import type { ScratchCloud } from '#apps/standalone/scratch';

const ALT = 'alt_demo';

/**
 * Makes of a new cloud what the clients' functional tests expect of DevStack: the clouds that their configuration names,
 * a second project with a user of its own, a network that is the way out, and ranges for the subnets of whoever names none.
 * It costs one password hash.
 * @returns the directory with clouds.yaml, in which the tests must run: they take the environment's OS_ variables from
 *   the client, so that it finds no other configuration
 */
export async function likeDevStack({ home, ready, passwords, admin }: ScratchCloud, region: string): Promise<string> {
  const api = await Api.login(admin);
  await Promise.all([addAlternative(api, passwords.demo), addWayOut(api), addPools(api)]);
  const auth = (username: string, password: string, scope: object) => ({
    region_name: region,
    identity_api_version: '3',
    auth: { auth_url: ready.authUrl, username, password, user_domain_id: 'default', ...scope },
  });
  const inProject = (name: string, password: string) =>
    auth(name, password, { project_name: name, project_domain_id: 'default' });
  const clouds = {
    devstack: inProject('demo', passwords.demo),
    'devstack-alt': inProject(ALT, passwords.demo),
    'devstack-admin': inProject('admin', passwords.admin),
    'devstack-system-admin': auth('admin', passwords.admin, { system_scope: 'all' }),
  };
  const directory = path.join(home, 'devstack');
  await mkdir(directory);
  // A test of the SDK uploads this file of its repository, in which it expects to run.
  await writeFile(path.join(directory, 'CONTRIBUTING.rst'), 'An image that no guest boots from.\n');
  // What is JSON is YAML.
  await writeFile(path.join(directory, 'clouds.yaml'), JSON.stringify({ clouds }), { mode: 0o600 });
  return directory;
}

async function addAlternative(api: Api, password: string): Promise<void> {
  const identity = <T>(method: string, url: string, body?: object) => api.call<T>(method, `/identity/v3${url}`, body);
  const [{ project }, { user }, { roles }] = await Promise.all([
    identity<{ project: { id: string } }>('POST', '/projects', { project: { name: ALT, domain_id: 'default' } }),
    identity<{ user: { id: string } }>('POST', '/users', { user: { name: ALT, password, domain_id: 'default' } }),
    identity<{ roles: { id: string }[] }>('GET', '/roles?name=member'),
  ]);
  await identity('PUT', `/projects/${project.id}/users/${user.id}/roles/${roles[0]!.id}`);
}

/** The network of the name and of the range that DevStack gives it, from which floating IPs come. */
async function addWayOut(api: Api): Promise<void> {
  const { network } = await api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
    network: { name: 'public', 'router:external': true, is_default: true },
  });
  const subnet = { name: 'public-subnet', network_id: network.id, ip_version: 4, enable_dhcp: false };
  await api.call('POST', '/network/v2.0/subnets', { subnet: { ...subnet, cidr: '172.24.4.0/24' } });
}

/** The pools that a project's subnets come from where it names none (devstack: lib/neutron_plugins/services/l3). */
async function addPools(api: Api): Promise<void> {
  const pools = [
    { name: 'shared-default-subnetpool-v4', prefixes: ['10.0.0.0/22'], default_prefixlen: 26 },
    { name: 'shared-default-subnetpool-v6', prefixes: ['fd00:d5ac:d5ac::/56'], default_prefixlen: 64 },
  ];
  await Promise.all(
    pools.map((pool) =>
      api.call('POST', '/network/v2.0/subnetpools', { subnetpool: { ...pool, shared: true, is_default: true } }),
    ),
  );
}

/**
 * The environment of the tests: nothing of the caller's own clouds, and the sizes of this one.
 * @param bin where the `openstack` is that they start
 */
export function environmentIn(directory: string, bin: string, python: string): NodeJS.ProcessEnv {
  return {
    PATH: [bin, path.dirname(python), process.env['PATH']].join(path.delimiter),
    HOME: directory,
    LANG: 'C.UTF-8',
    OPENSTACKSDK_FLAVOR: 'm1.nano',
    OPENSTACKSDK_IMAGE: IMAGE_NAME,
    // A machine that also runs the cloud is slower than the five seconds that the SDK gives a unit test.
    OS_TEST_TIMEOUT: '300',
    // What the SDK logs goes with a failure instead of to standard output.
    OS_LOG_CAPTURE: '1',
  };
}
