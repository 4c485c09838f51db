import { randomUUID } from 'node:crypto';
import { scopeOf, type RequestContext } from '../kernel/context.js';
import { isConflict, type Database, type Prisma, type Queries } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import { fetchPage, type Page } from '../kernel/paging.js';
import { giveAddresses, subnetRanges } from './addresses.js';
import { defined } from './defined.js';
import type { SubnetRange } from './ipam.js';
import { newMac } from './mac.js';
import { checkPort, checkPortChange, checkPortPolicy, type PortChange, type PortInput } from './port-rules.js';
import type { NeutronQuotas } from './quotas.js';

const withAddresses = { fixed_ips: true } as const;

/** The ports that users make and see. What boots do with ports is in server-ports.ts. */
export class Ports {
  constructor(
    private readonly db: Database,
    private readonly quotas: NeutronQuotas,
    private readonly networkOf: (
      ctx: RequestContext,
      id: string,
    ) => Promise<{ id: string; project_id: string; shared: boolean }>,
  ) {}

  /** Makes all of them, or none. @throws 400, 403, 404, 409 in Neutron's words */
  async create(ctx: RequestContext, inputs: readonly PortInput[]) {
    const ids = [...new Set(inputs.map((i) => i.network_id))];
    const networks = new Map(await Promise.all(ids.map(async (id) => [id, await this.networkOf(ctx, id)] as const)));
    for (const input of inputs) checkPortPolicy(ctx, networks.get(input.network_id)!, input);
    const checked = inputs.map(checkPort);
    const projects = checked.map((c) => c.project_id);
    return this.quotas.making('port', projects, async (tx) => {
      const made = [];
      for (const input of checked) made.push(await this.make(tx, input));
      return made;
    });
  }

  private async make(tx: Queries, { fixed_ips, ...input }: PortInput) {
    const data = { mac_address: newMac(), ...defined(input), id: randomUUID() };
    const port = await tx.port.create({ data }).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      throw conflict(
        'MacAddressInUse',
        `Unable to complete operation for network ${input.network_id}. The mac address ${data.mac_address} is in use.`,
      );
    });
    const subnets = await tx.$queryRaw<{ subnet: SubnetRange }[]>(subnetRanges(input.network_id));
    await giveAddresses(
      tx,
      port,
      subnets.map((s) => s.subnet),
      fixed_ips,
    );
    return tx.port.findUniqueOrThrow({ where: { id: port.id }, include: withAddresses });
  }

  list(ctx: RequestContext, where: Prisma.PortWhereInput, page: Page) {
    return fetchPage(
      page,
      (args) =>
        this.db.port.findMany({
          where: { AND: [scopeOf(ctx, 'neutron', true), where] },
          include: withAddresses,
          orderBy: { id: 'asc' },
          ...args,
        }),
      (marker) => this.get(ctx, marker),
    );
  }

  async get(ctx: RequestContext, id: string) {
    const port = await this.db.port.findFirst({
      where: { id, ...scopeOf(ctx, 'neutron', true) },
      include: withAddresses,
    });
    if (!port) throw portNotFound(id);
    return port;
  }

  /** @throws 403, 404, and 409 for the device of a port that a server has */
  async update(ctx: RequestContext, id: string, change: PortChange) {
    const port = await this.get(ctx, id);
    checkPortChange(ctx, await this.networkOf(ctx, port.network_id), port, change);
    return this.db.$transaction(async (tx) => {
      const named = change.device_id !== undefined || change.device_owner !== undefined;
      const [found] = await tx.$queryRaw<{ bound: boolean }[]>`
        UPDATE neutron.ports SET updated_at = now(), revision_number = revision_number + 1
        WHERE id = ${id} RETURNING (created_by_nova OR binding_host_id <> '') AS bound`;
      if (!found) throw portNotFound(id);
      // Neutron lets it be changed, and Nova no longer finds its port then: neither to unplug nor to delete it.
      if (named && found.bound)
        throw conflict('PortBound', `Unable to complete operation on port ${id}, port is already bound.`);
      return tx.port.update({ where: { id }, data: defined(change), include: withAddresses });
    });
  }

  async delete(ctx: RequestContext, id: string): Promise<void> {
    await this.get(ctx, id);
    await this.db.port.deleteMany({ where: { id } });
  }
}

const portNotFound = (id: string) => notFound('PortNotFound', `Port ${id} could not be found.`);
