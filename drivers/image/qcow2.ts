/** A qcow2 header as QEMU's docs/interop/qcow2.rst has it: the fields that decide whether it may be opened. */
export const QCOW2_MAGIC = 0x514649fb;

/** Version 2 ends here; version 3 goes on with the feature bits and its own length. */
const V2_HEADER = 72;
const V3_HEADER = 104;
/** QEMU's own bounds (block/qcow2.h): clusters of 512 bytes to 2 MiB, an L1 table of 32 MiB, a refcount table of 8 MiB. */
const CLUSTER_BITS = { min: 9, max: 21 };
const L1_ENTRIES = 2 ** 22;
const REFTABLE_BYTES = 2 ** 23;
const MAX_SNAPSHOTS = 65_536;
const MAX_REFCOUNT_ORDER = 6;
/** The bits that Glance's format inspector knows: dirty, corrupt, external data file, compression type. */
const KNOWN_FEATURES = 0b1111n;
const DATA_FILE = 0b0100n;

/**
 * Looks at a header. A file that refers to another one would show a guest the host's files (OSSA-2024-001), and one
 * whose tables lie outside of it is broken or was made to break its reader.
 * @param head the beginning of the file, 104 bytes of it or all that there is
 * @param size bytes of the whole file
 * @returns the disk's size in bytes, or what is wrong
 */
export function readQcow2(head: Buffer, size: number): bigint | string {
  if (head.length < V2_HEADER) return 'its header is cut off';
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `it is of version ${version}, and 2 and 3 are known`;
  if (version === 3 && head.length < V3_HEADER) return 'its header is cut off';
  if (head.readBigUInt64BE(8) !== 0n) return 'it has a backing file; flatten it with qemu-img convert';
  if (head.readUInt32BE(32) !== 0) return 'it is encrypted';
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < CLUSTER_BITS.min || clusterBits > CLUSTER_BITS.max)
    return `its clusters have 2^${clusterBits} bytes`;
  const wrong =
    (version === 3 ? extensionFault(head, 2 ** clusterBits) : undefined) ?? tableFault(head, size, 2 ** clusterBits);
  return wrong ?? head.readBigUInt64BE(24);
}

function extensionFault(head: Buffer, cluster: number): string | undefined {
  const features = head.readBigUInt64BE(72);
  if ((features & DATA_FILE) !== 0n) return 'it has an external data file';
  if ((features & ~KNOWN_FEATURES) !== 0n) return 'it has incompatible features that are not known';
  if (head.readUInt32BE(96) > MAX_REFCOUNT_ORDER) return 'its reference counts are too wide';
  const length = head.readUInt32BE(100);
  if (length < V3_HEADER || length % 8 !== 0 || length > cluster) return `its header has ${length} bytes`;
  return undefined;
}

function tableFault(head: Buffer, size: number, cluster: number): string | undefined {
  // The last cluster of a file may be cut short.
  const end = BigInt(Math.ceil(size / cluster)) * BigInt(cluster);
  const inside = (offset: bigint, bytes: bigint): boolean =>
    offset > 0n && offset % BigInt(cluster) === 0n && offset + bytes <= end;
  const l1Entries = head.readUInt32BE(36);
  if (l1Entries > L1_ENTRIES || !inside(head.readBigUInt64BE(40), BigInt(l1Entries) * 8n))
    return 'its L1 table lies outside of it';
  // Each L1 entry stands for a cluster of L2 entries, each of which stands for a cluster.
  const reach = BigInt(l1Entries) * BigInt(cluster / 8) * BigInt(cluster);
  if (head.readBigUInt64BE(24) > reach) return 'its L1 table is too short for its size';
  const refBytes = head.readUInt32BE(56) * cluster;
  if (refBytes === 0 || refBytes > REFTABLE_BYTES || !inside(head.readBigUInt64BE(48), BigInt(refBytes)))
    return 'its reference count table lies outside of it';
  const snapshots = head.readUInt32BE(60);
  if (snapshots > MAX_SNAPSHOTS || (snapshots > 0 && !inside(head.readBigUInt64BE(64), 1n)))
    return 'its snapshot table lies outside of it';
  return undefined;
}
