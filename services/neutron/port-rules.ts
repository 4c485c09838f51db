import type { RequestContext } from '../kernel/context.js';
import { disallowed, type RuleName, type Target } from '../kernel/policy/index.js';
import type { AddressRequest } from './addresses.js';
import { canonical } from './ipam.js';
import { invalidAttribute, invalidInput } from './refusals.js';
import { mayDo, onNetwork } from './visibility.js';

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

/**
 * Addresses of one port. Neutron had this limit and default (max_fixed_ips_per_port) until it trusted its quotas; here
 * it keeps the quota of ports a bound on the addresses that a project can take of a shared network.
 */
const MAX_FIXED_IPS = 5;

/** Whose network a port is on, and whether all may use it. */
interface Network {
  readonly project_id: string;
  readonly shared: boolean;
}
type Rule = RuleName<'neutron'>;

/**
 * Neutron's policies of POST /ports: its rule, and one for each attribute that is given (neutron/policy.py,
 * _build_match_rule). On a network of another project nobody chooses the MAC address, an address, an owner of the
 * network's kind, or whether the port is protected. Any device may be named, since naming one does nothing: a server's
 * ports are those that its boot has bound.
 * @throws 403 with the rules that apply, as oslo.policy writes them
 */
export function checkPortPolicy(ctx: RequestContext, network: Network, input: PortInput): void {
  const target = onNetwork(network, { project_id: input.project_id, ...ownerOf(input) });
  refuseUnless(ctx, target, [['create_port'], ...createRules(input)]);
}

/** The same for PUT /ports. @throws 403 */
export function checkPortChange(
  ctx: RequestContext,
  network: Network,
  port: { project_id: string; device_owner: string },
  change: PortChange,
): void {
  const { device_owner = port.device_owner } = change;
  const target = onNetwork(network, { project_id: port.project_id, ...ownerOf({ device_owner }) });
  refuseUnless(ctx, target, [
    ['update_port'],
    ...given(change.device_owner !== undefined, 'update_port:device_owner'),
    ...given(change.port_security_enabled !== undefined, 'update_port:port_security_enabled'),
  ]);
}

/** The rules of the attributes, in their order; of an attribute with parts, its own and those of the parts. */
function createRules(input: PortInput): Rule[][] {
  const { fixed_ips } = input;
  const keys = fixed_ips?.flatMap((f) => Object.keys(f) as (keyof AddressRequest)[]) ?? [];
  return [
    ...given(input.mac_address !== undefined, 'create_port:mac_address'),
    ...given(
      fixed_ips !== undefined,
      'create_port:fixed_ips',
      ...keys.map((key) => `create_port:fixed_ips:${key}` as const),
    ),
    ...given(Boolean(input.device_id), 'create_port:device_id'),
    ...given(Boolean(input.device_owner), 'create_port:device_owner'),
    ...given(input.port_security_enabled !== undefined, 'create_port:port_security_enabled'),
  ];
}

const given = (is: boolean, ...rules: Rule[]): Rule[][] => (is ? [rules] : []);

/** Neutron writes the owners of its own ports in small letters only; in any other spelling one would still look like them. */
const ownerOf = ({ device_owner = '' }: { device_owner?: string | undefined }) => ({
  device_owner: device_owner.toLowerCase(),
});

function refuseUnless(ctx: RequestContext, target: Target, rules: Rule[][]): void {
  if (!rules.flat().every((rule) => mayDo(ctx, rule, target))) throw disallowed(written(rules));
}

/** As oslo.policy writes the check of all of them. */
const written = (rules: readonly Rule[][]): string =>
  rules
    .map(([rule, ...parts]) =>
      parts.length === 0 ? `rule:${rule}` : `(rule:${rule} and (${parts.map((part) => `rule:${part}`).join(' and ')}))`,
    )
    .reduce((all, one) => `(${all} and ${one})`);

/** @throws 403 unless the caller may choose an address on the network, in the words for such a port */
export function checkAddressPolicy(ctx: RequestContext, network: Network & { id: string }, ip: string): void {
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
