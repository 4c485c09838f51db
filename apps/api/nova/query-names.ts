import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { badRequest } from '#services/kernel/errors';
import type { Parameters } from '../http/described.js';
import { MIN_MINOR } from '../http/microversion.js';
import { pythonRepr } from '../http/python-repr.js';
import type { ApiRequest } from '../http/request.js';
import { LIMIT, MARKER } from '../kit/parameters.js';

/** The parameters that a query may have, and the microversion from which others are refused. */
interface Names {
  readonly strictSince: number;
  /** Each with the microversion that brought it. */
  readonly since: Readonly<Record<string, number>>;
  /** Names of one kind, whatever they are. */
  readonly pattern?: RegExp;
}
const named = (...names: string[]): Record<string, number> => Object.fromEntries(names.map((name) => [name, 1]));

/** GET /servers takes a filter by any column that a server has in Nova (nova/api/openstack/compute/schemas/servers.py). */
const servers: Names = {
  strictSince: 75,
  since: {
    ...named('limit', 'marker', 'sort_dir', 'sort_key', 'all_tenants', 'changes-since', 'status', 'flavor', 'image'),
    ...named('name', 'display_name', 'description', 'display_description', 'host', 'hostname', 'node', 'ip', 'ip6'),
    ...named('access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', 'block_device_mapping'),
    ...named('config_drive', 'created_at', 'deleted', 'soft_deleted', 'image_ref', 'info_cache', 'kernel_id'),
    ...named('key_name', 'launch_index', 'launched_at', 'locked_by', 'metadata', 'pci_devices', 'power_state'),
    ...named('progress', 'project_id', 'ramdisk_id', 'reservation_id', 'root_device_name', 'security_groups'),
    ...named('services', 'system_metadata', 'task_state', 'tenant_id', 'terminated_at', 'user_id', 'uuid', 'vm_state'),
    tags: 26,
    'tags-any': 26,
    'not-tags': 26,
    'not-tags-any': 26,
    'changes-before': 66,
    locked: 73,
  },
  pattern: /^_/,
};
const flavors: Names = {
  strictSince: 75,
  since: { ...named('is_public', 'limit', 'marker', 'minDisk', 'minRam', 'sort_dir', 'sort_key'), name: 102 },
};
const hypervisors: Names = {
  strictSince: 53,
  since: { limit: 33, marker: 33, hypervisor_hostname_pattern: 53, with_servers: 53 },
};
const userId: Names = { strictSince: 75, since: named('user_id') };
const keypair: Names = { strictSince: 75, since: { user_id: 10 } };
const none: Names = { strictSince: 102, since: {} };

/** Where Nova's routes are. */
export const PREFIX = '/compute/v2.1';

/** By method and route; a route that is not here takes any query, as in Nova. */
const QUERIES: Readonly<Record<string, Names>> = {
  'GET /servers': servers,
  'GET /servers/detail': servers,
  'GET /servers/:id': none,
  'GET /servers/:id/os-instance-actions': {
    strictSince: 58,
    since: { limit: 58, marker: 58, 'changes-since': 58, 'changes-before': 66 },
  },
  'GET /servers/:id/os-instance-actions/:requestId': none,
  'GET /servers/:id/os-interface': none,
  'GET /servers/:id/os-interface/:portId': none,
  'GET /servers/:id/os-volume_attachments': { strictSince: 75, since: named('limit', 'offset') },
  'GET /flavors': flavors,
  'GET /flavors/detail': flavors,
  'GET /flavors/:id': none,
  'GET /flavors/:id/os-flavor-access': none,
  'GET /flavors/:id/os-extra_specs': none,
  'GET /flavors/:id/os-extra_specs/:key': none,
  'GET /os-keypairs': { strictSince: 75, since: { user_id: 10, limit: 35, marker: 35 } },
  'GET /os-keypairs/:id': keypair,
  'DELETE /os-keypairs/:id': keypair,
  'GET /limits': { strictSince: 75, since: named('tenant_id') },
  'GET /os-services': { strictSince: 75, since: named('host', 'binary') },
  'GET /os-hypervisors': hypervisors,
  'GET /os-hypervisors/detail': hypervisors,
  'GET /os-hypervisors/:id': { strictSince: 53, since: { with_servers: 53 } },
  'GET /servers/:server_id/os-security-groups': none,
  'GET /os-security-groups': { strictSince: Infinity, since: named('limit', 'offset', 'all_tenants') },
  'GET /os-availability-zone': none,
  'GET /os-availability-zone/detail': none,
  'GET /extensions': none,
  'GET /extensions/:id': none,
  'GET /os-console-auth-tokens/:token': { strictSince: 99, since: {} },
  'GET /os-quota-class-sets/:id': none,
  'GET /os-quota-sets/:projectId': userId,
  'GET /os-quota-sets/:projectId/detail': userId,
  'PUT /os-quota-sets/:projectId': userId,
  'DELETE /os-quota-sets/:projectId': userId,
};

/** Whether a route of compute takes a parameter at a microversion. */
export const takesName = (method: string, route: string, minor: number, name: string): boolean =>
  (QUERIES[`${method} ${route}`]?.since[name] ?? Infinity) <= minor;

/** The parameters that a route of compute takes at some microversion. @param route below /compute/v2.1 */
export const parametersOf = (method: string, route: string): Parameters =>
  Object.fromEntries(
    Object.entries(QUERIES[`${method} ${route}`]?.since ?? {}).map(([name, since]) => [
      name,
      { ...(name === 'limit' ? LIMIT : name === 'marker' ? MARKER : {}), ...(since > MIN_MINOR ? { since } : {}) },
    ]),
  );

/** The names of a query that a route of compute does not take at a microversion. @param route below /compute/v2.1 */
export function unknownNames(method: string, route: string, minor: number, names: readonly string[]): string[] {
  const known = QUERIES[`${method} ${route}`];
  if (known === undefined || minor < known.strictSince) return [];
  return names.filter((name) => !(known.pattern?.test(name) ?? false) && !((known.since[name] ?? Infinity) <= minor));
}

/** Refuses queries with unknown parameters: 2.75 began with that and 2.102 does it everywhere. It stands behind authentication. */
export class QueryNames implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<ApiRequest>();
    const route = request.routeOptions.url ?? '';
    if (!route.startsWith(PREFIX)) return true;
    const names = Object.keys(request.query as object);
    const unknown = unknownNames(request.method, route.slice(PREFIX.length), request.microversion, names);
    if (unknown.length === 0) return true;
    // python-jsonschema's words.
    const list = unknown.map((name) => pythonRepr(name)).join(', ');
    const verb = unknown.length === 1 ? 'was' : 'were';
    throw badRequest(`Additional properties are not allowed (${list} ${verb} unexpected)`);
  }
}
