import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '#services/keystone/keys/key-ring';
import {
  keysOf,
  newRepository,
  readRepository,
  rotated,
  writeRepository,
  type KeyRepository,
} from '#services/keystone/keys/repository';
import { Fernet } from '#services/keystone/tokens/fernet';

describe('a key repository', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-keys-'));
    file = path.join(directory, 'fernet-keys');
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const rotate = async (active: number): Promise<KeyRepository> => {
    const keys = rotated(readRepository(file), active);
    await writeRepository(file, keys);
    return keys;
  };
  const text = Buffer.from('what a token says');

  it('opens what was sealed before two rotations, and no longer what was sealed before as many as it has keys', async () => {
    await writeRepository(file, newRepository());
    const ring = new KeyRing(file);
    const sealed = ring.seal(text);
    for (let i = 0; i < 2; i++) await rotate(4);
    // Another process, and the one that runs: it looks at once at what it does not know.
    expect(new KeyRing(file).open(sealed)?.toString()).toBe(text.toString());
    for (let i = 0; i < 2; i++) await rotate(4);
    expect(new KeyRing(file).open(sealed)).toBeUndefined();
  });

  it('lets a process that has not heard of a rotation open what one that has heard of it seals', async () => {
    await writeRepository(file, newRepository());
    const before = new Fernet(keysOf(readRepository(file)));
    const { primary, staged } = await rotate(3);
    expect(before.open(new KeyRing(file).seal(text))?.toString()).toBe(text.toString());
    expect(staged).not.toBe(primary);
  });

  it('is read again by a running process as soon as it meets what it cannot open, and what it seals then is by the new key', async () => {
    await writeRepository(file, newRepository());
    const ring = new KeyRing(file);
    const { primaryHash } = ring;
    for (let i = 0; i < 2; i++) await rotate(3);
    expect(ring.open(new KeyRing(file).seal(text))?.toString()).toBe(text.toString());
    expect(ring.primaryHash).not.toBe(primaryHash);
    expect(new KeyRing(file).open(ring.seal(text))?.toString()).toBe(text.toString());
  });

  it('of an older version, with keys alone and the newest first, is one as well, and stays readable for its user alone', async () => {
    const [newest, older] = [Fernet.generateKey(), Fernet.generateKey()];
    await writeFile(file, `${newest}\n${older}\n`, { mode: 0o600 });
    const sealed = new Fernet([older]).seal(text);
    expect(readRepository(file)).toEqual({ primary: newest, secondary: [older], staged: undefined });
    const keys = await rotate(4);
    expect(keys.secondary).toEqual([newest, older]);
    expect(new KeyRing(file).open(sealed)?.toString()).toBe(text.toString());
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(4);
  });

  it('that cannot be read leaves a running process with the keys that it has', async () => {
    await writeRepository(file, newRepository());
    const ring = new KeyRing(file);
    const sealed = ring.seal(text);
    await rm(file);
    expect(ring.open('no token')).toBeUndefined();
    expect(ring.open(sealed)?.toString()).toBe(text.toString());
  });
});
