/**
 * `novaflow-net`: a guest that uses its network. It is Debian's kernel for virtual machines, busybox and a few scripts, made
 * here from this machine's own package mirror, once: a cloud without a mirror goes on with what is in the cache.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { cpioArchive, type Entry } from './cpio.js';
import { fromDebian, type DebianParts } from './debian.js';
import { bootableDisk } from './grub.js';
import { SCRIPTS } from './guest-files.js';

export { NET_IMAGE } from './guest-files.js';

/** Disks, cards, the power button, the config drive. What each needs comes with it. */
const MODULES = ['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_rng', 'isofs', 'button', 'evdev'];
/** The guest is up a second sooner without the kernel's own lines on a serial port. */
export const COMMAND_LINE = 'console=ttyS0 quiet no_timer_check';
/** Shared by every clone of the same user. */
const CACHE = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'novaflow', 'net-image');
/** To be raised when the way in which the image is made changes; its scripts count by themselves. */
const RECIPE = 1;
/** A root disk for a guest that needs none: it boots by its kernel and its ramdisk. */
const EMPTY_DISK = Buffer.alloc(64 * 1024);

/** The bytes of three images: the disk boots by itself where GRUB was at hand, and by the other two in any case. */
export interface NetImage {
  readonly kernel: Buffer;
  readonly ramdisk: Buffer;
  readonly disk: Buffer;
  readonly boots: 'by itself' | 'by kernel';
}

/**
 * The image, of what the cache has or of what is got now, which takes some seconds.
 * @param tell is given a line when it has to be got
 * @throws with why it cannot be made on this machine
 */
export async function netImage(tell: (line: string) => void = () => undefined): Promise<NetImage> {
  const { kernel, busybox, modules } = await cachedParts(tell);
  const ramdisk = await promisify(gzip)(cpioArchive(filesOf(busybox, modules)), { level: 9 });
  const directory = await mkdtemp(path.join(CACHE, 'new-'));
  try {
    const disk = await bootableDisk(directory, kernel, ramdisk, COMMAND_LINE);
    return { kernel, ramdisk, disk: disk ?? EMPTY_DISK, boots: disk ? 'by itself' : 'by kernel' };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Gets what has to be got, for a start that does other things meanwhile. @throws as netImage */
export async function prepareNetImage(tell: (line: string) => void): Promise<void> {
  await cachedParts(tell);
}

async function cachedParts(tell: (line: string) => void): Promise<DebianParts> {
  const key = createHash('sha256')
    .update(JSON.stringify([RECIPE, MODULES]))
    .digest('hex')
    .slice(0, 16);
  const cached = path.join(CACHE, `parts-${key}`);
  const there = await readParts(cached).catch(() => undefined);
  if (there) return there;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(path.join(CACHE, 'new-'));
  try {
    tell("getting a kernel and busybox from this machine's Debian mirror, once (28 MB)");
    const parts = await fromDebian(work, MODULES);
    const whole = path.join(work, 'parts');
    await writeParts(whole, parts);
    // Another start may have been quicker; its parts are as good.
    await rename(whole, cached).catch(() => undefined);
    return parts;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeParts(directory: string, { kernel, busybox, modules }: DebianParts): Promise<void> {
  await mkdir(directory);
  await Promise.all([
    writeFile(path.join(directory, 'kernel'), kernel),
    writeFile(path.join(directory, 'busybox'), busybox),
    ...modules.map(({ name, body }) => writeFile(path.join(directory, name), body)),
  ]);
  await writeFile(path.join(directory, 'order'), modules.map(({ name }) => `${name}\n`).join(''));
}

async function readParts(directory: string): Promise<DebianParts> {
  const read = (name: string): Promise<Buffer> => readFile(path.join(directory, name));
  const names = (await read('order')).toString().trim().split('\n');
  const [kernel, busybox, ...bodies] = await Promise.all(['kernel', 'busybox', ...names].map(read));
  return { kernel: kernel!, busybox: busybox!, modules: names.map((name, i) => ({ name, body: bodies[i]! })) };
}

/** The guest's first and only file system. busybox makes the links to itself, since it knows its own programs. */
function filesOf(busybox: Buffer, modules: DebianParts['modules']): Entry[] {
  const file = (at: string, body: Buffer): Entry => ({ path: at, body, runs: true });
  const folders = ['bin', 'lib', 'modules', 'proc', 'sys', 'dev', 'etc', 'run', 'tmp', 'mnt', 'root'];
  return [
    ...folders.map((name): Entry => ({ path: name, body: 'folder' })),
    file('bin/busybox', busybox),
    { path: 'bin/sh', body: { linkTo: 'busybox' } },
    ...modules.map(({ name, body }) => file(`modules/${name}`, body)),
    file('modules/order', Buffer.from(modules.map(({ name }) => `${name}\n`).join(''))),
    ...Object.entries(SCRIPTS).map(([at, body]) => file(at, body)),
  ];
}
