import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { constants, lchown, open, rm, type FileHandle } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../durable.js';
import type { GuestUser } from '../guest-user.js';
import { notSuspended } from './guest-errors.js';
import { MEMORY_SOCKET, type GuestPaths } from './guest-paths.js';
import type { Qmp } from './qmp.js';

const MIB = 2 ** 20;
/** What QEMU writes beside the guest's memory: its devices. It is a megabyte or two. */
const DEVICES_MIB = 64;
/** Pages come with a header of 8 bytes to 4,096. */
const HEADERS = 1.01;
/** QEMU's own limit is for networks between hosts. */
const NO_LIMIT = 2 ** 40;
const POLL_MS = 20;

/** Writes the memory of a guest that stands still to a file of the role's, which QEMU's user cannot open. */
export class MemoryWriter {
  constructor(private readonly user: GuestUser | undefined) {}

  /**
   * QEMU writes to a socket and this to the file: the sandbox lets QEMU start no program, and it has no right to the folder.
   * The file has its name only when all of it is on the disk.
   * @param ram MiB of the guest: a QEMU that a guest has taken over cannot fill the disk
   * @throws InstanceSuspendFailure (host), after which the guest can run on
   */
  async write(qmp: Qmp, at: GuestPaths, ram: number): Promise<void> {
    const partial = `${at.memory}.partial`;
    await rm(partial, { force: true });
    // A socket's path may have 107 characters, and a state directory's often has more. The folder stays open as long as the
    // server does, which removes its socket by this path at its end.
    const folder = await open(at.run, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const server = await this.listen(at, folder);
    const connected = once(server, 'connection') as Promise<[Socket]>;
    let ended = Promise.resolve();
    try {
      await qmp.execute('migrate-set-parameters', { 'max-bandwidth': NO_LIMIT });
      await qmp.execute('migrate', { uri: `unix:${path.basename(at.run)}/${MEMORY_SOCKET}` });
      ended = completed(qmp);
      const most = (ram * HEADERS + DEVICES_MIB) * MIB;
      const copied = connected.then(([socket]) =>
        pipeline(socket, limited(most), createWriteStream(partial, { mode: 0o600 })),
      );
      await Promise.all([copied, ended]);
      await replaceFile(partial, at.memory);
    } catch (error) {
      // QEMU sees that its other side is gone; before that it would not let the guest run.
      await ended.catch(() => undefined);
      await rm(partial, { force: true });
      throw notSuspended(`its memory cannot be written (${String(error)}).`, error);
    } finally {
      server.close();
      await folder.close();
    }
  }

  private async listen(at: GuestPaths, folder: FileHandle): Promise<Server> {
    const socket = path.join(at.run, MEMORY_SOCKET);
    await rm(socket, { force: true });
    const server = createServer();
    // Nobody but one QEMU connects.
    server.maxConnections = 1;
    server.listen(`/proc/self/fd/${folder.fd}/${MEMORY_SOCKET}`);
    await once(server, 'listening');
    if (this.user) await lchown(socket, this.user.uid, this.user.gid);
    return server;
  }
}

async function completed(qmp: Qmp): Promise<void> {
  for (; ; await sleep(POLL_MS)) {
    const { status, 'error-desc': reason } = (await qmp.execute('query-migrate')) as Record<string, string | undefined>;
    if (status === 'completed') return;
    if (status === 'failed' || status === 'cancelled') throw new Error(reason ?? `QEMU says ${status}`);
  }
}

const limited = (bytes: number) =>
  async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let seen = 0;
    for await (const chunk of source) {
      seen += chunk.length;
      if (seen > bytes) throw new Error(`it is longer than ${bytes} bytes`);
      yield chunk;
    }
  };
