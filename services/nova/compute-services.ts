import type { RequestContext } from '../kernel/context.js';
import { badRequest, conflict, notFound, type OpenStackError } from '../kernel/errors.js';
import type { Condition, ListQuery } from '../kernel/resource/query.js';
import type { Conductors } from './conductors.js';
import type { HostChange, Hosts } from './hosts.js';
import { serviceId } from './service-id.js';

/** A service, as far as Nova tells of one. */
export interface ServiceRow {
  readonly id: string;
  /** Its id before microversion 2.53: its position among the services. */
  readonly number: number;
  readonly binary: string;
  readonly host: string;
  readonly zone: string;
  readonly status: 'enabled' | 'disabled';
  readonly state: 'up' | 'down';
  readonly disabled_reason: string | null;
  readonly forced_down: boolean;
  readonly updated_at: Date;
}
/** What a request changes of one. */
interface ServiceChange {
  readonly status?: 'enabled' | 'disabled';
  readonly disabled_reason?: string;
  readonly forced_down?: boolean;
}

const COMPUTE = 'nova-compute';

/** Nova's services: the hosts and the conductors. A conductor holds the scheduler, so each is listed as both. */
export class ComputeServices {
  constructor(
    private readonly hosts: Hosts,
    private readonly conductors: Conductors,
  ) {}

  async list(_ctx: RequestContext, { conditions }: ListQuery) {
    const rows = (await this.all()).filter(
      ({ host, binary }) => asked(conditions, 'host', host) && asked(conditions, 'binary', binary),
    );
    return { rows, more: false };
  }

  /** @throws 400, 404 */
  async update(_ctx: RequestContext, id: string, change: ServiceChange): Promise<ServiceRow> {
    const found = await this.find(id);
    const { status, disabled_reason, forced_down } = change;
    if (found.binary !== COMPUTE) throw onlyHosts(found.binary);
    if (status === 'enabled' && disabled_reason !== undefined)
      throw badRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.");
    if (status === undefined && forced_down === undefined)
      throw badRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.");
    await this.hosts.set(found.host, {
      ...(status === undefined ? {} : ability(status, disabled_reason)),
      ...(forced_down === undefined ? {} : { forced_down }),
    });
    return this.find(id);
  }

  /** The same, for a service that is named by its host and binary, as before microversion 2.53. @throws 400, 404 */
  async set(host: string, binary: string, { status, disabled_reason, forced_down }: ServiceChange): Promise<void> {
    if (binary !== COMPUTE) throw onlyHosts(binary);
    await this.hosts.set(host, {
      ...(status === undefined ? {} : ability(status, disabled_reason)),
      ...(forced_down === undefined ? {} : { forced_down }),
    });
  }

  /** The availability zones of the services. One is available when a service in it is up. */
  async zones(): Promise<{ name: string; available: boolean; services: ServiceRow[] }[]> {
    const zones = new Map<string, ServiceRow[]>();
    for (const row of await this.all()) zones.set(row.zone, [...(zones.get(row.zone) ?? []), row]);
    return [...zones].map(([name, services]) => ({
      name,
      available: services.some(({ state, status }) => state === 'up' && status === 'enabled'),
      services,
    }));
  }

  /** Takes one away: a role that starts on the host reports it again. @throws 404, 409 while a server is on the host */
  async delete(_ctx: RequestContext, id: string): Promise<void> {
    const { binary, host } = await this.find(id);
    if (binary !== COMPUTE) await this.conductors.remove(host);
    else if (!(await this.hosts.remove(host)))
      throw conflict(
        'Conflict',
        'Unable to delete compute service that is hosting instances. Migrate or delete the instances first.',
      );
  }

  /** @param id a UUID, or the number that it was until 2.53 */
  private async find(id: string): Promise<ServiceRow> {
    const found = (await this.all()).find((row) => row.id === id || String(row.number) === id);
    if (found === undefined) throw notFound('ServiceNotFound', `Service ${id} could not be found.`);
    return found;
  }

  private async all(): Promise<ServiceRow[]> {
    const [computes, controllers] = await Promise.all([this.hosts.list(), this.conductors.list()]);
    return [
      ...computes.map((s) => ({ ...s, id: serviceId(s.host), binary: COMPUTE, zone: s.availability_zone })),
      ...['nova-conductor', 'nova-scheduler'].flatMap((binary) =>
        controllers.map((s) => ({
          ...s,
          id: serviceId(`${binary}/${s.host}`),
          binary,
          zone: 'internal',
          disabled: false,
          disabled_reason: null,
          forced_down: false,
        })),
      ),
    ].map(({ disabled, up, ...row }, index) => ({
      ...row,
      number: index + 1,
      status: disabled ? 'disabled' : 'enabled',
      state: up ? 'up' : 'down',
    }));
  }
}

const asked = (conditions: readonly Condition[], name: string, is: string): boolean => {
  const value = conditions.find(({ field }) => field === name)?.values.at(-1);
  return value === undefined || value === '' || value === is;
};

const ability = (status: 'enabled' | 'disabled', reason?: string): HostChange => ({
  disabled: status === 'disabled',
  disabled_reason: status === 'disabled' ? (reason ?? null) : null,
});

/** Nova's refusal for a service that is not nova-compute. */
const onlyHosts = (binary: string): OpenStackError =>
  badRequest(`Updating a ${binary} service is not supported. Only nova-compute services can be updated.`);
