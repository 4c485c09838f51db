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
/** What QEMU writes besides the guest's memory: the state of its devices, one or two megabytes. */
const DEVICES_MIB = 64;
/** Pages come with a header of 8 bytes to 4,096. */
const HEADERS = 1.01;
/** QEMU limits the speed by default, for migrations over a network. */
const NO_LIMIT = 2 ** 40;
const POLL_MS = 20;

/** Writes the memory of a stopped guest to a file that belongs to the role, and that QEMU's user cannot open. */
export class MemoryWriter {
  constructor(private readonly user: GuestUser | undefined) {}

  /**
   * QEMU sends the memory through a socket, and this writes it to the file: QEMU's sandbox lets it start no program,
   * and its user may not write in the folder. The file gets its name only when it is complete on the disk.
   * @param ram MiB of the guest: a QEMU that a guest has taken over cannot fill the disk
   * @throws InstanceSuspendFailure (host), after which the guest can run on
   */
  async write(qmp: Qmp, at: GuestPaths, ram: number): Promise<void> {
    const partial = `${at.memory}.partial`;
    await rm(partial, { force: true });
    // A socket's path may have 107 characters, and that of a state directory is often longer: so the path goes through
    // the folder's descriptor. It stays open until the server is closed, which removes the socket by this path.
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
      // Until QEMU has noticed that the connection is closed, it does not let the guest run on.
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
