import { randomUUID } from 'node:crypto';
import type { VolumeRequest } from '../cinder/index.js';
import { checkVolumeSize } from '../cinder/volume-size.js';
import { badRequest, type OpenStackError } from '../kernel/errors.js';
import type { BlockDeviceInput, CreatePlan, CreateServerRequest, PlannedDevice } from './server-request.js';

/** The disk buses that Nova knows (nova/objects/fields.py DiskBus). Here every disk is on virtio, whatever is asked for. */
const DISK_BUSES: ReadonlySet<string> = new Set(['fdc', 'ide', 'sata', 'scsi', 'usb', 'virtio', 'xen', 'lxc', 'uml']);

const invalid = (why: string): OpenStackError => badRequest(`Block Device Mapping is Invalid: ${why}`);
const sequence = (): OpenStackError =>
  invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');

const bootOrder = (d: BlockDeviceInput): number =>
  d.boot_index === undefined || d.boot_index === null || d.boot_index < 0 ? Infinity : d.boot_index;

/**
 * Checks the devices of a request, each by itself and together with imageRef, as far as no other service has to be
 * asked (nova/block_device.py from_api, nova/compute/api.py _validate_bdm).
 * @throws 400 in Nova's words
 */
export function checkDevices(request: CreateServerRequest): { localImage: string | undefined } {
  request.blockDevices.forEach(checkDevice);
  const boots = request.blockDevices.filter((d) => bootOrder(d) !== Infinity);
  const indexes = boots.map(bootOrder).toSorted((a, b) => a - b);
  if (indexes.some((value, i) => value !== i)) throw sequence();
  const local = request.blockDevices.filter((d) => d.destination_type === 'local');
  if (local.some((d) => d.source_type !== 'image' || d.boot_index !== 0))
    throw invalid(
      'the only local device this cloud offers is the root disk, made of an image with boot_index 0; use volumes for the others.',
    );
  const localImage = local[0]?.uuid;
  if (localImage !== undefined && request.imageRef !== undefined && localImage !== request.imageRef) throw sequence();
  if (request.imageRef !== undefined && localImage === undefined && boots.length > 0) throw sequence();
  const image = localImage ?? request.imageRef;
  if (image === undefined && boots.length === 0)
    throw request.blockDevices.length === 0 ? badRequest('Missing imageRef attribute') : sequence();
  if (
    boots.length > 0 &&
    (request.minCount > 1 || request.maxCount > 1) &&
    request.blockDevices.some((d) => d.source_type === 'volume')
  )
    throw badRequest('Cannot attach one or more volumes to multiple instances');
  return { localImage: image };
}

function checkDevice(d: BlockDeviceInput): void {
  if (d.source_type === 'blank' && d.uuid !== undefined) throw invalid('Invalid device UUID.');
  if (d.source_type !== 'blank' && d.uuid === undefined) throw invalid('Missing device UUID.');
  if (d.source_type === 'volume' && d.destination_type === 'local')
    throw invalid('Mapping volume to local is not supported.');
  if (d.source_type === 'snapshot') throw invalid(`failed to get snapshot ${d.uuid!}.`);
  if (d.disk_bus !== undefined && !DISK_BUSES.has(d.disk_bus))
    throw invalid(`The provided disk bus ${d.disk_bus} is not valid.`);
  if (d.volume_type !== undefined) checkVolumeType(d, d.volume_type);
  if (d.destination_type === 'local' || d.source_type === 'volume') return;
  if (d.volume_size === undefined)
    throw invalid(
      d.source_type === 'image'
        ? "Images with destination_type 'volume' need to have a non-zero size specified"
        : "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size",
    );
  checkVolumeSize(d.volume_size);
}

/** This cloud has only one volume type. */
function checkVolumeType(d: BlockDeviceInput, type: string): void {
  if (d.destination_type === 'local')
    throw invalid('Specifying a volume_type with destination_type=local is not supported.');
  if (d.source_type === 'volume') throw invalid('Specifying volume type to existing volume is not supported.');
  if (type !== 'file') throw badRequest(`Volume type ${type} could not be found.`);
}

/** Names the devices /dev/vda, /dev/vdb… in boot order, and chooses the ids of volumes that the boot makes. */
export function planDevices(plan: CreatePlan, request: CreateServerRequest): PlannedDevice[] {
  const listed = request.blockDevices
    .filter((d) => d.destination_type === 'volume')
    .toSorted((a, b) => bootOrder(a) - bootOrder(b));
  const root: BlockDeviceInput[] =
    plan.imageId === null
      ? []
      : [
          {
            boot_index: 0,
            source_type: 'image',
            destination_type: 'local',
            uuid: plan.imageId,
            delete_on_termination: true,
          },
        ];
  return [...root, ...listed].map((input, index) => {
    const device = deviceName(index);
    if (input.destination_type === 'local') return { ...input, device };
    const volume: VolumeRequest = {
      volumeId: input.source_type === 'volume' ? input.uuid! : randomUUID(),
      attachmentId: randomUUID(),
      create: input.source_type !== 'volume',
      ...(input.source_type === 'image' ? { imageId: input.uuid! } : {}),
      sizeGb: input.volume_size ?? 0,
      bootIndex: bootOrder(input) === Infinity ? null : bootOrder(input),
      device,
      deleteOnTermination: input.delete_on_termination ?? false,
    };
    return { ...input, device, volume };
  });
}

/** The name of a guest's disk by its place: /dev/vda, /dev/vdb… */
export const deviceName = (index: number): string => `/dev/vd${letters(index)}`;

/** a to z, then aa, ab…: as Linux names disks. */
function letters(index: number): string {
  const last = String.fromCodePoint(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
