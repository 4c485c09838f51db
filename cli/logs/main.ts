/** npm run logs -- --request req-…: one request across all processes, as a story. */
import path from 'node:path';
import { Command } from 'commander';
import { loadConfig, type Config } from '#config';
import { CliError, type Api } from '#apps/standalone/api';
import { apiOf } from '#apps/standalone/operator';
import { linesOf } from './lines.js';
import { tell, type OperationRecord } from './story.js';

const { request } = new Command('npm run logs --')
  .description('Tells what was done for one request: by which process, step by step, with attempts, times and errors.')
  .requiredOption('--request <id>', 'the request, as its answer names it (x-openstack-request-id): req-…')
  .parse()
  .opts<{ request: string }>();

async function main(): Promise<number> {
  const config = loadConfig();
  const folder = path.join(config.home, 'logs');
  const lines = await linesOf(folder, request).catch(() => {
    throw new CliError(`There are no logs in ${folder}: run npm start, or set NOVAFLOW_HOME.`);
  });
  if (lines.length === 0) {
    console.error(
      `No process wrote of ${request} in ${folder}. Older lines than 20 to 40 MB of each process are gone.`,
    );
    return 1;
  }
  const ids = new Set(lines.flatMap(({ workflowId, requestId }) => (requestId === request ? (workflowId ?? []) : [])));
  for (const line of tell(request, lines, await recordsOf(config, [...ids]))) console.log(line);
  return 0;
}

/** The records of operations. The logs tell most of it, also when the cloud does not run. */
async function recordsOf(config: Config, ids: readonly string[]): Promise<OperationRecord[]> {
  let admin: Api;
  try {
    admin = await apiOf(config);
  } catch (error) {
    console.error(`The records of the operations are left out: ${(error as Error).message}`);
    return [];
  }
  const found = await Promise.all(
    // A server that was deleted long ago takes its operations along.
    ids.map((id) =>
      admin.call<OperationRecord>('GET', `/dashboard/operations/${encodeURIComponent(id)}`).catch(() => undefined),
    ),
  );
  return found.filter((operation) => operation !== undefined);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
