import { Type } from 'typebox';
import type { Statements } from '../../kernel/database.js';
import { bool, integer, nullable, rowType, rowsOf, text, texts, type Row } from '../../kernel/rows.js';

const RULE = Type.Object({
  id: text,
  direction: Type.Enum(['ingress', 'egress']),
  version: Type.Enum([4, 6]),
  protocol: nullable(text),
  portMin: nullable(integer),
  portMax: nullable(integer),
  remote: nullable(texts),
});
const GROUP = rowType({ id: text, stateful: bool, rules: Type.Array(RULE), remoteGroups: texts, addressGroups: texts });

/** A security group with its rules, those on other groups written out as prefixes. */
export type GroupOfHost = Omit<Row<typeof GROUP>, 'remoteGroups' | 'addressGroups'>;

/** @returns the groups, each with the parts of the records that it is made of */
export async function groupsOf(
  sql: Statements,
  ids: readonly string[],
): Promise<{ group: GroupOfHost; parts: string[] }[]> {
  if (ids.length === 0) return [];
  const rows = await rowsOf(sql, GROUP)`
    WITH rules AS (
      SELECT r.*, CASE r.ethertype WHEN 'IPv6' THEN 6 ELSE 4 END AS version
      FROM neutron.security_group_rules r WHERE r.security_group_id = ANY(${ids})),
    -- Each group that a rule names is looked up once, however many rules name it.
    remotes AS (SELECT DISTINCT remote_group_id AS id FROM rules WHERE remote_group_id IS NOT NULL),
    members AS (
      SELECT m.security_group_id AS id, a.ip_address AS ip
      FROM remotes JOIN neutron.port_security_groups m ON m.security_group_id = remotes.id
        JOIN neutron.ip_allocations a ON a.port_id = m.port_id
      UNION
      SELECT m.security_group_id, pair->>'ip_address'
      FROM remotes JOIN neutron.port_security_groups m ON m.security_group_id = remotes.id
        JOIN neutron.ports p ON p.id = m.port_id, jsonb_array_elements(p.allowed_address_pairs) pair),
    prefixes AS (
      SELECT id, family(ip::inet) AS version, jsonb_agg(ip ORDER BY ip) AS prefixes FROM members GROUP BY 1, 2)
    SELECT g.id, g.stateful,
      COALESCE((SELECT jsonb_agg(jsonb_build_object(
          'id', r.id, 'direction', r.direction, 'version', r.version, 'protocol', r.protocol,
          'portMin', r.port_range_min, 'portMax', r.port_range_max,
          'remote', CASE
            WHEN r.remote_group_id IS NOT NULL THEN COALESCE(
              (SELECT x.prefixes FROM prefixes x WHERE x.id = r.remote_group_id AND x.version = r.version), '[]')
            WHEN r.remote_address_group_id IS NOT NULL THEN COALESCE(
              (SELECT jsonb_agg(c ORDER BY c) FROM neutron.address_groups ag, unnest(ag.addresses) c
               WHERE ag.id = r.remote_address_group_id AND family(c::inet) = r.version), '[]')
            WHEN r.normalized_cidr IS NOT NULL THEN jsonb_build_array(r.normalized_cidr)
          END) ORDER BY r.id)
        FROM rules r WHERE r.security_group_id = g.id), '[]') AS rules,
      ARRAY(SELECT DISTINCT r.remote_group_id FROM rules r
            WHERE r.security_group_id = g.id AND r.remote_group_id IS NOT NULL) AS "remoteGroups",
      ARRAY(SELECT DISTINCT r.remote_address_group_id FROM rules r
            WHERE r.security_group_id = g.id AND r.remote_address_group_id IS NOT NULL) AS "addressGroups"
    FROM neutron.security_groups g WHERE g.id = ANY(${ids}) ORDER BY g.id`;
  return rows.map(({ remoteGroups, addressGroups, ...group }) => ({
    group,
    parts: [
      ...[group.id, ...remoteGroups].map((id) => `security_group ${id}`),
      ...addressGroups.map((id) => `address_group ${id}`),
    ],
  }));
}
