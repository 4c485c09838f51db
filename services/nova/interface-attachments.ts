import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../kernel/context.js';
import type { Sql, Statements } from '../kernel/database.js';
import { OpenStackError, badRequest, conflict, forbidden, notFound } from '../kernel/errors.js';
import type { End, OperationRecords } from '../kernel/operations.js';
import type { Neutron, PortRequest, Vif } from '../neutron/index.js';
import { addressesOf } from './addresses.js';
import { devicesOf, holdServer, type AttachmentStep } from './attachments.js';
import type { HoldingRules, ServerActions } from './server-actions.js';
import { checkRoom } from './server-limits.js';
import type { Servers } from './servers.js';

/** A port that is attached or detached. */
export interface PortOfServer {
  readonly portId: string;
}
/** What a user asks for: one of the user's ports, a new port on a network, or one on the only network that there is. */
export interface InterfaceRequest {
  readonly portId?: string | undefined;
  readonly networkId?: string | undefined;
  readonly fixedIp?: string | undefined;
  readonly tag?: string | undefined;
}
type Rules = HoldingRules<PortOfServer, object>;
type PortStep = AttachmentStep & PortOfServer;

/** Nova's os-interface: the cards of a server that is there (nova/compute/api.py: attach_interface, detach_interface). */
export class InterfaceAttachments {
  constructor(
    private readonly sql: Sql,
    private readonly servers: Servers,
    private readonly actions: ServerActions,
    private readonly neutron: Neutron,
    private readonly operations: OperationRecords,
  ) {}

  /** A server's cards. @throws 404 */
  async list(ctx: RequestContext, serverId: string) {
    await this.servers.get(ctx, serverId);
    return this.neutron.heldPorts.cards(this.sql, serverId);
  }

  /** @throws 404 in Nova's words */
  async get(ctx: RequestContext, serverId: string, portId: string) {
    await this.servers.get(ctx, serverId);
    const [card] = await this.neutron.heldPorts.cards(this.sql, serverId, portId);
    if (!card) throw notFound('PortNotFound', `Instance ${serverId} does not have a port with id ${portId}`);
    return card;
  }

  /**
   * Begins to attach a card. When this returns, the port exists and has its addresses; the guest has the card when the
   * operation is done.
   * @returns the port's id @throws 400, 403, 404, 409 in Nova's words
   */
  async attach(ctx: RequestContext, serverId: string, rules: Rules, asked: InterfaceRequest): Promise<string> {
    const { project_id: projectId } = await this.servers.get(ctx, serverId);
    const request = await this.planPort(ctx, asked);
    const { portId } = request;
    await this.neutron.heldPorts
      .withinQuota(projectId, request, (margin, ...lock) =>
        this.actions.beginHolding(
          ctx,
          serverId,
          rules,
          async (tx, { host }, operationId) => {
            checkRoom((await devicesOf(tx, serverId)).count);
            await this.neutron.heldPorts.take(tx, { id: serverId, projectId, host }, request, operationId, margin);
            return { portId };
          },
          ...lock,
        ),
      )
      .catch((error: unknown) => {
        throw error instanceof OpenStackError && error.type === 'OverQuota'
          ? forbidden('Maximum number of ports exceeded')
          : error;
      });
    return portId;
  }

  /** Begins to detach a card. @throws 404, 409 in Nova's words */
  async detach(ctx: RequestContext, serverId: string, rules: Rules, portId: string): Promise<void> {
    await this.actions.beginHolding(ctx, serverId, rules, async (tx, _server, operationId) => {
      await this.neutron.heldPorts.beginDetaching(tx, serverId, { portId, operationId });
      return { portId };
    });
  }

  /**
   * The first step: from here on, a failure gives the port back. @throws when the operation does not hold it any more
   */
  async hold(step: PortStep): Promise<Vif> {
    return this.sql.transaction((tx) => this.holding(tx, step));
  }

  /** The undo of `hold` for an attach: the port is gone, or free again where it is the user's own. */
  async giveBack(step: PortStep): Promise<void> {
    await this.neutron.heldPorts.free(this.sql, step);
  }

  /** The undo of `hold` for a detach: the server keeps its card. */
  async keep(step: PortStep): Promise<void> {
    await this.neutron.heldPorts.keep(this.sql, step);
  }

  /** The last step of an attach: the card is up, and the server shows its addresses. */
  finishAttaching(step: PortStep & Omit<End, 'state'>): Promise<void> {
    return this.finish(step, (tx) => this.neutron.heldPorts.keep(tx, step));
  }

  /** The last step of a detach: the port is gone or free, and the server shows its addresses no more. */
  finishDetaching(step: PortStep & Omit<End, 'state'>): Promise<void> {
    return this.finish(step, (tx) => this.neutron.heldPorts.free(tx, step));
  }

  private async finish(step: PortStep & Omit<End, 'state'>, change: (tx: Statements) => Promise<void>): Promise<void> {
    // An earlier attempt has committed, and only its answer was lost.
    if (await this.operations.isDone(step.operationId)) return;
    await this.sql.transaction(async (tx) => {
      await this.holding(tx, step);
      await change(tx);
      const addresses = addressesOf(await this.neutron.serverPorts.of(step.serverId, tx));
      await tx.$executeRaw`
        UPDATE nova.servers SET addresses = ${JSON.stringify(addresses)}::jsonb, updated_at = now() WHERE id = ${step.serverId}`;
      await this.operations.finish(tx, { ...step, state: 'done' });
    });
  }

  private async holding(tx: Statements, step: PortStep): Promise<Vif> {
    await holdServer(tx, step);
    const vif = await this.neutron.heldPorts.held(tx, step);
    if (!vif) throw conflict('PortInUse', `Port ${step.portId} was taken from this operation.`);
    return vif;
  }

  private async planPort(
    ctx: RequestContext,
    asked: InterfaceRequest,
  ): Promise<PortRequest & { tag?: string | undefined }> {
    const { portId, networkId, fixedIp, tag } = asked;
    if (portId !== undefined) {
      if (networkId !== undefined) throw badRequest('Must not input both network_id and port_id');
      const port = await this.neutron.getPort(ctx, portId).catch(inNovasWords(`Port id ${portId} could not be found.`));
      return { portId, networkId: port.network_id, create: false, tag };
    }
    if (fixedIp !== undefined && networkId === undefined)
      throw badRequest('Must input network_id when request IP address');
    const network = await this.neutron
      .getRecentNetwork(ctx, networkId ?? (await this.onlyNetwork(ctx)))
      .catch(inNovasWords(`Network ${networkId ?? ''} could not be found.`));
    if (network.subnets.length === 0)
      throw badRequest(`Network ${network.id} requires a subnet in order to boot instances on.`);
    if (fixedIp !== undefined) await this.neutron.checkFixedIp(ctx, network, fixedIp);
    return {
      portId: randomUUID(),
      networkId: network.id,
      create: true,
      tag,
      ...(fixedIp === undefined ? {} : { fixedIp }),
    };
  }

  private async onlyNetwork(ctx: RequestContext): Promise<string> {
    const [first, second] = await this.neutron.networksForBoot(ctx);
    if (!first)
      throw badRequest(`No specific network was requested and none are available for project '${ctx.projectId}'.`);
    if (second)
      throw badRequest(
        'More than one possible network found. Specify network ID(s) to select which one(s) to connect to.',
      );
    return first.id;
  }
}

const inNovasWords =
  (message: string) =>
  (error: unknown): never => {
    throw error instanceof OpenStackError && error.status === 404 ? notFound(error.type, message) : error;
  };
