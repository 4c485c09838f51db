import { Type } from 'typebox';
import { Prisma, type Statements } from '../kernel/database.js';
import { OpenStackError, conflict, notFound } from '../kernel/errors.js';
import { bool, integer, nullable, rowType, rowsOf, text, type Row } from '../kernel/rows.js';
import { FIXED_IP, NETWORK_SUBNET, giveAddresses, subnetRanges, type FixedIp } from './addresses.js';
import { ensureDefaultGroup } from './default-groups.js';
import { newMac } from './mac.js';
import { overQuota, type NeutronQuotas } from './quotas.js';

const CARD = { portId: text, networkId: text, networkName: text, mac: text, mtu: integer };
const VIF = rowType({ ...CARD, fixedIps: nullable(Type.Array(FIXED_IP)) });
/** One network card of a server, as the host needs it. */
export interface Vif extends Omit<Row<typeof VIF>, 'fixedIps'> {
  readonly fixedIps: readonly FixedIp[];
}
const FLOATING_IP = rowType({ serverId: text, networkName: text, mac: text, ip: text });
/** A floating IP of a server, and the network and the card that it leads to. */
export type ServersFloatingIp = Row<typeof FLOATING_IP>;
/** What came of making a port: the quota's room, and the network with its subnets, unless it is gone. */
const MADE = rowType({
  made: bool,
  guarded: bool,
  room: nullable(integer),
  name: nullable(text),
  mtu: nullable(integer),
  subnets: Type.Array(NETWORK_SUBNET),
});
/** A card that a server asks for. The id is chosen with the request, before the port exists. */
export interface PortRequest {
  readonly portId: string;
  readonly networkId: string;
  readonly fixedIp?: string;
  /** The boot makes the port, so the boot's undo and the server's delete remove it. Else it is the user's own. */
  readonly create: boolean;
  /** The security groups of a port that is made; the project's default one when left out. */
  readonly securityGroups?: readonly string[];
}

/**
 * That a boot has made or bound a port. Users may write any server's id into `device_id` of a port of theirs, as in
 * Neutron; these fields are what they cannot write, so only such a port is a server's.
 */
export const BOUND = Prisma.sql`(created_by_nova OR binding_host_id <> '')`;

/**
 * Boots that make no more than so many ports each may count their quota side by side as long as so many ports are left
 * over: each holds a connection, and all of a control plane's are fewer than 64.
 */
const FEW_PORTS = 4;
const MARGIN = 64 * FEW_PORTS;
/** The quota is so near that those who count it must take turns. */
class NearQuota extends Error {}

/** The ports of servers: what boots and deletes do with them, inside their own transactions. */
export class ServerPorts {
  constructor(
    private readonly sql: Statements,
    private readonly quotas: NeutronQuotas,
  ) {}

  /**
   * Runs the transaction that binds a server's ports, under the lock of their quota where some are to be made. Boots of
   * a project that is far from its quota hold the lock together and count side by side; near it they take turns, as
   * requests for ports always do.
   * @param bind runs it with `bind` in it, and with the lock as `Sql.transaction` takes it
   */
  async withinQuota<T>(
    projectId: string,
    requests: readonly PortRequest[],
    bind: (margin: number, lock?: string, mode?: 'exclusive' | 'shared') => Promise<T>,
  ): Promise<T> {
    const making = requests.filter((r) => r.create).length;
    if (making === 0) return bind(0);
    const lock = await this.quotas.lockOf(projectId, 'port');
    if (making > FEW_PORTS) return bind(0, lock);
    try {
      return await bind(MARGIN, lock, 'shared');
    } catch (error) {
      if (!(error instanceof NearQuota)) throw error;
      return bind(0, lock);
    }
  }

  /**
   * Makes or binds a server's ports, with their addresses. Runs twice with the same result: a port that is already
   * this server's is taken as it is.
   * @param margin how many more ports the quota must leave over; what is not there begins again (withinQuota)
   */
  async bind(
    tx: Statements,
    server: { id: string; projectId: string; host: string },
    requests: readonly PortRequest[],
    margin: number,
  ): Promise<Vif[]> {
    const made = new Map<string, Vif>();
    for (const request of requests) {
      if (!request.create) await this.bindOwnPort(tx, server, request.portId);
      const vif = request.create ? await this.makePort(tx, server, request, margin) : undefined;
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
    { portId, networkId, fixedIp, securityGroups }: PortRequest,
    margin: number,
  ): Promise<Vif | undefined> {
    const mac = newMac();
    const [network] = await rowsOf(tx, MADE)`
      WITH quota AS (SELECT ${this.quotas.room(server.projectId, 'port')}::int AS room),
      made AS (
        INSERT INTO neutron.ports (id, project_id, network_id, mac_address, device_id, device_owner, binding_host_id, binding_vif_type, created_by_nova, port_security_enabled, created_at)
        SELECT ${portId}, ${server.projectId}, ${networkId}, ${mac}, ${server.id}, 'compute:nova', ${server.host}, 'tap', true,
          COALESCE((SELECT port_security_enabled FROM neutron.networks WHERE id = ${networkId}), true),
          -- Cards are told of in the order in which they were asked for, and all are made in one transaction.
          clock_timestamp()
        FROM quota WHERE room IS NULL OR room > ${margin}
        ON CONFLICT (id) DO NOTHING RETURNING id, port_security_enabled),
      guard AS (
        INSERT INTO neutron.port_security_groups (port_id, security_group_id)
        SELECT made.id, groups.id FROM made, ${groupsFor(server.projectId, securityGroups)} AS groups(id)
        WHERE made.port_security_enabled RETURNING 1)
      SELECT EXISTS (SELECT 1 FROM made) AS made, quota.room,
        EXISTS (SELECT 1 FROM guard) OR NOT EXISTS (SELECT 1 FROM made WHERE port_security_enabled) AS guarded, n.name, n.mtu, ARRAY(${subnetRanges(networkId)}) AS subnets
      FROM quota LEFT JOIN neutron.networks n ON n.id = ${networkId}`;
    if (!network?.made || network.name === null || network.mtu === null)
      return this.notMade(tx, portId, network?.room ?? null, margin);
    if (!network.guarded) await this.guardByDefault(tx, portId, server.projectId);
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

  /** A project's first port finds no default group yet. */
  private async guardByDefault(tx: Statements, portId: string, projectId: string): Promise<void> {
    const group = await ensureDefaultGroup(tx, projectId);
    await tx.$executeRaw`INSERT INTO neutron.port_security_groups (port_id, security_group_id) VALUES (${portId}, ${group})`;
  }

  /** A port that was not made is there already, unless there was no room for it. @throws 409 (abort) beyond the quota */
  private async notMade(tx: Statements, portId: string, room: number | null, margin: number): Promise<undefined> {
    if (room === null || room > margin) return;
    const there = await tx.$queryRaw<unknown[]>`SELECT 1 FROM neutron.ports WHERE id = ${portId}`;
    if (there.length > 0) return;
    throw margin > 0 ? new NearQuota() : overQuota('port');
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
    await this.unbindThose(tx, Prisma.sql`device_id = ${serverId}`);
  }

  /** The same for certain ports. @param those a condition on rows of neutron.ports */
  async unbindThose(tx: Statements, those: Prisma.Sql): Promise<void> {
    await tx.$executeRaw`
      WITH removed AS (DELETE FROM neutron.ports WHERE ${those} AND created_by_nova)
      UPDATE neutron.ports SET device_id = '', device_owner = '', binding_host_id = '', binding_vif_type = 'unbound',
        status = 'DOWN', device_tag = NULL, operation_id = NULL, updated_at = now()
      WHERE ${those} AND NOT created_by_nova AND ${BOUND}`;
  }

  /** The guests run, so their cards are up: a statement for the caller's own. @param servers a query for their ids */
  activate(servers: Prisma.Sql): Prisma.Sql {
    return Prisma.sql`UPDATE neutron.ports SET status = 'ACTIVE', updated_at = now() WHERE device_id IN (${servers}) AND ${BOUND}`;
  }

  /** A server's cards, for the host to unplug them. */
  of(serverId: string, tx: Statements = this.sql): Promise<Vif[]> {
    return this.vifs(tx, Prisma.sql`p.device_id = ${serverId} AND ${BOUND}`);
  }

  /** The floating IPs that stand for addresses of servers. */
  floatingIps(serverIds: readonly string[]): Promise<ServersFloatingIp[]> {
    return rowsOf(this.sql, FLOATING_IP)`
      SELECT p.device_id AS "serverId", n.name AS "networkName", p.mac_address AS mac, f.floating_ip_address AS ip
      FROM neutron.floating_ips f JOIN neutron.ports p ON p.id = f.port_id JOIN neutron.networks n ON n.id = p.network_id
      WHERE p.device_id = ANY(${serverIds}::text[]) AND ${BOUND} ORDER BY f.created_at, f.id`;
  }

  /** Ports as their hosts need them. @param which a condition on rows p of neutron.ports and n of neutron.networks */
  async vifs(queries: Statements, which: Prisma.Sql): Promise<Vif[]> {
    const rows = await rowsOf(queries, VIF)`
      SELECT p.id AS "portId", n.id AS "networkId", n.name AS "networkName", p.mac_address AS mac, n.mtu,
        (SELECT jsonb_agg(jsonb_build_object('subnetId', a.subnet_id, 'ip', a.ip_address, 'version', s.ip_version))
         FROM neutron.ip_allocations a JOIN neutron.subnets s ON s.id = a.subnet_id WHERE a.port_id = p.id) AS "fixedIps"
      FROM neutron.ports p JOIN neutron.networks n ON n.id = p.network_id WHERE ${which}`;
    return rows.map((r) => ({ ...r, fixedIps: r.fixedIps ?? [] }));
  }
}

/** The ids of the groups that a port is to have, as a relation: those that were asked for, or the project's default one. */
const groupsFor = (projectId: string, ids: readonly string[] | undefined): Prisma.Sql =>
  ids === undefined
    ? Prisma.sql`(SELECT id FROM neutron.security_groups WHERE default_of = ${projectId})`
    : Prisma.sql`unnest(${ids}::text[])`;
