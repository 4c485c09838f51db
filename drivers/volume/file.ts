import { execFile } from 'node:child_process';
import { access, copyFile, constants, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { DriverError } from '../errors.js';
import { OneByOne } from '../one-by-one.js';
import type { SourceImage, VolumeDriver, VolumeFile } from './index.js';

const run = promisify(execFile);
const GIB = 2 ** 30;

/** Volumes as sparse raw files of one directory. */
export class FileVolumes implements VolumeDriver {
  readonly type = 'file';
  private readonly turns = new OneByOne();

  constructor(private readonly directory: string) {}

  create(volumeId: string, sizeGb: number, source?: SourceImage): Promise<void> {
    return this.turns.run(volumeId, async () => {
      const file = this.fileOf(volumeId);
      if (await exists(file)) return;
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      const partial = `${file}.partial`;
      await rm(partial, { force: true });
      if (source?.format === 'raw') await copyFile(source.path, partial, constants.COPYFILE_FICLONE);
      else if (source) await convert(source, partial);
      const handle = await open(partial, source ? 'r+' : 'w', 0o600);
      try {
        await handle.truncate(sizeGb * GIB);
        await handle.chmod(0o600);
      } finally {
        await handle.close();
      }
      await rename(partial, file);
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
    return files.map((f) => f.replace(/\.raw(\.partial)?$/, ''));
  }

  private fileOf(volumeId: string): string {
    return path.join(this.directory, `${volumeId}.raw`);
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function convert(source: SourceImage, to: string): Promise<void> {
  try {
    await run('qemu-img', ['convert', '-f', source.format, '-O', 'raw', source.path, to]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new DriverError(
        'host',
        'MissingTool',
        `qemu-img is needed to make a volume of a ${source.format} image, and is not installed on the storage host.`,
      );
    throw error;
  }
}
