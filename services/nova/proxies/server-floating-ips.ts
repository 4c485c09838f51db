import type { RequestContext } from '../../kernel/context.js';
import { OpenStackError, badRequest, conflict, notFound } from '../../kernel/errors.js';
import type { Policies } from '../../kernel/policy/index.js';
import type { Neutron } from '../../neutron/index.js';
import type { Servers } from '../servers.js';
import { floatingIpAt } from './floating-ips.js';
import { messageOf } from './in-novas-words.js';

/** The actions addFloatingIp and removeFloatingIp of a server, until 2.43 (floating_ips.py: FloatingIPActionController). */
export class ServerFloatingIps {
  constructor(
    private readonly neutron: Neutron,
    private readonly servers: Servers,
    private readonly policies: Policies,
  ) {}

  /**
   * Lets a floating IP stand for an address of a server.
   * @param fixed which of them; its first one of IPv4 when left out @throws 400, 403 and 404 in Nova's words
   */
  async add(ctx: RequestContext, serverId: string, address: string, fixed: string | undefined): Promise<void> {
    await this.servers.get(ctx, serverId);
    const cards = await this.neutron.serverPorts.of(serverId);
    if (cards.length === 0) throw badRequest('Instance network is not ready yet');
    const own = cards.flatMap(({ portId, fixedIps }) => fixedIps.map((one) => ({ portId, ...one })));
    if (own.length === 0) throw badRequest('No fixed IPs associated to instance');
    const at = fixed === undefined ? own.find(({ version }) => version === 4) : own.find(({ ip }) => ip === fixed);
    if (at === undefined)
      throw badRequest(
        fixed === undefined
          ? `Unable to associate floating IP ${address} to any fixed IPs for instance ${serverId}. Instance has no fixed IPv4 addresses to associate.`
          : 'Specified fixed address not assigned to instance',
      );
    try {
      const { id } = await floatingIpAt(this.neutron, ctx, address);
      await this.neutron.floatingIps.update(ctx, id, { port_id: at.portId, fixed_ip_address: at.ip });
    } catch (error) {
      throw refusedAs(
        error,
        `Unable to associate floating IP ${address} to fixed IP ${at.ip} for instance ${serverId}. Error: `,
      );
    }
  }

  /** @throws 403 for what stands for no server, unless an administrator asks; 404, and 409 for another server's */
  async remove(ctx: RequestContext, serverId: string, address: string): Promise<void> {
    const { id, port } = await floatingIpAt(this.neutron, ctx, address);
    const server = port?.device_id ? await this.servers.get(ctx, port.device_id) : undefined;
    const target = server === undefined ? {} : { project_id: server.project_id };
    this.policies.enforce('nova', 'os_compute_api:os-floating-ips:remove', ctx.credentials, target);
    if (server?.id !== serverId)
      throw conflict('Conflict', `Floating IP ${address} is not associated with instance ${serverId}.`);
    await this.neutron.floatingIps.update(ctx, id, { port_id: null });
  }
}

/** Why it could not be associated. All that is not said otherwise is a bad request to Nova. */
function refusedAs(error: unknown, otherwise: string): unknown {
  if (!(error instanceof OpenStackError) || error.status >= 500 || error.status === 403) return error;
  if (error.type === 'FloatingIpNotFoundForAddress') return notFound(error.type, 'floating IP not found');
  if (error.status === 409 && error.type !== 'FloatingIpMultipleFoundForAddress') return badRequest(error.message);
  return badRequest(`${otherwise}${messageOf(error)}`);
}
