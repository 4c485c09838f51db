import { expect } from 'vitest';

/** Bytes of a sector of a CD. */
export const SECTOR = 2048;

/** Reads a volume as Linux does: by Joliet's names. */
export function readVolume(image: Buffer): { label: string; files: Record<string, string> } {
  const joliet = image.subarray(17 * SECTOR, 18 * SECTOR);
  expect(joliet.toString('latin1', 0, 6)).toBe('\x02CD001');
  const files: Record<string, string> = {};
  const walk = (record: Buffer, prefix: string): void => {
    const start = record.readUInt32LE(2) * SECTOR;
    expect(record.readUInt32BE(6) * SECTOR).toBe(start);
    const folder = image.subarray(start, start + record.readUInt32LE(10));
    for (let at = 0; at < folder.length;) {
      const length = folder[at]!;
      // The rest of a sector is empty when the next record does not fit.
      if (length === 0) {
        at = (Math.floor(at / SECTOR) + 1) * SECTOR;
        continue;
      }
      const entry = folder.subarray(at, at + length);
      at += length;
      const name = Buffer.from(entry.subarray(33, 33 + entry[32]!));
      // The first two name the folder itself and the one above it.
      if (name.length === 1) continue;
      const path = `${prefix}${name.swap16().toString('utf16le')}`;
      if ((entry[25]! & 2) !== 0) walk(entry, `${path}/`);
      else
        files[path] = image.toString(
          'utf8',
          entry.readUInt32LE(2) * SECTOR,
          entry.readUInt32LE(2) * SECTOR + entry.readUInt32LE(10),
        );
    }
  };
  walk(joliet.subarray(156, 190), '');
  const label = image.toString('latin1', 16 * SECTOR + 40, 16 * SECTOR + 72).trimEnd();
  return { label, files };
}
