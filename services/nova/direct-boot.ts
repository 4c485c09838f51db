import type { RequestContext } from '../kernel/context.js';
import type { Glance } from '../glance/index.js';

/** A kernel that the hypervisor loads by itself, in place of the boot loader of a disk. Ids of images. */
export interface DirectBoot {
  readonly kernelId: string;
  readonly ramdiskId?: string;
  /** What the kernel is told. */
  readonly commandLine: string;
}

/** What Nova tells a kernel whose image names nothing else (nova/virt/libvirt/driver.py: _set_guest_for_inst_kernel). */
const COMMAND_LINE = 'root=/dev/vda console=tty0 console=ttyS0 console=hvc0 no_timer_check';
/** The value of kernel_id by which an image says that it needs none (nova/compute/api.py: _handle_kernel_and_ramdisk). */
const NO_KERNEL = 'nokernel';

/**
 * What an image's properties kernel_id, ramdisk_id and os_command_line ask for. Both images must be there for whoever asks
 * for the server. As in Nova, a ramdisk or a command line without a kernel has no effect.
 * @throws 404 of Glance
 */
export async function planDirectBoot(
  glance: Pick<Glance, 'getRecent'>,
  ctx: RequestContext,
  properties: Readonly<Record<string, string>>,
): Promise<DirectBoot | undefined> {
  const { kernel_id: kernel, ramdisk_id: ramdisk, os_command_line: line } = properties;
  if (!kernel || kernel === NO_KERNEL) return undefined;
  const found = await Promise.all([kernel, ...(ramdisk ? [ramdisk] : [])].map((id) => glance.getRecent(ctx, id)));
  const [kernelId, ramdiskId] = found.map(({ id }) => id);
  return {
    kernelId: kernelId!,
    ...(ramdiskId === undefined ? {} : { ramdiskId }),
    commandLine: line || COMMAND_LINE,
  };
}
