import type { Prisma, Sql, Statements } from '../../kernel/database.js';
import { OpenStackError, serverGone } from '../../kernel/errors.js';
import { bool, nullable, rowType, rowsOf, text } from '../../kernel/rows.js';
import type { Placement, Resources } from '../../placement/index.js';
import type { FlavorSpec } from '../request-spec.js';
import { closeGeneration } from '../generations.js';
import { bestHosts, filterHosts, type FilterCount, type HostDemand, type HostState } from './filters.js';
import { HostStates } from './host-states.js';

export interface ScheduleRequest {
  readonly serverId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly flavor: FlavorSpec;
  /** Whether the root disk is on the host; a server that boots from a volume takes no DISK_GB for it. */
  readonly localDisk: boolean;
  readonly availabilityZone?: string;
  readonly requestedHost?: string;
  readonly excludedHosts: readonly string[];
  /** Why each excluded host is excluded, for the fault of a boot that runs out of hosts. */
  readonly failures: readonly string[];
  readonly generation: number;
}
export interface Selection {
  readonly host: string;
  /** The machine whose roles serve the host. */
  readonly machine: string;
  readonly availabilityZone: string;
  /** How many hosts were considered, and how many passed every filter. */
  readonly considered: number;
  readonly passed: number;
}

/**
 * How many of the best hosts are tried before the hosts are read again. To lose one to another boot is rare; to lose
 * five means that the state is out of date.
 */
const ALTERNATES = 5;
/**
 * How often one boot reads the hosts again. Each time, other boots took the places that were free, as happens in a rush
 * for the last ones. After five times there is practically no room, and the boot fails instead of asking for ever.
 */
const FRESH_LOOKS = 5;

/** nova-scheduler: filters, weighers, and a claim in placement. */
export class Scheduler {
  private readonly hosts: HostStates;
  private readonly began = performance.now();

  constructor(
    private readonly sql: Sql,
    private readonly placement: Placement,
    private readonly serviceDownSeconds: number,
  ) {
    this.hosts = new HostStates(sql, placement, serviceDownSeconds);
  }

  /**
   * Picks a host and claims the server's resources on it. A second run gives the same answer: the claim and the
   * server's host are written together, and a server that already has a host in this generation keeps it.
   * @throws NoValidHost (abort) with how many hosts each filter let through, or that other boots were faster
   */
  async schedule(request: ScheduleRequest): Promise<Selection> {
    const demand = { ...request, resources: resourcesOf(request) };
    let hosts = await this.hosts.recent();
    for (let looks = 0; ; looks++) {
      const { hosts: passing, counts } = filterHosts(hosts, demand);
      if (passing.length === 0 && looks > 0) {
        if (this.isNew() && silent(hosts, demand)) throw hostsUnheard();
        throw noValidHost(hosts.length, counts, request.failures);
      }
      for (const host of bestHosts(passing, ALTERNATES)) {
        const at = await this.claim(request, host, demand.resources);
        if (at) return { ...at, considered: hosts.length, passed: passing.length };
      }
      if (looks === FRESH_LOOKS) throw takenByOthers(passing.length, request.failures);
      hosts = await this.hosts.fresh();
    }
  }

  /** Gives the claim back and takes the server off its host. */
  async release(request: { serverId: string; generation: number }): Promise<void> {
    await this.sql.transaction(async (tx) => {
      if (!(await closeGeneration(tx, request))) return;
      await this.placement.release(tx, request.serverId);
      await takeOff(tx, request.serverId);
    });
  }

  /**
   * Whether hosts may be silent because there was nobody to report to: a control plane that starts again finds them all
   * unheard for as long as it was away.
   */
  private isNew(): boolean {
    return performance.now() - this.began < this.serviceDownSeconds * 1000;
  }

  private async claim(request: ScheduleRequest, host: HostState, resources: Resources) {
    return this.sql.transaction(async (tx) => {
      const at = await openGeneration(tx, request, host, this.placement.locking(host.provider.id));
      const placed = { host: at.host, machine: at.machine, availabilityZone: at.availability_zone };
      if (at.known || at.host !== host.host) return placed;
      const consumer = { consumerId: request.serverId, projectId: request.projectId, userId: request.userId };
      // It may have been disabled, forced down or filled since it was read.
      const fits = at.eligible && (await this.placement.claimLocked(tx, host.provider.id, consumer, resources));
      if (!fits) {
        await takeOff(tx, request.serverId);
        return undefined;
      }
      this.hosts.claimed(host, resources);
      return placed;
    });
  }
}

/** The resources that the server takes from a host, by the names that placement counts. */
export function resourcesOf(server: { flavor: FlavorSpec; localDisk: boolean }) {
  const { vcpus, ram, disk, ephemeral, swap } = server.flavor;
  return { VCPU: vcpus, MEMORY_MB: ram, DISK_GB: (server.localDisk ? disk : 0) + ephemeral + Math.ceil(swap / 1024) };
}

const OPENED = rowType({
  host: text,
  machine: text,
  availability_zone: text,
  known: bool,
  /** Null when the host was forgotten. */
  eligible: nullable(bool),
});

/**
 * Opens a generation of the boot on a host, and locks the host's provider for the claim: one round trip. A server that has
 * its host for this generation keeps it, and is `known`. @throws InstanceDisappeared (deleted) when the server is going away
 * or the generation was closed meanwhile
 */
async function openGeneration(
  tx: Statements,
  { serverId, generation }: { serverId: string; generation: number },
  { host, machine, availabilityZone }: HostState,
  locking: Prisma.Sql,
) {
  // The condition with count(*) is always true: it makes PostgreSQL run `provider`, which takes the lock. The
  // subqueries of RETURNING see the rows as they were before this statement.
  const rows = await rowsOf(tx, OPENED)`
    WITH provider AS (${locking})
    UPDATE nova.servers SET generation = ${generation}, host = COALESCE(host, ${host}), machine = COALESCE(machine, ${machine}),
      availability_zone = COALESCE(availability_zone, ${availabilityZone}), task_state = 'networking', updated_at = now()
    WHERE id = ${serverId} AND vm_state = 'building' AND task_state IS DISTINCT FROM 'deleting' AND generation <= ${generation}
      AND (SELECT count(*) FROM provider) >= 0
    RETURNING host, machine, availability_zone,
      (SELECT s.host IS NOT NULL FROM nova.servers s WHERE s.id = ${serverId}) AS known,
      (SELECT NOT disabled AND NOT forced_down FROM nova.services WHERE host = ${host}) AS eligible`;
  if (!rows[0]) throw serverGone(serverId);
  return rows[0];
}

async function takeOff(tx: Statements, serverId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE nova.servers SET host = NULL, machine = NULL, availability_zone = NULL WHERE id = ${serverId}`;
}

function takenByOthers(passed: number, failures: readonly string[]): OpenStackError {
  const hosts = passed === 1 ? 'The one host that passed' : `Each of the ${passed} hosts that passed`;
  const message = `${hosts} the filters was filled or disabled before the claim, ${FRESH_LOOKS} times in a row.`;
  return new OpenStackError(500, 'NoValidHost', `No valid host was found. ${message}${triedBefore(failures)}`, {
    verdict: 'abort',
  });
}

/** Whether only hosts that have not reported in keep the server from having one: it would have, were they up. */
function silent(hosts: readonly HostState[], demand: HostDemand): boolean {
  return (
    hosts.length === 0 ||
    filterHosts(
      hosts.map((host) => ({ ...host, up: true })),
      demand,
    ).hosts.length > 0
  );
}

/** The boot waits, as its retries do. */
const hostsUnheard = (): OpenStackError =>
  new OpenStackError(
    503,
    'HostsUnheard',
    'The control plane has just started, and no host that fits has reported in yet.',
    {
      verdict: 'retry',
    },
  );

const triedBefore = (failures: readonly string[]): string =>
  failures.length === 0 ? '' : ` Tried before: ${failures.join('; ')}.`;

function noValidHost(considered: number, counts: readonly FilterCount[], failures: readonly string[]): OpenStackError {
  const story = counts.map((c) => `${c.filter} ${c.passed} of ${c.given}`).join(', ');
  const message =
    considered === 0
      ? 'No compute host has reported in.'
      : `Of ${considered} host${considered === 1 ? '' : 's'}, these passed each filter: ${story}.`;
  return new OpenStackError(500, 'NoValidHost', `No valid host was found. ${message}${triedBefore(failures)}`, {
    verdict: 'abort',
  });
}
