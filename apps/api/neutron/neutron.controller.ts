import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import type { Config } from '#config';
import { isAdmin, type RequestContext } from '#services/context';
import { OpenStackError, badRequest, forbidden } from '#services/errors';
import type { Services } from '#services/index';
import { parsePage } from '#services/paging';
import { nextLink } from '../common/links.js';
import { wholeOfQuery } from '../common/numbers.js';
import { Policy } from '../common/policy.js';
import { Ctx, ParamLists, Params } from '../common/request.js';
import { CONFIG, SERVICES } from '../common/tokens.js';
import { validateNeutron } from '../common/validation.js';
import { CreateNetworkSchema, CreatePortSchema, CreateSubnetSchema } from './schemas.js';
import { networkView, pick, portView, subnetView } from './views.js';

type Query = Record<string, string | undefined>;
type QueryLists = Record<string, string[] | undefined>;

/** Filters that are compared as they are; each may be repeated. */
const TEXT_FILTERS = {
  network: ['id', 'name', 'project_id', 'description'],
  subnet: ['id', 'name', 'project_id', 'network_id', 'cidr', 'gateway_ip'],
  port: ['id', 'name', 'project_id', 'network_id', 'device_id', 'device_owner', 'mac_address', 'status'],
} as const;

@Controller('network/v2.0')
export class NeutronController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get neutron() {
    return this.services.neutron;
  }

  @Get('extensions')
  @Policy('network:get_extensions')
  extensions() {
    return { extensions: [] };
  }

  @Get('extensions/:alias')
  @Policy('network:get_extensions')
  extension(@Param('alias') alias: string): never {
    throw new OpenStackError(404, 'HTTPNotFound', `Extension with alias ${alias} does not exist`);
  }

  @Get('networks')
  @Policy('network:get_network')
  async networks(@Ctx() ctx: RequestContext, @ParamLists() lists: QueryLists, @Params() query: Query) {
    const where = {
      ...textFilters(lists, TEXT_FILTERS.network),
      ...boolFilter(query, 'shared'),
      ...boolFilter(query, 'admin_state_up'),
    };
    // Every network is internal until there are routers.
    const external = query['router:external']?.toLowerCase() === 'true';
    const page = parsePage(query);
    const { items, more } = await this.neutron.listNetworks(ctx, external ? { id: { in: [] } } : where, page);
    return this.collection(
      'networks',
      items.map((n) => pick(networkView(n, isAdmin(ctx)), lists['fields'])),
      query,
      more,
      page.limit,
      items.at(-1)?.id,
    );
  }

  @Get('networks/:id')
  @Policy('network:get_network')
  async network(@Ctx() ctx: RequestContext, @Param('id') id: string, @ParamLists() lists: QueryLists) {
    return { network: pick(networkView(await this.neutron.getNetwork(ctx, id), isAdmin(ctx)), lists['fields']) };
  }

  @Post('networks')
  @Policy('network:create_network')
  async createNetwork(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { network } = validateNeutron(CreateNetworkSchema, body);
    if (network.shared && !isAdmin(ctx)) throw policyForbidden('create_network:shared');
    const { tenant_id: _tenant, project_id: _project, ...input } = network;
    return { network: networkView(await this.neutron.createNetwork(onBehalf(ctx, network), input), isAdmin(ctx)) };
  }

  @Delete('networks/:id')
  @HttpCode(204)
  @Policy('network:delete_network')
  async deleteNetwork(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.neutron.deleteNetwork(ctx, id);
  }

  @Get('subnets')
  @Policy('network:get_subnet')
  async subnets(@Ctx() ctx: RequestContext, @ParamLists() lists: QueryLists, @Params() query: Query) {
    const version = query['ip_version'];
    const where = {
      ...textFilters(lists, TEXT_FILTERS.subnet),
      ...boolFilter(query, 'enable_dhcp'),
      ...(version === undefined ? {} : { ip_version: wholeOfQuery(version, () => notWhole('ip_version', version)) }),
    };
    const page = parsePage(query);
    const { items, more } = await this.neutron.listSubnets(ctx, where, page);
    return this.collection(
      'subnets',
      items.map((s) => pick(subnetView(s), lists['fields'])),
      query,
      more,
      page.limit,
      items.at(-1)?.id,
    );
  }

  @Get('subnets/:id')
  @Policy('network:get_subnet')
  async subnet(@Ctx() ctx: RequestContext, @Param('id') id: string, @ParamLists() lists: QueryLists) {
    return { subnet: pick(subnetView(await this.neutron.getSubnet(ctx, id)), lists['fields']) };
  }

  @Post('subnets')
  @Policy('network:create_subnet')
  async createSubnet(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { tenant_id: _tenant, project_id: _project, ...input } = validateNeutron(CreateSubnetSchema, body).subnet;
    return { subnet: subnetView(await this.neutron.createSubnet(ctx, input)) };
  }

  @Delete('subnets/:id')
  @HttpCode(204)
  @Policy('network:delete_subnet')
  async deleteSubnet(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.neutron.deleteSubnet(ctx, id);
  }

  @Get('ports')
  @Policy('network:get_port')
  async ports(@Ctx() ctx: RequestContext, @ParamLists() lists: QueryLists, @Params() query: Query) {
    const page = parsePage(query);
    const { items, more } = await this.neutron.listPorts(
      ctx,
      { ...textFilters(lists, TEXT_FILTERS.port), ...fixedIpFilter(lists['fixed_ips']) },
      page,
    );
    return this.collection(
      'ports',
      items.map((p) => pick(portView(p, isAdmin(ctx)), lists['fields'])),
      query,
      more,
      page.limit,
      items.at(-1)?.id,
    );
  }

  @Get('ports/:id')
  @Policy('network:get_port')
  async port(@Ctx() ctx: RequestContext, @Param('id') id: string, @ParamLists() lists: QueryLists) {
    return { port: pick(portView(await this.neutron.getPort(ctx, id), isAdmin(ctx)), lists['fields']) };
  }

  @Post('ports')
  @Policy('network:create_port')
  async createPort(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { port } = validateNeutron(CreatePortSchema, body);
    const { tenant_id: _tenant, project_id: _project, ...input } = port;
    if (input.device_owner?.startsWith('compute:') || input.device_owner?.startsWith('network:'))
      throw policyForbidden('create_port:device_owner');
    return { port: portView(await this.neutron.createPort(onBehalf(ctx, port), input), isAdmin(ctx)) };
  }

  @Delete('ports/:id')
  @HttpCode(204)
  @Policy('network:delete_port')
  async deletePort(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.neutron.deletePort(ctx, id);
  }

  private collection(
    key: string,
    items: object[],
    query: Query,
    more: boolean,
    limit: number,
    last: string | undefined,
  ) {
    if (!more || last === undefined) return { [key]: items };
    return {
      [key]: items,
      [`${key}_links`]: [nextLink(`${this.config.publicUrl}/network/v2.0/${key}`, query, limit, last)],
    };
  }
}

const notWhole = (name: string, value: string) =>
  new OpenStackError(400, 'InvalidInput', `Invalid input for ${name}. Reason: '${value}' is not an integer.`);

const policyForbidden = (rule: string) => forbidden(`(rule:${rule}) is disallowed by policy`);

/** An administrator may make things for another project. */
function onBehalf(
  ctx: RequestContext,
  body: { tenant_id?: string | undefined; project_id?: string | undefined },
): RequestContext {
  const projectId = body.project_id ?? body.tenant_id ?? ctx.projectId;
  if (projectId !== ctx.projectId && !isAdmin(ctx))
    throw badRequest(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges",
    );
  return { ...ctx, projectId };
}

function textFilters<K extends string>(lists: QueryLists, names: readonly K[]): { [key in K]?: { in: string[] } } {
  const named: QueryLists = { ...lists, ...(lists['tenant_id'] ? { project_id: lists['tenant_id'] } : {}) };
  return Object.fromEntries(names.flatMap((name) => (named[name] ? [[name, { in: named[name] }]] : []))) as {
    [key in K]?: { in: string[] };
  };
}

function boolFilter<K extends string>(query: Query, name: K): { [key in K]?: boolean } {
  const value = query[name]?.toLowerCase();
  if (value === undefined) return {};
  if (!['true', 'false', '1', '0'].includes(value))
    throw new OpenStackError(
      400,
      'InvalidInput',
      `Invalid input for operation: '${value}' is not a boolean for ${name}.`,
    );
  return { [name]: value === 'true' || value === '1' } as { [key in K]?: boolean };
}

/** fixed_ips=ip_address=10.0.0.5 and fixed_ips=subnet_id=… */
function fixedIpFilter(values: string[] | undefined) {
  if (values === undefined) return {};
  const of = (key: string): string[] =>
    values.flatMap((v) => (v.startsWith(`${key}=`) ? [v.slice(key.length + 1)] : []));
  const [ips, subnets] = [of('ip_address'), of('subnet_id')];
  return {
    fixed_ips: {
      some: {
        ...(ips.length > 0 ? { ip_address: { in: ips } } : {}),
        ...(subnets.length > 0 ? { subnet_id: { in: subnets } } : {}),
      },
    },
  };
}
