import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DriverError } from './errors.js';
import { asGuestUser, type GuestUser } from './guest-user.js';
import { hasTool } from './tools.js';

const run = promisify(execFile);

/** What one run of qemu-img may use. */
interface Limits {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly fileBytes: number;
}

/**
 * Nova's and Cinder's limit (images_address_space_limit). An image whose header makes qemu-img need more is an attack.
 */
const ADDRESS_SPACE = 2 ** 30;
/** A source, a target, and what the C library and its threads open. */
const OPEN_FILES = 64;
/**
 * An overlay takes a few clusters, with an L1 table of 32 MiB at most. Nova's limit of CPU time is 30 s, and a disk
 * that takes longer than a minute to write 200 kB hangs.
 */
const OVERLAY: Limits = { cpuSeconds: 30, seconds: 60, fileBytes: 2 ** 26 };
/**
 * One core unpacks 100 MB/s or more of a compressed image. Nova's limit of 30 s would end at 3 GB; this one is 360 GB.
 */
const CONVERT_CPU_SECONDS = 3_600;
/**
 * The time in which a disk writes 360 GB at half that speed. After it, the volume is in error, instead of hanging for
 * ever.
 */
const CONVERT_SECONDS = 7_200;

/**
 * Makes a qcow2 overlay of an image. It opens the new file only: the image's format and size are given, not guessed.
 * @param at.directory working directory, from which the two names are looked up
 * @param at.file exists already, is empty, and belongs to the user
 * @param at.size bytes of the new disk
 */
export async function createOverlay(
  at: { directory: string; file: string; image: string; format: 'raw' | 'qcow2'; size: number },
  user: GuestUser | undefined,
): Promise<void> {
  const args = ['create', '-q', '-u', '-f', 'qcow2', '-b', at.image, '-F', at.format, at.file, String(at.size)];
  await qemuImg(args, OVERLAY, user, at.directory);
}

/**
 * Writes what an image holds into a file, byte by byte.
 * @param to exists already, has `size` bytes of nothing, and belongs to the user
 */
export async function convertToRaw(
  from: { path: string; format: 'raw' | 'qcow2' },
  to: { path: string; size: number },
  user: GuestUser | undefined,
  directory: string,
): Promise<void> {
  const args = ['convert', '-n', '--target-is-zero', '-f', from.format, '-O', 'raw', from.path, to.path];
  const limits = { cpuSeconds: CONVERT_CPU_SECONDS, seconds: CONVERT_SECONDS, fileBytes: to.size };
  await qemuImg(args, limits, user, directory);
}

/** The one place that runs qemu-img: as the guests' user and with limits, since a tenant made what it reads. */
async function qemuImg(args: string[], limits: Limits, user: GuestUser | undefined, cwd: string): Promise<void> {
  if (!(await hasTool('qemu-img')) || (user && !(await hasTool('setpriv'))))
    throw new DriverError(
      'host',
      'MissingTool',
      'qemu-img or setpriv is not installed on this host (Debian: qemu-utils and util-linux).',
    );
  const [command = '', ...rest] = asGuestUser(user, [...(await limited(limits)), 'qemu-img', ...args]);
  try {
    await run(command, rest, { cwd, timeout: limits.seconds * 1000, killSignal: 'SIGKILL' });
  } catch (error) {
    throw explained(error, limits);
  }
}

async function limited({ cpuSeconds, fileBytes }: Limits): Promise<string[]> {
  if (await hasTool('prlimit'))
    return [
      'prlimit',
      `--as=${ADDRESS_SPACE}`,
      `--cpu=${cpuSeconds}`,
      `--fsize=${fileBytes}`,
      `--nofile=${OPEN_FILES}`,
      '--core=0',
      '--',
    ];
  warnOnce();
  return [];
}

let warned = false;
function warnOnce(): void {
  if (!warned)
    process.emitWarning(
      'prlimit is not installed on this host (Debian: util-linux): qemu-img runs with a limit of time, and none of memory, CPU time, file size and open files.',
    );
  warned = true;
}

/**
 * Decides what was to blame. If qemu-img was stopped at a limit or cannot read the image, another attempt would end the
 * same.
 */
function explained(error: unknown, { cpuSeconds, seconds }: Limits): Error {
  const { signal, stderr = '' } = error as { signal?: string | null; stderr?: string };
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  if (signal)
    return new DriverError(
      'input',
      'ImageUnacceptable',
      `qemu-img was stopped (${signal}): it may take ${seconds} s, ${cpuSeconds} s of them on the CPU.`,
      error,
    );
  const unreadable =
    /Could not open|error while reading|Cannot allocate memory/i.test(reason) &&
    !/Permission denied|No such file|Too many open files/i.test(reason);
  if (unreadable) return new DriverError('input', 'ImageUnacceptable', reason, error);
  return new Error(reason || String(error), { cause: error });
}
