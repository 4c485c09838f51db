import { once } from 'node:events';

/** Set for a process that the supervisor starts ahead of its time. */
const HELD = 'NOVAFLOW_HELD';

/**
 * A process that is started ahead of its time loads its code and then waits here, until the supervisor says that what it
 * stands on (the database, Temporal) is ready. Any other goes on at once.
 */
export async function released(): Promise<void> {
  if (process.env[HELD] === undefined) return;
  delete process.env[HELD];
  await once(process, 'message');
}
