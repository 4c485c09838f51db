/**
 * Makes the secrets of a cloud that is not started by npm start, and the credentials of its machines.
 *   npm run secrets -- DIRECTORY [--machine NAME ...]
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { ensureMachineCredentials, ensureSecrets } from '#apps/standalone/secrets';

const program = new Command('npm run secrets --')
  .description('Makes the keys and passwords of a cloud, and the credentials of its machines.')
  .argument('<directory>', 'where they are kept')
  .option('--machine <name...>', 'also the credentials of a machine, in hosts/<name>; may be given again')
  .parse();
const directory = path.resolve(process.env['INIT_CWD'] ?? '', program.args[0] ?? '');
const { machine: machines = [] } = program.opts<{ machine?: string[] }>();
try {
  await ensureSecrets(directory);
  await writeFile(path.join(directory, 'payload-key'), randomBytes(32).toString('base64'), {
    mode: 0o600,
    flag: 'wx',
  }).catch(() => undefined);
  for (const machine of machines)
    console.log(`Credentials of ${machine} are in ${await ensureMachineCredentials(directory, machine)}.`);
  console.log(`Secrets are in ${directory}, readable by you alone.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
