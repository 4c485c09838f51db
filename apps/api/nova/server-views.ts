import { createHash } from 'node:crypto';
import type { Services } from '#services/index';
import { statusOf } from '#services/nova/index';
import { micros, seconds, selfAndBookmark } from '../http/links.js';

type Servers = Services['nova']['servers'];
type ServerRecord = Awaited<ReturnType<Servers['get']>> & Awaited<ReturnType<Servers['withParts']>>[number];
interface Address {
  addr: string;
  version: number;
  mac: string;
  type: string;
}
interface FlavorSnapshot {
  name: string;
  vcpus: number;
  ram: number;
  disk: number;
  ephemeral: number;
  swap: number;
  extra_specs: Record<string, string>;
}
interface Fault {
  code: number;
  message: string;
  created: string;
  details: string;
}
export interface ViewOptions {
  readonly base: string;
  readonly minor: number;
  readonly admin: boolean;
  /** Whether the attributes of the host, and its status, are shown (rules os-extended-server-attributes, host_status). */
  readonly hostAttributes: boolean;
  readonly hostStatus: boolean;
}

export const serverLinks = (base: string, id: string) => selfAndBookmark(`${base}/compute`, '/v2.1', `servers/${id}`);

/** GET /servers */
export const serverRef = ({ base }: ViewOptions, { id, name }: { id: string; name: string }) => ({
  id,
  name,
  links: serverLinks(base, id),
});

/** GET and PUT /servers/{id} have, since 2.71, the server groups too; there are none yet. */
export const singleServerView = (options: ViewOptions, s: ServerRecord): object => ({
  ...serverView(options, s),
  ...(options.minor >= 71 ? { server_groups: [] } : {}),
});

/** What later microversions add to a server that is shown, and not, until 2.75, to one that was changed. */
const NOT_OF_A_CHANGE = /^(OS-(EXT|SRV)|os-extended|key_name|config_drive|security_groups|host_status)/;

/** PUT /servers/{id}: until 2.75 the core of a server only, with addresses that say no more than the address. */
export function changedServerView(options: ViewOptions, s: ServerRecord): object {
  const view = singleServerView(options, s);
  if (options.minor >= 75) return view;
  const addresses = addressesOf(s.addresses as unknown as Record<string, Address[]>, true);
  const kept = Object.entries(view).filter(([key]) => !NOT_OF_A_CHANGE.test(key));
  return { ...Object.fromEntries(kept), addresses };
}

/** GET /servers/detail and /servers/{id}: at each microversion what Nova's answer contains, and nothing else. */
export function serverView(options: ViewOptions, s: ServerRecord): object {
  return { ...core(options, s), ...extensions(options, s), ...later(options, s) };
}

function core({ base, minor, admin }: ViewOptions, s: ServerRecord): object {
  const hasFault = s.vm_state === 'error' && s.fault !== null;
  return {
    id: s.id,
    name: s.name,
    status: statusOf(s),
    tenant_id: s.project_id,
    user_id: s.user_id,
    metadata: s.metadata,
    hostId: hostIdOf(s),
    image: s.image_id === null ? '' : imageOf(base, minor, s.image_id, s.image_properties),
    flavor: flavorOf(base, minor, s),
    created: seconds(s.created_at),
    updated: seconds(s.updated_at),
    addresses: addressesOf(s.addresses as unknown as Record<string, Address[]>),
    accessIPv4: s.access_ipv4,
    accessIPv6: s.access_ipv6,
    links: serverLinks(base, s.id),
    ...(hasFault ? { fault: faultOf(s.fault as unknown as Fault, admin) } : {}),
    ...(['building', 'active'].includes(s.vm_state) ? { progress: 0 } : {}),
  };
}

function extensions({ minor, hostAttributes }: ViewOptions, s: ServerRecord): object {
  return {
    'OS-DCF:diskConfig': s.disk_config,
    'OS-EXT-AZ:availability_zone': s.availability_zone ?? '',
    config_drive: s.config_drive ? 'True' : '',
    key_name: s.key_name,
    'OS-SRV-USG:launched_at': s.launched_at === null ? null : micros(s.launched_at),
    'OS-SRV-USG:terminated_at': s.terminated_at === null ? null : micros(s.terminated_at),
    'OS-EXT-STS:task_state': s.task_state,
    'OS-EXT-STS:vm_state': s.vm_state,
    'OS-EXT-STS:power_state': s.power_state,
    'os-extended-volumes:volumes_attached': s.volumes.map((d) => ({
      id: d.volume_id,
      ...(minor >= 3 ? { delete_on_termination: d.delete_on_termination } : {}),
    })),
    ...(s.host === null || s.security_groups.length === 0
      ? {}
      : { security_groups: s.security_groups.map((name) => ({ name })) }),
    ...(hostAttributes ? attributesOfHost(minor, s) : {}),
    ...(!hostAttributes && minor >= 90 ? { 'OS-EXT-SRV-ATTR:hostname': s.hostname } : {}),
  };
}

/** os-extended-server-attributes. */
function attributesOfHost(minor: number, s: ServerRecord): object {
  return {
    'OS-EXT-SRV-ATTR:host': s.host,
    'OS-EXT-SRV-ATTR:instance_name': s.host === null ? '' : `instance-${s.number.toString(16).padStart(8, '0')}`,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': s.host,
    ...(minor >= 3
      ? {
          'OS-EXT-SRV-ATTR:reservation_id': s.reservation_id,
          'OS-EXT-SRV-ATTR:launch_index': s.launch_index,
          'OS-EXT-SRV-ATTR:hostname': s.hostname,
          'OS-EXT-SRV-ATTR:kernel_id': s.kernel_id,
          'OS-EXT-SRV-ATTR:ramdisk_id': s.ramdisk_id,
          'OS-EXT-SRV-ATTR:root_device_name': s.root_device_name,
          'OS-EXT-SRV-ATTR:user_data': s.user_data,
        }
      : {}),
  };
}

/** What later microversions added. */
function later({ minor, hostStatus }: ViewOptions, s: ServerRecord): object {
  return {
    ...(minor >= 9 ? { locked: s.locked } : {}),
    ...(minor >= 16 && hostStatus ? { host_status: s.host === null ? '' : 'UP' } : {}),
    ...(minor >= 19 ? { description: s.description } : {}),
    ...(minor >= 26 ? { tags: s.tags } : {}),
    ...(minor >= 63 ? { trusted_image_certificates: s.trusted_certs.length > 0 ? s.trusted_certs : null } : {}),
    ...(minor >= 73 ? { locked_reason: s.locked_reason } : {}),
    ...(minor >= 96 ? { pinned_availability_zone: s.pinned_availability_zone } : {}),
    ...(minor >= 100 ? { scheduler_hints: s.scheduler_hints } : {}),
  };
}

function imageOf(base: string, minor: number, id: string, properties: Readonly<Record<string, string>>): object {
  const links = [{ rel: 'bookmark', href: `${base}/compute/images/${id}` }];
  return minor >= 98 ? { id, links, properties } : { id, links };
}

function flavorOf(base: string, minor: number, s: ServerRecord): object {
  if (minor < 47)
    return { id: s.flavor_id, links: [{ rel: 'bookmark', href: `${base}/compute/flavors/${s.flavor_id}` }] };
  const { name, vcpus, ram, disk, ephemeral, swap, extra_specs } = s.flavor as unknown as FlavorSnapshot;
  return { vcpus, ram, disk, ephemeral, swap, original_name: name, extra_specs };
}

function addressesOf(byNetwork: Record<string, Address[]>, brief = false): object {
  return Object.fromEntries(
    Object.entries(byNetwork).map(([network, list]) => [
      network,
      list.map(({ addr, version, mac, type }) => ({
        version,
        addr,
        ...(brief ? {} : { 'OS-EXT-IPS:type': type, 'OS-EXT-IPS-MAC:mac_addr': mac }),
      })),
    ]),
  );
}

/** `details` names hosts and causes, and Nova shows it to nobody but administrators; the message says what happened. */
const faultOf = ({ code, message, created, details }: Fault, admin: boolean) => ({
  code,
  created: `${created.slice(0, 19)}Z`,
  message,
  ...(admin ? { details } : {}),
});

/** The same host has another id for each project (nova/utils.py generate_hostid). */
export const hostIdOf = ({ host, project_id }: { host: string | null; project_id: string }): string =>
  host === null
    ? ''
    : createHash('sha224')
        .update(project_id + host)
        .digest('hex');
