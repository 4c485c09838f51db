/** One process, one role: node dist/apps/worker/main.js conductor|compute|volume|network */
import { runRole, type RoleFactory } from './run.js';

/** Loaded one by one: a host role must not even load the database's code. */
const ROLES: Record<string, () => Promise<RoleFactory>> = {
  conductor: async () => (await import('./conductor.js')).conductor,
  compute: async () => (await import('./compute.js')).compute,
  volume: async () => (await import('./volume.js')).volume,
  network: async () => (await import('./network.js')).network,
};

const name = process.argv[2] ?? '';
const load = ROLES[name];
if (!load) {
  console.error(`Say which role to run: ${Object.keys(ROLES).join(', ')}.`);
  process.exit(2);
}
try {
  await runRole(name, await load());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
