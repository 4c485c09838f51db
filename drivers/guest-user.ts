import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that guests and qemu-img run as, where the role itself is root. */
export interface GuestUser {
  readonly uid: number;
  readonly gid: number;
  /** Further groups: the one that may open /dev/kvm. */
  readonly groups: readonly number[];
}

/**
 * A range of uids that no program assigns. Those of Debian, of systemd's users, of dynamic users and of containers are
 * below it (systemd's UIDS-GIDS), and systemd's foreign users begin above it.
 */
const OWN_NUMBERS = { first: 0x7000_0000, count: 0xffe_0000 };
/** The user that has nothing, under which others may run too. */
const NOBODY = 65_534;
const KVM = '/dev/kvm';

/**
 * Finds the user that guests run as. A guest that breaks out of its QEMU is then neither root nor a user who owns
 * anything on this machine. All guests of one state directory run as the same user, those of another one as another.
 * @param setting a user's name, `uid` or `uid:gid`; `root` for the role's own user; empty for a uid of this cloud's own
 * @param home the state directory: the uid is derived from its path
 * @returns undefined when guests run as the role's own user, which is so wherever that is not root
 * @throws when the setting names no user
 */
export async function findGuestUser(setting: string, home: string): Promise<GuestUser | undefined> {
  if (process.geteuid?.() !== 0 || setting === 'root') return undefined;
  const { uid, gid } = setting === '' ? await ownNumbers(home) : await named(setting);
  return uid === 0 ? undefined : { uid, gid, groups: await kvmGroups() };
}

/** A command as the guests' user runs it: it can gain no privilege again. It needs setpriv, of util-linux. */
export function asGuestUser(user: GuestUser | undefined, command: readonly string[]): readonly string[] {
  if (!user) return command;
  const groups = user.groups.length === 0 ? '--clear-groups' : `--groups=${user.groups.join(',')}`;
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, groups, '--no-new-privs', '--', ...command];
}

async function ownNumbers(home: string): Promise<{ uid: number; gid: number }> {
  const hash = createHash('sha256').update(home).digest().readUInt32BE(0);
  const number = OWN_NUMBERS.first + (hash % OWN_NUMBERS.count);
  // A container may map 65,536 uids only. Then the guests' user is `nobody`, and nothing else in the container runs as
  // that.
  const mapped = await Promise.all(['uid_map', 'gid_map'].map((map) => isMapped(map, number)));
  return mapped.every(Boolean) ? { uid: number, gid: number } : { uid: NOBODY, gid: NOBODY };
}

/**
 * Whether this user namespace maps the uid or gid (user_namespaces(7)). Each line: first inside, first outside, count.
 */
async function isMapped(map: string, number: number): Promise<boolean> {
  const text = await readFile(`/proc/self/${map}`, 'utf8').catch(() => '');
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([first = 0, , count = 0]) => number >= first && number < first + count);
}

async function named(setting: string): Promise<{ uid: number; gid: number }> {
  const numbers = /^(\d+)(?::(\d+))?$/.exec(setting);
  if (numbers) return { uid: Number(numbers[1]), gid: Number(numbers[2] ?? numbers[1]) };
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, setting])));
    return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) };
  } catch (error) {
    throw new Error(`NOVAFLOW_QEMU_USER=${setting} cannot be used: there is no such user.`, { cause: error });
  }
}

/** The group that the system lets into /dev/kvm, if it is one (Debian: kvm). */
async function kvmGroups(): Promise<number[]> {
  const device = await stat(KVM).catch(() => undefined);
  return device && device.gid !== 0 && (device.mode & 0o060) === 0o060 ? [device.gid] : [];
}
