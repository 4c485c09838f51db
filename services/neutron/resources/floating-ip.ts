import { Type } from 'typebox';
import { computed, text, uuid } from '../../kernel/resource/fields.js';
import type { At } from '../../kernel/resource/spec.js';
import { canonical } from '../ipam.js';
import { associate, makeFloatingPort, type Association } from '../l3/floating-ips.js';
import { removeSystemPort } from '../l3/ports.js';
import { alreadyAssociated, badFloatingIp, forwards } from '../l3/refusals.js';
import { checkAddressPolicy } from '../qos/bindings.js';
import { shownForwarding, type ForwardedPorts } from '../l3/forwardings.js';
import { resource, type NeutronParts } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const details = Type.Object({
  name: Type.String(),
  network_id: Type.String(),
  mac_address: Type.String(),
  admin_state_up: Type.Boolean(),
  status: Type.String(),
  device_id: Type.String(),
  device_owner: Type.String(),
});
interface Row {
  readonly network: { readonly qos_policy_id: string | null };
  readonly port: null | {
    readonly name: string;
    readonly network_id: string;
    readonly mac_address: string;
    readonly admin_state_up: boolean;
    readonly status: string;
    readonly device_id: string;
    readonly device_owner: string;
  };
}
interface Forwards {
  readonly port_forwardings: readonly (ForwardedPorts & { readonly id: string; readonly internal_port_id: string })[];
}
const { name: _name, ...unnamed } = standard;

/** A floating IP (neutron_lib/api/definitions/l3.py and its extensions). */
export const floatingIp = resource({
  names: ['floatingip', 'floatingips'],
  record: 'floatingIp',
  table: 'neutron.floating_ips',
  include: {
    network: { select: { qos_policy_id: true } },
    port: {
      select: {
        name: true,
        network_id: true,
        mac_address: true,
        admin_state_up: true,
        status: true,
        device_id: true,
        device_owner: true,
      },
    },
    port_forwardings: { orderBy: { id: 'asc' } },
  },
  owner: 'project_id',
  quota: 'floatingip',
  revisions: true,
  tags: true,
  fields: {
    ...unnamed,
    floating_network_id: uuid({ required: true, write: ['post'], filter: true, sort: true }),
    floating_ip_address: text({ nullable: true, write: ['post'], filter: true, sort: true }),
    subnet_id: uuid({ nullable: true, write: ['post'], column: '', hidden: true }),
    port_id: uuid({ nullable: true, ...both, filter: true }),
    fixed_ip_address: text({ nullable: true, ...both, filter: true, sort: true }),
    router_id: uuid({ nullable: true, ...both, filter: true, sort: true }),
    status: text({ filter: true, sort: true }),
    port_details: computed(Type.Union([details, Type.Null()]), ({ port }: Row) => port, {}),
    port_forwardings: computed(
      Type.Array(Type.Object({})),
      ({ port_forwardings }: Forwards) =>
        port_forwardings.map((one) => {
          const { id, internal_port_id } = one;
          const { external_port, internal_port, internal_ip_address, protocol } = shownForwarding(one);
          return { id, external_port, internal_port, internal_port_id, internal_ip_address, protocol };
        }),
      {},
    ),
    dns_name: text({ max: 255, default: '', write: ['post'] }),
    dns_domain: text({ max: 255, default: '', write: ['post'] }),
    qos_policy_id: uuid({ nullable: true, ...both }),
    qos_network_policy_id: computed(
      Type.Union([Type.String(), Type.Null()]),
      ({ network }: Row) => network.qos_policy_id,
      {},
    ),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  async plan({ ctx, parts }, { floating_network_id, floating_ip_address, ...given }) {
    if (floating_ip_address) canonical(floating_ip_address, 'floating_ip_address');
    const { external } = await parts.networkOf(ctx, floating_network_id);
    if (!external) throw badFloatingIp(`Network ${floating_network_id} is not a valid external network`);
    await checkSeen({ ctx, parts }, given);
    return { port_id: null, fixed_ip_address: null, router_id: null };
  },
  async beforeCreate(
    at,
    data,
    { subnet_id, floating_ip_address, port_id, fixed_ip_address, router_id, qos_policy_id },
  ) {
    await checkAddressPolicy(at, null, qos_policy_id);
    const ip = { id: String(data['id']), project_id: String(data['project_id']) };
    const floating_network_id = String(data['floating_network_id']);
    const own = await makeFloatingPort(at.tx, floating_network_id, ip.id, {
      subnet_id: subnet_id ?? undefined,
      ip_address: floating_ip_address ?? undefined,
    });
    if (!port_id) return own;
    const asked = { port_id, fixed_ip_address, router_id };
    return { ...own, ...(await associate(at.tx, { ...ip, ...own, floating_network_id }, asked, isAdmin(at))) };
  },
  async planUpdate(at, change) {
    await checkSeen(at, change);
    return {};
  },
  async beforeUpdate(at, row, { port_id, fixed_ip_address, router_id, qos_policy_id }) {
    await checkAddressPolicy(at, row.qos_policy_id, qos_policy_id);
    if (port_id && row.port_forwardings.length > 0) throw forwards(row.id);
    if (port_id === null)
      return { port_id: null, fixed_ip_address: null, router_id: row.port_id === null ? row.router_id : null };
    const wanted = port_id ?? row.port_id;
    if (wanted === null || (port_id === undefined && router_id === undefined))
      return { port_id: row.port_id, fixed_ip_address: row.fixed_ip_address, router_id: row.router_id };
    const next = await associate(at.tx, row, { port_id: wanted, fixed_ip_address, router_id }, isAdmin(at));
    const same =
      next.port_id === row.port_id &&
      next.fixed_ip_address === row.fixed_ip_address &&
      next.router_id === row.router_id;
    // What it stands for now is not there before its host says so.
    return { ...next, ...(same ? {} : { status: 'DOWN' }) };
  },
  async remove({ tx }, { id, floating_port_id, port_forwardings }) {
    if (port_forwardings.length > 0) throw forwards(id);
    await removeSystemPort(tx, floating_port_id);
  },
  taken: (data) =>
    alreadyAssociated(
      {
        id: String(data['id']),
        floating_ip_address: String(data['floating_ip_address']),
        floating_network_id: String(data['floating_network_id']),
      },
      String(data['port_id']),
      String(data['fixed_ip_address']),
    ),
});

const isAdmin = ({ ctx, parts }: Pick<At<NeutronParts>, 'ctx' | 'parts'>): boolean => parts.isAdmin(ctx);

/** @throws 400, and 404 for a port or a router that the asker does not see */
async function checkSeen(
  { ctx, parts }: Pick<At<NeutronParts>, 'ctx' | 'parts'>,
  { port_id, fixed_ip_address, router_id }: Partial<Record<keyof Association, string | null | undefined>>,
): Promise<void> {
  if (fixed_ip_address) {
    canonical(fixed_ip_address, 'fixed_ip_address');
    if (!port_id) throw badFloatingIp('fixed_ip_address cannot be specified without a port_id');
  }
  if (port_id) await parts.portOf(ctx, port_id);
  if (router_id) await parts.routerOf(ctx, router_id);
}
