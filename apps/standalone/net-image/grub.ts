import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const SECTOR = 512;
/** Where Debian's grub-pc-bin has what a BIOS boots. */
const PLATFORM = '/usr/lib/grub/i386-pc';
/** GRUB's own place before the first file, as on a disk with partitions: it takes some 60 KiB of it. */
const FIRST_FILE = 2048;

/**
 * A disk that boots the kernel by GRUB. It has no file system: the kernel and its ramdisk lie at sectors that GRUB is told
 * (its block list syntax), so that nothing but GRUB's own program for making its image is needed.
 * @param directory a folder to work in
 * @returns undefined where GRUB is not installed (Debian: grub-pc-bin and grub-common)
 */
export async function bootableDisk(
  directory: string,
  kernel: Buffer,
  ramdisk: Buffer,
  commandLine: string,
): Promise<Buffer | undefined> {
  const boot = await readFile(path.join(PLATFORM, 'boot.img')).catch(() => undefined);
  if (boot === undefined) return undefined;
  const afterKernel = FIRST_FILE + sectors(kernel);
  const config = path.join(directory, 'grub.cfg');
  const core = path.join(directory, 'core.img');
  await writeFile(
    config,
    [
      `linux (hd0)${FIRST_FILE}+${sectors(kernel)} ${commandLine}`,
      `initrd (hd0)${afterKernel}+${sectors(ramdisk)}`,
      'boot\n',
    ].join('\n'),
  );
  const args = ['--directory', PLATFORM, '--format', 'i386-pc', '--prefix', '/', '--config', config, '--output', core];
  try {
    await promisify(execFile)('grub-mkimage', [...args, 'biosdisk', 'linux', 'boot']);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
  // The first sector loads the second, which is GRUB's, and that the ones behind it: so both are made.
  const disk = Buffer.alloc((afterKernel + sectors(ramdisk)) * SECTOR);
  boot.copy(disk);
  (await readFile(core)).copy(disk, SECTOR);
  kernel.copy(disk, FIRST_FILE * SECTOR);
  ramdisk.copy(disk, afterKernel * SECTOR);
  return disk;
}

const sectors = (bytes: Buffer): number => Math.ceil(bytes.length / SECTOR);
