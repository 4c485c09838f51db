/** npm run audit: what is orphaned in every resource class; exit 1 if anything is. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '#config';
import type { Orphan } from '#services/audit/index';
import { Api, CliError } from './api.js';
import type { Passwords } from './seed-data.js';

/** The classes that an audit looks at, so that a count of 0 is shown for each. */
const CLASSES = [
  'server',
  'claim',
  'port',
  'address',
  'volume',
  'attachment',
  'guest',
  'disk',
  'socket',
  'vif',
  'volume bytes',
  'outbox row',
  'workflow',
];

async function main(): Promise<number> {
  const config = loadConfig();
  const passwords = JSON.parse(
    await readFile(path.join(config.secrets, 'passwords.json'), 'utf8').catch(() =>
      Promise.reject(new CliError(`No cloud has been started in ${config.home}: run npm start, or set NOVAFLOW_HOME.`)),
    ),
  ) as Passwords;
  const ready = await readFile(path.join(config.home, 'ready.json'), 'utf8').then(
    (text) => (text === '' ? undefined : (JSON.parse(text) as { authUrl: string })),
    () => undefined,
  );
  const admin = await Api.login({
    authUrl: ready?.authUrl ?? `${config.publicUrl}/identity/v3`,
    username: 'admin',
    password: passwords.admin,
    project: 'admin',
  });
  const { orphans } = await admin.call<{ orphans: Orphan[] }>('POST', '/internal/audit');
  for (const kind of new Set([...CLASSES, ...orphans.map((o) => o.kind)]))
    console.log(`${kind.padEnd(14)}${String(orphans.filter((o) => o.kind === kind).length).padStart(6)}`);
  for (const { kind, id, why } of orphans) console.log(`  ${kind} ${id}: ${why}`);
  console.log(orphans.length === 0 ? 'Nothing is orphaned.' : `${orphans.length} orphaned.`);
  return orphans.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
