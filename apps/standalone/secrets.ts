import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatePassword } from '#config';
import { CREDENTIAL_KEYS, FERNET_KEYS, formatKeys, newRepository } from '#services/keystone/keys/repository';
import { HOST_BINARIES, hostUserName } from '#services/keystone/host-users';
import { USERS, type Passwords } from './seed-data.js';

/** The secrets of a cloud's control plane: generated once, readable by its user alone. */
export interface Secrets {
  readonly passwords: Passwords;
  readonly databasePassword: string;
}
/** The user of one host role, as its file says it. */
interface HostCredential {
  readonly username: string;
  readonly password: string;
}

/** Names of machines are names of directories, of task queues and parts of users' names. */
const MACHINE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const hostsOf = (directory: string): string => path.join(directory, 'hosts');

/** Reads a secret, or makes it if it is not there yet. */
async function keep(file: string, make: () => string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  const value = make();
  await writeFile(file, value, { mode: 0o600, flag: 'wx' });
  return value;
}

/** Reads the secrets, and makes those that are not there yet. */
export async function ensureSecrets(directory: string): Promise<Secrets> {
  await mkdir(hostsOf(directory), { recursive: true, mode: 0o700 });
  const at = (name: string): string => path.join(directory, name);
  for (const keys of [FERNET_KEYS, CREDENTIAL_KEYS]) await keep(at(keys), () => formatKeys(newRepository()));
  await keep(at('passwords.json'), () => JSON.stringify(Object.fromEntries(USERS.map((u) => [u, generatePassword()]))));
  const databasePassword = await keep(at('database-password'), generatePassword);
  // Until 0.3.0 the hosts of all machines shared these; bootstrap removes their users.
  for (const binary of HOST_BINARIES) await rm(path.join(hostsOf(directory), `${binary}.json`), { force: true });
  return { passwords: await readPasswords(directory), databasePassword };
}

/** The passwords of the people whom a new cloud has as users. */
export const readPasswords = async (directory: string): Promise<Passwords> =>
  JSON.parse(await readFile(path.join(directory, 'passwords.json'), 'utf8')) as Passwords;

/**
 * Makes the credentials of one machine's host roles that are not there yet, each for one binary on this machine.
 * @returns the directory with them and nothing else: all that the machine is given of the secrets
 * @throws when the name cannot be one
 */
export async function ensureMachineCredentials(directory: string, machine: string): Promise<string> {
  if (!MACHINE.test(machine))
    throw new Error(
      `"${machine}" cannot be the name of a machine: letters, digits, dots, hyphens and underscores, 200 at most. Set NOVAFLOW_HOST to one that can.`,
    );
  const own = path.join(hostsOf(directory), machine);
  await mkdir(own, { recursive: true, mode: 0o700 });
  for (const binary of HOST_BINARIES) {
    const credential: HostCredential = { username: hostUserName({ binary, machine }), password: generatePassword() };
    await keep(path.join(own, `${binary}.json`), () => JSON.stringify(credential));
  }
  return own;
}

/** The credentials of all machines that were made: their users are to be there. */
export async function readMachineCredentials(directory: string): Promise<HostCredential[]> {
  const entries = await readdir(hostsOf(directory), { withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => HOST_BINARIES.map((binary) => path.join(hostsOf(directory), name, `${binary}.json`)));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => undefined)));
  return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as HostCredential]));
}
