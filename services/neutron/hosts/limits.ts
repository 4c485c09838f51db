import { Type } from 'typebox';
import { Prisma } from '../../kernel/database.js';
import { integer } from '../../kernel/rows.js';

/** The limits of a QoS policy as hosts are told of them (drivers/network/state.ts: PortQos). */
export const LIMITS = Type.Object({
  egressKbps: Type.Optional(integer),
  ingressKbps: Type.Optional(integer),
  egressBurstKb: Type.Optional(integer),
  ingressBurstKb: Type.Optional(integer),
  dscp: Type.Optional(integer),
});

/** The limits of a policy as one value; NULL for a policy without any, or for none. @param policy an expression of its id */
export const limitsOf = (policy: Prisma.Sql): Prisma.Sql => Prisma.sql`(
  SELECT NULLIF(jsonb_strip_nulls(jsonb_build_object(
      'egressKbps', max(q.max_kbps) FILTER (WHERE q.direction = 'egress'),
      'ingressKbps', max(q.max_kbps) FILTER (WHERE q.direction = 'ingress'),
      'egressBurstKb', max(NULLIF(q.max_burst_kbps, 0)) FILTER (WHERE q.direction = 'egress'),
      'ingressBurstKb', max(NULLIF(q.max_burst_kbps, 0)) FILTER (WHERE q.direction = 'ingress'),
      'dscp', max(q.dscp_mark))), '{}')
  FROM neutron.qos_rules q WHERE q.policy_id = ${policy}
    AND (q.type = 'dscp_marking' OR (q.type = 'bandwidth_limit' AND q.max_kbps > 0)))`;
