import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../errors.js';
import { asGuestUser, type GuestUser } from '../guest-user.js';
import { hasTool } from '../tools.js';
import { SOCKET, type GuestPaths } from './guest-paths.js';
import { Qmp } from './qmp.js';

/**
 * QEMU takes a tenth of a second to come up. If a machine is so busy that it takes 30 s, no guest could run on it
 * either.
 */
const SET_UP_MS = 30_000;
const POLL_MS = 10;
/** Nothing of a role's environment concerns a guest; malloc's settings keep QEMU small. */
const ENVIRONMENT = ['PATH', 'MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_'];

/** QEMU as a process of its own session, which outlives the role. */
export interface Launched {
  readonly pid: number;
  /**
   * Waits until its guest is in one of these states (qapi RunState).
   * @throws with what QEMU said when it ends, or does not come up, before that
   */
  ready(states: readonly string[]): Promise<void>;
}

/** @param memory an open file, which QEMU gets as its descriptor 3 */
export async function launch(
  qemu: string,
  args: readonly string[],
  at: GuestPaths,
  user: GuestUser | undefined,
  memory?: number,
): Promise<Launched> {
  if (!(await hasTool(qemu)) || (user && !(await hasTool('setpriv'))))
    throw new DriverError(
      'host',
      'MissingTool',
      'QEMU or setpriv is not installed on this host (Debian: qemu-system-x86, qemu-utils and util-linux).',
    );
  const [command = '', ...rest] = asGuestUser(user, [qemu, ...args]);
  const env = Object.fromEntries(ENVIRONMENT.flatMap((k) => (process.env[k] ? [[k, process.env[k]]] : [])));
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', ...(memory === undefined ? [] : [memory])];
  const child = spawn(command, rest, { cwd: at.directory, detached: true, stdio, env });
  const said = listen(child);
  if (child.pid === undefined) throw new Error(`QEMU cannot be started: ${await said.end}`);
  return {
    pid: child.pid,
    async ready(states) {
      try {
        await untilReady(at, states, () => child.exitCode !== null || child.signalCode !== null);
      } catch (error) {
        // Otherwise it might still come up, unnoticed, while the next attempt starts another one.
        child.kill('SIGKILL');
        const reason = await said.end;
        throw reason === '' ? error : new Error(reason, { cause: error });
      } finally {
        // From now on a guest can cause QEMU's messages. They are thrown away, so that they fill no file.
        child.stderr?.destroy();
        child.unref();
      }
    },
  };
}

/**
 * Asks QEMU until the guest is in one of these states. Loading a guest's memory takes as long as the disk needs.
 * @throws when QEMU does not come up within 30 s, or when it `ended`
 */
export async function untilReady(at: GuestPaths, states: readonly string[], ended: () => boolean): Promise<void> {
  using qmp = await untilAnswered(at, ended);
  for (; ; await sleep(POLL_MS)) {
    const { status } = (await qmp.execute('query-status')) as { status: string };
    if (states.includes(status)) return;
    if (status !== 'inmigrate')
      throw new DriverError('host', 'InstancePowerOnFailure', `QEMU started and its guest is ${status}.`);
  }
}

async function untilAnswered(at: GuestPaths, ended: () => boolean): Promise<Qmp> {
  for (const end = Date.now() + SET_UP_MS; ; await sleep(POLL_MS)) {
    try {
      return await Qmp.open(at.run, SOCKET);
    } catch (error) {
      if (ended()) throw new Error('QEMU ended before the guest ran.', { cause: error });
      if (Date.now() > end) throw new Error('QEMU did not come up in time.', { cause: error });
    }
  }
}

/** The last line of what QEMU says before it ends: its reason. */
function listen(child: ChildProcess): { end: Promise<string> } {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-4096)));
  const end = new Promise<string>((resolve) => {
    const done = (): void => resolve(text.trim().split('\n').at(-1) ?? '');
    child.once('close', done);
    child.once('error', (error) => {
      text += error.message;
      done();
    });
  });
  return { end };
}
