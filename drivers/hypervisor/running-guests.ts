import { setTimeout as sleep } from 'node:timers/promises';
import { SOCKET, STATUS_SOCKET, type GuestPaths } from './guest-paths.js';
import type { GuestProcesses } from './guest-processes.js';
import { Qmp } from './qmp.js';

/** QEMU ends within milliseconds once it is asked to. After this time the next stronger way is used. */
const END_MS = 5_000;
/** A guest that is still booting ignores its power button: it is pressed again (Nova's shutdown retry interval). */
const PRESS_AGAIN_MS = 10_000;
const POLL_MS = 50;
const nothing = (): void => undefined;

/** What QEMU says that a guest does (qapi RunState). */
export type RunState = string;

/** The guests that have a process: their states, and how to end them. */
export class RunningGuests {
  constructor(private readonly processes: GuestProcesses) {}

  find(at: GuestPaths): Promise<number | undefined> {
    return this.processes.find(at);
  }

  isAlive(pid: number): Promise<boolean> {
    return this.processes.isAlive(pid);
  }

  open(at: GuestPaths): Promise<Qmp> {
    return Qmp.open(at.run, SOCKET);
  }

  /** Gives one order, and waits until QEMU has taken it. */
  async order(at: GuestPaths, command: string): Promise<void> {
    using qmp = await this.open(at);
    await qmp.execute(command);
  }

  /** Does not wait for whoever works with the guest. */
  async runState(at: GuestPaths): Promise<RunState> {
    // A QEMU that version 0.4.0 started has one socket only.
    using qmp = await Qmp.open(at.run, STATUS_SOCKET).catch(() => this.open(at));
    return ((await qmp.execute('query-status')) as { status: RunState }).status;
  }

  /** The names of the devices that have one: the children of /machine/peripheral. Does not wait for whoever works with it. */
  async deviceNames(at: GuestPaths): Promise<string[]> {
    using qmp = await Qmp.open(at.run, STATUS_SOCKET);
    const children = (await qmp.execute('qom-list', { path: '/machine/peripheral' })) as { name: string }[];
    return children.map(({ name }) => name);
  }

  /**
   * Ends the guest: by its power button during the grace, if the guest is running; then by QMP's `quit`; and by a
   * signal if QEMU itself hangs. It is fine if there is no process.
   */
  async end(at: GuestPaths, graceSeconds: number, beat: () => void = nothing): Promise<void> {
    const pid = await this.find(at);
    if (pid === undefined) return;
    if (graceSeconds > 0 && (await this.goesDown(at, pid, graceSeconds * 1000, beat))) return;
    const taken = await this.order(at, 'quit').then(
      () => true,
      () => false,
    );
    if (taken && (await this.gone(pid, END_MS, beat))) return;
    // QEMU treats SIGTERM like `quit`: it is for a guest whose socket is lost.
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.isAlive(pid)) process.kill(pid, signal);
      if (await this.gone(pid, END_MS, beat)) return;
    }
    throw new Error(`QEMU process ${pid} does not end.`);
  }

  private async goesDown(at: GuestPaths, pid: number, graceMs: number, beat: () => void): Promise<boolean> {
    for (let left = graceMs; left > 0; left -= PRESS_AGAIN_MS) {
      // A guest that is not running cannot react, and a QEMU that does not answer is not asked again.
      const asked = await this.press(at).catch(() => false);
      if (!asked) return !(await this.isAlive(pid));
      if (await this.gone(pid, Math.min(left, PRESS_AGAIN_MS), beat)) return true;
    }
    return false;
  }

  private async press(at: GuestPaths): Promise<boolean> {
    using qmp = await this.open(at);
    const { running } = (await qmp.execute('query-status')) as { running: boolean };
    if (running) await qmp.execute('system_powerdown');
    return running;
  }

  private async gone(pid: number, ms: number, beat: () => void): Promise<boolean> {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(POLL_MS)) {
      if (!(await this.isAlive(pid))) return true;
      beat();
    }
    return false;
  }
}
