/**
 * Brings a control plane's database up to date: migrations, Keystone's first users, flavors, Temporal's search
 * attributes and schedule. A process of its own, so that nobody keeps this code in memory. Runs as often as one likes.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureSearchAttributes } from '#apps/temporal/attributes';
import { ensureSchedules } from '#apps/temporal/schedules';
import { makeClient, TemporalOperations } from '#apps/temporal/index';
import { loadConfig } from '#config';
import { makeServices } from '#services/index';
import { makeLogger } from '#services/log';
import { applyMigrations } from './migrate.js';
import { FLAVORS, type Passwords } from './seed-data.js';

const config = loadConfig();
const applied = await applyMigrations(config.DATABASE_URL);
if (applied.length > 0) console.log(`applied migrations: ${applied.join(', ')}`);

const client = makeClient(config);
const services = makeServices(
  config,
  new TemporalOperations(client),
  makeLogger('bootstrap', config.NOVAFLOW_LOG_LEVEL),
);
const passwords = JSON.parse(readFileSync(path.join(config.secrets, 'passwords.json'), 'utf8')) as Passwords;
await services.keystone.bootstrap([
  { name: 'admin', password: passwords.admin, project: 'admin', role: 'admin' },
  { name: 'demo', password: passwords.demo, project: 'demo', role: 'member' },
  { name: 'nova-compute', password: passwords['nova-compute'], project: 'service', role: 'service' },
  { name: 'cinder-volume', password: passwords['cinder-volume'], project: 'service', role: 'service' },
  { name: 'neutron-agent', password: passwords['neutron-agent'], project: 'service', role: 'service' },
]);
await Promise.all(FLAVORS.map((flavor) => services.nova.flavors.ensure(flavor)));
await ensureSearchAttributes(client.connection, config.TEMPORAL_NAMESPACE);
await ensureSchedules(client, config.NOVAFLOW_AUDIT_INTERVAL);
await services.close();
await client.connection.close();
// The migration engine keeps its connections for another ten seconds.
process.exit(0);
