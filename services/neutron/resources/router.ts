import { Type } from 'typebox';
import { always, bool, json, listOf, shownAs, text } from '../../kernel/resource/fields.js';
import { ROUTER_GATEWAY } from '../device-owners.js';
import { attachedPorts, isInterface } from '../l3/attached.js';
import { checkGateway, gatewayPolicy, setGateway, type GatewayRequest } from '../l3/gateway.js';
import { removeSystemPort } from '../l3/ports.js';
import { routerInUse, type Route } from '../l3/refusals.js';
import { checkReach, checkedRoutes, reachOf } from '../l3/routes.js';
import { keepAccess } from '../rbac/kept-access.js';
import { networkMissing } from '../refusals.js';
import { resource } from '../words.js';
import { standard } from './standard.js';

const both = { write: ['post', 'put'] } as const;
const strict = { additionalProperties: false };
const address = Type.Object(
  { subnet_id: Type.Optional(Type.String()), ip_address: Type.Optional(Type.String()) },
  strict,
);
const route = Type.Object({ destination: Type.String(), nexthop: Type.String() }, strict);
const asked = Type.Object(
  {
    network_id: Type.Optional(Type.String({ format: 'uuid' })),
    enable_snat: Type.Optional(Type.Boolean()),
    external_fixed_ips: Type.Optional(Type.Array(address)),
    qos_policy_id: Type.Optional(Type.Union([Type.String({ format: 'uuid' }), Type.Null()])),
  },
  strict,
);
const shown = Type.Object(
  {
    network_id: Type.String(),
    enable_snat: Type.Boolean(),
    external_fixed_ips: Type.Array(address),
    qos_policy_id: Type.Union([Type.String(), Type.Null()]),
  },
  strict,
);
interface Row {
  readonly enable_snat: boolean;
  readonly qos_policy_id: string | null;
  readonly ports: readonly {
    readonly port: {
      readonly network_id: string;
      readonly fixed_ips: readonly { readonly subnet_id: string; readonly ip_address: string }[];
    };
  }[];
}
const gatewayOf = ({ enable_snat, qos_policy_id, ports: [gateway] }: Row) =>
  gateway === undefined
    ? null
    : {
        network_id: gateway.port.network_id,
        enable_snat,
        external_fixed_ips: gateway.port.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
        qos_policy_id,
      };
/** What this cloud's routers are not; asked for, it is refused by the schema in words. */
const never = (seenBy: 'get_router:distributed' | 'get_router:ha') =>
  always(false, Type.Unsafe<false>({ enum: [false, null] }), { ...both, column: '', seenBy });

/** A router (neutron_lib/api/definitions/l3.py and its extensions). */
export const router = resource({
  names: ['router', 'routers'],
  record: 'router',
  table: 'neutron.routers',
  include: {
    ports: {
      where: { kind: ROUTER_GATEWAY },
      select: {
        port: {
          select: {
            network_id: true,
            fixed_ips: { select: { subnet_id: true, ip_address: true }, orderBy: { ip_address: 'asc' } },
          },
        },
      },
    },
  },
  owner: 'project_id',
  quota: 'router',
  revisions: true,
  tags: true,
  fields: {
    ...standard,
    admin_state_up: bool({ default: true, ...both, filter: true, sort: true }),
    status: text({ sort: true }),
    external_gateway_info: shownAs(
      json<GatewayRequest | null, typeof both & { column: '' }>(Type.Union([asked, Type.Null()]), {
        ...both,
        column: '',
      }),
      Type.Union([shown, Type.Null()]),
      gatewayOf,
    ),
    enable_snat: bool({ filter: true, sort: true }),
    routes: listOf<Route, { write: readonly ['put'] }>(route, { write: ['put'] }),
    availability_zone_hints: listOf<string, { write: readonly ['post'] }>(Type.String({ maxLength: 255 }), {
      write: ['post'],
    }),
    availability_zones: always([], Type.Array(Type.String())),
    distributed: never('get_router:distributed'),
    ha: never('get_router:ha'),
    flavor_id: always(null, Type.Null(), { write: ['post'], column: '' }),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  async plan(at, { external_gateway_info }) {
    await checkGateway(at, external_gateway_info);
    return {};
  },
  async afterCreate(at, { id }, { external_gateway_info }) {
    if (!external_gateway_info?.network_id) return;
    await keepAccess(at, 'network', [external_gateway_info.network_id], networkMissing);
    const qos_policy_id = await gatewayPolicy(at, null, external_gateway_info);
    const columns = await setGateway(at.tx, { id, routes: [] }, external_gateway_info);
    await at.tx.router.update({ where: { id }, data: { ...columns, qos_policy_id } });
  },
  async planUpdate(at, { external_gateway_info }) {
    await checkGateway(at, external_gateway_info);
    return {};
  },
  async beforeUpdate(at, row, { external_gateway_info, routes }) {
    const { tx } = at;
    const wanted = routes && checkedRoutes(routes);
    if (wanted !== undefined) checkReach(wanted, ...reachOf(await attachedPorts(tx, row.id)));
    const given = wanted === undefined ? {} : { routes: wanted };
    if (external_gateway_info === undefined) return given;
    if (external_gateway_info?.network_id)
      await keepAccess(at, 'network', [external_gateway_info.network_id], networkMissing);
    const qos_policy_id = await gatewayPolicy(at, row.qos_policy_id, external_gateway_info);
    const now = { id: row.id, routes: wanted ?? (row.routes as unknown as Route[]) };
    return { ...given, ...(await setGateway(tx, now, external_gateway_info)), qos_policy_id };
  },
  async beforeDelete({ tx }, { id }) {
    const attached = await attachedPorts(tx, id);
    const interfaces = attached.filter(isInterface);
    if (interfaces.length > 0)
      throw routerInUse(
        id,
        interfaces.map((port) => port.id),
      );
    for (const gateway of attached) await removeSystemPort(tx, gateway.id);
  },
});
