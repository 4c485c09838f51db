import { open, rename } from 'node:fs/promises';
import path from 'node:path';

/** Waits until a file's content is on the disk: a power cut cannot take it back. */
export async function syncFile(file: string): Promise<void> {
  // Opened for reading only. fsync also flushes what other descriptors wrote, and this works without write permission.
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Waits until the names in a folder are on the disk: a file that was created or renamed keeps its name after a power
 * cut.
 */
export const syncFolder = (folder: string): Promise<void> => syncFile(folder);

/**
 * Gives a complete file its final name, in place of the file that has it. After a power cut there is either the old
 * file or the new one, never a part, because the content is on the disk before the name is. Both names are in one
 * folder.
 */
export async function replaceFile(partial: string, final: string): Promise<void> {
  await syncFile(partial);
  await rename(partial, final);
  await syncFolder(path.dirname(final));
}
