import { execFile, spawn, spawnSync } from 'node:child_process';
import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ATTRIBUTE_NAMES } from '#workflows/engine/search-attribute-names';
import type { ProcessSpec } from './supervisor.js';

const run = promisify(execFile);
/** The newest CLI that `go install` takes: later ones have a replace directive. Server 1.29, UI 2.42. */
const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
/** Shared by every clone of the same user, since a build takes minutes. */
const CACHE = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'novaflow', 'bin');
/** A download host that does not answer is given up after this. */
const DOWNLOAD_MS = 60_000;
const PROGRESS_MS = 15_000;

const executable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Where the Temporal CLI is, without getting one: on PATH, or in the cache. */
export async function locateTemporal(): Promise<string | undefined> {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v temporal'], { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  const names = await readdir(CACHE).catch(() => []);
  const found = names.find((name) => /^temporal(-|$)/.test(name));
  return found !== undefined && (await executable(path.join(CACHE, found))) ? path.join(CACHE, found) : undefined;
}

/** Finds the Temporal CLI, or gets one: the SDK's own download, or else a build from source with Go. */
export async function findTemporal(tell: (line: string) => void): Promise<string> {
  const found = await locateTemporal();
  if (found !== undefined) return found;
  await mkdir(CACHE, { recursive: true });
  tell('Temporal is neither on PATH nor in the cache; getting it');
  if (await download()) {
    const downloaded = await locateTemporal();
    if (downloaded !== undefined) return downloaded;
  }
  return buildTemporal(tell);
}

/** Lets the SDK fetch its dev server into the cache; a process of its own, since that also starts one. */
async function download(): Promise<boolean> {
  const script = `const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir: ${JSON.stringify(CACHE)} } } });
    await environment.teardown();`;
  return run(process.execPath, ['--input-type=module', '-e', script], {
    timeout: DOWNLOAD_MS,
    killSignal: 'SIGKILL',
  }).then(
    () => true,
    () => false,
  );
}

async function buildTemporal(tell: (line: string) => void): Promise<string> {
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error(
      'Temporal is missing: its download host cannot be reached, and there is no Go to build it. Put the `temporal` CLI on PATH, install Go, or set TEMPORAL_ADDRESS to a server.',
    );
  }
  tell('its download host cannot be reached; building it with Go, once, which takes 2 to 5 minutes');
  const began = Date.now();
  const progress = setInterval(
    () => tell(`still building Temporal (${Math.round((Date.now() - began) / 1000)} s)`),
    PROGRESS_MS,
  );
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn('go', ['install', GO_PACKAGE], {
        env: { ...process.env, GOBIN: CACHE, GOFLAGS: '-buildvcs=false' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      // A start that is given up ends the build too.
      process.once('exit', () => child.kill());
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)));
      child
        .once('error', reject)
        .once('exit', (code) =>
          code === 0
            ? resolve()
            : reject(new Error(`Temporal could not be built: ${errors.trim().split('\n').slice(-3).join(' ')}`)),
        );
    });
  } finally {
    clearInterval(progress);
  }
  return path.join(CACHE, 'temporal');
}

/**
 * The dev server: server, UI and SQLite in one process. Its defaults are for a laptop that does nothing else; the
 * settings below take away waits that are no work (measured in docs/operators/tune.md).
 */
const DYNAMIC_CONFIG = {
  // A task is handed on at once; the default of 20 polls per second costs 50 ms at every hop.
  'history.transferProcessorMaxPollRPS': 2000,
  'history.timerProcessorMaxPollRPS': 2000,
  'history.visibilityProcessorMaxPollRPS': 2000,
  // A retry's back-off ends when it ends; by default up to a second later. Less than this costs a read of the timers for
  // each one that comes due, and a boot leaves a dozen time-outs behind.
  'history.timerProcessorMaxTimeShift': '"50ms"',
  // An activity of the conductor's own queue comes back with the answer to the workflow task.
  'system.enableActivityEagerExecution': true,
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

export function temporalServer(
  binary: string,
  home: string,
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
      path.join(home, 'temporal.db'),
      '--log-level',
      'error',
      ...pragmas,
      ...attributes,
      ...dynamic,
    ],
    // No GOMEMLIMIT: near one the collector runs all the time, and a burst of boots pays for it with a tenth of its rate.
    env: process.env,
    ready: () => listens(ports.temporal),
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
