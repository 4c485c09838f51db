import type { RequestContext } from '../kernel/context.js';
import type { AddressRequest } from './addresses.js';
import { canonical } from './ipam.js';
import { disallowed, invalidAttribute, invalidInput } from './refusals.js';
import { ownsNetwork } from './visibility.js';

export interface PortInput {
  /** Whose port it is to be. */
  project_id: string;
  network_id: string;
  name?: string | undefined;
  description?: string | undefined;
  admin_state_up?: boolean | undefined;
  mac_address?: string | undefined;
  device_id?: string | undefined;
  device_owner?: string | undefined;
  port_security_enabled?: boolean | undefined;
  fixed_ips?: AddressRequest[] | undefined;
}

export type PortChange = Pick<
  Partial<PortInput>,
  'name' | 'description' | 'admin_state_up' | 'device_id' | 'device_owner' | 'port_security_enabled'
>;

/** Neutron writes such an owner in small letters only; in any other spelling it would still look like one to a reader. */
const isOfNetwork = (owner = ''): boolean => /^network:/i.test(owner);

/**
 * Addresses of one port. Neutron had this limit and default (max_fixed_ips_per_port) until it trusted its quotas; here
 * it keeps the quota of ports a bound on the addresses that a project can take of a shared network.
 */
const MAX_FIXED_IPS = 5;

/**
 * Neutron's policies of POST /ports (neutron/conf/policies/port.py): on a network of another project nobody chooses the
 * MAC address, an address, an owner of the network's kind, or whether the port is protected. Any device may be named,
 * since naming one does nothing: a server's ports are those that its boot has bound.
 * @throws 403 with the rules that apply, as oslo.policy writes them
 */
export function checkPortPolicy(ctx: RequestContext, network: { project_id: string }, input: PortInput): void {
  if (ownsNetwork(ctx, network)) return;
  const choosesAddress = input.fixed_ips?.some((f) => f.ip_address !== undefined) ?? false;
  if (
    input.mac_address !== undefined ||
    choosesAddress ||
    isOfNetwork(input.device_owner) ||
    input.port_security_enabled !== undefined
  )
    throw disallowed(rulesOf(input));
}

/** The same for PUT /ports. @throws 403 */
export function checkPortChange(ctx: RequestContext, network: { project_id: string }, change: PortChange): void {
  if (ownsNetwork(ctx, network)) return;
  if (isOfNetwork(change.device_owner)) throw disallowed('(rule:update_port and rule:update_port:device_owner)');
  if (change.port_security_enabled !== undefined)
    throw disallowed('(rule:update_port and rule:update_port:port_security_enabled)');
}

/** The rules that a request for a port is checked by, in the order of the attributes. */
function rulesOf(input: PortInput): string {
  const attributes = [
    input.mac_address === undefined ? undefined : 'rule:create_port:mac_address',
    input.fixed_ips === undefined ? undefined : fixedIpRules(input.fixed_ips),
    input.device_id ? 'rule:create_port:device_id' : undefined,
    input.device_owner ? 'rule:create_port:device_owner' : undefined,
    input.port_security_enabled === undefined ? undefined : 'rule:create_port:port_security_enabled',
  ];
  return attributes.reduce<string>(
    (rules, one) => (one === undefined ? rules : `(${rules} and ${one})`),
    'rule:create_port',
  );
}

function fixedIpRules(fixedIps: readonly AddressRequest[]): string {
  const keys = fixedIps.flatMap((f) => Object.keys(f).map((key) => `rule:create_port:fixed_ips:${key}`));
  return keys.length === 0 ? 'rule:create_port:fixed_ips' : `(rule:create_port:fixed_ips and (${keys.join(' and ')}))`;
}

/** @throws 403 unless the caller may choose an address on the network, in the words for such a port */
export function checkAddressPolicy(ctx: RequestContext, network: { id: string; project_id: string }, ip: string): void {
  const input = { project_id: ctx.projectId, network_id: network.id, fixed_ips: [{ ip_address: ip }] };
  checkPortPolicy(ctx, network, input);
}

/** Checks what a port is asked to be, and brings its MAC address into one spelling. @throws 400 in Neutron's words */
export function checkPort(input: PortInput): PortInput {
  const { fixed_ips, mac_address } = input;
  const addresses = fixed_ips?.flatMap((f) => f.ip_address ?? []) ?? [];
  for (const [i, address] of addresses.entries()) {
    canonical(address, 'fixed_ips');
    if (addresses.indexOf(address) !== i) throw invalidAttribute('fixed_ips', `Duplicate IP address '${address}'`);
  }
  if ((fixed_ips?.length ?? 0) > MAX_FIXED_IPS) throw invalidInput('Exceeded maximum amount of fixed ips per port');
  return mac_address === undefined ? input : { ...input, mac_address: checkMac(mac_address) };
}

function checkMac(text: string): string {
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
