import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { guestImage } from '#apps/standalone/guest-image';

const run = promisify(execFile);

/** A VMDK that is a text: its disk is a file of the host. */
export const vmdkOf = (file: string): string => `# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="monolithicFlat"

# Extent description
RW 2048 FLAT "${file}" 0

# The Disk Data Base
#DDB
ddb.adapterType = "ide"
`;
export const VMDK_TEXT = vmdkOf('/etc/passwd');

/** The beginning of an ISO 9660 volume, with the tiny guest's boot sector before it: a hybrid. */
export function isoImage(boot = false): Buffer {
  const image = Buffer.alloc(64 * 1024);
  if (boot) guestImage().copy(image);
  image.write('\x01CD001\x01', 32 * 1024, 'latin1');
  return image;
}

/** The same bytes with others at an offset. @param hex the others */
export function patched(image: Buffer, at: number, hex: string): Buffer {
  const copy = Buffer.from(image);
  Buffer.from(hex, 'hex').copy(copy, at);
  return copy;
}

/** The tiny guest as qcow2: as it should be, with a backing file, with an external data file. */
export async function qcow2Images(directory: string): Promise<{ good: Buffer; backed: Buffer; withDataFile: Buffer }> {
  const at = (name: string): string => path.join(directory, name);
  await writeFile(at('raw'), guestImage());
  const create = (...args: string[]): Promise<unknown> => run('qemu-img', ['create', '-q', '-f', 'qcow2', ...args]);
  await Promise.all([
    run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', at('raw'), at('good')]),
    create('-b', '/etc/passwd', '-F', 'raw', '-u', at('backed'), '1M'),
    create('-o', `data_file=${at('data')},data_file_raw=on`, at('with-data-file'), '1M'),
  ]);
  const [good, backed, withDataFile] = await Promise.all(
    ['good', 'backed', 'with-data-file'].map((name) => readFile(at(name))),
  );
  return { good: good!, backed: backed!, withDataFile: withDataFile! };
}
