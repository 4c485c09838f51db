import { badRequest, forbidden } from '../kernel/errors.js';
import type { Sample } from '../gnocchi/index.js';
import type { Statements } from '../kernel/database.js';
import { integer, json, nullable, rowType, rowsOf, text, time, type Row } from '../kernel/rows.js';
import type { HostRole } from '../keystone/host-users.js';
import { archivePolicyOf, meterOf, type MeteredType } from './meters.js';

/** What the roles of a host may report. Everything else is metered of the records. */
const REPORTED = {
  'nova-compute': ['instance', 'instance_disk', 'instance_network_interface', 'nova_compute', 'host'],
  'cinder-volume': ['volume_provider_pool'],
} as const satisfies Readonly<Record<string, readonly MeteredType[]>>;
export const REPORTED_TYPES = [...REPORTED['nova-compute'], ...REPORTED['cinder-volume']];

/** What a host role has measured of one thing at one time. */
export interface HostSample {
  readonly type: (typeof REPORTED_TYPES)[number];
  /** The server's id; for what is no part of a server, the host's name. */
  readonly id: string;
  /** Which disk or card of the server: `vda`, or the tap's name. */
  readonly part?: string;
  /** By the host's clock. */
  readonly at: Date;
  /** By the meters' names. */
  readonly metrics: Readonly<Record<string, number>>;
}

const SERVER = rowType({
  id: text,
  number: integer,
  project_id: text,
  user_id: text,
  name: text,
  host: nullable(text),
  image_id: nullable(text),
  flavor_id: text,
  flavor: json<{ name: string; disk: number; ephemeral?: number }>(),
  created_at: time,
  launched_at: nullable(time),
});
type Server = Row<typeof SERVER>;

/**
 * Samples of a host role as Gnocchi takes them, with what the records say of the servers. Those of a server that is not on
 * the asker's machine are left out: it may just have been deleted, and a host learns nothing of others' servers.
 * @throws 403 for what is none of the role's business, 400 for a meter that the type has not
 */
export async function completed(sql: Statements, asker: HostRole, samples: readonly HostSample[]): Promise<Sample[]> {
  for (const sample of samples) check(asker, sample);
  const servers = await serversOf(sql, asker.machine, samples);
  return samples.flatMap((sample) => {
    const resource = resourceOf(sample, servers);
    if (resource === undefined) return [];
    const metrics = { ...sample.metrics, ...sizesOf(sample, servers) };
    return Object.entries(metrics).map(([metric, value]) => {
      const meter = meterOf(sample.type, metric)!;
      const { unit } = meter;
      return { resource, metric, unit, archive_policy: archivePolicyOf(meter), timestamp: sample.at, value };
    });
  });
}

function check({ binary, machine }: HostRole, { type, id, metrics }: HostSample): void {
  const own: readonly string[] = Object.hasOwn(REPORTED, binary) ? REPORTED[binary as keyof typeof REPORTED] : [];
  if (!own.includes(type)) throw forbidden(`${binary} of ${machine} does not measure ${type}.`);
  if (!type.startsWith('instance') && id !== machine) throw forbidden(`${binary} of ${machine} measures itself alone.`);
  const unknown = Object.keys(metrics).find((name) => meterOf(type, name) === undefined);
  if (unknown !== undefined) throw badRequest(`${type} has no meter ${unknown.slice(0, 255)}.`);
}

async function serversOf(
  sql: Statements,
  machine: string,
  samples: readonly HostSample[],
): Promise<ReadonlyMap<string, Server>> {
  const ids = [...new Set(samples.filter(({ type }) => type.startsWith('instance')).map(({ id }) => id))];
  if (ids.length === 0) return new Map();
  const rows = await rowsOf(sql, SERVER)`
    SELECT id, number, project_id, user_id, name, host, image_id, flavor_id, flavor, created_at, launched_at FROM nova.servers
    WHERE id = ANY(${ids}::text[]) AND machine = ${machine} AND deleted_at IS NULL`;
  return new Map(rows.map((server) => [server.id, server]));
}

/** What the flavor says, as Ceilometer's pollsters read it there. */
function sizesOf({ type, id }: HostSample, servers: ReadonlyMap<string, Server>): Record<string, number> {
  const flavor = type === 'instance' ? servers.get(id)?.flavor : undefined;
  return flavor === undefined ? {} : { 'disk.root.size': flavor.disk, 'disk.ephemeral.size': flavor.ephemeral ?? 0 };
}

function resourceOf(
  { type, id, part = '' }: HostSample,
  servers: ReadonlyMap<string, Server>,
): Sample['resource'] | undefined {
  const ofCloud = { type, project_id: null, user_id: null };
  // Ceilometer's ids of a hypervisor and of a pool (meters.yaml: host_nodename; cinder's host@backend#pool).
  if (type === 'nova_compute') return { ...ofCloud, id: `${id}_${id}`, attributes: { host_name: id } };
  if (type === 'host') return { ...ofCloud, id, attributes: { host_name: id } };
  if (type === 'volume_provider_pool')
    return { ...ofCloud, id: `${id}@file#file`, attributes: { provider: `${id}@file` } };
  const server = servers.get(id);
  if (server === undefined) return undefined;
  const owned = { type, project_id: server.project_id, user_id: server.user_id };
  if (type === 'instance') return { ...owned, id, attributes: attributesOf(server) };
  const attributes = { name: part, instance_id: id };
  if (type === 'instance_disk') return { ...owned, id: `${id}-${part}`, attributes };
  const name = `instance-${server.number.toString(16).padStart(8, '0')}`;
  return { ...owned, id: `${name}-${id}-${part}`, attributes };
}

/** What Gnocchi keeps of a server. */
export const attributesOf = (server: Omit<Server, 'id' | 'number' | 'project_id' | 'user_id'>) => ({
  display_name: server.name,
  host: server.host ?? '',
  image_ref: server.image_id ?? '',
  flavor_id: server.flavor_id,
  flavor_name: server.flavor.name,
  created_at: server.created_at.toISOString(),
  ...(server.launched_at === null ? {} : { launched_at: server.launched_at.toISOString() }),
});
