import { chmod, chown, lstat, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../durable.js';
import { ownFolder, shareFile } from '../folder.js';
import type { GuestUser } from '../guest-user.js';
import { isoImage } from '../image/iso.js';
import type { GuestPaths } from './guest-paths.js';

/**
 * Who may do what with a guest's files. QEMU's user writes its disk, its console and its socket's folder, and reads its
 * config drive. What the role itself reads and believes (the domain, the pid) QEMU can neither read nor replace.
 */
export class GuestFiles {
  /** @param root where guests live, by host */
  constructor(
    private readonly root: string,
    private readonly user: GuestUser | undefined,
  ) {}

  /** Makes the guest's folders. @throws DriverError (host) when one is not ours alone */
  async prepare(at: GuestPaths): Promise<void> {
    const gid = this.user?.gid;
    await ownFolder(this.root, { gid, mayBeLink: true });
    await ownFolder(path.dirname(at.directory), { gid });
    await ownFolder(at.directory, { gid });
    await ownFolder(at.run, { owner: this.user });
  }

  /** Makes a file that QEMU's user writes in a folder in which it makes none. */
  async makeFor(file: string): Promise<void> {
    await rm(file, { force: true });
    const handle = await open(file, 'wx', 0o600);
    try {
      if (this.user) await handle.chown(this.user.uid, this.user.gid);
    } finally {
      await handle.close();
    }
  }

  /** The console goes on in the file that is there. */
  async makeConsole(at: GuestPaths): Promise<void> {
    if (await lstat(at.consoleLog).catch(() => undefined)) await this.give(at.consoleLog);
    else await this.makeFor(at.consoleLog);
  }

  /** Hands a file to QEMU's user: a disk. */
  async give(file: string): Promise<void> {
    if (!this.user) return;
    await chown(file, this.user.uid, this.user.gid);
    await chmod(file, 0o600);
  }

  /** Takes it back. One that is gone is fine: a volume may be deleted with its server. */
  async takeBack(file: string): Promise<void> {
    if (!this.user) return;
    await chown(file, process.getuid!(), process.getgid!()).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  }

  /** Lets QEMU's user read a file, and nobody write it: an image that many disks stand on. */
  async show(file: string): Promise<void> {
    await shareFile(file, this.user?.gid);
  }

  /** Writes the config drive: a disk with its files, as cloud-init looks for it by its label. */
  async writeConfigDrive(at: GuestPaths, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const partial = `${at.configDrive}.partial`;
    await rm(partial, { force: true });
    await writeFile(partial, isoImage('config-2', files), { mode: 0o600 });
    await replaceFile(partial, at.configDrive);
  }

  /** Lets QEMU's user read the config drive, which stays the role's. One of version 0.4.0 is a folder, and becomes a disk. */
  async showConfigDrive(at: GuestPaths): Promise<void> {
    if (!(await lstat(at.configDrive).catch(() => undefined))) {
      await this.writeConfigDrive(at, await filesOf(at.configFolder));
      await rm(at.configFolder, { recursive: true });
    }
    await this.show(at.configDrive);
  }

  /** Writes what is kept of the guest, so that it is there after a power cut. */
  async keep(at: GuestPaths, text: string): Promise<void> {
    await writeFile(`${at.domain}.new`, text, { mode: 0o600 });
    await replaceFile(`${at.domain}.new`, at.domain);
  }

  async notePid(at: GuestPaths, pid: number): Promise<void> {
    await writeFile(`${at.pidFile}.new`, String(pid), { mode: 0o600 });
    await rename(`${at.pidFile}.new`, at.pidFile);
  }

  /** Removes all that the guest has. It does not run any more. */
  async remove(at: GuestPaths): Promise<void> {
    // Nobody else may move what is in it while it is gone through.
    const run = await lstat(at.run).catch(() => undefined);
    if (this.user && run?.isDirectory()) await chown(at.run, process.getuid!(), process.getgid!());
    await rm(at.directory, { recursive: true, force: true });
  }
}

async function filesOf(folder: string): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) files[path.relative(folder, file)] = await readFile(file);
  }
  return files;
}
