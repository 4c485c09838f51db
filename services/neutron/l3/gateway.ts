import type { RequestContext } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import type { At } from '../../kernel/resource/spec.js';
import { setAddresses, type AddressRequest } from '../addresses.js';
import { ROUTER_GATEWAY } from '../device-owners.js';
import { canonical } from '../ipam.js';
import { checkFixedIps } from '../port-rules.js';
import { checkAddressPolicy } from '../qos/bindings.js';
import { invalidAttribute } from '../refusals.js';
import type { NeutronParts } from '../words.js';
import { attachedPorts, checkSubnets, isGateway, type AttachedPort } from './attached.js';
import { makeSystemPort, removeSystemPort } from './ports.js';
import { badRouter, gatewayNeeded, type Route } from './refusals.js';
import { checkReach, reachOf } from './routes.js';

/** A router's way to the outside, as requests write it. Nothing in it is no way. */
export interface GatewayRequest {
  readonly network_id?: string | undefined;
  readonly enable_snat?: boolean | undefined;
  readonly external_fixed_ips?: readonly AddressRequest[] | undefined;
  readonly qos_policy_id?: string | null | undefined;
}
type Given = GatewayRequest | null | undefined;

const isNothing = (given: Given): boolean => !given || Object.keys(given).length === 0;

/** Checks it before a router is locked. @throws 400, and 404 for a network that the asker does not see */
export async function checkGateway(
  { ctx, parts }: { readonly ctx: RequestContext; readonly parts: NeutronParts },
  given: Given,
): Promise<void> {
  if (!given || isNothing(given)) return;
  if (given.network_id === undefined)
    throw invalidAttribute(
      'external_gateway_info',
      `Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: ${keysOf(given)}`,
    );
  checkFixedIps(given.external_fixed_ips);
  const { external } = await parts.networkOf(ctx, given.network_id);
  if (!external) throw badRouter(`Network ${given.network_id} is not an external network`);
}

const keysOf = (given: object): string =>
  `{${Object.keys(given)
    .map((key) => `'${key}'`)
    .join(', ')}}`;

/**
 * The QoS policy of a router's gateway after a change of it (db/l3_gateway_ip_qos.py): who says nothing of it leaves it, and
 * without a gateway there is none. @param now the router's @throws 404 for one that the asker does not see
 */
export async function gatewayPolicy(at: At<NeutronParts>, now: string | null, given: Given): Promise<string | null> {
  const next = given?.network_id === undefined ? null : given.qos_policy_id;
  await checkAddressPolicy(at, now, next);
  return next === undefined ? now : next;
}

/**
 * Gives a router its gateway, changes it or takes it away (l3_db: _update_router_gw_info). The router's row is locked.
 * @returns columns of the router @throws 400, 409
 */
export async function setGateway(
  tx: Queries,
  router: { readonly id: string; readonly routes: readonly Route[] },
  given: Given,
): Promise<{ enable_snat: boolean }> {
  const networkId = given?.network_id;
  const asked = given?.external_fixed_ips ?? [];
  const attached = await attachedPorts(tx, router.id);
  const now = attached.find(isGateway);
  const others = attached.filter((port) => port !== now);
  const subnets =
    networkId === undefined
      ? []
      : await tx.subnet.findMany({
          where: { network_id: networkId },
          select: { id: true, cidr: true, gateway_ip: true },
        });
  const gatewayOf = subnets.find(({ gateway_ip }) => asked.some(({ ip_address }) => ip_address === gateway_ip));
  if (gatewayOf?.gateway_ip) throw badRouter(`External IP ${gatewayOf.gateway_ip} is the same as the gateway IP`);
  if (router.routes.length > 0) {
    const [reached, own] = reachOf(others);
    checkReach(router.routes, [...reached, ...subnets], own);
  }
  const enable_snat = given?.enable_snat ?? true;
  if (now !== undefined && now.network_id === networkId) {
    if (isOther(now, asked)) await setAddresses(tx, now, asked);
    return { enable_snat };
  }
  if (now !== undefined) {
    const needs = await tx.floatingIp.findFirst({ where: { router_id: router.id }, select: { id: true } });
    if (needs !== null) throw gatewayNeeded(router.id, now.network_id);
    await removeSystemPort(tx, now.id);
  }
  if (networkId === undefined) return { enable_snat };
  await checkSubnets(tx, others, subnets);
  const port = { networkId, projectId: '', deviceId: router.id, deviceOwner: ROUTER_GATEWAY };
  const { id } = await makeSystemPort(tx, port, asked.length > 0 ? asked : undefined);
  await tx.routerPort.create({ data: { port_id: id, router_id: router.id, kind: ROUTER_GATEWAY } });
  return { enable_snat };
}

/** Whether addresses that are asked for are not those that the gateway has (l3_db: _check_for_external_ip_change). */
function isOther({ fixed_ips }: AttachedPort, asked: readonly AddressRequest[]): boolean {
  if (asked.length === 0) return false;
  const subnets = fixed_ips.map((ip) => ip.subnet_id);
  const addresses = fixed_ips.map((ip) => ip.ip_address);
  return (
    differ(
      subnets,
      asked.flatMap(({ subnet_id }) => subnet_id ?? []),
    ) ||
    differ(
      addresses,
      asked.flatMap(({ ip_address }) => (ip_address === undefined ? [] : canonical(ip_address))),
    )
  );
}

const differ = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((one) => !others.includes(one)) || others.some((one) => !some.includes(one));
