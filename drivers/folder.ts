import { chmod, chown, lstat, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DriverError } from './errors.js';

/** Which user or group, besides the role itself, may enter a folder. None of them may list it. */
export interface FolderUse {
  /** The group that may; nobody else may when it is left out. */
  readonly gid?: number | undefined;
  /** The folder is handed over to this user altogether. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** An operator may have put a link of his own in its place, to another disk. */
  readonly mayBeLink?: boolean;
}

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes a folder, or uses the one that exists. Its owner and mode are checked every time: a user who created it
 * beforehand, or can write in it, would decide what a role that is root reads, writes and deletes.
 * @throws DriverError (host) when it is not the role's own
 */
export async function ownFolder(folder: string, { gid, owner, mayBeLink = false }: FolderUse = {}): Promise<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const me = process.geteuid?.() ?? 0;
  const name = await lstat(folder);
  const found = name.isSymbolicLink() && mayBeLink && name.uid === me ? await stat(folder) : name;
  if (!found.isDirectory())
    throw refused(folder, 'is not a directory but a link or a file', 'Look at who made it, and remove it.');
  if (found.uid !== me && found.uid !== owner?.uid)
    throw refused(
      folder,
      `belongs to user ${found.uid}`,
      `Look at what is in it, and remove it or give it to user ${me}.`,
    );
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0)
    throw refused(folder, 'may be written by others', 'Look at what is in it, and then: chmod go-w.');
  const mode = gid === undefined ? 0o700 : 0o710;
  // The owner is set first, because a change of owner may clear bits of the mode.
  const wanted = { uid: owner?.uid ?? me, gid: owner?.gid ?? gid ?? found.gid };
  if (found.uid !== wanted.uid || found.gid !== wanted.gid) await chown(folder, wanted.uid, wanted.gid);
  if ((found.mode & 0o777) !== mode) await chmod(folder, mode);
}

/** Lets every user pass through a folder, but not list it: the guests' user has to pass through the state directory. */
export async function letEnter(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) await chmod(folder, mode | 0o001);
}

/** Lets a group read a file of the role's. Nothing to do where guests run as the role's own user. */
export async function shareFile(file: string, gid: number | undefined): Promise<void> {
  if (gid === undefined) return;
  const me = process.getuid!();
  const info = await stat(file);
  if (info.uid !== me || info.gid !== gid) await chown(file, me, gid);
  if ((info.mode & 0o777) !== 0o640) await chmod(file, 0o640);
}

const refused = (folder: string, why: string, advice: string): DriverError =>
  new DriverError('host', 'UnsafeFolder', `The folder ${folder} ${why}, so it is not used. ${advice}`);
