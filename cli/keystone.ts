/**
 * npm run keystone: rotates the keys of tokens and of credentials, as keystone-manage does. Running processes take new keys into use
 * within a second.
 */
import path from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '#config';
import { apiOf } from '#apps/standalone/operator';
import {
  CREDENTIAL_KEYS,
  FERNET_KEYS,
  readRepository,
  rotated,
  writeRepository,
  type KeyRepository,
} from '#services/keystone/keys/repository';

/** Keys of credentials: staged, primary and the one before, which opens what is not migrated yet (keystone/credential/providers/fernet). */
const CREDENTIAL_KEYS_ACTIVE = 3;

const config = loadConfig();

async function rotate(name: string, active: number): Promise<KeyRepository> {
  const file = path.join(config.secrets, name);
  const keys = rotated(readRepository(file), active);
  await writeRepository(file, keys);
  return keys;
}

const program = new Command('npm run keystone --').description('Rotates the keys of tokens and of credentials.');

program
  .command('rotate')
  .description(
    'makes the staged key of tokens the one that writes, stages another and drops the oldest (keystone-manage fernet_rotate)',
  )
  .action(async () => {
    const api = await apiOf(config);
    const { resealed } = await api.call<{ resealed: number }>('POST', '/internal/keys/reseal');
    const { secondary } = await rotate(FERNET_KEYS, config.keystone.max_active_keys);
    console.log(
      `Tokens are sealed by another key now; ${secondary.length} older ones still open theirs. ${resealed} secrets of hosts and servers were sealed again.`,
    );
  });

program
  .command('credential-rotate')
  .description(
    'the same of credentials; refuses while one is sealed by another key than the one that writes (keystone-manage credential_rotate)',
  )
  .action(async () => {
    const api = await apiOf(config);
    const { unmigrated } = await api.call<{ unmigrated: number }>('GET', '/internal/credentials');
    if (unmigrated > 0)
      throw new Error(
        `${unmigrated} credentials are not sealed by the primary key: run npm run keystone -- credential-migrate first.`,
      );
    await rotate(CREDENTIAL_KEYS, CREDENTIAL_KEYS_ACTIVE);
    console.log('Credentials are sealed by another key now. Seal those that are there by it: credential-migrate.');
  });

program
  .command('credential-migrate')
  .description('seals every credential by the key that writes (keystone-manage credential_migrate)')
  .action(async () => {
    const api = await apiOf(config);
    const { resealed } = await api.call<{ resealed: number }>('POST', '/internal/credentials/migrate');
    console.log(`${resealed} credentials were sealed again.`);
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
