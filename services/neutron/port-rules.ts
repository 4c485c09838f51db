import type { Queries } from '../kernel/database.js';
import type { Where } from '../kernel/resource/spec.js';
import type { AddressRequest } from './addresses.js';
import { ROUTER_INTERFACE } from './device-owners.js';
import { canonical } from './ipam.js';
import { foreignDevice } from './l3/refusals.js';
import { invalidAttribute, invalidInput } from './refusals.js';

/**
 * Addresses of one port. Neutron had this limit and default (max_fixed_ips_per_port) until it trusted its quotas; here
 * it keeps the quota of ports a bound on the addresses that a project can take of a shared network.
 */
const MAX_FIXED_IPS = 5;

/** @throws 400 in Neutron's words for addresses that no port can have */
export function checkFixedIps(fixedIps: readonly AddressRequest[] | undefined): void {
  const addresses = fixedIps?.flatMap((f) => f.ip_address ?? []) ?? [];
  for (const [i, address] of addresses.entries()) {
    canonical(address, 'fixed_ips');
    if (addresses.indexOf(address) !== i) throw invalidAttribute('fixed_ips', `Duplicate IP address '${address}'`);
  }
  if ((fixedIps?.length ?? 0) > MAX_FIXED_IPS) throw invalidInput('Exceeded maximum amount of fixed ips per port');
}

/** A MAC address in its one spelling. @throws 400 in Neutron's words */
export function checkMac(text: string): string {
  const digits = /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{12}$/i.test(text)
    ? text.replaceAll(/[:-]/g, '').toLowerCase()
    : '';
  if (digits === '' || /^(?:0{12}|f{12})$/.test(digits))
    throw invalidAttribute('mac_address', `'${text}' is not a valid MAC address`);
  // The lowest bit of the first byte: no card can be such a group of cards, and QEMU refuses it.
  if (Number.parseInt(digits.slice(0, 2), 16) % 2 === 1)
    throw invalidAttribute('mac_address', `MAC address ${text} is a multicast address, which is not supported.`);
  return digits.match(/../g)!.join(':');
}

/**
 * A port that says it is a router's is of a router of its own project (db_base_plugin_v2:
 * _enforce_device_owner_not_router_intf_or_device_id). @throws 409
 */
export async function checkDevice(
  tx: Queries,
  port: { readonly device_owner?: unknown; readonly device_id?: unknown; readonly project_id?: unknown },
  admin: boolean,
): Promise<void> {
  const { device_owner, device_id, project_id } = port;
  if (admin || device_owner !== ROUTER_INTERFACE || typeof device_id !== 'string' || device_id === '') return;
  const router = await tx.router.findUnique({ where: { id: device_id }, select: { project_id: true } });
  if (router !== null && router.project_id !== project_id) throw foreignDevice(device_id);
}

/** The filters of ports that compare more than one column. */
export const portFilters = {
  /** MAC addresses are recorded in small letters. */
  mac_address: (values: readonly string[]): Where => ({ mac_address: { in: values.map((v) => v.toLowerCase()) } }),
  security_groups: (values: readonly string[]): Where => ({
    groups: { some: { security_group_id: { in: [...values] } } },
  }),
  /** fixed_ips=ip_address=10.0.0.5, fixed_ips=subnet_id=…, and fixed_ips=ip_address_substr=0.5 for a part of an address. */
  fixed_ips(values: readonly string[]): Where {
    const of = (key: string): string[] =>
      values.flatMap((v) => (v.startsWith(`${key}=`) ? [v.slice(key.length + 1)] : []));
    const [ips, subnets, parts] = [of('ip_address'), of('subnet_id'), of('ip_address_substr')];
    const where = {
      ...(ips.length > 0 ? { ip_address: { in: ips } } : {}),
      ...(subnets.length > 0 ? { subnet_id: { in: subnets } } : {}),
    };
    // Neutron takes each part of an address, and each address, on its own: the port must have one for the one and one for the other.
    const part =
      parts.length > 0
        ? [{ fixed_ips: { some: { OR: parts.map((p) => ({ ip_address: { contains: literal(p) } })) } } }]
        : [];
    const whole = Object.keys(where).length > 0 ? [{ fixed_ips: { some: where } }] : [];
    return { AND: [...whole, ...part] };
  },
};

/** Text in which LIKE finds no pattern. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
