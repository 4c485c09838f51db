import type { Queries } from '../../kernel/database.js';
import { ROUTER_GATEWAY, ROUTER_INTERFACE } from '../device-owners.js';
import { overlaps, versionOf } from '../ipam.js';
import { badRouter } from './refusals.js';

/** A subnet, as far as routers ask. */
export interface RoutedSubnet {
  readonly id: string;
  readonly cidr: string;
}
/** A port of a router. */
export interface AttachedPort {
  readonly id: string;
  readonly network_id: string;
  readonly kind: string;
  readonly fixed_ips: readonly {
    readonly subnet_id: string;
    readonly ip_address: string;
    readonly subnet: RoutedSubnet;
  }[];
}

/** The ports of a router, whose row the caller has locked. */
export async function attachedPorts(tx: Queries, routerId: string): Promise<AttachedPort[]> {
  const rows = await tx.routerPort.findMany({
    where: { router_id: routerId },
    select: {
      kind: true,
      port: {
        select: {
          id: true,
          network_id: true,
          fixed_ips: {
            select: { subnet_id: true, ip_address: true, subnet: { select: { id: true, cidr: true } } },
            orderBy: { ip_address: 'asc' },
          },
        },
      },
    },
    orderBy: { port_id: 'asc' },
  });
  return rows.map(({ kind, port }) => ({ kind, ...port }));
}

export const isInterface = ({ kind }: AttachedPort): boolean => kind === ROUTER_INTERFACE;
export const isGateway = ({ kind }: AttachedPort): boolean => kind === ROUTER_GATEWAY;
export const hasIpv6 = ({ fixed_ips }: Pick<AttachedPort, 'fixed_ips'>): boolean =>
  fixed_ips.some(({ ip_address }) => versionOf(ip_address) === 6);

/** A router has one port on a subnet, and no two of its subnets overlap (l3_db: _check_for_dup_router_subnets). @throws 400 */
export async function checkSubnets(
  tx: Queries,
  attached: readonly AttachedPort[],
  more: readonly RoutedSubnet[],
): Promise<void> {
  const has = attached.flatMap((port) => port.fixed_ips);
  const twice = has.find(({ subnet_id }) => more.some(({ id }) => id === subnet_id));
  if (twice !== undefined) throw badRouter(`Router already has a port on subnet ${twice.subnet_id}`);
  // Of an external network all subnets are reached, not only those that the gateway has an address of.
  const external = attached.filter(isGateway).map(({ network_id }) => network_id);
  const outside =
    external.length === 0
      ? []
      : await tx.subnet.findMany({ where: { network_id: { in: external } }, select: { id: true, cidr: true } });
  const there = [...attached.filter(isInterface).flatMap((port) => port.fixed_ips.map((ip) => ip.subnet)), ...outside];
  for (const old of there)
    for (const one of more)
      if (overlaps(old.cidr, one.cidr))
        throw badRouter(`Cidr ${one.cidr} of subnet ${one.id} overlaps with cidr ${old.cidr} of subnet ${old.id}`);
}
