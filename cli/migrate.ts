/**
 * Brings a database to the tables of this version.
 *   npm run migrate                  does so with DATABASE_URL
 *   npm run migrate -- new NAME      writes the SQL that takes prisma/migrations to prisma/schema, and the snapshots after it
 *   npm run migrate -- snapshot      writes prisma/snapshot again, after a migration was edited or merged
 * The last two want a PostgreSQL on which they may make databases, and change none that is there.
 */
import { applyMigrations } from '#services/kernel/migrations/apply';

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('Set DATABASE_URL to the PostgreSQL database to migrate.');
  const [command, name] = process.argv.slice(2);
  if (command === undefined) console.log(`applied: ${(await applyMigrations(url)).join(', ') || 'nothing to do'}`);
  // What only a change of the schema needs comes with the packages for development.
  else if (command === 'new' && name) console.log(await (await import('./migrations/new.js')).newMigration(url, name));
  else if (command === 'snapshot') await (await import('./migrations/new.js')).writeSnapshots(url);
  else throw new Error('Usage: npm run migrate [-- new NAME | -- snapshot]');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
