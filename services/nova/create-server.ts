import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { RequestContext } from '../kernel/context.js';
import type { Cinder } from '../cinder/index.js';
import { badRequest, conflict, OpenStackError } from '../kernel/errors.js';
import { ownTarget, policies } from '../kernel/policy/index.js';
import { formatFault } from '../glance/disk-formats.js';
import type { Glance } from '../glance/index.js';
import type { Neutron, PortRequest } from '../neutron/index.js';
import { checkDevices } from './block-devices.js';
import { planDirectBoot } from './direct-boot.js';
import type { Flavors } from './flavors.js';
import type { Hosts } from './hosts.js';
import type { Keypairs } from './keypairs.js';
import type { FlavorSpec } from './request-spec.js';
import { checkMachine } from './server-limits.js';
import type {
  BlockDeviceInput,
  CreatePlan,
  CreateServerRequest,
  NetworkRef,
  SchedulerHints,
} from './server-request.js';

interface Services {
  flavors: Flavors;
  keypairs: Keypairs;
  hosts: Hosts;
  glance: Glance;
  neutron: Neutron;
  cinder: Cinder;
}

/** Scheduler hints by which filters of Nova choose a host (nova/scheduler/filters). This cloud has no such filters. */
const UNSERVED_HINTS = [
  'different_host',
  'same_host',
  'query',
  'target_cell',
  'different_cell',
  'build_near_host_ip',
  'cidr',
];
/** The names of the image properties that Nova uses, and the length of Nova's column for a value. */
const NOVA_PROPERTY = /^(hw_|img_|os_)|^traits_required$/;
const PROPERTY_LENGTH = 255;
const MIB = 1n << 20n;
const GIB = 1n << 30n;

/**
 * Step 5 of the flow. Whatever can be refused before a request is accepted is refused here, with Nova's status and
 * words. What may still change until the boot runs (another server takes the port) is checked again by the boot.
 */
export async function planServers(
  services: Services,
  ctx: RequestContext,
  request: CreateServerRequest,
): Promise<CreatePlan> {
  checkRequest(request);
  const devices = checkDevices(request);
  const imageId = devices.localImage;
  const [flavor, image, networks, zone, securityGroups] = await Promise.all([
    services.flavors.getRecent(ctx, request.flavorRef).catch(as400()),
    imageId === undefined ? undefined : findImage(services, ctx, imageId),
    planNetworks(services, ctx, request),
    planZone(services, ctx, request),
    planGroups(services, ctx, request),
    request.keyName === undefined
      ? undefined
      : services.keypairs.find(ctx.userId, request.keyName).catch(as400('Invalid key_name provided.')),
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
  const properties = (image?.properties ?? {}) as Record<string, string>;
  const direct = await planDirectBoot(services.glance, ctx, properties).catch(as400('Can not find requested image'));
  return {
    flavorId: flavor.id,
    flavor: spec,
    imageId: imageId ?? null,
    imageProperties: propertiesForNova(properties),
    ...(direct === undefined ? {} : { direct }),
    localDisk: imageId !== undefined,
    networks,
    ...(securityGroups === undefined ? {} : { securityGroups }),
    ...zone,
  };
}

/** Chooses every id that one server's boot will use. */
export function planPorts(plan: CreatePlan): PortRequest[] {
  return plan.networks.map((n) => ({
    portId: n.port ?? randomUUID(),
    networkId: n.uuid,
    create: n.port === undefined,
    ...(plan.securityGroups === undefined || n.port !== undefined ? {} : { securityGroups: plan.securityGroups }),
    ...(n.fixed_ip === undefined ? {} : { fixedIp: n.fixed_ip }),
  }));
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

/** The checks for which no other service has to be asked. */
function checkRequest(request: CreateServerRequest): void {
  if (request.minCount > request.maxCount) throw badRequest('min_count must be <= max_count');
  if (request.hostname !== undefined && request.maxCount > 1)
    throw badRequest('Unable to allocate a single hostname to multiple instances');
  checkMachine(request);
  checkHints(request.schedulerHints);
}

/**
 * Refuses the hints that would be ignored, since each is a promise of where the server will be: a group must exist, and
 * there are no filters for the others.
 */
function checkHints(hints: SchedulerHints): void {
  const group = [hints['group']].flat()[0];
  if (typeof group === 'string') throw badRequest(`Instance group ${group} could not be found.`);
  const hint = UNSERVED_HINTS.find((name) => hints[name] !== undefined);
  if (hint !== undefined)
    throw badRequest(`The scheduler hint ${hint} would have no effect: no filter of this cloud's scheduler reads it.`);
}

async function checkDevice(
  services: Services,
  ctx: RequestContext,
  device: BlockDeviceInput,
  flavor: FlavorSpec,
): Promise<void> {
  if (device.destination_type === 'local') return;
  if (device.source_type === 'volume') return checkVolume(services, ctx, device);
  if (device.source_type === 'image') {
    const image = await findImage(services, ctx, device.uuid ?? '');
    checkImage(image, flavor, false);
    const bytes = image.virtual_size ?? image.size ?? 0n;
    if (BigInt(device.volume_size!) * GIB < bytes || device.volume_size! < image.min_disk)
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

/** What a server keeps of its image's properties (nova/objects/image_meta.py). */
const propertiesForNova = (properties: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(properties).filter(([key, text]) => NOVA_PROPERTY.test(key) && text.length <= PROPERTY_LENGTH),
  );

const findImage = (services: Services, ctx: RequestContext, imageId: string) =>
  services.glance.getRecent(ctx, imageId).catch(as400('Can not find requested image'));

function checkImage(image: Awaited<ReturnType<typeof findImage>>, flavor: FlavorSpec, localDisk: boolean): void {
  if (image.status !== 'active') throw badRequest(`Image ${image.id} is not active.`);
  const fault = formatFault(image);
  if (fault !== undefined) throw badRequest(fault);
  if (image.min_ram > flavor.ram) throw badRequest("Flavor's memory is too small for requested image.");
  const needed = [image.virtual_size ?? image.size ?? 0n, BigInt(image.min_disk) * GIB].reduce((a, b) =>
    a > b ? a : b,
  );
  const disk = BigInt(flavor.disk) * GIB;
  // With a flavor's disk of 0, the root disk has the size of the image.
  if (localDisk && flavor.disk > 0 && needed > disk)
    throw badRequest(
      `Flavor's disk is too small for requested image. Flavor disk is ${disk} bytes, image is ${needed} bytes (${needed / MIB} MiB).`,
    );
}

/** The ids of the groups that are asked for; undefined for the default one alone, which Neutron gives by itself (_clean_security_groups). */
function planGroups(
  { neutron }: Services,
  ctx: RequestContext,
  { securityGroups }: CreateServerRequest,
): Promise<string[] | undefined> {
  return securityGroups.every((name) => name === 'default')
    ? Promise.resolve(undefined)
    : neutron.securityGroupIds(ctx, securityGroups).catch(as400());
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
  const { credentials } = ctx;
  if (request.requestedHost !== undefined)
    policies.enforce('nova', 'compute:servers:create:requested_destination', credentials, ownTarget(credentials));
  else if (host !== undefined)
    policies.enforce('nova', 'os_compute_api:servers:create:forced_host', credentials, ownTarget(credentials));
  if (host !== undefined && !(await services.hosts.list()).some((h) => h.host === host))
    throw badRequest(`Compute host ${host} could not be found.`);
  if (zone) await services.hosts.checkZone(zone);
  return { ...(zone ? { availabilityZone: zone } : {}), ...(host === undefined ? {} : { requestedHost: host }) };
}

/** What the body names and does not exist is answered with 400. A 404 would mean the resource of the path. */
const as400 =
  (message?: string) =>
  (error: unknown): never => {
    throw error instanceof OpenStackError && error.status === 404 ? badRequest(message ?? error.message) : error;
  };
