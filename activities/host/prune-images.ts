import { link, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isId } from '#drivers/names';
import type { CachedImage } from '../schemas.js';

/** An unused image stays for a day (nova.conf: remove_unused_original_minimum_age_seconds). No boot or copy takes as long. */
const KEEP_MS = 86_400_000;
/** A copy writes all the time. If it has not written for an hour, the role that made it was killed. */
const PARTIAL_KEEP_MS = 3_600_000;
const PARTIAL = '.partial';
const OLD = '.old';

/**
 * Removes from an image cache: notes that were not used for a day, with the bytes that they name; bytes that no note
 * names; and incomplete copies. Others may use the cache at the same time.
 * @param inUse paths of images that some guest's disk is based on: they stay whatever their age
 */
export async function pruneImages(directory: string, inUse: ReadonlySet<string>): Promise<void> {
  const at = (name: string): string => path.join(directory, name);
  const names = (await readdir(directory)).filter((name) => isId(name.slice(0, 36)));
  for (const name of names.filter((n) => n.endsWith('.json'))) await pruneNote(at(name), inUse);
  const named = new Set<string>();
  for (const name of await readdir(directory)) if (name.endsWith('.json')) named.add(await bytesOf(at(name)));
  for (const name of names.filter((n) => !n.endsWith('.json'))) {
    const keep = name.endsWith(PARTIAL) ? PARTIAL_KEEP_MS : KEEP_MS;
    if (!inUse.has(at(name)) && !named.has(at(name)) && (await ageOf(at(name))) > keep)
      await rm(at(name), { force: true });
  }
}

/**
 * The note is renamed first, and then its time is checked again. If somebody has used it in between, its time is new,
 * and it gets its name back. Whoever comes after the rename finds no note, and makes a copy under another name.
 */
async function pruneNote(note: string, inUse: ReadonlySet<string>): Promise<void> {
  const bytes = await bytesOf(note);
  if (inUse.has(bytes) || (await ageOf(note)) <= KEEP_MS) return;
  const old = note.replace(/\.json$/, OLD);
  await rename(note, old);
  if ((await ageOf(old)) > KEEP_MS) await rm(bytes, { force: true });
  // If there is another note by now, of a newer copy, that one stays, and these bytes are removed a day later.
  else await link(old, note).catch(() => undefined);
  await rm(old, { force: true });
}

/** The file that a note names; no file when the note is gone or cannot be read. */
async function bytesOf(note: string): Promise<string> {
  try {
    return (JSON.parse(await readFile(note, 'utf8')) as CachedImage).path;
  } catch {
    return '';
  }
}

/** Milliseconds since the file was last written or used; 0 when it is gone. */
async function ageOf(file: string): Promise<number> {
  const info = await stat(file).catch(() => undefined);
  return info ? Date.now() - info.mtimeMs : 0;
}
