import { Type, type Static } from 'typebox';
import { Prisma } from '../kernel/database.js';
import { forbidden, type OpenStackError } from '../kernel/errors.js';
import { HardLimits, type LimitStore } from '../kernel/hard-limits.js';
import { integer, nullable } from '../kernel/rows.js';
import { amountsOf } from './server-limits.js';
import type { CreateServerRequest } from './server-request.js';

/** What one server takes; memory is in MiB, disk in GiB. */
export interface Demand {
  readonly instances: 1;
  readonly cores: number;
  readonly ram: number;
  readonly disk: number;
}

/**
 * The defaults of the resources that have no setting (nova/conf/quota.py). The last four belonged to nova-network: Nova
 * still shows them, and does not count them.
 */
const DEFAULTS = {
  metadata_items: 128,
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  server_groups: 10,
  server_group_members: 10,
  fixed_ips: -1,
  floating_ips: -1,
  security_groups: -1,
  security_group_rules: -1,
} as const;

const SERVERS = ['instances', 'cores', 'ram'] as const;
export type Resource = (typeof SERVERS)[number] | keyof typeof DEFAULTS | 'key_pairs';
/** What a project may have of each resource; -1 is unlimited. */
export type Limits = Readonly<Record<Resource, number>>;

/** What is set for a project, or for those that it shares with, and what servers use of it. */
export const LEVELS = Type.Array(
  Type.Object({
    limits: nullable(Type.Record(Type.String(), integer)),
    used: Type.Object({ instances: integer, cores: integer, ram: integer, disk: integer }),
  }),
);
export type Levels = Static<typeof LEVELS>;

/** How many more there may be of something of which each takes so much. */
export const roomFor = (limit: number, used: number, each: number): number =>
  limit < 0 || each === 0 ? Infinity : Math.floor((limit - used) / each);

/** Who keeps Nova's limits, and what they mean (nova.conf: quota.driver). */
export interface QuotaDriver {
  readonly store: LimitStore<Resource>;
  /** What a server counts for in `disk`, as an expression of SQL on nova.servers. */
  readonly disk: Prisma.Sql;
  /** The limits of what one request or one user may have, as an expression of SQL; where it is left out, the project's. */
  readonly ofRequests?: Prisma.Sql;
  /** How many servers fit. */
  room(levels: Levels, each: Demand): number;
  /** Why not so many. */
  refusal(levels: Levels, each: Demand, count: number, projectId: string): OpenStackError;
  /** @param limits as `ofRequests` says them @throws 403 */
  checkRequest(request: CreateServerRequest, limits: Levels[number]['limits']): void;
  /** @throws 403 unless a user may have one more key pair */
  checkKeypairs(limits: Levels[number]['limits'], used: number): void;
}

/** Nova keeps them (nova.quota.DbQuotaDriver). */
export class DbQuotaDriver implements QuotaDriver {
  readonly store: LimitStore<Resource>;
  /** Nova's own quota has none for disks. */
  readonly disk = Prisma.sql`0`;

  constructor(settings: Readonly<Record<(typeof SERVERS)[number] | 'key_pairs', number>>) {
    this.store = new HardLimits('nova.quotas', { ...settings, ...DEFAULTS }, 'nova.quota_classes');
  }

  room(levels: Levels, each: Demand): number {
    return Math.min(...SERVERS.map((resource) => this.roomOf(resource, levels, each)));
  }

  refusal(levels: Levels, each: Demand, count: number): OpenStackError {
    const over = SERVERS.filter((resource) => this.roomOf(resource, levels, each) < count).toSorted();
    const [{ used }] = levels as [Levels[number]];
    const limits = this.limits(levels);
    const list = (values: Readonly<Record<string, number>>): string => over.map((r) => values[r]).join(', ');
    const requested = over.map((r) => each[r] * count).join(', ');
    return forbidden(
      `Quota exceeded for ${over.join(', ')}: Requested ${requested}, but already used ${list(used)} of ${list(limits)} ${over.join(', ')}`,
    );
  }

  checkRequest(request: CreateServerRequest, limits: Levels[number]['limits']): void {
    checkRequestQuotas(request, this.store.read(limits));
  }

  checkKeypairs(limits: Levels[number]['limits'], used: number): void {
    const { key_pairs: limit } = this.store.read(limits);
    if (limit >= 0 && used >= limit) throw forbidden('Quota exceeded, too many key pairs.');
  }

  private roomOf(resource: (typeof SERVERS)[number], levels: Levels, each: Demand): number {
    return roomFor(this.limits(levels)[resource], levels[0]!.used[resource], each[resource]);
  }

  private limits([own]: Levels): Limits {
    return this.store.read(own!.limits);
  }
}

/**
 * The quotas of a single request: metadata and injected files (nova/compute/api.py).
 * @throws 403 in Nova's words
 */
function checkRequestQuotas(request: CreateServerRequest, limits: Limits): void {
  const amounts = amountsOf(request);
  const over = (resource: keyof typeof amounts): boolean =>
    limits[resource] >= 0 && amounts[resource] > limits[resource];
  if (over('metadata_items')) throw forbidden(`Maximum number of metadata items exceeds ${limits.metadata_items}`);
  if (over('injected_files')) throw forbidden('Personality file limit exceeded');
  if (over('injected_file_path_bytes'))
    throw forbidden(`Personality file path exceeds maximum ${limits.injected_file_path_bytes}`);
  if (over('injected_file_content_bytes'))
    throw forbidden(`Personality file content exceeds maximum ${limits.injected_file_content_bytes}`);
}
