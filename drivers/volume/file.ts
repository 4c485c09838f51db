import { access, chown, copyFile, constants, open, readdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../durable.js';
import { DriverError } from '../errors.js';
import { ownFolder } from '../folder.js';
import type { GuestUser } from '../guest-user.js';
import { inspectFile, qemuFormat } from '../image/inspect.js';
import { checkedId, isId } from '../names.js';
import { OneByOne } from '../one-by-one.js';
import { convertToRaw } from '../qemu-img.js';
import type { SourceImage, VolumeDriver, VolumeFile } from './index.js';

const GIB = 2 ** 30;

/** Volumes as sparse raw files of one directory. */
export class FileVolumes implements VolumeDriver {
  readonly type = 'file';
  private readonly turns = new OneByOne();

  /** @param user who reads images and whom a guest runs as, where the role is root */
  constructor(
    private readonly directory: string,
    private readonly user?: GuestUser,
  ) {}

  create(volumeId: string, sizeGb: number, source?: SourceImage): Promise<void> {
    return this.turns.run(volumeId, async () => {
      const file = this.fileOf(volumeId);
      if (await exists(file)) return;
      await ownFolder(this.directory, { gid: this.user?.gid, mayBeLink: true });
      const partial = `${file}.partial`;
      await rm(partial, { force: true });
      await this.fill(partial, sizeGb * GIB, source);
      await replaceFile(partial, file);
    });
  }

  async connect(volumeId: string): Promise<VolumeFile> {
    const file = this.fileOf(volumeId);
    if (!(await exists(file)))
      throw new DriverError('input', 'VolumeNotFound', `The volume ${volumeId} has no bytes on its storage host.`);
    return { path: file, format: 'raw' };
  }

  remove(volumeId: string): Promise<void> {
    return this.turns.run(volumeId, async () => {
      await rm(`${this.fileOf(volumeId)}.partial`, { force: true });
      await rm(this.fileOf(volumeId), { force: true });
    });
  }

  async list(): Promise<string[]> {
    const files = await readdir(this.directory).catch(() => []);
    return files.map((f) => f.replace(/\.raw(\.partial)?$/, '')).filter(isId);
  }

  private async fill(file: string, size: number, source?: SourceImage): Promise<void> {
    if (source) {
      // Inspected before any program opens it: the copy may have been made by an older version, or from a source that
      // deceived it.
      const needed = await inspectFile(source.path, source.format, path.basename(source.path));
      if (needed > BigInt(size))
        throw new DriverError('input', 'ImageTooLarge', `The image has ${needed} bytes and the volume ${size}.`);
    }
    const format = source && qemuFormat(source.format);
    if (source && format === 'raw') await copyFile(source.path, file, constants.COPYFILE_FICLONE);
    const handle = await open(file, format === 'raw' ? 'r+' : 'wx', 0o600);
    try {
      await handle.chmod(0o600);
      await handle.truncate(size);
      if (source && format === 'qcow2') await this.convert(source.path, file, size);
    } finally {
      await handle.close();
    }
  }

  /** The file belongs to qemu-img's user for as long as it writes, and then to the role again. */
  private async convert(image: string, file: string, size: number): Promise<void> {
    const { user } = this;
    // Relative to the working directory, because the user may not enter every directory above it.
    const directory = await realpath(this.directory);
    const from = { path: path.relative(directory, await realpath(image)), format: 'qcow2' } as const;
    if (user) await chown(file, user.uid, user.gid);
    await convertToRaw(from, { path: path.basename(file), size }, user, directory);
    if (user) await chown(file, process.getuid!(), process.getgid!());
  }

  private fileOf(volumeId: string): string {
    return path.join(this.directory, `${checkedId('volume', volumeId)}.raw`);
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
