/** npm run audit: what is orphaned in every resource class, and with --heal what was done about it. */
import { Command } from 'commander';
import { loadConfig } from '#config';
import type { Healed, Orphan } from '#services/audit/index';
import { apiOf } from '#apps/standalone/operator';

interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly orphans: readonly Orphan[];
  readonly healed: readonly Healed[];
  readonly unreachable: readonly string[];
}

const { heal } = new Command('npm run audit --')
  .description('Compares records, hosts and workflows, and names what nobody owns. Exit 1 if anything is orphaned.')
  .option('--heal', 'repair what can be shown to be orphaned', false)
  .parse()
  .opts<{ heal: boolean }>();

async function main(): Promise<number> {
  const config = loadConfig();
  const admin = await apiOf(config);
  const { counts, orphans, healed, unreachable } = await admin.call<Report>('POST', '/internal/audit', { heal });
  for (const [kind, count] of Object.entries(counts)) console.log(`${kind.padEnd(14)}${String(count).padStart(6)}`);
  for (const { kind, id, why, done } of healed) console.log(`  healed: ${kind} ${id} (${why}): ${done}`);
  for (const { kind, id, why } of orphans) console.log(`  ${kind} ${id}: ${why}`);
  for (const queue of unreachable) console.log(`  ${queue} does not answer; what it has was not looked at`);
  console.log(orphans.length === 0 ? 'Nothing is orphaned.' : `${orphans.length} orphaned.`);
  return orphans.length === 0 && unreachable.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
