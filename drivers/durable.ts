import { open, rename } from 'node:fs/promises';
import path from 'node:path';

/** Waits until what a file holds is on the disk: a power cut does not take it back. */
export async function syncFile(file: string): Promise<void> {
  // For reading only: fsync writes what any descriptor wrote, and so it also works for a file that must not be written.
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the names in a folder are on the disk: a file that was made or renamed has its name for good. */
export const syncFolder = (folder: string): Promise<void> => syncFile(folder);

/**
 * Gives a file that is complete its final name, in the place of what had it. After a power cut there is the old file
 * or the new one, never a part: the bytes are on the disk before the name is. Both lie in one folder.
 */
export async function replaceFile(partial: string, final: string): Promise<void> {
  await syncFile(partial);
  await rename(partial, final);
  await syncFolder(path.dirname(final));
}
