import { Type, type TSchema } from 'typebox';
import type { Queries } from '../../kernel/database.js';
import { notFound } from '../../kernel/errors.js';
import { json, oneOf, shownAs, text, uuid } from '../../kernel/resource/fields.js';
import { canonical } from '../ipam.js';
import {
  checkCollisions,
  forwardingRouter,
  internalOf,
  portsOf,
  shownForwarding,
  type ForwardedPorts,
} from '../l3/forwardings.js';
import { alreadyAssociated } from '../l3/refusals.js';
import { resource } from '../words.js';

const both = { write: ['post', 'put'] } as const;
/** neutron_lib/constants.py: IPTABLES_PROTOCOL_MAP, of what has ports; the others cannot be forwarded by one. */
const PROTOCOLS = ['tcp', 'udp', 'sctp', 'dccp'] as const;
const port = { ...both, column: '' } as const;
const number = Type.Integer({ minimum: 1, maximum: 65_535 });
const range = Type.String({ maxLength: 11 });
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const rule = 'floatingip_port_forwarding';

/** Some ports of a floating IP, forwarded to a port (neutron_lib/api/definitions/floating_ip_port_forwarding.py). */
export const portForwarding = resource({
  names: ['port_forwarding', 'port_forwardings'],
  path: 'floatingips/:floatingip_id/port_forwardings',
  below: { field: 'floatingip_id' },
  record: 'portForwarding',
  table: 'neutron.port_forwardings',
  include: { floating_ip: { select: { project_id: true } } },
  revisions: true,
  fields: {
    id: uuid({ filter: true, sort: true }),
    floatingip_id: uuid({ hidden: true }),
    description: text({ max: 255, default: '', ...both, filter: true, sort: true }),
    internal_port_id: uuid({ required: true, ...both, filter: true, sort: true }),
    internal_ip_address: text({ ...both }),
    protocol: oneOf(PROTOCOLS, { required: true, ...both, filter: true, sort: true }),
    external_port: shownAs(
      json<number | null, typeof port>(number, port),
      orNull(number),
      (row: ForwardedPorts) => shownForwarding(row).external_port,
    ),
    external_port_range: shownAs(
      json<string, typeof port>(range, port),
      range,
      (row: ForwardedPorts) => shownForwarding(row).external_port_range,
    ),
    internal_port: shownAs(
      json<number | null, typeof port>(number, port),
      orNull(number),
      (row: ForwardedPorts) => shownForwarding(row).internal_port,
    ),
    internal_port_range: shownAs(
      json<string, typeof port>(range, port),
      range,
      (row: ForwardedPorts) => shownForwarding(row).internal_port_range,
    ),
  },
  rules: {
    list: `get_${rule}`,
    get: `get_${rule}`,
    create: `create_${rule}`,
    update: `update_${rule}`,
    delete: `delete_${rule}`,
  },
  visible: ({ projectId }) => ({ floating_ip: { project_id: projectId } }),
  target: ({ floating_ip }) => ({
    project_id: floating_ip.project_id,
    'ext_parent:project_id': floating_ip.project_id,
  }),
  async newTarget({ ctx, parts }, _input, { floatingip_id }) {
    const { project_id } = await parts.floatingIpOf(ctx, String(floatingip_id));
    return { project_id, 'ext_parent:project_id': project_id };
  },
  above: ({ ctx, parts }, id) => parts.floatingIpOf(ctx, id),
  async plan({ ctx, parts }, { internal_port_id, internal_ip_address, ...given }) {
    if (internal_ip_address !== undefined) canonical(internal_ip_address, 'internal_ip_address');
    await parts.portOf(ctx, internal_port_id);
    return portsOf(given);
  },
  async beforeCreate({ tx }, data, { internal_port_id, internal_ip_address, protocol, ...given }) {
    const ip = await lockedIp(tx, String(data['floatingip_id']));
    const fixed = await internalOf(tx, internal_port_id, internal_ip_address);
    if (ip.port_id !== null) throw alreadyAssociated(ip, internal_port_id, fixed.ip_address);
    const router_id = await forwardingRouter(tx, ip, internal_port_id, fixed.subnet_id);
    const to = { internal_ip_address: fixed.ip_address };
    const one = { id: String(data['id']), floatingip_id: ip.id, internal_port_id, protocol, ...to, ...portsOf(given) };
    await checkCollisions(tx, one);
    if (ip.router_id === null) await tx.floatingIp.update({ where: { id: ip.id }, data: { router_id } });
    return to;
  },
  async planUpdate({ ctx, parts }, { internal_port_id, internal_ip_address }) {
    if (internal_ip_address !== undefined) canonical(internal_ip_address, 'internal_ip_address');
    if (internal_port_id !== undefined) await parts.portOf(ctx, internal_port_id);
    return {};
  },
  async beforeUpdate({ tx }, row, { internal_port_id, internal_ip_address, protocol, ...given }) {
    const ip = await lockedIp(tx, row.floatingip_id);
    const to = internal_port_id ?? row.internal_port_id;
    const kept = to === row.internal_port_id ? row.internal_ip_address : undefined;
    const fixed = await internalOf(tx, to, internal_ip_address ?? kept);
    if (to !== row.internal_port_id) await forwardingRouter(tx, ip, to, fixed.subnet_id);
    const ports = portsOf(given, row);
    const columns = { internal_ip_address: fixed.ip_address, ...ports };
    await checkCollisions(tx, { ...row, ...columns, internal_port_id: to, protocol: protocol ?? row.protocol });
    return columns;
  },
});

/** The floating IP, whose forwardings take turns. @throws 404 */
async function lockedIp(tx: Queries, id: string) {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM neutron.floating_ips WHERE id = ${id} FOR NO KEY UPDATE`;
  const ip = rows.length === 0 ? null : await tx.floatingIp.findUnique({ where: { id } });
  if (ip === null) throw notFound('FloatingIPNotFound', `Floating IP ${id} could not be found`);
  return ip;
}
