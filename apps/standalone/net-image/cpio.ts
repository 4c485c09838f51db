/** A file of an archive: its bytes, a folder, or a link to another path. */
export interface Entry {
  readonly path: string;
  readonly body: Buffer | 'folder' | { readonly linkTo: string };
  /** Whether it can be run. */
  readonly runs?: boolean;
}

const TYPE = { folder: 0o040_000, file: 0o100_000, link: 0o120_000 };
const END = 'TRAILER!!!';

/**
 * A `newc` archive, the form that Linux unpacks its first file system from
 * (Documentation/driver-api/early-userspace/buffer-format.rst). All is root's, and no times are kept: the same files
 * make the same bytes.
 */
export function cpioArchive(entries: readonly Entry[]): Buffer {
  const parts = [...entries, { path: END, body: Buffer.alloc(0) }].flatMap((entry, index) => entryOf(entry, index + 1));
  return Buffer.concat(parts);
}

function entryOf({ path, body, runs = false }: Entry, inode: number): Buffer[] {
  const [type, data] =
    body === 'folder'
      ? [TYPE.folder, Buffer.alloc(0)]
      : Buffer.isBuffer(body)
        ? [TYPE.file, body]
        : [TYPE.link, Buffer.from(body.linkTo)];
  const mode = type | (runs || type !== TYPE.file ? 0o755 : 0o644);
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, time, size, two device numbers of two parts each, length of the name, checksum
  const numbers = [inode, path === END ? 0 : mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.from(`070701${numbers.map((n) => n.toString(16).padStart(8, '0')).join('')}`);
  return [padded(Buffer.concat([head, name])), padded(data)];
}

/** Header with name, and data, each end on a multiple of four. */
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
