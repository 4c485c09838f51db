import { randomInt, randomUUID } from 'node:crypto';
import type { Api } from '#apps/standalone/api';
import type { Route } from '#apps/api/http/routes';
import { sampleBody, type Names } from '../fuzz/samples.js';
import type { Tenant } from '../setup/tenant.js';

/** What parameters of a path stand for, by the part of the path before each, or by the two where one says too little. */
export type Ids = ReadonlyMap<string, string>;

/** A project that has one of each thing, and the administrator's things that nobody else needs. */
export interface Victim {
  readonly ids: Ids;
  readonly names: Names;
  /** Routes that were to make something and did not, with their answers: nothing is proved of these. */
  readonly failed: readonly string[];
}

/** The parts of a path that vary, filled in: by what is known of the part before, else by `otherwise`. */
export function filled(path: string, ids: Ids, otherwise: string): string {
  const parts: string[] = [];
  for (const part of path.split('/'))
    parts.push(part.startsWith(':') || part === '*' ? (idAfter(parts, ids) ?? otherwise) : part);
  return parts.join('/');
}

const idAfter = (parts: readonly string[], ids: Ids): string | undefined =>
  ids.get(parts.slice(-2).join('/')) ?? ids.get(parts.at(-1) ?? '');

/** What the things of a path are known by: Keystone has `policies`, too. */
const collectionOf = (path: string): string => {
  const parts = path.split('/');
  return path.endsWith('/qos/policies') ? parts.slice(-2).join('/') : parts.at(-1)!;
};

/** What of an answer names the thing that was made. */
function nameOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const inner = Object.values(body)[0] as Record<string, unknown> | undefined;
  const one = Array.isArray(inner) ? (inner[0] as Record<string, unknown> | undefined) : inner;
  const { id, uuid, alarm_id, name } = body as Record<string, unknown>;
  const found = [
    id,
    uuid,
    alarm_id,
    one?.['id'],
    one?.['uuid'],
    one?.['port_id'],
    one?.['access'],
    one?.['name'],
    name,
  ];
  return found.find((value) => typeof value === 'string');
}

/**
 * Makes one of each thing that a POST makes, as the project's own member where that is allowed and else as an administrator:
 * collections first, then what is below one of them.
 */
export async function makeVictim(owner: Tenant, admin: Api, routes: readonly Route[]): Promise<Victim> {
  const account = `AUTH_${owner.api.projectId}`;
  const network = await owner.ownNetwork('victim', '10.9.0.0/24');
  const ids = new Map<string, string>([
    ['projects', owner.api.projectId],
    ['users', owner.userId],
    ['networks', network],
    ['os-quota-sets', owner.api.projectId],
    ['quotas', owner.api.projectId],
    ['v1', account],
    [account, 'box'],
    ['box', 'thing'],
    ['metadata', 'key'],
    ['os-extra_specs', 'hw:key'],
    ['tags', 'tag'],
    ['inventories', 'VCPU'],
  ]);
  const failed: string[] = [];
  await owner.api.call('PUT', `/object-store/v1/${account}/box`);
  await owner.api.send('PUT', `/object-store/v1/${account}/box/thing`, new Uint8Array(3));
  // Of a resource and its metric, which has its id for a name, so that it is found by either.
  const { id: metric } = await owner.api.call<{ id: string }>('POST', '/metric/v1/metric', {
    archive_policy_name: 'low',
  });
  const measured = { id: metric, project_id: owner.api.projectId, metrics: { [metric]: metric } };
  await owner.api.call('POST', '/metric/v1/resource/generic', measured);
  ids.set('metric', metric).set('generic', metric).set(metric, metric).set('resource', 'generic');
  const { port } = await owner.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
    port: { network_id: network },
  });
  ids.set('trunk-port', port.id);
  await joinOutside(owner, admin, network, ids);
  const names: Names = {
    image: owner.image,
    network,
    project: owner.api.projectId,
    user: owner.userName,
    password: owner.password,
    provider: randomUUID(),
  };
  const depth = ({ path }: Route): number => path.split('/').length;
  for (const route of routes.filter(makes).toSorted((a, b) => depth(a) - depth(b))) {
    const collection = collectionOf(route.path);
    if (ids.has(collection)) continue;
    const path = filled(route.path, ids, 'nothing');
    const unique = `victim-${randomUUID().slice(0, 8)}`;
    const body = ownBody(collection, ids, unique) ?? sampleBody(`POST ${route.path}`, names, unique);
    let answer = await owner.api.request<unknown>('POST', path, body, HEADERS);
    if (answer.status === 403) answer = await admin.request<unknown>('POST', path, body, HEADERS);
    const made = answer.status < 300 ? nameOf(answer.body) : undefined;
    if (made === undefined)
      failed.push(`POST ${route.path}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 300)}`);
    else ids.set(collection, made);
    // A rule of QoS is reached by itself, too.
    if (made !== undefined && collection.endsWith('_rules')) ids.set(`alias_${collection}`, made);
    // What is attached to a server wants one that has been built.
    if (collection === 'servers' && made !== undefined) await owner.settled(made);
    if (collection === 'volumes' && made !== undefined) await owner.volumeSettled(made);
  }
  return { ids, names, failed };
}

/** A router between the network and one outside, which floating IPs and their forwardings need. */
async function joinOutside({ api }: Tenant, admin: Api, network: string, ids: Map<string, string>): Promise<void> {
  type Made<K extends string> = Record<K, { id: string }>;
  const outside = await admin.call<Made<'network'>>('POST', '/network/v2.0/networks', {
    network: { 'router:external': true },
  });
  const network_id = outside.network.id;
  const subnet = { network_id, ip_version: 4, cidr: '203.0.113.0/24' };
  await admin.call('POST', '/network/v2.0/subnets', { subnet });
  const { router } = await api.call<Made<'router'>>('POST', '/network/v2.0/routers', {
    router: { external_gateway_info: { network_id } },
  });
  const { subnets } = await api.call<{ subnets: { id: string }[] }>(
    'GET',
    `/network/v2.0/subnets?network_id=${network}`,
  );
  const body = { subnet_id: subnets[0]!.id };
  await api.call('PUT', `/network/v2.0/routers/${router.id}/add_router_interface`, body);
  ids.set('outside', network_id).set('routers', router.id);
}

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmkXPpRh0xHn8sXyUJJVhtuwZ0WQTZ4kLPFQn0aGZxJ victim@test';

/** Bodies of what the fuzz’s samples only nearly make: they are to be changed, and these are to succeed. */
export function ownBody(collection: string, ids: Ids, unique: string): unknown {
  const network_id = ids.get('networks');
  const one = randomInt(8_000_000, 16_000_000);
  const vni = { minimum: one, maximum: one };
  const limited = { service_id: ids.get('services'), resource_name: 'walked' };
  const bodies: Readonly<Record<string, unknown>> = {
    subnets: { subnet: { network_id, ip_version: 4, cidr: '10.8.0.0/24' } },
    ports: { port: { network_id } },
    network_segment_ranges: {
      network_segment_range: {
        name: unique,
        network_type: 'vxlan',
        ...vni,
        shared: false,
        project_id: ids.get('projects'),
      },
    },
    'address-scopes': { address_scope: { ip_version: 4 } },
    'rbac-policies': {
      rbac_policy: {
        object_type: 'network',
        object_id: network_id,
        action: 'access_as_shared',
        target_tenant: randomUUID(),
      },
    },
    subnetpools: { subnetpool: { name: unique, prefixes: ['10.40.0.0/16'] } },
    'security-group-rules': {
      security_group_rule: { security_group_id: ids.get('security-groups'), direction: 'ingress', protocol: 'tcp' },
    },
    'security-groups-default-statefulness': {
      security_groups_default_statefulness: { project_id: ids.get('projects'), stateful: true },
    },
    floatingips: { floatingip: { floating_network_id: ids.get('outside') } },
    port_forwardings: {
      port_forwarding: { internal_port_id: ids.get('ports'), internal_port: 22, external_port: 2222, protocol: 'tcp' },
    },
    'metering-label-rules': {
      metering_label_rule: {
        metering_label_id: ids.get('metering-labels'),
        direction: 'ingress',
        remote_ip_prefix: '10.8.0.0/24',
      },
    },
    // Of a port of its own: what is done to the other ones is not to be hindered by it.
    trunks: { trunk: { port_id: ids.get('trunk-port') } },
    flavors: { flavor: { name: unique, ram: 64, vcpus: 1, disk: 1 } },
    credentials: { credential: { type: 'cert', blob: 'secret', user_id: ids.get('users') } },
    trusts: {
      trust: {
        trustor_user_id: ids.get('users'),
        trustee_user_id: ids.get('users'),
        project_id: ids.get('projects'),
        impersonation: false,
        roles: [{ name: 'member' }],
      },
    },
    registered_limits: { registered_limits: [{ ...limited, default_limit: 5 }] },
    limits: { limits: [{ ...limited, project_id: ids.get('projects'), resource_limit: 1 }] },
    'os-keypairs': { keypair: { name: unique, public_key: KEY } },
    'os-interface': { interfaceAttachment: { net_id: network_id } },
  };
  return bodies[collection];
}

export const HEADERS = { 'openstack-api-version': 'compute 2.104, volume 3.71, placement 1.39' };

/** What a POST does in place of making a thing, and what the victim has otherwise. */
const NOT_MADE = [
  /\/(action|tokens|ec2tokens|s3tokens|password|reshaper|allocations|audit|file|remote-consoles)$/,
  /\/actions\/\w+$/,
  // What compute has no more at its newest microversion.
  /\/(os-security-groups|os-security-group-rules|os-floating-ips)$/,
  /\/(metadata|os-extra_specs|os-volume_attachments|inventories|resource_classes)$/,
  /^\/(dashboard|internal|object-store|alarming\/v2\/query)\//,
  /^\/metric\/v1\/(batch|search|aggregat|resource\/)/,
  /\/measures$/,
  // What no host can do.
  /\/log\/logs$/,
  // What services alone may do.
  /\/bindings$/,
  // An agent is given what is there already.
  /\/agents\/:id\/(dhcp-networks|l3-routers)$/,
  // Another service has flavors by whose name they go.
  /^\/network\/v2\.0\/flavors/,
];
/** Whether a route makes a thing of a collection. */
const makes = ({ method, path }: Route): boolean => method === 'POST' && !NOT_MADE.some((one) => one.test(path));

/** An id of the same form that names nothing. */
export const likeness = (id: string): string => {
  if (/^[0-9a-f]{32}$/.test(id)) return randomUUID().replaceAll('-', '');
  if (/^[0-9a-f-]{36}$/.test(id)) return randomUUID();
  return id.startsWith('AUTH_')
    ? `AUTH_${randomUUID().replaceAll('-', '')}`
    : `${id.slice(0, 3)}-${randomUUID().slice(0, 8)}`;
};
