import { open } from 'node:fs/promises';
import { DriverError } from '../errors.js';
import { QCOW2_MAGIC, readQcow2 } from './qcow2.js';

/** The formats that a driver opens, whatever the control plane accepts: neither relies on the other's checks. */
const FORMATS = ['raw', 'qcow2', 'iso', 'ami', 'aki', 'ari'] as const;
/** Bytes without a header of their own: a disk as it is, and a kernel (aki) and its ramdisk (ari), which are no disks. */
const PLAIN: ReadonlySet<ImageFormat> = new Set(['raw', 'ami', 'aki', 'ari']);
type ImageFormat = (typeof FORMATS)[number];

/** How many bytes of an image's beginning are inspected: an ISO 9660 volume is described at 32 KiB. */
export const HEAD_BYTES = 64 * 1024;
const ISO_DESCRIPTOR = 32 * 1024;
/** The largest number that every JSON client holds exactly, 8 PiB: clients see the size, and no disk comes near it. */
const MAX_VIRTUAL_SIZE = BigInt(Number.MAX_SAFE_INTEGER);

/** Why an image is refused: its format is not the one that was claimed, or the image is not safe to open. */
export class ImageRefusal extends Error {
  override readonly name = 'ImageRefusal';
  constructor(
    readonly kind: 'mismatch' | 'unsafe',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Inspects an image before any program opens it, as Glance's and Nova's format inspection do: its bytes must be of the
 * format that is claimed. It only reads bytes, and uses no library that an image could exploit.
 * @param head the first HEAD_BYTES of it, or all when there are fewer
 * @param size bytes of all of it
 * @returns bytes of the disk that it holds
 * @throws ImageRefusal
 */
export function inspectImage(head: Buffer, size: number, format: string): bigint {
  if (!isFormat(format)) throw new ImageRefusal('unsafe', `Images of format ${format} are not accepted`);
  if (size === 0) throw new ImageRefusal('unsafe', 'The image is empty');
  const found = formatsOf(head);
  const detected = found.length === 0 ? 'raw' : found.join(' and ');
  if (detected !== (PLAIN.has(format) ? 'raw' : format))
    throw new ImageRefusal('mismatch', `Image disk_format ${format} does not match stream data ${detected}`);
  // Of an ISO, too, all bytes are the disk: the volume that it describes may be shorter.
  if (format !== 'qcow2') return BigInt(size);
  const result = readQcow2(head, size);
  if (typeof result === 'string') throw new ImageRefusal('unsafe', `Image failed safety checks: ${result}`);
  if (result < 1n || result > MAX_VIRTUAL_SIZE)
    throw new ImageRefusal('unsafe', `Image failed safety checks: it claims a disk of ${result} bytes`);
  return result;
}

/**
 * The same of a file on this host.
 * @param name what the image is called in the error
 * @throws DriverError (input)
 */
export async function inspectFile(file: string, format: string, name: string): Promise<bigint> {
  try {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return inspectImage(buffer.subarray(0, bytesRead), size, format);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ImageRefusal)
      throw new DriverError('input', 'ImageUnacceptable', `Image ${name} is unacceptable: ${error.message}.`, error);
    throw error;
  }
}

/**
 * The format as QEMU is always given it, so that QEMU never guesses it from bytes that a guest may write.
 * @throws DriverError (input) for one that is not accepted
 */
export function qemuFormat(format: string): 'raw' | 'qcow2' {
  checkFormat(format);
  if (format === 'aki' || format === 'ari') throw refused(`An image of format ${format} is no disk.`);
  // An ISO and a disk of Amazon's are disks byte by byte.
  return format === 'qcow2' ? 'qcow2' : 'raw';
}

/** @throws DriverError (input) for a format that no program of this host is given */
export function checkFormat(format: string): void {
  if (!isFormat(format)) throw refused(`Images of format ${format} are not accepted on this host.`);
}

const refused = (message: string): DriverError => new DriverError('input', 'ImageUnacceptable', message);

const isFormat = (format: string): format is ImageFormat => (FORMATS as readonly string[]).includes(format);

/** Formats that their first bytes show. QEMU's probes and Glance's format inspector look at the same. */
const MAGICS: readonly { format: string; at: number; bytes: Buffer }[] = [
  ['qed', 0, 'QED\0'],
  ['vmdk', 0, 'KDMV'],
  ['vmdk', 0, 'COWD'],
  ['vhdx', 0, 'vhdxfile'],
  ['vhd', 0, 'conectix'],
  ['vdi', 0x40, '\x7f\x10\xda\xbe'],
  ['luks', 0, 'LUKS\xba\xbe'],
  ['parallels', 0, 'WithoutFreeSpace'],
  ['parallels', 0, 'WithouFreSpacExt'],
  ['bochs', 0, 'Bochs Virtual HD Image'],
  ['cloop', 0, '#!/bin/sh\n#V2.0 Format\nmodprobe cloop'],
].map(([format, at, bytes]) => ({
  format: format as string,
  at: at as number,
  bytes: Buffer.from(bytes as string, 'latin1'),
}));

/** Every format that the bytes may be taken for. More than one means that one is hidden in another. */
function formatsOf(head: Buffer): string[] {
  const found = new Set(
    MAGICS.filter(({ at, bytes }) => head.subarray(at, at + bytes.length).equals(bytes)).map(({ format }) => format),
  );
  if (head.length >= 4 && head.readUInt32BE(0) === QCOW2_MAGIC) found.add('qcow2');
  if (isVmdkText(head)) found.add('vmdk');
  const volume = head.subarray(ISO_DESCRIPTOR + 1, ISO_DESCRIPTOR + 6).toString('latin1');
  if (['CD001', 'NSR02', 'NSR03'].includes(volume)) found.add('iso');
  return [...found];
}

/**
 * A VMDK may be a text that names the files with its data. QEMU takes a text for one by its `version=`, Glance by its
 * `createType=`; who has either is one here.
 */
function isVmdkText(head: Buffer): boolean {
  const text = head.toString('latin1');
  const first = text.split('\n').find((line) => !/^\s*(#.*)?$/.test(line)) ?? '';
  if (/^\s*version\s*=\s*\d/i.test(first)) return true;
  // Blanks of its own line only: with line breaks among them each empty line would be read to the last one.
  return /^[\t\n\r -~]*$/.test(text.slice(0, 512)) && /^[^\S\r\n]*createtype\s*=/im.test(text);
}
