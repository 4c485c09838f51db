import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '#config';
import { Api, CliError } from './api.js';
import { readPasswords } from './secrets.js';

/** The administrator's session in the cloud that runs here, for tools. @throws CliError where none was started or none answers */
export async function apiOf(config: Config): Promise<Api> {
  const passwords = await readPasswords(config.secrets).catch(() =>
    Promise.reject(new CliError(`No cloud has been started in ${config.home}: run npm start, or set NOVAFLOW_HOME.`)),
  );
  const ready = await readFile(path.join(config.home, 'ready.json'), 'utf8').then(
    (text) => (text === '' ? undefined : (JSON.parse(text) as { authUrl: string })),
    () => undefined,
  );
  return Api.login({
    authUrl: ready?.authUrl ?? `${config.publicUrl}/identity/v3`,
    username: 'admin',
    password: passwords.admin,
    project: 'admin',
  });
}
