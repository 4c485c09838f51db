import { Type } from 'typebox';
import { badRequest, conflict } from '../../kernel/errors.js';
import { always, bool, computed, int, listOf, oneOf, text, uuid } from '../../kernel/resource/fields.js';
import { overlaps, type Pool } from '../ipam.js';
import { mtuConflict } from '../refusals.js';
import { LEAST_MTU, planSubnet } from '../subnet-plan.js';
import { seesNetwork } from '../visibility.js';
import { networkFor, ofNetwork } from '../parents.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const pool = Type.Object({ start: Type.String(), end: Type.String() }, { additionalProperties: false });
const route = Type.Object({ destination: Type.String(), nexthop: Type.String() }, { additionalProperties: false });
type Row = { network: { project_id: string; shared: boolean; external: boolean } };
const mode = { nullable: true, write: ['post'], filter: true, sort: true } as const;
const MODES = ['dhcpv6-stateful', 'dhcpv6-stateless', 'slaac'] as const;

/** A subnet (neutron_lib/api/definitions/subnet.py and its extensions). */
export const subnet = resource({
  names: ['subnet', 'subnets'],
  record: 'subnet',
  table: 'neutron.subnets',
  include: { network: { select: { project_id: true, shared: true, external: true } } },
  owner: 'project_id',
  quota: 'subnet',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    network_id: uuid({ required: true, write: ['post'], filter: true, sort: true }),
    ip_version: int({ required: true, min: 4, max: 6, write: ['post'], filter: true, sort: true }),
    cidr: text({ required: true, write: ['post'], filter: true, sort: true }),
    gateway_ip: text({ nullable: true, ...both, filter: true, sort: true }),
    enable_dhcp: bool({ default: true, ...both, filter: true, sort: true }),
    allocation_pools: listOf<Pool, typeof both>(pool, both),
    dns_nameservers: listOf<string, typeof both>(Type.String(), both),
    host_routes: listOf<{ destination: string; nexthop: string }, typeof both>(route, both),
    ipv6_ra_mode: oneOf(MODES, mode),
    ipv6_address_mode: oneOf(MODES, mode),
    subnetpool_id: always(null, Type.Null(), { write: ['post'], column: '' }),
    segment_id: always(null, Type.Null(), { ...both, column: '' }),
    service_types: listOf<string, typeof both>(Type.String({ maxLength: 255 }), both),
    dns_publish_fixed_ip: bool({ default: false, ...both }),
    'router:external': computed(Type.Boolean(), ({ network }: Row) => network.external, { seenBy: 'context_is_admin' }),
  },
  filters: {
    shared: (values) => ({ network: { shared: values.at(-1)?.toLowerCase() === 'true' } }),
    'router:external': (values) => ({ network: { external: values.at(-1)?.toLowerCase() === 'true' } }),
  },
  visible: (ctx) => ({ network: seesNetwork(ctx) }),
  target: ({ network }) => ({ ...ofNetwork(network), 'network:router:external': network.external }),
  newTarget: networkFor,
  async plan(at, input) {
    const network = await at.parts.networkOf(at.ctx, input.network_id);
    const plan = planSubnet(input);
    const least = LEAST_MTU[input.ip_version === 6 ? 6 : 4];
    if (network.mtu < least) throw mtuConflict(network.id, least);
    return { ...plan, project_id: network.project_id };
  },
  /** The network's row lock makes two overlapping subnets take turns. */
  async beforeCreate({ tx }, { cidr, network_id, ip_version }) {
    await tx.$queryRaw`SELECT 1 FROM neutron.networks WHERE id = ${network_id} FOR UPDATE`;
    const others = await tx.subnet.findMany({
      where: { network_id: network_id as string, ip_version: ip_version as number },
    });
    if (others.some((s) => overlaps(s.cidr, cidr as string)))
      throw badRequest(
        `Invalid input for operation: Requested subnet with cidr: ${String(cidr)} for network: ${String(network_id)} overlaps with another subnet.`,
      );
  },
  /** Addresses that ports have already stay theirs, also outside of new pools. */
  beforeUpdate(_at, row, change) {
    const { gateway_ip, allocation_pools } = planSubnet({
      cidr: row.cidr,
      ip_version: row.ip_version,
      // What DHCP cannot serve is refused when it is turned on.
      enable_dhcp: (change.enable_dhcp ?? false) && !row.enable_dhcp,
      gateway_ip: change.gateway_ip === undefined ? row.gateway_ip : change.gateway_ip,
      allocation_pools: change.allocation_pools ?? (row.allocation_pools as unknown as Pool[]),
      dns_nameservers: change.dns_nameservers,
      host_routes: change.host_routes,
    });
    return Promise.resolve({ gateway_ip, allocation_pools });
  },
  async beforeDelete({ tx }, { id }) {
    if (await tx.ipAllocation.findFirst({ where: { subnet_id: id } }))
      throw conflict(
        'SubnetInUse',
        `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
      );
  },
  changed: ({ networkChanged }) => networkChanged(),
});
