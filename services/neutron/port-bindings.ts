import type { RequestContext } from '../kernel/context.js';
import type { Database, Prisma, Queries } from '../kernel/database.js';
import { OpenStackError, conflict, notFound } from '../kernel/errors.js';
import type { Policies } from '../kernel/policy/index.js';
import { Access } from '../kernel/resource/access.js';
import type { Condition, ListQuery } from '../kernel/resource/query.js';
import type { Action } from '../kernel/resource/spec.js';
import { noPort } from './l3/refusals.js';
import { portBinding } from './resources/port-binding.js';

/** What drivers make of a port on its host. */
const VIF_TYPE = 'tap';
const UNBOUND = 'unbound';
/** Whose ports can be on the way from one host to another (neutron/plugins/ml2/plugin.py: _validate_port_supports_multiple_bindings). */
const OWNERS = ['compute:', 'manila:'];

/** A binding as it is answered. */
export interface PortBinding {
  readonly host: string;
  readonly vif_type: string;
  readonly vif_details: object;
  readonly vnic_type: string;
  readonly profile: Prisma.JsonValue;
  readonly status: 'ACTIVE' | 'INACTIVE';
}
interface BindingRequest {
  readonly host: string;
  readonly vnic_type?: string;
  readonly profile?: Prisma.InputJsonObject;
}
type Port = NonNullable<Awaited<ReturnType<typeof portOf>>>;

/**
 * The bindings of ports (neutron/plugins/ml2/plugin.py). The active one is in the port itself; a server that is to move has a
 * further one on the host that it is to go to, and that becomes the active one when the server runs there.
 */
export class PortBindings {
  private readonly access: Access;

  constructor(
    private readonly db: Database,
    policies: Policies,
  ) {
    this.access = new Access(portBinding, policies);
  }

  async list(ctx: RequestContext, { conditions, limit }: ListQuery) {
    const port = await this.port(ctx, 'list', portOfPath(conditions));
    const asked = conditions.filter(({ field }) => field !== 'port_id');
    const rows = bindingsOf(port).filter((one) => {
      const values = new Map<string, unknown>(Object.entries(one));
      return asked.every((condition) => condition.values.some((value) => value === values.get(condition.field)));
    });
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** @throws 404 */
  async get(ctx: RequestContext, host: string, beside: readonly Condition[] = []): Promise<PortBinding> {
    const port = await this.port(ctx, 'get', portOfPath(beside));
    return bindingOn(port, host);
  }

  /** Prepares the port for another host. @throws 409 where it has that binding, or no agent binds it there */
  async create(
    ctx: RequestContext,
    [input]: readonly BindingRequest[],
    at: { readonly port_id?: string } = {},
  ): Promise<[PortBinding]> {
    const { host, vnic_type = 'normal', profile = {} } = input!;
    const { id } = await this.port(ctx, 'create', at.port_id ?? '');
    return this.db.$transaction(async (tx) => {
      const port = await lockedPort(tx, id);
      if (bindingsOf(port).some((one) => one.host === host))
        throw conflict('PortBindingAlreadyExists', `Binding for port ${id} on host ${host} already exists.`);
      if ((await tx.networkAgent.findFirst({ where: { host }, select: { host: true } })) === null)
        throw conflict('PortBindingError', `Binding for port ${id} on host ${host} could not be created or updated.`);
      const made = await tx.portBinding.create({ data: { port_id: id, host, vif_type: VIF_TYPE, vnic_type, profile } });
      return [inactive(made)];
    });
  }

  /** Takes one away, the active one too: the port is bound to no host then. @throws 404 */
  async delete(
    ctx: RequestContext,
    host: string,
    _revision?: number,
    beside: readonly Condition[] = [],
  ): Promise<void> {
    const { id } = await this.port(ctx, 'delete', portOfPath(beside));
    await this.db.$transaction(async (tx) => {
      const port = await lockedPort(tx, id);
      const one = bindingOn(port, host);
      if (one.status === 'INACTIVE') await tx.portBinding.delete({ where: { port_id_host: { port_id: id, host } } });
      else await bind(tx, id, { ...one, host: '', vif_type: UNBOUND }, port.status);
    });
  }

  /** Makes another binding the active one; the one before keeps its host, unbound. @throws 404, 409 where it is active */
  async activate(ctx: RequestContext, port_id: string, host: string): Promise<PortBinding> {
    const { id } = await this.port(ctx, 'update', port_id, 'activate');
    return this.db.$transaction(async (tx) => {
      const port = await lockedPort(tx, id);
      if (port.binding_host_id === host)
        throw conflict('PortBindingAlreadyActive', `Binding for port ${id} on host ${host} is already active.`);
      const next = bindingOn(port, host);
      await tx.portBinding.delete({ where: { port_id_host: { port_id: id, host } } });
      const { binding_vnic_type: vnic_type, binding_profile: profile, binding_host_id: before } = port;
      const left = {
        port_id: id,
        host: before,
        vif_type: UNBOUND,
        vnic_type,
        profile: profile as Prisma.InputJsonValue,
      };
      if (before !== '') await tx.portBinding.create({ data: left });
      const vif_type = next.vif_type === UNBOUND ? VIF_TYPE : next.vif_type;
      await bind(tx, id, { ...next, vif_type }, 'DOWN');
      return bindingOn((await portOf(tx, id))!, host);
    });
  }

  /** @throws 403, 404, and 400 for a port of something that never moves */
  private async port(
    ctx: RequestContext,
    action: Action,
    id: string,
    rule = this.access.ruleOf(action),
  ): Promise<Port> {
    const port = await portOf(this.db, id);
    if (port === null) throw noPort(id);
    this.access.checkRule(ctx, rule, action, { project_id: port.project_id, tenant_id: port.project_id });
    if (OWNERS.some((owner) => port.device_owner.startsWith(owner))) return port;
    const why = `Invalid port ${id}. Operation only valid on compute and shared filesystem ports`;
    throw new OpenStackError(400, 'BadRequest', `Bad port request: ${why}.`);
  }
}

const portOfPath = (conditions: readonly Condition[]): string =>
  String(conditions.findLast(({ field }) => field === 'port_id')?.values[0] ?? '');

const portOf = (on: Database | Queries, id: string) =>
  on.port.findUnique({ where: { id }, include: { bindings: true } });

/** The port, whose bindings are changed by one at a time. @throws 404 */
async function lockedPort(tx: Queries, id: string): Promise<Port> {
  await tx.$queryRaw`SELECT 1 FROM neutron.ports WHERE id = ${id} FOR UPDATE`;
  const port = await portOf(tx, id);
  if (port === null) throw noPort(id);
  return port;
}

const inactive = (one: Omit<PortBinding, 'status' | 'vif_details'>): PortBinding => ({
  ...one,
  vif_details: {},
  status: 'INACTIVE',
});

/** The active one first. */
const bindingsOf = (port: Port): PortBinding[] => [
  {
    host: port.binding_host_id,
    vif_type: port.binding_vif_type,
    vif_details: {},
    vnic_type: port.binding_vnic_type,
    profile: port.binding_profile,
    status: 'ACTIVE',
  },
  ...port.bindings.map(inactive),
];

/** @throws 404 */
function bindingOn(port: Port, host: string): PortBinding {
  const one = bindingsOf(port).find((binding) => binding.host === host);
  if (one === undefined)
    throw notFound('PortBindingNotFound', `Binding for port ${port.id} for host ${host} could not be found.`);
  return one;
}

/** Writes the active one. */
async function bind(
  tx: Queries,
  id: string,
  { host, vif_type, vnic_type, profile }: Omit<PortBinding, 'status' | 'vif_details'>,
  status: string,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE neutron.ports SET binding_host_id = ${host}, binding_vif_type = ${vif_type}, binding_vnic_type = ${vnic_type},
      binding_profile = ${JSON.stringify(profile)}::jsonb, status = ${status}, updated_at = now(),
      revision_number = revision_number + 1
    WHERE id = ${id}`;
}
