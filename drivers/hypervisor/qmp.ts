import { tracingChannel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { constants, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import readline from 'node:readline';

/** QEMU answers QMP at once; two seconds without an answer are a QEMU that hangs. */
const ANSWER_MS = 2_000;

/** Whoever traces this process listens here (apps/tracing). Arguments are not told: some are secrets. */
const channel = tracingChannel<string, { name: string }>('novaflow.qmp');

/** QEMU's refusal of a command: it was not carried out, and this says why. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
  constructor(
    /** QapiErrorClass: DeviceNotFound, CommandNotFound, or GenericError. */
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** What QEMU reports by itself (qapi). */
interface QmpEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Message extends Partial<QmpEvent> {
  readonly error?: { class: string; desc: string };
  readonly return?: unknown;
  readonly QMP?: unknown;
}

/** One QMP conversation (qemu's qmp-spec): greeting, capabilities, commands, and events from then on. */
export class Qmp implements Disposable {
  private readonly waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
  private readonly events: QmpEvent[] = [];
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly socket: Socket) {
    const lines = readline.createInterface({ input: socket });
    // readline repeats the socket's errors, which are handled on the socket.
    lines.on('line', (line) => this.receive(line)).on('error', () => undefined);
    const fail = () => {
      for (const waiting of this.waiting.splice(0)) waiting.reject(new Error('QEMU closed the QMP connection.'));
      for (const listener of this.listeners) listener();
    };
    socket.on('close', fail).on('error', fail);
    socket.on('timeout', () => socket.destroy(new Error('QEMU did not answer.')));
  }

  /**
   * @param folder where the socket is
   * @throws when nobody listens on the socket or does not speak QMP
   */
  static async open(folder: string, name: string): Promise<Qmp> {
    const qmp = new Qmp(await connectIn(folder, name));
    await qmp.next();
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  /** @throws QmpError when QEMU refuses, and another error when it is not known whether it has done it */
  async execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return channel.hasSubscribers
      ? channel.tracePromise(() => this.send(command, args), { name: `QMP ${command}` })
      : this.send(command, args);
  }

  private async send(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = this.next();
    this.socket.write(`${JSON.stringify({ execute: command, ...(args ? { arguments: args } : {}) })}\n`);
    return answer;
  }

  /**
   * Waits for an event, also one that has come since the conversation began.
   * @returns undefined when it does not come in time
   * @throws when QEMU ends
   */
  async event(matches: (event: QmpEvent) => boolean, ms: number): Promise<QmpEvent | undefined> {
    const found = (): boolean => this.socket.destroyed || this.events.some(matches);
    if (!found())
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          this.listeners.delete(look);
          resolve();
        };
        const look = (): void => {
          if (found()) done();
        };
        const timer = setTimeout(done, ms);
        this.listeners.add(look);
      });
    const event = this.events.find(matches);
    if (!event && this.socket.destroyed) throw new Error('QEMU closed the QMP connection.');
    return event;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private next(): Promise<unknown> {
    this.socket.setTimeout(ANSWER_MS);
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) reject(new Error('QEMU closed the QMP connection.'));
      else this.waiting.push({ resolve, reject });
    });
  }

  private receive(line: string): void {
    const message = JSON.parse(line) as Message;
    if (message.event !== undefined) {
      this.events.push({ event: message.event, ...(message.data ? { data: message.data } : {}) });
      for (const listener of this.listeners) listener();
      return;
    }
    const waiting = this.waiting.shift();
    if (this.waiting.length === 0) this.socket.setTimeout(0);
    if (message.error) waiting?.reject(new QmpError(message.error.class, message.error.desc));
    else waiting?.resolve(message.return ?? message.QMP);
  }
}

/**
 * Connects to a socket by way of its folder's descriptor: a socket's path may have 107 characters, and a state
 * directory's often has more. So no socket has to lie in a folder that others can write to.
 */
export async function connectIn(folder: string, name: string): Promise<Socket> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const socket = connect(`/proc/self/fd/${handle.fd}/${name}`);
    // Whoever waits for an answer gets the error. If nobody waits, it must not end this process.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  } finally {
    await handle.close();
  }
}
