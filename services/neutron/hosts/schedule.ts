import { randomUUID } from 'node:crypto';
import { Prisma, type Database, type Queries, type Statements } from '../../kernel/database.js';
import { nullable, rowType, rowsOf, text, texts } from '../../kernel/rows.js';
import { SUBNET, giveAddresses, setAddresses, subnetRanges } from '../addresses.js';
import { DHCP_AGENT, L3_AGENT } from '../agents.js';
import { newMac } from '../mac.js';

const WORK = rowType({ id: text });
const AGENT = rowType({ id: text, host: text });
/** A network without an agent that lives, and the dead one that it has. */
const SERVED_BY = rowType({ id: text, zones: texts, dead: nullable(text) });
/** A router without a host that lives. */
const HOMELESS = rowType({ id: text, zones: texts });

/** More are not taken up in one turn: the next one follows in a moment. */
const MOST = 100;

/** What a network's DHCP has addresses on: the subnets that have DHCP or are advertised from there. */
const SERVED = Prisma.sql`s.enable_dhcp`;

/**
 * Says which host serves a network's DHCP and which one runs a router (neutron/scheduler: the least loaded agent of the wanted
 * availability zones), and moves what a dead agent had to another (allow_automatic_dhcp_failover and its like for routers, which
 * is on here: a router without its host is a network without its way out). It takes no input and repeats itself without harm;
 * one conductor at a time does it.
 */
export class NetworkSchedule {
  /** @param downSeconds without a report after which an agent counts as dead */
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly downSeconds: number,
  ) {}

  /** One turn. @returns how much was done */
  async run(): Promise<number> {
    const routers = await this.giveHosts();
    const serves = await this.db.networkAgent.count({ where: { agent_type: DHCP_AGENT } });
    return routers + (serves === 0 ? 0 : (await this.giveAgents()) + (await this.givePorts()));
  }

  /** Agents that report, and that their operator has not switched off. @param least what says how much each does already */
  private agents(type: string, zones: readonly string[], load: Prisma.Sql) {
    return rowsOf(this.sql, AGENT)`
      SELECT a.id, a.host FROM neutron.agents a
      WHERE a.agent_type = ${type} AND a.admin_state_up
        AND a.heartbeat_timestamp > now() - make_interval(secs => ${this.downSeconds})
        AND (${zones.length} = 0 OR a.availability_zone = ANY(${zones}))
      ORDER BY ${load}, a.id LIMIT 1`;
  }

  /** Networks with guests and DHCP get an agent; those of a dead one get another, where there is one. */
  private async giveAgents(): Promise<number> {
    const waiting = await rowsOf(this.sql, SERVED_BY)`
      SELECT n.id, n.availability_zone_hints AS zones, b.agent_id AS dead
      FROM neutron.networks n LEFT JOIN neutron.network_dhcp_agents b ON b.network_id = n.id
        LEFT JOIN neutron.agents a ON a.id = b.agent_id
      WHERE n.admin_state_up AND (a.id IS NULL OR a.heartbeat_timestamp <= now() - make_interval(secs => ${this.downSeconds}))
        AND EXISTS (SELECT 1 FROM neutron.subnets s WHERE s.network_id = n.id AND ${SERVED})
        AND EXISTS (SELECT 1 FROM neutron.ports p WHERE p.network_id = n.id AND p.binding_host_id <> ''
                    AND p.device_owner LIKE 'compute:%')
      ORDER BY n.created_at LIMIT ${MOST}`;
    const load = Prisma.sql`(SELECT count(*) FROM neutron.network_dhcp_agents b WHERE b.agent_id = a.id)`;
    let done = 0;
    for (const { id, zones, dead } of waiting) {
      const [agent] = await this.agents(DHCP_AGENT, zones, load);
      if (agent === undefined) continue;
      await this.db.$transaction(async (tx) => {
        if (dead !== null)
          await tx.$executeRaw`DELETE FROM neutron.network_dhcp_agents WHERE network_id = ${id} AND agent_id = ${dead}`;
        await tx.$executeRaw`
          INSERT INTO neutron.network_dhcp_agents (network_id, agent_id)
          SELECT id, ${agent.id} FROM neutron.networks WHERE id = ${id} ON CONFLICT DO NOTHING`;
      });
      done++;
    }
    return done;
  }

  /** Routers get a host, and their ports with them. */
  private async giveHosts(): Promise<number> {
    const waiting = await rowsOf(this.sql, HOMELESS)`
      SELECT r.id, r.availability_zone_hints AS zones FROM neutron.routers r
        LEFT JOIN neutron.agents a ON a.host = r.host AND a.agent_type = ${L3_AGENT}
      WHERE (a.id IS NULL OR a.heartbeat_timestamp <= now() - make_interval(secs => ${this.downSeconds}))
        AND EXISTS (SELECT 1 FROM neutron.router_ports p WHERE p.router_id = r.id)
      ORDER BY r.created_at LIMIT ${MOST}`;
    const load = Prisma.sql`(SELECT count(*) FROM neutron.routers r WHERE r.host = a.host)`;
    let done = 0;
    for (const { id, zones } of waiting) {
      const [agent] = await this.agents(L3_AGENT, zones, load);
      if (agent === undefined) continue;
      await this.sql
        .$executeRaw`UPDATE neutron.routers SET host = ${agent.host} WHERE id = ${id} AND host <> ${agent.host}`;
      done++;
    }
    // A router's ports are where the router is, so that other hosts know where to send what is for it.
    const bound = await this.sql.$executeRaw`
      UPDATE neutron.ports p SET binding_host_id = r.host, updated_at = now()
      FROM neutron.router_ports rp JOIN neutron.routers r ON r.id = rp.router_id
      WHERE rp.port_id = p.id AND p.binding_host_id <> r.host`;
    return done + bound;
  }

  /** Each network's DHCP has one port for each agent, with an address of each subnet that it serves, and no others. */
  private async givePorts(): Promise<number> {
    const removed = await this.sql.$executeRaw`
      DELETE FROM neutron.ports p WHERE p.device_owner = 'network:dhcp' AND NOT EXISTS (
        SELECT 1 FROM neutron.network_dhcp_agents b JOIN neutron.agents a ON a.id = b.agent_id
        WHERE b.network_id = p.network_id AND a.host = p.binding_host_id)`;
    const missing = await rowsOf(this.sql, rowType({ network: text, host: text, project: text }))`
      SELECT b.network_id AS network, a.host, n.project_id AS project
      FROM neutron.network_dhcp_agents b JOIN neutron.agents a ON a.id = b.agent_id JOIN neutron.networks n ON n.id = b.network_id
      WHERE NOT EXISTS (SELECT 1 FROM neutron.ports p WHERE p.network_id = b.network_id AND p.device_owner = 'network:dhcp'
                        AND p.binding_host_id = a.host) LIMIT ${MOST}`;
    for (const one of missing) await this.db.$transaction((tx) => this.makePort(tx, one));
    const changed = await rowsOf(this.sql, WORK)`
      SELECT p.id FROM neutron.ports p WHERE p.device_owner = 'network:dhcp' AND (
        EXISTS (SELECT 1 FROM neutron.subnets s WHERE s.network_id = p.network_id AND ${SERVED}
                AND NOT EXISTS (SELECT 1 FROM neutron.ip_allocations a WHERE a.port_id = p.id AND a.subnet_id = s.id))
        OR EXISTS (SELECT 1 FROM neutron.ip_allocations a JOIN neutron.subnets s ON s.id = a.subnet_id
                   WHERE a.port_id = p.id AND NOT ${SERVED})) LIMIT ${MOST}`;
    for (const { id } of changed) await this.db.$transaction((tx) => this.readdress(tx, id));
    return removed + missing.length + changed.length;
  }

  private async makePort(tx: Queries, { network, host, project }: { network: string; host: string; project: string }) {
    const port = { id: randomUUID(), network_id: network };
    const made = await tx.$executeRaw`
      INSERT INTO neutron.ports (id, project_id, network_id, mac_address, device_id, device_owner, binding_host_id,
        binding_vif_type, status)
      SELECT ${port.id}, ${project}, id, ${newMac()}, ${`dhcp-${host}-${network}`}, 'network:dhcp', ${host}, 'tap', 'BUILD'
      FROM neutron.networks WHERE id = ${network}`;
    if (made === 1) await giveAddresses(tx, port, await rangesOf(tx, network), await servedOn(tx, network));
  }

  private async readdress(tx: Queries, id: string): Promise<void> {
    const port = await tx.port.findUnique({ where: { id }, include: { fixed_ips: true } });
    if (port === null) return;
    await setAddresses(tx, port, await servedOn(tx, port.network_id));
    await tx.$executeRaw`
      UPDATE neutron.ports SET revision_number = revision_number + 1, updated_at = now() WHERE id = ${id}`;
  }
}

const rangesOf = async (tx: Queries, network: string) =>
  (await rowsOf(tx, SUBNET)(subnetRanges(network))).map(({ subnet }) => subnet);

const servedOn = async (tx: Queries, network: string) =>
  (await rowsOf(tx, WORK)`SELECT s.id FROM neutron.subnets s WHERE s.network_id = ${network} AND ${SERVED}`).map(
    ({ id }) => ({ subnet_id: id }),
  );
