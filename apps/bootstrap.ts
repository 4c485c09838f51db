import type { Client } from '@temporalio/client';
import { FLAVORS } from '#apps/standalone/seed-data';
import { readMachineCredentials, readPasswords } from '#apps/standalone/secrets';
import { ensureSearchAttributes } from '#apps/temporal/attributes';
import { ensureSchedules } from '#apps/temporal/schedules';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { applyMigrations } from '#services/kernel/migrations/apply';
import { HOST_BINARIES } from '#services/keystone/host-users';

/**
 * Brings a control plane's database up to date: migrations, Keystone's first users, flavors, Temporal's search attributes
 * and schedules. Runs as often as one likes. A deployment has it as a command (cli/bootstrap.ts); where a whole cloud is
 * started on one machine the api does it, which has all of this code loaded anyway, and Prisma's compiler of queries at work.
 * @param tell is given a line about each thing that an operator would want to know
 */
export async function bootstrap(
  config: Config,
  client: Client,
  services: Services,
  tell: (line: string) => void,
): Promise<void> {
  const applied = await applyMigrations(config.database.connection);
  if (applied.length > 0) tell(`applied migrations: ${applied.join(', ')}`);
  await Promise.all([
    ensureUsers(config, services, tell),
    Promise.all(FLAVORS.map((flavor) => services.nova.flavors.ensure(flavor))),
    services.neutron.ensureDefaultRanges(),
    ensureSearchAttributes(client.connection, config.temporal.namespace),
    ensureSchedules(client, config.audit.interval),
  ]);
}

async function ensureUsers(config: Config, services: Services, tell: (line: string) => void): Promise<void> {
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
  if (removed.length > 0) tell(`removed the users that hosts of older versions shared: ${removed.join(', ')}`);
}
