/**
 * Brings a control plane's database up to date: migrations, Keystone's first users, flavors, Temporal's search
 * attributes and schedule. A process of its own, so that nobody keeps this code in memory. Runs as often as one likes.
 */
import { ensureSearchAttributes } from '#apps/temporal/attributes';
import { ensureSchedules } from '#apps/temporal/schedules';
import { makeClient, TemporalEngine } from '#apps/temporal/index';
import { loadConfig } from '#config';
import { makeServices } from '#services/index';
import { HOST_BINARIES } from '#services/keystone/host-users';
import { makeLogger } from '#services/kernel/log';
import { applyMigrations } from './migrations/apply.js';
import { FLAVORS } from '#apps/standalone/seed-data';
import { readMachineCredentials, readPasswords } from '#apps/standalone/secrets';

const config = loadConfig();
const applied = await applyMigrations(config.database.connection);
if (applied.length > 0) console.log(`applied migrations: ${applied.join(', ')}`);

const client = makeClient(config);
const services = makeServices(config, new TemporalEngine(client), makeLogger('bootstrap', config.cloud.log_level));
const [passwords, hosts] = await Promise.all([readPasswords(config.secrets), readMachineCredentials(config.secrets)]);
const removed = await services.keystone.bootstrap(
  [
    { name: 'admin', password: passwords.admin, project: 'admin', role: 'admin' },
    { name: 'demo', password: passwords.demo, project: 'demo', role: 'member' },
    ...hosts.map(({ username, password }) => ({
      name: username,
      password,
      project: 'service',
      role: 'service',
      keepsPassword: true,
    })),
  ],
  HOST_BINARIES,
);
if (removed.length > 0) console.log(`removed the users that hosts of older versions shared: ${removed.join(', ')}`);
await Promise.all(FLAVORS.map((flavor) => services.nova.flavors.ensure(flavor)));
await ensureSearchAttributes(client.connection, config.temporal.namespace);
await ensureSchedules(client, config.audit.interval);
await services.close();
await client.connection.close();
