import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Api } from '#apps/standalone/api';
import type { TestCloud } from './clouds.js';
import { adminOf } from './tenant.js';

export const BINARIES = ['nova-compute', 'cinder-volume', 'neutron-agent'] as const;
export type Binary = (typeof BINARIES)[number];

/** The machine that the clouds under test run on. */
export const OWN_MACHINE = os.hostname();

interface Credential {
  readonly username: string;
  readonly password: string;
}

/** Makes the user of one binary on a machine that the cloud was not started on, as bootstrap would. */
async function makeCredential(cloud: TestCloud, binary: Binary, machine: string): Promise<Credential> {
  const admin = await adminOf(cloud);
  const credential = { username: `${binary}@${machine}`, password: randomUUID() };
  const [{ user }, { projects }, { roles }] = await Promise.all([
    admin.call<{ user: { id: string } }>('POST', '/identity/v3/users', {
      user: { name: credential.username, password: credential.password },
    }),
    admin.call<{ projects: { id: string }[] }>('GET', '/identity/v3/projects?name=service'),
    admin.call<{ roles: { id: string }[] }>('GET', '/identity/v3/roles?name=service'),
  ]);
  await admin.call('PUT', `/identity/v3/projects/${projects[0]!.id}/users/${user.id}/roles/${roles[0]!.id}`);
  return credential;
}

/** Writes the credentials of all binaries of a machine into a directory, as `npm run secrets` would. */
export async function writeCredentials(cloud: TestCloud, machine: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const binary of BINARIES)
    await writeFile(
      path.join(directory, `${binary}.json`),
      JSON.stringify(await makeCredential(cloud, binary, machine)),
      { mode: 0o600 },
    );
}

/** A session of a host role: with the credential that the cloud's start made, or of a machine that is made up here. */
export async function asHost(cloud: TestCloud, binary: Binary, machine = OWN_MACHINE): Promise<Api> {
  const credential =
    machine === OWN_MACHINE
      ? (JSON.parse(
          await readFile(path.join(cloud.home, 'secrets/hosts', machine, `${binary}.json`), 'utf8'),
        ) as Credential)
      : await makeCredential(cloud, binary, machine);
  return Api.login({ authUrl: cloud.authUrl, ...credential, project: 'service' });
}
