import { Address6 } from 'ip-address';
import { badRequest } from '#services/kernel/errors';
import type { CreateServerRequest, SchedulerHints } from '#services/nova/index';
import { isTrue } from '../http/parameter-types.js';
import type { CreateServerBody } from './server-schemas.js';

/** What the service is asked for by a body. @throws 400 for what its schema cannot tell */
export function createRequest(body: CreateServerBody, schedulerHints: SchedulerHints): CreateServerRequest {
  const minCount = Number(body.min_count ?? 1);
  if (typeof body.user_data === 'string' && !isBase64(body.user_data))
    throw badRequest('User data needs to be valid base 64.');
  const files = body.personality ?? [];
  const broken = files.find((f) => !isBase64(f.contents));
  if (broken !== undefined)
    throw badRequest(
      `Invalid input for field/attribute contents. Value: ${broken.contents.slice(0, 80)}. The contents of ${broken.path.slice(0, 255)} are not a 'base64'`,
    );
  if (body.host !== undefined && body.availability_zone?.includes(':'))
    throw badRequest("Destination host must not be specified both by the availability zone and by 'host'.");
  return {
    name: body.name,
    flavorRef: String(body.flavorRef),
    imageRef: body.imageRef || undefined,
    networks: Array.isArray(body.networks)
      ? body.networks.map((n) => ({ uuid: n.uuid, port: n.port ?? undefined, fixed_ip: n.fixed_ip }))
      : body.networks,
    blockDevices: (body.block_device_mapping_v2 ?? []).map(blockDeviceInput),
    keyName: body.key_name,
    userData: body.user_data,
    files,
    schedulerHints,
    diskConfig: body['OS-DCF:diskConfig'] ?? 'MANUAL',
    metadata: body.metadata ?? {},
    minCount,
    maxCount: Number(body.max_count ?? minCount),
    availabilityZone: body.availability_zone,
    requestedHost: body.host ?? body.hypervisor_hostname,
    securityGroups: [...new Set((body.security_groups ?? []).map((g) => g.name ?? 'default'))],
    configDrive: isTrue(body.config_drive),
    tags: [...new Set(body.tags)],
    description: body.description ?? undefined,
    hostname: body.hostname,
    adminPass: body.adminPass,
    accessIPv4: body.accessIPv4,
    accessIPv6: shortest(body.accessIPv6),
    trustedCerts: body.trusted_image_certificates ?? [],
  };
}

function blockDeviceInput(
  d: NonNullable<CreateServerBody['block_device_mapping_v2']>[number],
): CreateServerRequest['blockDevices'][number] {
  const destination_type = d.destination_type ?? (d.source_type === 'volume' ? 'volume' : 'local');
  return {
    // Any negative number says that the guest does not boot from it.
    boot_index: d.boot_index === undefined || d.boot_index === null ? undefined : Math.max(-1, Number(d.boot_index)),
    source_type: d.source_type,
    destination_type,
    uuid: d.uuid,
    volume_size: d.volume_size === undefined ? undefined : Number(d.volume_size),
    delete_on_termination:
      d.delete_on_termination === undefined ? destination_type === 'local' : isTrue(d.delete_on_termination),
    disk_bus: d.disk_bus,
    volume_type: d.volume_type || undefined,
    tag: d.tag,
  };
}

const isBase64 = (text: string): boolean =>
  /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replaceAll(/\s/g, ''));

/** An IPv6 address as Nova stores it. */
export const shortest = (address: string | undefined): string | undefined =>
  address === undefined ? undefined : new Address6(address).correctForm();
