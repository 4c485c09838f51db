/** npm run secrets -- DIRECTORY: makes the secrets of a cloud that is not started by npm start. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureSecrets } from './up/secrets.js';

const directory = process.argv[2];
if (directory === undefined) {
  console.error('Usage: npm run secrets -- DIRECTORY');
  process.exit(2);
}
await ensureSecrets(path.resolve(process.env['INIT_CWD'] ?? '', directory));
await writeFile(path.join(directory, 'payload-key'), randomBytes(32).toString('base64'), {
  mode: 0o600,
  flag: 'wx',
}).catch(() => undefined);
console.log(`Secrets are in ${directory}, readable by you alone.`);
