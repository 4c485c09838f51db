import { OpenStackError } from '../../kernel/errors.js';
import { canonical, contains, parseRange, valueOf, versionOf } from '../ipam.js';
import { overQuota } from '../quotas.js';
import { invalidAttribute } from '../refusals.js';
import type { AttachedPort, RoutedSubnet } from './attached.js';
import { invalidRoutes, type Route } from './refusals.js';

/** neutron.conf: max_routes, the default of what a router may have. */
const MAX_ROUTES = 30;
const LOOPBACK = ['127.0.0.0/8', '::1/128'] as const;

const same = (a: Route, b: Route): boolean => a.destination === b.destination && a.nexthop === b.nexthop;

/** Routes in their one spelling. @throws 400 for what is none (neutron_lib/api/validators: validate_hostroutes) */
export function checkedRoutes(routes: readonly Route[]): Route[] {
  return routes.map((route, i) => {
    const range = rangeOf(route.destination);
    if (range === undefined || range.text !== canonicalRange(route.destination))
      throw invalidAttribute('routes', `'${route.destination}' is not a valid CIDR`);
    if (range.isIn(...LOOPBACK)) throw invalidAttribute('routes', `'${route.destination}' is not a routable CIDR`);
    const one = { destination: range.text, nexthop: canonical(route.nexthop, 'routes') };
    if (routes.slice(0, i).some((other) => same(other, route)))
      throw invalidAttribute(
        'routes',
        `Duplicate hostroute '{'destination': '${route.destination}', 'nexthop': '${route.nexthop}'}'`,
      );
    return one;
  });
}

function rangeOf(text: string) {
  try {
    return parseRange(text, 'routes');
  } catch (error) {
    if (error instanceof OpenStackError) return undefined;
    throw error;
  }
}

/** As it is written, but in one spelling of its address: a route's destination has no host bits. */
const canonicalRange = (text: string): string => {
  const [address = '', prefix = ''] = text.split('/');
  return `${canonical(address, 'routes')}/${prefix}`;
};

/**
 * What a router's routes lead to is on one of its subnets, and no address of its own (extraroute_db: _validate_routes).
 * @param subnets those that it is on @param own its ports' addresses @throws 400, 409 where there are too many
 */
export function checkReach(routes: readonly Route[], subnets: readonly RoutedSubnet[], own: readonly string[]): void {
  for (const { nexthop } of routes) {
    if (!subnets.some(({ cidr }) => lies(nexthop, cidr)))
      throw invalidRoutes(routes, 'the nexthop is not connected with router');
    if (own.includes(nexthop)) throw invalidRoutes(routes, 'the nexthop is used by router');
  }
  if (routes.length > MAX_ROUTES) throw overQuota('router_route');
}

/** Whether an address lies in a range, its first and last included. */
export function lies(ip: string, cidr: string): boolean {
  if (contains(cidr, ip)) return true;
  const { version, first, last } = parseRange(cidr);
  return versionOf(ip) === version && first <= valueOf(ip) && valueOf(ip) <= last;
}

/** The subnets and the addresses that a router's ports have. */
export const reachOf = (ports: readonly AttachedPort[]): readonly [subnets: RoutedSubnet[], own: string[]] => {
  const fixed = ports.flatMap((port) => port.fixed_ips);
  return [fixed.map((ip) => ip.subnet), fixed.map((ip) => ip.ip_address)];
};

/** What both have, each once. */
export const withRoutes = (old: readonly Route[], more: readonly Route[]): Route[] =>
  [...old, ...more].filter((route, i, all) => all.findIndex((other) => same(other, route)) === i);

/** What is not there need not be removed. */
export const withoutRoutes = (old: readonly Route[], fewer: readonly Route[]): Route[] =>
  old.filter((route) => !fewer.some((other) => same(other, route)));
