import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Fernet } from '../tokens/fernet.js';

/**
 * A key repository as `keystone-manage` has one (keystone/common/fernet_utils.py), in one file: a key a line, the primary one first,
 * which writes, and then those that were it before. The last line may say `staged` and a key, which becomes the primary one at the
 * next rotation: processes that have read it open what another one, that has heard of the rotation sooner, seals by it.
 */
export interface KeyRepository {
  readonly primary: string;
  /** The newest first. */
  readonly secondary: readonly string[];
  /** Absent in files of versions before 0.5.0. */
  readonly staged?: string | undefined;
}

/** The files of the secrets' directory with the keys of tokens and of credentials. */
export const FERNET_KEYS = 'fernet-keys';
export const CREDENTIAL_KEYS = 'credential-keys';

const STAGED = 'staged ';

/** @throws Error when there is no key in it */
export function parseKeys(text: string): KeyRepository {
  const lines = text.split('\n').map((line) => line.trim());
  const [primary, ...secondary] = lines.filter((line) => line !== '' && !line.startsWith(STAGED));
  if (primary === undefined) throw new Error('There is no key in the key repository.');
  const staged = lines.find((line) => line.startsWith(STAGED))?.slice(STAGED.length);
  return { primary, secondary, staged };
}

export const formatKeys = ({ primary, secondary, staged }: KeyRepository): string =>
  [primary, ...secondary, ...(staged === undefined ? [] : [STAGED + staged])].join('\n') + '\n';

/** All keys, the one that writes first. */
export const keysOf = ({ primary, secondary, staged }: KeyRepository): string[] => [
  primary,
  ...secondary,
  ...(staged === undefined ? [] : [staged]),
];

/** What a cloud starts with: a primary and a staged key (`keystone-manage fernet_setup`). */
export const newRepository = (): KeyRepository => ({
  primary: Fernet.generateKey(),
  secondary: [],
  staged: Fernet.generateKey(),
});

/**
 * The staged key becomes the primary one, and that a secondary one.
 * @param maxActive keys that are left, the staged and the primary one among them: the oldest of the others go
 */
export function rotated({ primary, secondary, staged }: KeyRepository, maxActive: number): KeyRepository {
  return {
    primary: staged ?? Fernet.generateKey(),
    secondary: [primary, ...secondary].slice(0, Math.max(0, maxActive - 2)),
    staged: Fernet.generateKey(),
  };
}

/** @throws Error where there is no such file or no key in it */
export const readRepository = (file: string): KeyRepository => parseKeys(readFileSync(file, 'utf8'));

/** Replaces the file as a whole: who reads it sees the old keys or the new ones. It is on the disk when this returns. */
export async function writeRepository(file: string, keys: KeyRepository): Promise<void> {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`);
  try {
    const handle = await open(beside, 'wx', 0o600);
    try {
      await handle.writeFile(formatKeys(keys));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
