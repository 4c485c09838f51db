/** One process, one role or several: node dist/programs/worker.js conductor|compute|volume|network [...] */
import { runRoles, type RoleFactory } from './run.js';

/** Loaded one by one: a host role must not even load the database's code. */
const ROLES: Record<string, () => Promise<RoleFactory>> = {
  conductor: async () => (await import('./conductor.js')).conductor,
  compute: async () => (await import('./compute.js')).compute,
  volume: async () => (await import('./volume.js')).volume,
  network: async () => (await import('./network.js')).network,
};

const names = process.argv.slice(2);
if (names.length === 0 || names.some((name) => !(name in ROLES))) {
  console.error(`Say which roles to run: ${Object.keys(ROLES).join(', ')}.`);
  process.exit(2);
}
try {
  const roles = await Promise.all(names.map(async (name) => ({ name, factory: await ROLES[name]!() })));
  await runRoles(roles);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
