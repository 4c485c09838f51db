import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { taskEndOf } from '#apps/held';
import { rotate } from './log-file.js';

/** A process to keep running. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Run as this user (PostgreSQL refuses to be root). */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** A Node process of ours says `ready` over IPC; of another it is asked. */
  readonly ready: 'message' | (() => Promise<boolean>);
  /** Called whenever it is ready, with its pid: at its start, and each time it was started again. */
  readonly whenReady?: (pid: number) => void;
  /** The signal that stops it. */
  readonly stopSignal?: NodeJS.Signals;
}
interface Running {
  readonly spec: ProcessSpec;
  child?: ChildProcess;
  /** When it was started, for the back-off. */
  startedAt: number;
  failures: number;
  suspended: boolean;
  ready: Promise<void>;
}

/** A process that is killed is back at once; one that dies at its start is tried less and less often. */
const BACKOFF_MS = { first: 100, most: 5_000 };
/** A process that ran this long did not die at its start. */
const SETTLED_MS = 10_000;
const READY_MS = 60_000;
/** How often a process is asked whether it is ready: a connection that is refused costs nothing. */
const READY_POLL_MS = 20;
/** The longest orderly stop: workers let steps end for 5 s (apps/worker/run.ts). */
const STOP_MS = 15_000;
/** How often logs are looked at: a process that writes a megabyte a second would be far beyond any that runs here. */
const LOG_MS = 10_000;

/** Keeps the cloud's processes running, each with a log of its own, and stops them in reverse order. */
export class Supervisor {
  private readonly running = new Map<string, Running>();
  private stopping = false;
  private rotating: NodeJS.Timeout | undefined;

  constructor(
    private readonly home: string,
    private readonly changed: (pids: Record<string, number>) => void,
    private readonly tell: (line: string) => void,
  ) {}

  /**
   * Starts a process and waits until it is ready.
   * @param foundation what it stands on: until that is there, the process only makes itself ready for it (apps/held.ts)
   * @throws with the end of its log when it does not come up
   */
  async start(spec: ProcessSpec, foundation?: Promise<unknown>): Promise<void> {
    // At once, so that whoever called this may ask the process for something.
    mkdirSync(this.logs, { recursive: true, mode: 0o700 });
    this.rotating ??= setInterval(() => {
      for (const name of this.running.keys()) this.rotateLog(name);
    }, LOG_MS).unref();
    const entry: Running = { spec, startedAt: 0, failures: 0, suspended: false, ready: Promise.resolve() };
    this.running.set(spec.name, entry);
    this.launch(entry, foundation);
    await entry.ready;
  }

  pids(): Record<string, number> {
    return Object.fromEntries(
      [...this.running].flatMap(([name, { child }]) =>
        child?.pid === undefined || !runs(child) ? [] : [[name, child.pid]],
      ),
    );
  }

  /** Sends a message to a process and waits for its answer, for at most the time of an orderly stop. */
  async ask(name: string, message: string, answer: string): Promise<void> {
    const child = this.running.get(name)?.child;
    if (!child?.connected) return;
    const answered = new Promise<void>((resolve) => {
      child.on('message', (m) => (m === answer ? resolve() : undefined));
      child.on('exit', () => resolve());
    });
    child.send(message);
    await Promise.race([answered, sleep(STOP_MS)]);
  }

  /**
   * Has a process that was started ahead of its time do a task before it is released, however long that takes.
   * @throws with the words of what went wrong, also when the process ends over it
   */
  async perform(name: string, task: string): Promise<void> {
    const child = this.running.get(name)?.child;
    if (!child?.connected) throw new Error(`There is no process ${name}.`);
    await new Promise<void>((resolve, reject) => {
      child.on('message', (message) => {
        const end = taskEndOf(message);
        if (end?.task !== task) return;
        if (end.error === undefined) resolve();
        else reject(new Error(end.error));
      });
      child.once('exit', () => reject(new Error(`${name} ended. ${this.lastWords(name)}`)));
      child.send(task);
    });
  }

  /** Stops the given processes, all at once; one that does not end in time is killed. */
  async stop(names: readonly string[]): Promise<void> {
    this.stopping = true;
    await Promise.all(names.map((name) => this.stopOne(name)));
  }

  /** Kills a process, and does not start it again before `resume`. */
  async suspend(name: string): Promise<void> {
    const entry = this.running.get(name);
    if (!entry?.child) throw new Error(`There is no process ${name}.`);
    entry.suspended = true;
    // It may have just ended by itself, and then there is nothing to wait for.
    if (!runs(entry.child)) return;
    const ended = once(entry.child, 'exit');
    entry.child.kill('SIGKILL');
    await ended;
  }

  async resume(name: string): Promise<void> {
    const entry = this.running.get(name);
    if (!entry?.suspended) return;
    entry.suspended = false;
    this.launch(entry);
    await entry.ready;
  }

  private get logs(): string {
    return path.join(this.home, 'logs');
  }

  private logOf(name: string): string {
    return path.join(this.logs, `${name}.log`);
  }

  /** A full disk, above all: the processes are worth more than their logs. */
  private rotateLog(name: string): void {
    try {
      rotate(this.logOf(name));
    } catch (error) {
      this.tell(`the log of ${name} cannot be put aside: ${(error as Error).message}`);
    }
  }

  private launch(entry: Running, foundation?: Promise<unknown>): void {
    const { spec } = entry;
    const file = this.logOf(spec.name);
    this.rotateLog(spec.name);
    // The file itself and no pipe: what a process, or a child that outlives it, says last is written whoever has ended.
    const log = openSync(file, 'a', 0o600);
    entry.startedAt = Date.now();
    const child = spawn(spec.command, [...spec.args], {
      env: { ...spec.env, ...(foundation === undefined ? {} : { NOVAFLOW_HELD: '1' }) },
      // A process group of its own: Ctrl-C reaches the supervisor alone, which stops the others in order.
      detached: true,
      stdio: ['ignore', log, log, spec.ready === 'message' ? 'ipc' : 'ignore'],
      ...spec.user,
    });
    closeSync(log);
    entry.child = child;
    child.on('error', (error) => {
      appendFileSync(file, `${error.message}\n`);
      // One that could not be started has no exit.
      if (child.pid === undefined) this.ended(entry, error.message);
    });
    child.once('exit', (code, signal) => this.ended(entry, signal ?? `exit ${code ?? ''}`));
    entry.ready = this.untilReady(entry, child, foundation);
    entry.ready.then(
      () => this.changed(this.pids()),
      () => undefined,
    );
  }

  private async untilReady({ spec }: Running, child: ChildProcess, foundation?: Promise<unknown>): Promise<void> {
    const ended = new Promise<'ended'>((resolve) => {
      child.once('exit', () => resolve('ended'));
      child.once('error', () => resolve('ended'));
    });
    const ready =
      spec.ready === 'message'
        ? new Promise<'ready'>((resolve) => child.on('message', (m) => (m === 'ready' ? resolve('ready') : undefined)))
        : poll(spec.ready, () => runs(child));
    const late = async (): Promise<'late'> => {
      if (foundation !== undefined) {
        await foundation;
        if (child.connected) child.send('go');
      }
      return sleep(READY_MS, 'late', { ref: false });
    };
    const outcome = await Promise.race([ready, ended, late()]);
    if (outcome === 'ready') return void (child.pid !== undefined && spec.whenReady?.(child.pid));
    throw new Error(
      `${spec.name} ${outcome === 'ended' ? 'ended at its start' : `was not ready after ${READY_MS / 1000} s`}. ${this.lastWords(spec.name)}`,
    );
  }

  private ended(entry: Running, how: string): void {
    if (this.stopping || entry.suspended) return;
    const settled = Date.now() - entry.startedAt > SETTLED_MS;
    entry.failures = settled ? 1 : entry.failures + 1;
    const wait = settled ? BACKOFF_MS.first : Math.min(BACKOFF_MS.first * 2 ** (entry.failures - 1), BACKOFF_MS.most);
    this.tell(`${entry.spec.name} ended (${how}); starting it again in ${wait} ms`);
    setTimeout(() => {
      if (!this.stopping && !entry.suspended) this.launch(entry);
    }, wait);
  }

  private async stopOne(name: string): Promise<void> {
    const entry = this.running.get(name);
    const child = entry?.child;
    if (!child || !runs(child)) return;
    const ended = new Promise<'ended'>((resolve) => child.once('exit', () => resolve('ended')));
    child.kill(entry.spec.stopSignal ?? 'SIGTERM');
    if ((await Promise.race([ended, sleep(STOP_MS, 'late' as const, { ref: false })])) === 'late') {
      this.tell(`${name} did not stop in time and is killed`);
      child.kill('SIGKILL');
      await ended;
    }
  }

  private lastWords(name: string): string {
    const file = this.logOf(name);
    return `Its log, ${file}, ends with:\n${readFileSync(file, 'utf8').trim().split('\n').slice(-8).join('\n')}`;
  }
}

const runs = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

async function poll(question: () => Promise<boolean>, go: () => boolean): Promise<'ready'> {
  while (go()) {
    if (await question().catch(() => false)) return 'ready';
    await sleep(READY_POLL_MS);
  }
  return new Promise(() => undefined);
}

/** A process as the kernel knows it: a pid alone may meanwhile be another's. */
interface Identity {
  readonly pid: number;
  readonly startTime: string;
}
const identify = (pid: number): Identity | undefined => {
  try {
    // Field 22 of stat, counted after the name in parentheses, is the start time in clock ticks since boot.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : { pid, startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
};
const lives = ({ pid, startTime }: Identity): boolean => identify(pid)?.startTime === startTime;

/** Who runs a state directory: so that two clouds never share one, and what a killed supervisor left is found. */
export class RunFile {
  private readonly file: string;

  constructor(home: string) {
    this.file = path.join(home, 'run.json');
  }

  /** Stops what a supervisor that was killed left running. @throws when a supervisor still runs here */
  async takeOver(): Promise<number> {
    const text = await readFile(this.file, 'utf8').catch(() => undefined);
    if (text === undefined) return 0;
    const { supervisor, processes } = JSON.parse(text) as { supervisor: Identity; processes: Identity[] };
    if (lives(supervisor))
      throw new Error(
        `A cloud already runs from this state directory (process ${supervisor.pid}). Stop it with Ctrl-C, or set NOVAFLOW_HOME to another directory.`,
      );
    const left = processes.filter(lives);
    // SIGINT is what stops all of them in order: PostgreSQL takes SIGTERM for "wait for the clients".
    for (const { pid } of left) process.kill(pid, 'SIGINT');
    for (const end = Date.now() + STOP_MS; left.some(lives) && Date.now() < end;) await sleep(READY_POLL_MS);
    for (const identity of left.filter(lives)) process.kill(identity.pid, 'SIGKILL');
    return left.length;
  }

  async write(pids: Record<string, number>): Promise<void> {
    const processes = Object.values(pids).flatMap((pid) => identify(pid) ?? []);
    await writeFile(this.file, JSON.stringify({ supervisor: identify(process.pid), processes }), { mode: 0o600 });
  }

  remove(): Promise<void> {
    return rm(this.file, { force: true });
  }
}
