import type { Statements } from '../../kernel/database.js';
import { nullable, rowType, rowsOf, text, texts, time, type Row } from '../../kernel/rows.js';

/** Whether a part of a host's network is as it is to be. */
export interface PartReport {
  readonly id: string;
  readonly up: boolean;
}
/** Something that a host has seen of a guest's card for the first time, and how long ago. */
export interface SeenReport {
  readonly event: 'plugged' | 'leased' | 'asked';
  readonly networkId: string;
  /** The port that was plugged; of the others, the address. */
  readonly key: string;
  readonly agoMs: number;
}
const SEEN_CARD = rowType({
  port_id: text,
  addresses: texts,
  plugged_at: nullable(time),
  leased_at: nullable(time),
  leased_address: nullable(text),
  asked_at: nullable(time),
});
/** What hosts have seen of a server's card. */
export type SeenCard = Row<typeof SEEN_CARD>;
/** What a host says of the state that it has applied last. */
export interface StateReport {
  readonly ports: readonly PartReport[];
  readonly floatingIps: readonly PartReport[];
  readonly seen: readonly SeenReport[];
}

/** What hosts say becomes the `status` that a client waits for. Each host speaks for what is bound to it, and for nothing else. */
export class HostReports {
  constructor(private readonly sql: Statements) {}

  async take(host: string, { ports, floatingIps, seen }: StateReport): Promise<void> {
    if (seen.length > 0) await this.see(host, seen);
    await this.sql.$executeRaw`
      UPDATE neutron.ports p SET status = CASE WHEN r.up THEN 'ACTIVE' ELSE 'DOWN' END, updated_at = now()
      FROM jsonb_to_recordset(${JSON.stringify(ports)}::jsonb) AS r(id text, up boolean)
      WHERE p.id = r.id AND p.binding_host_id = ${host} AND p.status <> CASE WHEN r.up THEN 'ACTIVE' ELSE 'DOWN' END`;
    if (floatingIps.length === 0) return;
    await this.sql.$executeRaw`
      UPDATE neutron.floating_ips f SET status = CASE WHEN r.up THEN 'ACTIVE' ELSE 'ERROR' END, updated_at = now()
      FROM jsonb_to_recordset(${JSON.stringify(floatingIps)}::jsonb) AS r(id text, up boolean), neutron.routers t
      WHERE f.id = r.id AND t.id = f.router_id AND t.host = ${host} AND f.fixed_ip_address IS NOT NULL
        AND f.status <> CASE WHEN r.up THEN 'ACTIVE' ELSE 'ERROR' END`;
  }

  /** What hosts have seen of a server's cards since an operation on it was asked for. */
  seenOf({
    resource_id,
    requested_at,
  }: {
    readonly resource_id: string;
    readonly requested_at: Date;
  }): Promise<SeenCard[]> {
    return rowsOf(this.sql, SEEN_CARD)`
      SELECT s.port_id, s.plugged_at, s.leased_at, s.leased_address, s.asked_at,
        ARRAY(SELECT a.ip_address FROM neutron.ip_allocations a WHERE a.port_id = p.id ORDER BY 1) AS addresses
      FROM neutron.port_sightings s JOIN neutron.ports p ON p.id = s.port_id
      WHERE s.server_id = ${resource_id} AND s.plugged_at >= ${requested_at} ORDER BY p.created_at, p.id`;
  }

  /**
   * Keeps the first of each since the port is the server's on its host. A host speaks for the networks that it has a part of: it may
   * serve the DHCP or run the router of a guest that is on another one.
   */
  private async see(host: string, seen: readonly SeenReport[]): Promise<void> {
    const networks = [...new Set(seen.map(({ networkId }) => networkId))];
    await this.sql.$executeRaw`
      DELETE FROM neutron.port_sightings s USING neutron.ports p
      WHERE p.id = s.port_id AND p.network_id = ANY(${networks}) AND (s.host, s.server_id) <> (p.binding_host_id, p.device_id)`;
    await this.sql.$executeRaw`
      INSERT INTO neutron.port_sightings AS s (port_id, host, server_id, plugged_at, leased_at, leased_address, asked_at)
      SELECT p.id, p.binding_host_id, p.device_id,
        min(r.at) FILTER (WHERE r.event = 'plugged'), min(r.at) FILTER (WHERE r.event = 'leased'),
        min(r.key) FILTER (WHERE r.event = 'leased'), min(r.at) FILTER (WHERE r.event = 'asked')
      FROM (SELECT event, "networkId", key, now() - "agoMs" * interval '1 millisecond' AS at
            FROM jsonb_to_recordset(${JSON.stringify(seen)}::jsonb)
              AS given(event text, "networkId" text, key text, "agoMs" bigint)) r
      JOIN neutron.ports p ON p.network_id = r."networkId" AND (
        (r.event = 'plugged' AND p.id = r.key) OR
        (r.event <> 'plugged' AND p.id IN (SELECT a.port_id FROM neutron.ip_allocations a WHERE a.ip_address = r.key)))
      WHERE p.device_owner LIKE 'compute:%' AND p.binding_host_id <> '' AND (p.binding_host_id = ${host} OR EXISTS (
        SELECT 1 FROM neutron.ports o WHERE o.network_id = p.network_id AND o.binding_host_id = ${host}))
      GROUP BY p.id
      ON CONFLICT (port_id) DO UPDATE SET
        plugged_at = COALESCE(s.plugged_at, excluded.plugged_at), leased_at = COALESCE(s.leased_at, excluded.leased_at),
        leased_address = COALESCE(s.leased_address, excluded.leased_address), asked_at = COALESCE(s.asked_at, excluded.asked_at)`;
  }
}
