import type { RequestContext } from '../kernel/context.js';
import { OpenStackError, badRequest, notFound } from '../kernel/errors.js';
import { MAX_LIMIT } from '../kernel/paging.js';
import { booleanOfQuery } from '../kernel/query-values.js';
import type { Condition, ListQuery } from '../kernel/resource/query.js';
import type { Hosts } from './hosts.js';
import { serviceId } from './service-id.js';
import type { Uptimes } from './uptimes.js';
import { novaWords } from './words.js';

/** From here on a hypervisor says how long its machine is up; before, it is asked for by itself. */
export const SHOWS_UPTIME = 88;

interface Amount {
  readonly total: number;
  /** Including what is reserved for the host itself, as in Nova. */
  readonly used: number;
}
/** A host, and what is on it. */
export interface HypervisorRow {
  readonly id: string;
  /** Its id before microversion 2.53: its position among the hosts. */
  readonly number: number;
  readonly host: string;
  readonly state: 'up' | 'down';
  readonly status: 'enabled' | 'disabled';
  readonly disabled_reason: string | null;
  readonly host_ip: string;
  readonly type: string;
  readonly version: number;
  readonly cpu: Amount;
  /** MiB */
  readonly ram: Amount;
  /** GiB */
  readonly disk: Amount;
  readonly guests: number;
  /** Guests on which an operation is working. */
  readonly busy: number;
  /** What `uptime` says on its machine; null where it does not answer. Only where it is shown. */
  readonly uptime?: string | null;
  /** Only if the request asks for them. */
  readonly servers?: readonly { readonly uuid: string; readonly name: string }[] | undefined;
}

/** The hosts as hypervisors. */
export class Hypervisors {
  constructor(
    private readonly hosts: Hosts,
    private readonly uptimes: Uptimes,
    private readonly hostIp: string,
  ) {}

  /** @throws 400 for a marker that is none, 404 for a pattern that no host has */
  async list(ctx: RequestContext, { conditions, limit, marker, brief }: ListQuery) {
    const pattern = valueOf(conditions, 'hypervisor_hostname_pattern');
    if (pattern !== undefined && (limit < MAX_LIMIT || marker !== undefined))
      throw badRequest(
        'Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.',
      );
    const all = await this.all(asksServers(conditions));
    const matching = all.filter(({ host }) => pattern === undefined || host.includes(pattern));
    if (pattern !== undefined && matching.length === 0)
      throw notFound('HTTPNotFound', `No hypervisor matching '${pattern}' could be found.`);
    const start = marker === undefined ? 0 : matching.findIndex((row) => isNamed(row, marker)) + 1;
    if (marker !== undefined && start === 0) throw novaWords.noMarker!(marker, ['hypervisor', 'hypervisors']);
    const page = matching.slice(start, start + limit);
    return { rows: brief ? page : await this.shown(ctx, page), more: matching.length > start + limit };
  }

  /** @param key its id, or its number @throws 404 */
  async get(ctx: RequestContext, key: string, beside: readonly Condition[] = []): Promise<HypervisorRow> {
    const found = (await this.all(asksServers(beside))).find((row) => isNamed(row, key));
    if (found === undefined) throw notFound('ComputeHostNotFound', `Hypervisor with ID '${key}' could not be found.`);
    return (await this.shown(ctx, [found]))[0]!;
  }

  /**
   * What `uptime` says on a hypervisor's machine.
   * @throws 400 when it is down or does not answer, 501 when it has no such program
   */
  async uptimeOf({ host }: HypervisorRow): Promise<string> {
    const uptime = (await this.uptimes.of([host])).get(host);
    if (uptime === undefined) throw badRequest(`Compute service of ${host} is unavailable at this time.`);
    if ('text' in uptime) return uptime.text;
    throw new OpenStackError(501, 'HTTPNotImplemented', 'The requested functionality is not supported.');
  }

  /** Hypervisors with what their machines are asked for: only at the microversions that show it. */
  private async shown({ microversion }: RequestContext, rows: readonly HypervisorRow[]): Promise<HypervisorRow[]> {
    if (microversion < SHOWS_UPTIME) return [...rows];
    const uptimes = await this.uptimes.of(rows.map(({ host }) => host));
    return rows.map((row) => {
      const uptime = uptimes.get(row.host);
      return { ...row, uptime: uptime !== undefined && 'text' in uptime ? uptime.text : null };
    });
  }

  private async all(withServers: boolean): Promise<HypervisorRow[]> {
    const [records, { inventories, servers }] = await Promise.all([this.hosts.list(), this.hosts.loads()]);
    return records.map((record, index) => {
      const facts = record.facts as { type?: string; version?: string };
      const there = servers.get(record.host) ?? [];
      const amount = (name: string): Amount => {
        const { total = 0, reserved = 0, used = 0 } = inventories.get(record.host)?.[name] ?? {};
        return { total, used: used + reserved };
      };
      return {
        id: serviceId(record.host),
        number: index + 1,
        host: record.host,
        state: record.up ? 'up' : 'down',
        status: record.disabled ? 'disabled' : 'enabled',
        disabled_reason: record.disabled_reason,
        host_ip: this.hostIp,
        type: facts.type === 'fake' ? 'fake' : 'QEMU',
        version: versionNumber(facts.version),
        cpu: amount('VCPU'),
        ram: amount('MEMORY_MB'),
        disk: amount('DISK_GB'),
        guests: there.length,
        busy: there.filter((s) => s.task_state !== null).length,
        ...(withServers ? { servers: there.map(({ id, name }) => ({ uuid: id, name })) } : {}),
      };
    });
  }
}

const isNamed = ({ id, number }: HypervisorRow, key: string): boolean => id === key || String(number) === key;

const valueOf = (conditions: readonly Condition[], name: string): string | undefined => {
  const value = conditions.find(({ field }) => field === name)?.values.at(-1);
  return typeof value === 'string' ? value : undefined;
};

const asksServers = (conditions: readonly Condition[]): boolean =>
  booleanOfQuery('with_servers', valueOf(conditions, 'with_servers'));

/** 7.2.1 as 7002001, as libvirt counts versions. */
const versionNumber = (version = '0'): number =>
  version.split('.').reduce((sum, part, i) => sum + (Number.parseInt(part, 10) || 0) * 1000 ** (2 - i), 0);
