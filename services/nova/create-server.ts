import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { isAdmin, type RequestContext } from '../context.js';
import type { Cinder, VolumeRequest } from '../cinder/index.js';
import { badRequest, conflict, forbidden, OpenStackError } from '../errors.js';
import type { Glance } from '../glance/index.js';
import type { Neutron, PortRequest } from '../neutron/index.js';
import type { Flavors } from './flavors.js';
import type { Hosts } from './hosts.js';
import type { Keypairs } from './keypairs.js';
import type { FlavorSpec } from './request-spec.js';

export interface NetworkRef {
  uuid?: string | undefined;
  port?: string | undefined;
  fixed_ip?: string | undefined;
}
export interface BlockDeviceInput {
  boot_index?: number | null | undefined;
  source_type: 'image' | 'volume' | 'blank';
  destination_type: 'local' | 'volume';
  uuid?: string | undefined;
  volume_size?: number | undefined;
  delete_on_termination?: boolean | undefined;
  tag?: string | undefined;
}
/** What a client asks for, with the body's shape checked and its microversion behind it. */
export interface CreateServerRequest {
  name: string;
  flavorRef: string;
  imageRef?: string | undefined;
  networks: NetworkRef[] | 'auto' | 'none' | undefined;
  blockDevices: BlockDeviceInput[];
  keyName?: string | undefined;
  userData?: string | undefined;
  metadata: Record<string, string>;
  minCount: number;
  maxCount: number;
  availabilityZone?: string | undefined;
  requestedHost?: string | undefined;
  securityGroups: string[];
  configDrive: boolean;
  tags: string[];
  description?: string | null | undefined;
  hostname?: string | undefined;
  adminPass?: string | undefined;
  accessIPv4?: string | undefined;
  accessIPv6?: string | undefined;
  trustedCerts: string[];
}
/** A device of one server, with every id chosen. */
export interface PlannedDevice extends BlockDeviceInput {
  device: string;
  volume?: VolumeRequest;
}
/** All that the servers of one request have in common, checked against every service. */
export interface CreatePlan {
  flavorId: string;
  flavor: FlavorSpec;
  imageId: string | null;
  localDisk: boolean;
  networks: (NetworkRef & { uuid: string })[];
  availabilityZone?: string;
  requestedHost?: string;
}

interface Services {
  flavors: Flavors;
  keypairs: Keypairs;
  hosts: Hosts;
  glance: Glance;
  neutron: Neutron;
  cinder: Cinder;
}

/** nova.conf: quota.metadata_items */
const METADATA_ITEMS = 128;
const MIB = 1n << 20n;
const GIB = 1n << 30n;

/**
 * Step 5 of the flow: everything about a request that can be refused before it is accepted, is refused here, with
 * Nova's code and words. What may still change until the boot runs (a port taken meanwhile) the boot checks again.
 */
export async function planServers(
  services: Services,
  ctx: RequestContext,
  request: CreateServerRequest,
): Promise<CreatePlan> {
  checkCounts(request);
  const devices = checkDevices(request);
  const imageId = devices.localImage;
  const [flavor, image, networks, zone] = await Promise.all([
    services.flavors.getRecent(ctx, request.flavorRef).catch(as400()),
    imageId === undefined ? undefined : findImage(services, ctx, imageId),
    planNetworks(services, ctx, request),
    planZone(services, ctx, request),
    request.keyName === undefined
      ? undefined
      : services.keypairs.get(ctx.userId, request.keyName).catch(as400('Invalid key_name provided.')),
  ]);
  const spec: FlavorSpec = {
    name: flavor.name,
    vcpus: flavor.vcpus,
    ram: flavor.ram,
    disk: flavor.disk,
    ephemeral: flavor.ephemeral,
    swap: flavor.swap,
    extra_specs: flavor.extra_specs as Record<string, string>,
  };
  if (flavor.disabled) throw badRequest(`Flavor ${request.flavorRef} could not be found.`);
  if (image) checkImage(image, spec, true);
  await Promise.all(request.blockDevices.map((d) => checkDevice(services, ctx, d, spec)));
  return {
    flavorId: flavor.id,
    flavor: spec,
    imageId: imageId ?? null,
    localDisk: imageId !== undefined,
    networks,
    ...zone,
  };
}

/** Chooses every id that one server's boot will use. */
export function planPorts(plan: CreatePlan): PortRequest[] {
  return plan.networks.map((n) => ({
    portId: n.port ?? randomUUID(),
    networkId: n.uuid,
    create: n.port === undefined,
    ...(n.fixed_ip === undefined ? {} : { fixedIp: n.fixed_ip }),
  }));
}

/** Names the devices /dev/vda, /dev/vdb… in boot order, and chooses the ids of volumes that the boot makes. */
export function planDevices(plan: CreatePlan, request: CreateServerRequest): PlannedDevice[] {
  const order = (d: BlockDeviceInput): number =>
    d.boot_index === undefined || d.boot_index === null || d.boot_index < 0 ? Infinity : d.boot_index;
  const listed = request.blockDevices
    .filter((d) => d.destination_type === 'volume')
    .toSorted((a, b) => order(a) - order(b));
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
    const device = `/dev/vd${String.fromCharCode('a'.charCodeAt(0) + index)}`;
    if (input.destination_type === 'local') return { ...input, device };
    const volume: VolumeRequest = {
      volumeId: input.source_type === 'volume' ? input.uuid! : randomUUID(),
      attachmentId: randomUUID(),
      create: input.source_type !== 'volume',
      ...(input.source_type === 'image' ? { imageId: input.uuid! } : {}),
      sizeGb: input.volume_size ?? 0,
      bootIndex: input.boot_index ?? null,
      device,
      deleteOnTermination: input.delete_on_termination ?? false,
    };
    return { ...input, device, volume };
  });
}

/** r-xxxxxxxx, as Nova writes reservation ids. */
export const newReservationId = (): string =>
  `r-${Array.from({ length: 8 }, () => randomInt(36).toString(36)).join('')}`;
/** nova.conf: password_length = 12 */
export const newAdminPass = (): string => randomBytes(9).toString('base64url').replaceAll(/[-_]/g, 'x');

/** A name as a hostname (Nova's sanitize_hostname). */
export function hostnameOf(name: string, fallback: string): string {
  const clean = name
    .normalize('NFKD')
    .replaceAll(/[ _.]/g, '-')
    .replaceAll(/[^\w-]+/g, '')
    .toLowerCase()
    .replace(/^[-.]+/, '')
    .slice(0, 63)
    .replace(/[-.]+$/, '');
  return clean === '' ? `server-${fallback}` : clean;
}

function checkCounts({ minCount, maxCount, metadata }: CreateServerRequest): void {
  if (minCount > maxCount) throw badRequest('min_count must be <= max_count');
  if (Object.keys(metadata).length > METADATA_ITEMS)
    throw forbidden(`Maximum number of metadata items exceeds ${METADATA_ITEMS}`);
}

/** The rules between imageRef and block_device_mapping_v2. */
function checkDevices(request: CreateServerRequest): { localImage: string | undefined } {
  const invalid = (why: string): OpenStackError => badRequest(`Block Device Mapping is Invalid: ${why}`);
  const boots = request.blockDevices.filter(
    (d) => d.boot_index !== undefined && d.boot_index !== null && d.boot_index >= 0,
  );
  const indexes = boots.map((d) => d.boot_index!).toSorted((a, b) => a - b);
  if (indexes.some((value, i) => value !== i))
    throw invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');
  const local = request.blockDevices.filter((d) => d.destination_type === 'local');
  if (local.some((d) => d.source_type !== 'image' || d.boot_index !== 0))
    throw invalid(
      'the only local device this cloud offers is the root disk, made of an image with boot_index 0; use volumes for the others.',
    );
  const localImage = local[0]?.uuid;
  if (localImage !== undefined && request.imageRef !== undefined && localImage !== request.imageRef)
    throw invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');
  if (request.imageRef !== undefined && localImage === undefined && boots.length > 0)
    throw invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');
  const image = localImage ?? request.imageRef;
  if (image === undefined && boots.length === 0)
    throw request.blockDevices.length === 0
      ? badRequest('Missing imageRef attribute')
      : invalid('Boot sequence for the instance and image/block device mapping combination is not valid.');
  if (
    boots.length > 0 &&
    (request.minCount > 1 || request.maxCount > 1) &&
    request.blockDevices.some((d) => d.source_type === 'volume')
  )
    throw badRequest('Cannot attach one or more volumes to multiple instances');
  return { localImage: image };
}

async function checkDevice(
  services: Services,
  ctx: RequestContext,
  device: BlockDeviceInput,
  flavor: FlavorSpec,
): Promise<void> {
  if (device.destination_type === 'local') return;
  if (device.source_type === 'volume') return checkVolume(services, ctx, device);
  if (device.volume_size === undefined)
    throw badRequest(
      "Block Device Mapping is Invalid: Images with destination_type 'volume' need to have a non-zero size specified",
    );
  if (device.source_type === 'image') {
    const image = await findImage(services, ctx, device.uuid ?? '');
    checkImage(image, flavor, false);
    const bytes = image.virtual_size ?? image.size ?? 0n;
    if (BigInt(device.volume_size) * GIB < bytes || device.volume_size < image.min_disk)
      throw badRequest('Volume is smaller than the minimum size specified in image metadata.');
  }
}

async function checkVolume(services: Services, ctx: RequestContext, device: BlockDeviceInput): Promise<void> {
  const id = device.uuid ?? '';
  const volume = await services.cinder
    .get(ctx, id)
    .catch(as400(`Block Device Mapping is Invalid: failed to get volume ${id}.`));
  if (volume.status !== 'available')
    throw badRequest(`Block Device Mapping is Invalid: volume ${id} is '${volume.status}', and must be 'available'.`);
  if (device.boot_index === 0 && !volume.bootable)
    throw badRequest(`Block Device Mapping is Invalid: Volume ${id} is not bootable`);
}

const findImage = (services: Services, ctx: RequestContext, imageId: string) =>
  services.glance.getRecent(ctx, imageId).catch(as400('Can not find requested image'));

function checkImage(image: Awaited<ReturnType<typeof findImage>>, flavor: FlavorSpec, localDisk: boolean): void {
  if (image.status !== 'active') throw badRequest(`Image ${image.id} is not active.`);
  if (image.min_ram > flavor.ram) throw badRequest("Flavor's memory is too small for requested image.");
  const needed = [image.virtual_size ?? image.size ?? 0n, BigInt(image.min_disk) * GIB].reduce((a, b) =>
    a > b ? a : b,
  );
  const disk = BigInt(flavor.disk) * GIB;
  // A flavor without a disk gives the root disk the image's own size.
  if (localDisk && flavor.disk > 0 && needed > disk)
    throw badRequest(
      `Flavor's disk is too small for requested image. Flavor disk is ${disk} bytes, image is ${needed} bytes (${needed / MIB} MiB).`,
    );
}

async function planNetworks(
  services: Services,
  ctx: RequestContext,
  request: CreateServerRequest,
): Promise<CreatePlan['networks']> {
  const { networks } = request;
  if (networks === 'none') return [];
  if (networks === 'auto' || networks === undefined || networks.length === 0) {
    const candidates = await services.neutron.networksForBoot(ctx);
    if (candidates.length > 1)
      throw conflict('NetworkAmbiguous', 'Multiple possible networks found, use a Network ID to be more specific.');
    if (candidates.length === 0 && networks === 'auto')
      throw badRequest(
        'Unable to automatically allocate a network for project: it has no network with a subnet, and none is shared. Make one, or ask for "none".',
      );
    return candidates.map((n) => ({ uuid: n.id }));
  }
  const ports = networks.flatMap((n) => (n.port === undefined ? [] : [n.port]));
  const doubled = ports.find((p, i) => ports.indexOf(p) !== i);
  if (doubled !== undefined) throw badRequest(`Duplicate port id ${doubled} was requested.`);
  if (ports.length > 0 && request.maxCount > 1)
    throw badRequest(
      'Unable to launch multiple instances with a single configured port ID. Please launch your instance one by one with different ports.',
    );
  if (networks.some((n) => n.fixed_ip !== undefined) && request.maxCount > 1)
    throw badRequest('Invalid fixed IP Address requested: it can only be specified when max_count is 1.');
  return Promise.all(networks.map((n) => planNetwork(services, ctx, n)));
}

async function planNetwork(
  services: Services,
  ctx: RequestContext,
  ref: NetworkRef,
): Promise<NetworkRef & { uuid: string }> {
  if (ref.port !== undefined) {
    const port = await services.neutron.getPort(ctx, ref.port).catch(as400(`Port id ${ref.port} could not be found.`));
    if (port.device_id !== '') throw conflict('PortInUse', `Port ${ref.port} is still in use.`);
    return { port: port.id, uuid: port.network_id };
  }
  const uuid = ref.uuid ?? '';
  const network = await services.neutron
    .getRecentNetwork(ctx, uuid)
    .catch(as400(`Network ${uuid} could not be found.`));
  if (network.subnets.length === 0)
    throw badRequest(`Network ${uuid} requires a subnet in order to boot instances on.`);
  if (ref.fixed_ip !== undefined) await services.neutron.checkFixedIp(ctx, network, ref.fixed_ip);
  return { ...ref, uuid };
}

/** `zone`, or `zone:host` for an administrator (Nova's forced host), or the host of microversion 2.74. */
async function planZone(
  services: Services,
  ctx: RequestContext,
  request: CreateServerRequest,
): Promise<{ availabilityZone?: string; requestedHost?: string }> {
  const [zone, forced] = (request.availabilityZone ?? '').split(':');
  const host = request.requestedHost ?? (forced || undefined);
  if (host !== undefined && !isAdmin(ctx))
    throw forbidden("Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.");
  if (host !== undefined && !(await services.hosts.list()).some((h) => h.host === host))
    throw badRequest(`Compute host ${host} could not be found.`);
  if (zone) await services.hosts.checkZone(zone);
  return { ...(zone ? { availabilityZone: zone } : {}), ...(host === undefined ? {} : { requestedHost: host }) };
}

/** A thing that the body names and that is not there is a bad request, not a 404 of the server. */
const as400 =
  (message?: string) =>
  (error: unknown): never => {
    throw error instanceof OpenStackError && error.status === 404 ? badRequest(message ?? error.message) : error;
  };
