import { connect } from 'node:net';
import path from 'node:path';
import { ATTRIBUTE_NAMES } from '#workflows/engine/search-attribute-names';
import { serverVersionOf } from './get-temporal.js';
import type { ProcessSpec } from './supervisor.js';

/**
 * The dev server: server, UI and SQLite in one process. Its defaults are for a laptop that does nothing else; the
 * settings below take away waits that are no work (measured in docs/operators/tune.md).
 */
const DYNAMIC_CONFIG = {
  // A task is handed on at once; the default of 20 polls per second costs 50 ms at every hop.
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  // A retry's back-off ends when it ends; by default up to a second later. Less than this costs a read of the timers for
  // each one that comes due, and a boot leaves a dozen time-outs behind.
  'history.timerProcessorMaxTimeShift': '"50ms"',
  // Search attributes are registered at the start; by default each request reads them from the database again.
  'system.forceSearchAttributesCacheRefreshOnRead': false,
  // What is done is forgotten every second, and not every half minute: until then each new task looks through it, which
  // was a tenth of the server's CPU in a burst.
  'history.transferProcessorUpdateAckInterval': '"1s"',
  'history.timerProcessorUpdateAckInterval': '"1s"',
  'history.visibilityProcessorUpdateAckInterval': '"1s"',
};
/**
 * Every change of a workflow is a transaction, one at a time. A write-ahead log syncs once for each, where the default
 * journal is made, synced, and removed: two to three times as many workflows. FULL: a power cut loses none of them.
 */
const SQLITE_PRAGMAS = ['journal_mode=wal', 'synchronous=full'];

/**
 * Where the server keeps its records. It does not bring a file of another version up to date (1.32 on a file of 1.29
 * cannot make schedules), so each version has a file of its own.
 * @returns undefined where the program is no Temporal
 */
export function temporalDatabase(binary: string, home: string): string | undefined {
  const version = serverVersionOf(binary);
  return version && path.join(home, `temporal-${version.major}.${version.minor}.db`);
}

export function temporalServer(
  binary: string,
  database: string,
  ports: { temporal: number; temporalUi: number },
): ProcessSpec {
  const dynamic = Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${value}`,
  ]);
  const pragmas = SQLITE_PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]);
  // Registered at the start they cost nothing; added later, the dev server takes ten seconds over them.
  const attributes = ATTRIBUTE_NAMES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  return {
    name: 'temporal',
    command: binary,
    args: [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(ports.temporal),
      '--ui-port',
      String(ports.temporalUi),
      '--db-filename',
      database,
      '--log-level',
      'error',
      ...pragmas,
      ...attributes,
      ...dynamic,
    ],
    // No GOMEMLIMIT: near one the collector runs all the time, and a burst of boots pays for it with a tenth of its rate.
    env: process.env,
    // The UI opens its port last, after the server; what keeps others from the ports has to see all of them.
    ready: async () => (await listens(ports.temporal)) && listens(ports.temporalUi),
    stopSignal: 'SIGINT',
  };
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
