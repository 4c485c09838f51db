import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import type { Config } from '#config';
import { isAdmin, type RequestContext } from '#services/kernel/context';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { disallowed } from '#services/kernel/policy/index';
import { parsePage } from '#services/kernel/paging';
import { nextLink } from '../http/links.js';
import { wholeOfQuery } from '../http/numbers.js';
import { Policy } from '../http/policy.js';
import { Ctx, ParamLists, Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateNeutron } from '../http/validation.js';
import { itemsOf } from './bulk.js';
import { EXTENSIONS } from './extensions.js';
import {
  CreateNetworks,
  CreatePorts,
  CreateSubnets,
  UpdateNetworkSchema,
  UpdatePortSchema,
  UpdateSubnetSchema,
} from './schemas.js';
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
  @Policy('novaflow:authenticated')
  extensions() {
    return { extensions: EXTENSIONS };
  }

  @Get('extensions/:alias')
  @Policy('novaflow:authenticated')
  extension(@Param('alias') alias: string) {
    const extension = EXTENSIONS.find((e) => e.alias === alias);
    if (extension) return { extension };
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
      items.map((n) => pick(networkView(n, isAdmin(ctx, 'neutron')), lists['fields'])),
      query,
      more,
      page.limit,
      items.at(-1)?.id,
    );
  }

  @Get('networks/:id')
  @Policy('network:get_network')
  async network(@Ctx() ctx: RequestContext, @Param('id') id: string, @ParamLists() lists: QueryLists) {
    return {
      network: pick(networkView(await this.neutron.getNetwork(ctx, id), isAdmin(ctx, 'neutron')), lists['fields']),
    };
  }

  @Post('networks')
  @Policy('network:create_network')
  async createNetwork(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { items, answer } = itemsOf(CreateNetworks, body);
    if (items.some((n) => n.shared) && !isAdmin(ctx, 'neutron'))
      throw disallowed('(rule:create_network and rule:create_network:shared)');
    const made = await this.neutron.createNetworks(items.map((network) => owned(ctx, network)));
    return answer(made.map((n) => networkView(n, isAdmin(ctx, 'neutron'))));
  }

  @Put('networks/:id')
  @Policy('network:update_network')
  async updateNetwork(@Ctx() ctx: RequestContext, @Param('id') id: string, @Body() body: unknown) {
    const { network } = validateNeutron(UpdateNetworkSchema, body);
    return { network: networkView(await this.neutron.updateNetwork(ctx, id, network), isAdmin(ctx, 'neutron')) };
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
    const { items, more } = await this.neutron.subnets.list(ctx, where, page);
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
    return { subnet: pick(subnetView(await this.neutron.subnets.get(ctx, id)), lists['fields']) };
  }

  @Post('subnets')
  @Policy('network:create_subnet')
  async createSubnet(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { items, answer } = itemsOf(CreateSubnets, body);
    const inputs = items.map(({ tenant_id: _tenant, project_id: _project, ...input }) => input);
    return answer((await this.neutron.subnets.create(ctx, inputs)).map(subnetView));
  }

  @Put('subnets/:id')
  @Policy('network:update_subnet')
  async updateSubnet(@Ctx() ctx: RequestContext, @Param('id') id: string, @Body() body: unknown) {
    const { subnet } = validateNeutron(UpdateSubnetSchema, body);
    return { subnet: subnetView(await this.neutron.subnets.update(ctx, id, subnet)) };
  }

  @Delete('subnets/:id')
  @HttpCode(204)
  @Policy('network:delete_subnet')
  async deleteSubnet(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.neutron.subnets.delete(ctx, id);
  }

  @Get('ports')
  @Policy('network:get_port')
  async ports(@Ctx() ctx: RequestContext, @ParamLists() lists: QueryLists, @Params() query: Query) {
    const page = parsePage(query);
    const { items, more } = await this.neutron.ports.list(
      ctx,
      {
        ...textFilters(lists, TEXT_FILTERS.port),
        ...macFilter(lists['mac_address']),
        ...fixedIpFilter(lists['fixed_ips']),
      },
      page,
    );
    return this.collection(
      'ports',
      items.map((p) => pick(portView(p, isAdmin(ctx, 'neutron')), lists['fields'])),
      query,
      more,
      page.limit,
      items.at(-1)?.id,
    );
  }

  @Get('ports/:id')
  @Policy('network:get_port')
  async port(@Ctx() ctx: RequestContext, @Param('id') id: string, @ParamLists() lists: QueryLists) {
    return { port: pick(portView(await this.neutron.ports.get(ctx, id), isAdmin(ctx, 'neutron')), lists['fields']) };
  }

  @Post('ports')
  @Policy('network:create_port')
  async createPort(@Ctx() ctx: RequestContext, @Body() body: unknown) {
    const { items, answer } = itemsOf(CreatePorts, body);
    const made = await this.neutron.ports.create(
      ctx,
      items.map((port) => owned(ctx, port)),
    );
    return answer(made.map((p) => portView(p, isAdmin(ctx, 'neutron'))));
  }

  @Put('ports/:id')
  @Policy('network:update_port')
  async updatePort(@Ctx() ctx: RequestContext, @Param('id') id: string, @Body() body: unknown) {
    const { port } = validateNeutron(UpdatePortSchema, body);
    return { port: portView(await this.neutron.ports.update(ctx, id, port), isAdmin(ctx, 'neutron')) };
  }

  @Delete('ports/:id')
  @HttpCode(204)
  @Policy('network:delete_port')
  async deletePort(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    await this.neutron.ports.delete(ctx, id);
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

/** Whose a thing is to be: an administrator may make it for another project. */
function owned<T extends { tenant_id?: string | undefined; project_id?: string | undefined }>(
  ctx: RequestContext,
  { tenant_id, project_id, ...input }: T,
): Omit<T, 'tenant_id' | 'project_id'> & { project_id: string } {
  const projectId = project_id ?? tenant_id ?? ctx.projectId;
  if (projectId !== ctx.projectId && !isAdmin(ctx, 'neutron'))
    throw badRequest(
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges",
    );
  return { ...input, project_id: projectId };
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

/** MAC addresses are recorded in small letters. */
const macFilter = (values: string[] | undefined) =>
  values === undefined ? {} : { mac_address: { in: values.map((v) => v.toLowerCase()) } };

/** fixed_ips=ip_address=10.0.0.5, fixed_ips=subnet_id=…, and fixed_ips=ip_address_substr=0.5 for a part of an address. */
function fixedIpFilter(values: string[] | undefined) {
  if (values === undefined) return {};
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
}

/** Text in which LIKE finds no pattern. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
