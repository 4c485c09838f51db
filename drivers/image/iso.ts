import path from 'node:path';

/**
 * Writes an ISO 9660 volume (ECMA-119) with Joliet names, which keep their case: Linux, Windows and BSD read them. It
 * is written here because Debian's programs for it are packages of one to three megabytes on each host, and no npm
 * package for it is maintained. Only what a config drive needs of the standard is here.
 */

const SECTOR = 2048;
/** Sectors 0 to 15 belong to the system, then come the descriptors: ISO's own, Joliet's, and the end of them. */
const DESCRIPTORS = 16;
const FIRST_FREE = DESCRIPTORS + 3;

interface Folder {
  /** Empty for the root. */
  readonly name: string;
  readonly parent: Folder | undefined;
  readonly folders: Folder[];
  readonly files: { name: string; content: Buffer; sector: number }[];
}

/** One of the two trees of a volume: the same files under names of another kind. */
interface Tree {
  readonly encode: (name: string) => Buffer;
  readonly sectors: Map<Folder, number>;
  readonly sizes: Map<Folder, number>;
  /** Sectors of the tables of all folders, in the byte orders of Intel and of Motorola. */
  readonly tables: { readonly size: number; readonly little: number; readonly big: number };
}

/**
 * @param label the volume's name, up to 16 characters
 * @param files contents by their paths, with `/` between names of up to 64 characters
 */
export function isoImage(label: string, files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const root: Folder = { name: '', parent: undefined, folders: [], files: [] };
  for (const [name, content] of Object.entries(files)) add(root, name, Buffer.from(content));
  const folders = allOf(root);
  let free = FIRST_FREE;
  const take = (bytes: number): number => {
    const sector = free;
    free += sectorsOf(bytes);
    return sector;
  };
  const [plain, joliet] = [plainNames(folders), utf16].map((encode) => layOut(folders, encode, take));
  for (const file of folders.flatMap((f) => f.files))
    file.sector = file.content.length === 0 ? 0 : take(file.content.length);
  const image = Buffer.alloc(free * SECTOR);
  const put = (sector: number, bytes: Buffer): number => bytes.copy(image, sector * SECTOR);
  put(DESCRIPTORS, descriptor(1, label, root, plain!, free));
  put(DESCRIPTORS + 1, descriptor(2, label, root, joliet!, free));
  put(DESCRIPTORS + 2, Buffer.from('\xffCD001\x01', 'latin1'));
  for (const tree of [plain!, joliet!]) {
    put(tree.tables.little, pathTable(folders, tree, 'little'));
    put(tree.tables.big, pathTable(folders, tree, 'big'));
    for (const folder of folders) put(tree.sectors.get(folder)!, directory(folder, tree));
  }
  for (const { content, sector } of folders.flatMap((f) => f.files)) if (content.length > 0) put(sector, content);
  return image;
}

function add(root: Folder, name: string, content: Buffer): void {
  const names = name.split('/');
  const last = names.pop()!;
  let folder = root;
  for (const part of names) {
    let next = folder.folders.find((f) => f.name === part);
    if (!next) folder.folders.push((next = { name: part, parent: folder, folders: [], files: [] }));
    folder = next;
  }
  folder.files.push({ name: last, content, sector: 0 });
}

/** Every folder, each level after the one above it: the order of the path tables. */
function allOf(root: Folder): Folder[] {
  const found = [root];
  for (const folder of found) found.push(...folder.folders);
  return found;
}

const sectorsOf = (bytes: number): number => Math.ceil(bytes / SECTOR);

/** Joliet: UCS-2, high byte first. */
const utf16 = (name: string): Buffer => Buffer.from(name, 'utf16le').swap16();

/** ISO's own names: A–Z, 0–9 and _, made different by a number where they would be the same. */
function plainNames(folders: readonly Folder[]): (name: string) => Buffer {
  const made = new Map<string, string>();
  const names = folders.flatMap((f) => [f.name, ...f.files.map((file) => file.name)]);
  for (const name of new Set(names)) {
    const { name: stem, ext } = path.parse(name.toUpperCase());
    const clean = (text: string, length: number): string => text.replaceAll(/[^A-Z0-9]/g, '_').slice(0, length);
    const number = made.size.toString(36).toUpperCase().padStart(3, '0');
    made.set(name, `${clean(stem, 5)}${number}${ext === '' ? '' : `.${clean(ext.slice(1), 3)}`}`);
  }
  return (name) => Buffer.from(made.get(name) ?? name, 'latin1');
}

function layOut(folders: readonly Folder[], encode: Tree['encode'], take: (bytes: number) => number): Tree {
  const size = folders.map((f) => pathEntrySize(f, encode)).reduce((a, b) => a + b, 0);
  const tables = { size, little: take(size), big: take(size) };
  const sectors = new Map<Folder, number>();
  const sizes = new Map<Folder, number>();
  for (const folder of folders) {
    const bytes = sectorsOf(packed(folder, encode).end) * SECTOR;
    sizes.set(folder, bytes);
    sectors.set(folder, take(bytes));
  }
  return { encode, sectors, sizes, tables };
}

const pathEntrySize = (folder: Folder, encode: Tree['encode']): number => {
  const length = folder.parent ? encode(folder.name).length : 1;
  return 8 + length + (length % 2);
};

function pathTable(folders: readonly Folder[], tree: Tree, order: 'little' | 'big'): Buffer {
  return Buffer.concat(
    folders.map((folder) => {
      const name = folder.parent ? tree.encode(folder.name) : Buffer.from([0]);
      const entry = Buffer.alloc(pathEntrySize(folder, tree.encode));
      const parent = folder.parent ? folders.indexOf(folder.parent) + 1 : 1;
      entry[0] = name.length;
      if (order === 'little') {
        entry.writeUInt32LE(tree.sectors.get(folder)!, 2);
        entry.writeUInt16LE(parent, 6);
      } else {
        entry.writeUInt32BE(tree.sectors.get(folder)!, 2);
        entry.writeUInt16BE(parent, 6);
      }
      name.copy(entry, 8);
      return entry;
    }),
  );
}

interface Entry {
  readonly name: Buffer;
  readonly of: Folder | Folder['files'][number];
}

/** The entries of a folder, sorted as the standard asks, with their offsets: no record crosses a sector's end. */
function packed(folder: Folder, encode: Tree['encode']): { entries: (Entry & { at: number })[]; end: number } {
  const named = [...folder.folders, ...folder.files].map((of) => ({ name: encode(of.name), of }));
  const entries: Entry[] = [
    { name: Buffer.from([0]), of: folder },
    { name: Buffer.from([1]), of: folder.parent ?? folder },
    ...named.toSorted((a, b) => Buffer.compare(a.name, b.name)),
  ];
  let end = 0;
  const placed = entries.map((entry) => {
    const length = recordSize(entry.name);
    if ((end % SECTOR) + length > SECTOR) end = sectorsOf(end) * SECTOR;
    const at = end;
    end += length;
    return { ...entry, at };
  });
  return { entries: placed, end };
}

const recordSize = (name: Buffer): number => 33 + name.length + ((name.length + 1) % 2);

function directory(folder: Folder, tree: Tree): Buffer {
  const bytes = Buffer.alloc(tree.sizes.get(folder)!);
  for (const { name, of, at } of packed(folder, tree.encode).entries) record(name, of, tree).copy(bytes, at);
  return bytes;
}

/** A directory record. The times stay empty: nobody asks when a config drive's file was made. */
function record(name: Buffer, of: Entry['of'], tree: Tree): Buffer {
  const bytes = Buffer.alloc(recordSize(name));
  const isFile = 'content' in of;
  bytes[0] = bytes.length;
  bothOrders32(bytes, 2, isFile ? of.sector : tree.sectors.get(of)!);
  bothOrders32(bytes, 10, isFile ? of.content.length : tree.sizes.get(of)!);
  bytes[25] = isFile ? 0 : 2;
  bothOrders16(bytes, 28, 1);
  bytes[32] = name.length;
  name.copy(bytes, 33);
  return bytes;
}

/** @param type 1: ISO's own names, 2: Joliet's */
function descriptor(type: 1 | 2, label: string, root: Folder, tree: Tree, sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR);
  const text = (at: number, value: string, length: number): void => {
    const encode = type === 1 ? (s: string) => Buffer.from(s, 'latin1') : utf16;
    const padded = encode(value.padEnd(type === 1 ? length : length >> 1));
    padded.copy(bytes, at, 0, length);
  };
  bytes.write(`${String.fromCharCode(type)}CD001\x01`, 'latin1');
  text(8, '', 32);
  text(40, label, 32);
  bothOrders32(bytes, 80, sectors);
  // Joliet says by this escape sequence that its names are UCS-2, level 3.
  if (type === 2) bytes.write('%/E', 88, 'latin1');
  bothOrders16(bytes, 120, 1);
  bothOrders16(bytes, 124, 1);
  bothOrders16(bytes, 128, SECTOR);
  bothOrders32(bytes, 132, tree.tables.size);
  bytes.writeUInt32LE(tree.tables.little, 140);
  bytes.writeUInt32BE(tree.tables.big, 148);
  record(Buffer.from([0]), root, tree).copy(bytes, 156);
  text(190, '', 623);
  // Four times of the volume, none of them given: 16 digits of zero and a zone.
  for (let at = 813; at < 881; at += 17) bytes.write('0'.repeat(16), at, 'latin1');
  bytes[881] = 1;
  return bytes;
}

function bothOrders16(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt16LE(value, at);
  bytes.writeUInt16BE(value, at + 2);
}

function bothOrders32(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32LE(value, at);
  bytes.writeUInt32BE(value, at + 4);
}
