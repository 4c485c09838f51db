import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatePassword } from '#config';
import { Fernet } from '#services/keystone/fernet';
import { USERS, type Passwords } from '../seed-data.js';

/** The secrets of a single-machine cloud: generated once, readable by its user alone. */
export interface Secrets {
  readonly passwords: Passwords;
  readonly databasePassword: string;
  /** The directory with the credentials of the host roles, and nothing else. */
  readonly hostCredentials: string;
}

/** Reads the secrets, and makes those that are not there yet. */
export async function ensureSecrets(directory: string): Promise<Secrets> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const keep = async (name: string, make: () => string): Promise<string> => {
    const file = path.join(directory, name);
    const known = await readFile(file, 'utf8').catch(() => undefined);
    if (known !== undefined) return known;
    const value = make();
    await writeFile(file, value, { mode: 0o600, flag: 'wx' });
    return value;
  };
  await keep('fernet-keys', () => Fernet.generateKey());
  const passwords = JSON.parse(
    await keep('passwords.json', () => JSON.stringify(Object.fromEntries(USERS.map((u) => [u, generatePassword()])))),
  ) as Passwords;
  const databasePassword = await keep('database-password', generatePassword);
  const hosts = 'hosts';
  await mkdir(path.join(directory, hosts), { recursive: true, mode: 0o700 });
  for (const user of ['nova-compute', 'cinder-volume', 'neutron-agent'] as const) {
    await keep(path.join(hosts, `${user}.json`), () => JSON.stringify({ username: user, password: passwords[user] }));
  }
  return { passwords, databasePassword, hostCredentials: path.join(directory, hosts) };
}
