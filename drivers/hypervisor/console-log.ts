import { open } from 'node:fs/promises';

/** Nova shows at most this much of a console (MAX_CONSOLE_BYTES). */
const SHOWN_BYTES = 100 * 1024;
/** A log is cut to twice what Nova shows. It is cut only when it is much longer than that, so that this is rare. */
const KEPT_BYTES = 2 * SHOWN_BYTES;
const LIMIT_BYTES = 1024 * 1024;

/** The end of a console: at most `lines` lines and 100 KiB. */
export async function readConsole(log: string, lines?: number): Promise<string> {
  const text = (await tail(log, SHOWN_BYTES)).toString('utf8').replaceAll('\r\n', '\n');
  return lines === undefined ? text : text.replace(/\n$/, '').split('\n').slice(-lines).join('\n');
}

/**
 * Cuts a console that has grown too long, and keeps its end. QEMU appends, so it goes on at the new end of the file.
 * What the guest writes in the millisecond between the read and the cut is lost, or stands before the rest, as with
 * logrotate's copytruncate. It is fine if there is no such console.
 */
export async function trimConsole(log: string): Promise<void> {
  const file = await open(log, 'r+').catch(() => undefined);
  if (!file) return;
  try {
    if ((await file.stat()).size <= LIMIT_BYTES) return;
    const kept = await tail(log, KEPT_BYTES);
    await file.truncate(0);
    const end = await open(log, 'a');
    try {
      await end.writeFile(kept);
    } finally {
      await end.close();
    }
  } finally {
    await file.close();
  }
}

async function tail(log: string, bytes: number): Promise<Buffer> {
  const file = await open(log);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
