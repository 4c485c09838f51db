import { listed, type Config } from '#config';
import { Prisma } from '../kernel/database.js';
import { forbidden, type OpenStackError } from '../kernel/errors.js';
import { UnifiedLimits } from '../keystone/index.js';
import { roomFor, type Demand, type Levels, type QuotaDriver, type Resource } from './quota-driver.js';
import { amountsOf } from './server-limits.js';
import type { CreateServerRequest } from './server-request.js';

/** What Keystone calls Nova's resources (nova/limit/placement.py, nova/limit/local.py). It has no limits of nova-network's. */
const NAMES: Readonly<Record<Resource, string | null>> = {
  instances: 'servers',
  cores: 'class:VCPU',
  ram: 'class:MEMORY_MB',
  metadata_items: 'server_metadata_items',
  injected_files: 'server_injected_files',
  injected_file_content_bytes: 'server_injected_file_content_bytes',
  injected_file_path_bytes: 'server_injected_file_path_bytes',
  key_pairs: 'server_key_pairs',
  server_groups: 'server_groups',
  server_group_members: 'server_group_members',
  fixed_ips: null,
  floating_ips: null,
  security_groups: null,
  security_group_rules: null,
};
/** What servers are counted by, in the order in which a refusal names them. */
const COUNTED = [
  ['class:DISK_GB', 'disk'],
  ['class:MEMORY_MB', 'ram'],
  ['class:VCPU', 'cores'],
  ['servers', 'instances'],
] as const;

type Set = Levels[number]['limits'];
/** One resource of a request: its limit, what is in use, and what is asked for. */
interface Claim {
  readonly name: string;
  readonly limit: number;
  readonly used: number;
  readonly delta: number;
}

/** Keystone keeps the limits (nova.quota.UnifiedLimitsDriver): those of servers by project, all others for everybody. */
export class UnifiedLimitsDriver implements QuotaDriver {
  readonly store;
  readonly ofRequests: Prisma.Sql;
  /** As placement counts it (scheduler/index.ts: resourcesOf). */
  readonly disk = Prisma.sql`(CASE WHEN image_id IS NULL THEN 0 ELSE (flavor->>'disk')::int END
    + (flavor->>'ephemeral')::int + ceil((flavor->>'swap')::numeric / 1024)::int)`;
  private readonly named: ReadonlySet<string>;

  constructor(private readonly config: Config) {
    const { region } = config.cloud;
    const whose = { service: 'compute', region, model: config.keystone.enforcement_model } as const;
    this.store = new UnifiedLimits(whose, NAMES);
    this.ofRequests = this.store.registeredOnes;
    this.named = new Set(listed(config.nova.unified_limits_resource_list));
  }

  room(levels: Levels, each: Demand): number {
    const rooms = levels.flatMap(({ limits, used }) =>
      COUNTED.filter(([name]) => this.binds(limits, name)).map(([name, amount]) =>
        roomFor(limits?.[name] ?? 0, used[amount], each[amount]),
      ),
    );
    return Math.min(Infinity, ...rooms);
  }

  refusal(levels: Levels, each: Demand, count: number, projectId: string): OpenStackError {
    const exceeded = levels.find((level) => this.room([level], each) < count);
    const claims = COUNTED.map(([name, amount]) => ({
      name,
      limit: exceeded?.limits?.[name] ?? 0,
      used: exceeded?.used[amount] ?? 0,
      delta: each[amount] * count,
    }));
    return overLimit(projectId, claims.filter(({ delta }) => delta > 0).filter(isOver));
  }

  checkRequest(request: CreateServerRequest, limits: Set): void {
    const amounts = Object.entries(amountsOf(request)) as [Resource, number][];
    for (const [resource, delta] of amounts) this.checkLocal(limits, resource, 0, delta);
  }

  checkKeypairs(limits: Set, used: number): void {
    this.checkLocal(limits, 'key_pairs', used, 1);
  }

  /** What is limited for everybody alike: no project's own limit is asked (nova/limit/local.py). */
  private checkLocal(limits: Set, resource: Resource, used: number, delta: number): void {
    const name = NAMES[resource] ?? '';
    const claim = { name, limit: limits?.[name] ?? 0, used, delta };
    if (isOver(claim) && this.binds(limits, name)) throw overLimit('None', [claim]);
  }

  /** Whether a resource that may have no registered limit is then refused or let through (nova/limit/utils.py: should_enforce). */
  private binds(limits: Set, name: string): boolean {
    if (limits !== null && Object.hasOwn(limits, name)) return true;
    return (this.config.nova.unified_limits_resource_strategy === 'require') === this.named.has(name);
  }
}

const isOver = ({ limit, used, delta }: Claim): boolean => limit >= 0 && used + delta > limit;

/** In oslo.limit's words (oslo_limit/exception.py: ProjectOverLimit). */
const overLimit = (whose: string, claims: readonly Claim[]): OpenStackError =>
  forbidden(
    `Project ${whose} is over a limit for [${claims
      .map(
        ({ name, limit, used, delta }) =>
          `Resource ${name} is over limit of ${limit} due to current usage ${used} and delta ${delta}`,
      )
      .join(', ')}]`,
  );
