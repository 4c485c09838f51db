import { once } from 'node:events';
import { constants, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import readline from 'node:readline';

/** QEMU answers QMP at once; a second without an answer is a QEMU that hangs. */
const ANSWER_MS = 2_000;

/** One QMP conversation (qemu's qmp-spec): greeting, capabilities, commands. */
export class Qmp {
  private readonly waiting: { resolve(value: unknown): void; reject(error: Error): void }[] = [];

  private constructor(private readonly socket: Socket) {
    const lines = readline.createInterface({ input: socket });
    // The socket's errors come out of the lines once more.
    lines.on('line', (line) => this.hear(line)).on('error', () => undefined);
    const fail = () => this.waiting.splice(0).forEach((w) => w.reject(new Error('QEMU closed the QMP connection.')));
    socket.on('close', fail).on('error', fail);
  }

  /**
   * @param folder where the socket is
   * @throws when nobody listens on the socket or does not speak QMP
   */
  static async open(folder: string, name: string): Promise<Qmp> {
    const socket = await connectIn(folder, name);
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('QEMU did not answer.')));
    const qmp = new Qmp(socket);
    await qmp.next();
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  async execute(command: string): Promise<unknown> {
    const answer = this.next();
    this.socket.write(`${JSON.stringify({ execute: command })}\n`);
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }

  private next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) reject(new Error('QEMU closed the QMP connection.'));
      else this.waiting.push({ resolve, reject });
    });
  }

  private hear(line: string): void {
    const message = JSON.parse(line) as { event?: string; error?: { desc: string }; return?: unknown; QMP?: unknown };
    if (message.event !== undefined) return;
    const waiting = this.waiting.shift();
    if (message.error) waiting?.reject(new Error(message.error.desc));
    else waiting?.resolve(message.return ?? message.QMP);
  }
}

/**
 * Connects to a socket by way of its folder's descriptor: a socket's path may have 107 characters, and a state
 * directory's often has more. So no socket has to lie in a folder that others can write to.
 */
async function connectIn(folder: string, name: string): Promise<Socket> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const socket = connect(`/proc/self/fd/${handle.fd}/${name}`);
    // Whoever waits for an answer is told of an error; one that comes while nobody waits is no error of this process.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  } finally {
    await handle.close();
  }
}
