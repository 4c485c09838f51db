import { Controller, Get, Inject } from '@nestjs/common';
import type { Config } from '#config';
import { badRequest, notFound } from '#services/kernel/errors';
import { parsePage } from '#services/kernel/paging';
import type { Services } from '#services/index';
import { nextLink } from '../http/links.js';
import { booleanOfQuery } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Minor, Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { serviceId } from './service-id.js';

type Query = Record<string, string | undefined>;
type Hosts = Services['nova']['hosts'];
type HostRecord = Awaited<ReturnType<Hosts['list']>>[number];
type Loads = Awaited<ReturnType<Hosts['loads']>>;
type Found = HostRecord & { readonly hypervisorId: string | number };

/** The hosts as hypervisors (nova/api/openstack/compute/hypervisors.py). */
@Controller('compute/v2.1/os-hypervisors')
export class HypervisorsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Policy('os_compute_api:os-hypervisors:list')
  list(@Minor() minor: number, @Params() query: Query) {
    return this.page('os-hypervisors', minor, query, () => ({}));
  }

  @Get('detail')
  @Policy('os_compute_api:os-hypervisors:list')
  detail(@Minor() minor: number, @Params() query: Query) {
    return this.page('os-hypervisors/detail', minor, query, (host, loads) => {
      const facts = host.facts as { type?: string; version?: string };
      return {
        hypervisor_type: facts.type === 'fake' ? 'fake' : 'QEMU',
        hypervisor_version: versionNumber(facts.version),
        host_ip: this.config.NOVAFLOW_BIND,
        service: { id: host.hypervisorId, host: host.host, disabled_reason: host.disabled_reason },
        // Since 2.88 placement is asked for what a host has. Its role does not report since when it is up.
        ...(minor < 88 ? usageView(host, loads, minor) : { uptime: null }),
      };
    });
  }

  /** One page of the hosts, each with what a view adds: pages came in 2.33, names and servers of hosts in 2.53. */
  private async page(
    path: string,
    minor: number,
    query: Query,
    more: (host: Found, loads: Loads) => object,
  ): Promise<object> {
    const pattern = minor >= 53 ? query['hypervisor_hostname_pattern'] : undefined;
    const withServers = minor >= 53 && booleanOfQuery('with_servers', query['with_servers']);
    const page = minor >= 33 ? parsePage(query, 0) : { limit: Number.MAX_SAFE_INTEGER };
    if (pattern !== undefined && (query['limit'] !== undefined || page.marker !== undefined))
      throw badRequest(
        'Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.',
      );
    const { hosts } = this.services.nova;
    const [records, loads] = await Promise.all([hosts.list(), hosts.loads()]);
    const all = records.map((s, i): Found => ({ ...s, hypervisorId: minor >= 53 ? serviceId(s.host) : i + 1 }));
    const matching = all.filter((s) => pattern === undefined || s.host.includes(pattern));
    if (pattern !== undefined && matching.length === 0)
      throw notFound('HTTPNotFound', `No hypervisor matching '${pattern}' could be found.`);
    const start = page.marker === undefined ? 0 : matching.findIndex((s) => String(s.hypervisorId) === page.marker) + 1;
    if (page.marker !== undefined && start === 0) throw badRequest(`marker [${page.marker}] not found`);
    const shown = matching.slice(start, start + page.limit);
    const last = shown.at(-1);
    const isLast = start + shown.length >= matching.length;
    const url = `${this.config.publicUrl}/compute/v2.1/${path}`;
    return {
      hypervisors: shown.map((host) => ({
        id: host.hypervisorId,
        hypervisor_hostname: host.host,
        state: host.up ? 'up' : 'down',
        status: host.disabled ? 'disabled' : 'enabled',
        ...more(host, loads),
        ...(withServers ? serversOn(host.host, loads, minor) : {}),
      })),
      ...(isLast || last === undefined || minor < 33
        ? {}
        : { hypervisors_links: [nextLink(url, query, page.limit, String(last.hypervisorId))] }),
    };
  }
}

/** The servers of a host; none is an empty list since 2.75, and nothing before. */
function serversOn(host: string, { servers }: Loads, minor: number): object {
  const there = (servers.get(host) ?? []).map(({ id, name }) => ({ uuid: id, name }));
  return there.length === 0 && minor < 75 ? {} : { servers: there };
}

/** What Nova counted of a host until 2.88. What is kept for the host itself counts as used, as in Nova. */
function usageView({ host }: HostRecord, { inventories, servers }: Loads, minor: number): object {
  const classes = inventories.get(host) ?? {};
  const of = (name: string): { total: number; used: number } => {
    const { total = 0, reserved = 0, used = 0 } = classes[name] ?? {};
    return { total, used: used + reserved };
  };
  const [cpu, ram, disk] = [of('VCPU'), of('MEMORY_MB'), of('DISK_GB')];
  const there = servers.get(host) ?? [];
  return {
    vcpus: cpu.total,
    vcpus_used: cpu.used,
    memory_mb: ram.total,
    memory_mb_used: ram.used,
    free_ram_mb: ram.total - ram.used,
    local_gb: disk.total,
    local_gb_used: disk.used,
    free_disk_gb: disk.total - disk.used,
    disk_available_least: null,
    running_vms: there.length,
    current_workload: there.filter((s) => s.task_state !== null).length,
    // JSON as text until 2.28. A role does not report its machine's processor.
    cpu_info: minor >= 28 ? {} : '{}',
  };
}

/** 7.2.1 as 7002001, as libvirt counts versions. */
const versionNumber = (version = '0'): number =>
  version.split('.').reduce((sum, part, i) => sum + (Number.parseInt(part, 10) || 0) * 1000 ** (2 - i), 0);
