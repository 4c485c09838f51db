import { randomUUID } from 'node:crypto';
import type { Config } from '#config';
import type { RequestContext } from '../kernel/context.js';
import type { Fernet } from '../keystone/index.js';
import { newOperation, type NewOperation } from '../kernel/operations.js';
import { planDevices } from './block-devices.js';
import { hostnameOf, planPorts } from './create-server.js';
import { BOOT_SERVER } from './operations.js';
import type { BootRequest } from './request-spec.js';
import { checkRequestSize, hasConfigDrive } from './server-limits.js';
import type { CreatePlan, CreateServerRequest } from './server-request.js';

/**
 * All rows of one new server, with every id chosen: its records, and the operation that boots it.
 * @param one what is different from the other servers of the request
 * @throws 400 when it is too large to be a workflow's input
 */
export function newServer(
  { config, fernet }: { readonly config: Config; readonly fernet: Fernet },
  ctx: RequestContext,
  request: CreateServerRequest,
  plan: CreatePlan,
  one: { number: number; index: number; held: boolean; adminPass: string; reservationId: string },
) {
  const id = randomUUID();
  // Nova numbers the servers of one request: name-1, name-2…
  const suffix = request.maxCount > 1 ? `-${one.index + 1}` : '';
  const name = request.name + suffix;
  const devices = planDevices(plan, request);
  const boot: BootRequest = {
    serverId: id,
    name,
    instanceName: `instance-${one.number.toString(16).padStart(8, '0')}`,
    projectId: ctx.projectId,
    userId: ctx.userId,
    auditId: ctx.auditId,
    tokenGenerations: ctx.tokenGenerations,
    flavor: plan.flavor,
    imageId: plan.imageId,
    ...(plan.direct === undefined ? {} : { direct: plan.direct }),
    ports: planPorts(plan),
    volumes: devices.flatMap((d) => d.volume ?? []),
    configDrive: hasConfigDrive(request),
    ...(plan.availabilityZone === undefined ? {} : { availabilityZone: plan.availabilityZone }),
    ...(plan.requestedHost === undefined ? {} : { requestedHost: plan.requestedHost }),
    buildTimeoutSeconds: config.nova.instance_build_timeout,
    maxAttempts: config.nova.max_attempts,
    hostPatienceSeconds: config.nova.host_patience,
  };
  const hints = request.schedulerHints;
  const spec = Object.keys(hints).length === 0 ? boot : { ...boot, schedulerHints: hints };
  checkRequestSize(spec);
  const { imageProperties } = plan;
  const owner = { project_id: ctx.projectId, user_id: ctx.userId };
  const operation = newOperation(BOOT_SERVER, id, boot, ctx, bootStory(boot, ctx.requestId), one.held);
  return {
    // A copy, because the image may change or be deleted: a server shows the properties that the image had at its
    // request.
    spec: Object.keys(imageProperties).length === 0 ? spec : { ...spec, imageProperties },
    operation,
    devices: devices.map((d) => ({
      id: randomUUID(),
      server_id: id,
      boot_index: d.boot_index ?? null,
      source_type: d.source_type,
      destination_type: d.destination_type,
      source_id: d.uuid ?? null,
      volume_id: d.volume?.volumeId ?? null,
      volume_size: d.volume_size ?? null,
      delete_on_termination: d.delete_on_termination ?? false,
      device_name: d.device,
      tag: d.tag ?? null,
    })),
    server: {
      id,
      number: one.number,
      ...owner,
      name,
      description: request.description ?? null,
      hostname: request.hostname ?? hostnameOf(name, id),
      vm_state: 'building',
      task_state: 'scheduling',
      power_state: 0,
      generation: 0,
      operation_id: operation.id,
      locked: false,
      addresses: {},
      flavor_id: plan.flavorId,
      flavor: plan.flavor,
      vcpus: plan.flavor.vcpus,
      ram: plan.flavor.ram,
      image_id: plan.imageId,
      key_name: request.keyName ?? null,
      pinned_availability_zone: plan.availabilityZone ?? null,
      config_drive: request.configDrive,
      user_data: request.userData ?? null,
      injected_files: request.files.length === 0 ? null : request.files,
      disk_config: request.diskConfig,
      admin_pass: fernet.seal(Buffer.from(one.adminPass)),
      metadata: request.metadata,
      tags: request.tags,
      access_ipv4: request.accessIPv4 ?? '',
      access_ipv6: request.accessIPv6 ?? '',
      reservation_id: one.reservationId,
      launch_index: one.index,
      root_device_name: devices[0]?.device ?? '/dev/vda',
      security_groups: request.securityGroups.length > 0 ? request.securityGroups : ['default'],
      trusted_certs: request.trustedCerts,
    },
  };
}

function bootStory(boot: BootRequest, requestId: string): NewOperation['story'] {
  const disk = boot.imageId === null ? 'a volume' : `image ${boot.imageId}`;
  return {
    summary: `Boot ${boot.name} (${boot.flavor.name})`,
    details: `Server **${boot.name}** of project ${boot.projectId}: flavor ${boot.flavor.name}, from ${disk}, ${boot.ports.length} port(s), ${boot.volumes.length} volume(s). Requested by ${requestId}.`,
  };
}
