import { Prisma, type Statements } from '../database.js';
import { OpenStackError, conflict, notFound } from '../errors.js';
import { giveAddresses, subnetRanges, type FixedIp } from './addresses.js';
import type { SubnetRange } from './ipam.js';
import { newMac } from './mac.js';

/** One network card of a server, as the host needs it. */
export interface Vif {
  readonly portId: string;
  readonly networkId: string;
  readonly networkName: string;
  readonly mac: string;
  readonly mtu: number;
  readonly fixedIps: readonly FixedIp[];
}
/** A card that a server asks for. The id is chosen with the request, before the port exists. */
export interface PortRequest {
  readonly portId: string;
  readonly networkId: string;
  readonly fixedIp?: string;
  /** The boot makes the port, so the boot's undo and the server's delete remove it. Else it is the user's own. */
  readonly create: boolean;
}

/** The ports of servers: what boots and deletes do with them, inside their own transactions. */
export class ServerPorts {
  constructor(private readonly sql: Statements) {}

  /**
   * Makes or binds a server's ports, with their addresses. Runs twice with the same result: a port that is already
   * this server's is taken as it is.
   */
  async bind(
    tx: Statements,
    server: { id: string; projectId: string; host: string },
    requests: readonly PortRequest[],
  ): Promise<Vif[]> {
    const made = new Map<string, Vif>();
    for (const request of requests) {
      if (!request.create) await this.bindOwnPort(tx, server, request.portId);
      const vif = request.create ? await this.makePort(tx, server, request) : undefined;
      if (vif) made.set(vif.portId, vif);
    }
    const others = requests.map((r) => r.portId).filter((id) => !made.has(id));
    const known = others.length === 0 ? [] : await this.vifs(tx, Prisma.sql`p.id = ANY(${others})`);
    return requests.flatMap(({ portId }) => made.get(portId) ?? known.find((v) => v.portId === portId) ?? []);
  }

  /** @returns undefined when the port is there already */
  private async makePort(
    tx: Statements,
    server: { id: string; projectId: string; host: string },
    { portId, networkId, fixedIp }: PortRequest,
  ): Promise<Vif | undefined> {
    const mac = newMac();
    const [network] = await tx.$queryRaw<{ made: boolean; name: string; mtu: number; subnets: SubnetRange[] }[]>`
      WITH made AS (
        INSERT INTO neutron.ports (id, project_id, network_id, mac_address, device_id, device_owner, binding_host_id, binding_vif_type, created_by_nova)
        VALUES (${portId}, ${server.projectId}, ${networkId}, ${mac}, ${server.id}, 'compute:nova', ${server.host}, 'tap', true)
        ON CONFLICT (id) DO NOTHING RETURNING id)
      SELECT EXISTS (SELECT 1 FROM made) AS made, n.name, n.mtu, ARRAY(${subnetRanges(networkId)}) AS subnets
      FROM neutron.networks n WHERE n.id = ${networkId}`;
    if (!network?.made) return undefined;
    // The request was refused unless the network had one, so it was deleted meanwhile: a card without an address is not
    // what was asked for.
    if (network.subnets.length === 0)
      throw new OpenStackError(
        400,
        'NetworkRequiresSubnet',
        `Network ${networkId} requires a subnet in order to boot instances on.`,
      );
    const wanted = fixedIp === undefined ? undefined : [{ ip_address: fixedIp }];
    const port = { id: portId, network_id: networkId };
    const fixedIps = await giveAddresses(tx, port, network.subnets, wanted);
    return { portId, networkId, networkName: network.name, mac, mtu: network.mtu, fixedIps };
  }

  private async bindOwnPort(tx: Statements, server: { id: string; host: string }, portId: string): Promise<void> {
    const bound = await tx.$executeRaw`
      UPDATE neutron.ports SET device_id = ${server.id}, device_owner = 'compute:nova', binding_host_id = ${server.host},
        binding_vif_type = 'tap', updated_at = now(), revision_number = revision_number + 1
      WHERE id = ${portId} AND device_id IN ('', ${server.id})`;
    if (bound === 1) return;
    const there = await tx.$queryRaw<unknown[]>`SELECT 1 FROM neutron.ports WHERE id = ${portId}`;
    if (there.length > 0) throw conflict('PortInUse', `Port ${portId} is still in use.`);
    throw notFound('PortNotFound', `Port id ${portId} could not be found.`);
  }

  /** Removes the ports that a boot made for the server, and hands the user's own back. Nothing there is fine. */
  async unbind(tx: Statements, serverId: string): Promise<void> {
    await tx.$executeRaw`
      WITH removed AS (DELETE FROM neutron.ports WHERE device_id = ${serverId} AND created_by_nova)
      UPDATE neutron.ports SET device_id = '', device_owner = '', binding_host_id = '', binding_vif_type = 'unbound',
        status = 'DOWN', updated_at = now()
      WHERE device_id = ${serverId} AND NOT created_by_nova`;
  }

  /** The guests run, so their cards are up: a statement for the caller's own. @param servers a query for their ids */
  activate(servers: Prisma.Sql): Prisma.Sql {
    return Prisma.sql`UPDATE neutron.ports SET status = 'ACTIVE', updated_at = now() WHERE device_id IN (${servers})`;
  }

  /** A server's cards, for the host to unplug them. */
  of(serverId: string): Promise<Vif[]> {
    return this.vifs(this.sql, Prisma.sql`p.device_id = ${serverId}`);
  }

  private async vifs(queries: Statements, which: Prisma.Sql): Promise<Vif[]> {
    const rows = await queries.$queryRaw<(Omit<Vif, 'fixedIps'> & { fixedIps: FixedIp[] | null })[]>`
      SELECT p.id AS "portId", n.id AS "networkId", n.name AS "networkName", p.mac_address AS mac, n.mtu,
        (SELECT jsonb_agg(jsonb_build_object('subnetId', a.subnet_id, 'ip', a.ip_address, 'version', s.ip_version))
         FROM neutron.ip_allocations a JOIN neutron.subnets s ON s.id = a.subnet_id WHERE a.port_id = p.id) AS "fixedIps"
      FROM neutron.ports p JOIN neutron.networks n ON n.id = p.network_id WHERE ${which}`;
    return rows.map((r) => ({ ...r, fixedIps: r.fixedIps ?? [] }));
  }
}
