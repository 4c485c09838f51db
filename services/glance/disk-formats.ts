/**
 * The disk formats that this cloud takes (glance-api.conf: disk_formats). Glance's schema, Nova's and Cinder's checks
 * stand on this list; the hosts keep their own (drivers/image/inspect.ts).
 */
export const DISK_FORMATS = ['ami', 'ari', 'aki', 'raw', 'qcow2', 'iso'] as const;
/** Those of a kernel and of its ramdisk, which an image names by its properties kernel_id and ramdisk_id. */
const NO_DISKS: ReadonlySet<string | null> = new Set(['aki', 'ari']);

/**
 * Whether a disk may be made of an image. One of another format may be on record from an earlier version.
 * @returns what is wrong, in Nova's and Cinder's words (ImageUnacceptable)
 */
export function formatFault(image: { id: string; disk_format: string | null }): string | undefined {
  const { disk_format } = image;
  return (DISK_FORMATS as readonly (string | null)[]).includes(disk_format) && !NO_DISKS.has(disk_format)
    ? undefined
    : `Image ${image.id} is unacceptable: Image not in a supported format`;
}
