import { randomUUID } from 'node:crypto';
import type { Database, Statements } from '../kernel/database.js';
import { integer, rowType, rowsOf, text } from '../kernel/rows.js';

/** What a neutron-agent role says of itself. */
export interface AgentFacts {
  /** linux carries packets, user gives each guest a way out of its own, fake carries nothing. */
  readonly driver?: string;
  /** Where the other hosts send this host's part of their networks; '' where there are no other hosts. */
  readonly tunnel_address?: string;
  readonly availability_zone?: string;
}

interface AgentKind {
  readonly agent_type: string;
  readonly binary: string;
  readonly topic: string;
}
/** neutron_lib/constants.py: AGENT_TYPE_*, and the names and topics of their programs. */
const DHCP: AgentKind = { agent_type: 'DHCP agent', binary: 'neutron-dhcp-agent', topic: 'dhcp_agent' };
const L3: AgentKind = { agent_type: 'L3 agent', binary: 'neutron-l3-agent', topic: 'l3_agent' };
const METADATA: AgentKind = { agent_type: 'Metadata agent', binary: 'neutron-metadata-agent', topic: 'N/A' };
const BRIDGE: AgentKind = { agent_type: 'Linux bridge agent', binary: 'neutron-linuxbridge-agent', topic: 'N/A' };
const other = (driver: string): AgentKind => ({
  agent_type: `Novaflow ${driver} agent`,
  binary: 'neutron-agent',
  topic: 'N/A',
});

/** What each agent is a part of, as availability zones tell it (neutron_lib/db/constants: AZ resources). */
export const ZONE_OF: Readonly<Record<string, 'network' | 'router'>> = {
  [DHCP.agent_type]: 'network',
  [L3.agent_type]: 'router',
};
export const DHCP_AGENT = DHCP.agent_type;
export const L3_AGENT = L3.agent_type;
export const BRIDGE_AGENT = BRIDGE.agent_type;
/** Those that join the cards of their host's guests to something, and so have to be told of them. */
export const CARD_AGENTS: readonly string[] = [BRIDGE.agent_type, other('user').agent_type];

/**
 * The agents that a role with this driver is. The fake one takes routers, so that what waits for a router's host ends in clouds
 * that carry no packets, and no DHCP: a port of its own on each network is what a network without packets has no use for.
 */
function kindsOf(driver: string): readonly AgentKind[] {
  if (driver === 'linux') return [BRIDGE, DHCP, L3, METADATA];
  if (driver === 'fake') return [other(driver), L3];
  return [other(driver)];
}

const ALIVE = rowType({ id: text });
const KNOWN = rowType({ n: integer });

/** The agents, as their roles report them. */
export class Agents {
  /** @param downSeconds without a report after which one counts as dead */
  constructor(
    private readonly db: Database,
    private readonly sql: Statements,
    private readonly downSeconds: number,
  ) {}

  /** A full report of a role: at its start, and whenever the control plane does not know it. */
  async report(host: string, facts: AgentFacts): Promise<void> {
    const { driver = 'fake', availability_zone = 'nova', ...rest } = facts;
    const kinds = kindsOf(driver);
    const rows = kinds.map((kind) => ({ ...kind, id: randomUUID() }));
    const configurations = JSON.stringify({ driver, ...rest });
    await this.sql.$executeRaw`
      WITH gone AS (
        DELETE FROM neutron.agents WHERE host = ${host} AND NOT agent_type = ANY(${kinds.map((k) => k.agent_type)}))
      INSERT INTO neutron.agents (id, host, agent_type, "binary", topic, availability_zone, configurations)
      SELECT r.id, ${host}, r.agent_type, r."binary", r.topic,
        CASE WHEN r.agent_type IN (${DHCP.agent_type}, ${L3.agent_type}) THEN ${availability_zone} END, ${configurations}::jsonb
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id text, agent_type text, "binary" text, topic text)
      ON CONFLICT (host, agent_type) DO UPDATE SET "binary" = EXCLUDED."binary", topic = EXCLUDED.topic,
        availability_zone = EXCLUDED.availability_zone, configurations = EXCLUDED.configurations,
        started_at = now(), heartbeat_timestamp = now()`;
  }

  /** A sign of life. @returns whether the role is known: one that is not has to report in full */
  async heartbeat(host: string): Promise<boolean> {
    const count = await this.sql.$executeRaw`
      UPDATE neutron.agents SET heartbeat_timestamp = now() WHERE host = ${host}`;
    return count > 0;
  }

  /** Ids of the agents that have reported lately, by the clock that their reports are written with. */
  async alive(): Promise<string[]> {
    const rows = await rowsOf(this.sql, ALIVE)`
      SELECT id FROM neutron.agents WHERE heartbeat_timestamp > now() - make_interval(secs => ${this.downSeconds})`;
    return rows.map(({ id }) => id);
  }

  /** Whether a host's role is one that needs to be told what its network is to be. */
  async knows(host: string): Promise<boolean> {
    const rows = await rowsOf(this.sql, KNOWN)`SELECT count(*)::int AS n FROM neutron.agents WHERE host = ${host}`;
    return rows[0]!.n > 0;
  }

  /** The availability zones of networks and routers: one is there as long as an agent of it is (availability_zone_db.py). */
  async zones(): Promise<{ name: string; resource: 'network' | 'router'; state: 'available' | 'unavailable' }[]> {
    const agents = await this.db.networkAgent.findMany({
      where: { agent_type: { in: Object.keys(ZONE_OF) }, availability_zone: { not: null } },
      select: { agent_type: true, availability_zone: true, admin_state_up: true },
      orderBy: [{ availability_zone: 'asc' }, { agent_type: 'asc' }],
    });
    const zones = new Map<string, { name: string; resource: 'network' | 'router'; available: boolean }>();
    for (const { agent_type, availability_zone, admin_state_up } of agents) {
      const resource = ZONE_OF[agent_type]!;
      const key = `${resource} ${availability_zone}`;
      const { available } = zones.get(key) ?? { available: false };
      zones.set(key, { name: availability_zone!, resource, available: available || admin_state_up });
    }
    return [...zones.values()].map(({ available, ...zone }) => ({
      ...zone,
      state: available ? 'available' : 'unavailable',
    }));
  }
}
