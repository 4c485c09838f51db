import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { RequestContext } from '#services/kernel/context';
import type { Services } from '#services/index';
import { badRequest, notFound } from '#services/kernel/errors';
import { parsePage } from '#services/kernel/paging';
import { nextLink, selfAndBookmark } from '../http/links.js';
import { wholeOfQuery } from '../http/numbers.js';
import { ownValue } from '../http/own.js';
import { booleanText, description, integerText, isTrue, name } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor, Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';
import { byMinor } from './by-minor.js';

type FlavorRecord = Awaited<ReturnType<Services['nova']['flavors']['get']>>;
type Query = Record<string, string | undefined>;

const properties = {
  name,
  id: Type.Optional(
    Type.Union([
      Type.String({ minLength: 1, maxLength: 255, pattern: '^(?! )[a-zA-Z0-9. _-]+(?<! )$' }),
      Type.Number(),
      Type.Null(),
    ]),
  ),
  ram: integerText(1),
  vcpus: integerText(1),
  disk: integerText(0),
  'OS-FLV-EXT-DATA:ephemeral': Type.Optional(integerText(0)),
  swap: Type.Optional(integerText(0)),
  // The largest number of MySQL's single precision (nova/db/constants.py SQL_SP_FLOAT_MAX).
  rxtx_factor: Type.Optional(
    Type.Unsafe<number | string>({
      type: ['number', 'string'],
      pattern: '^(?!0+(\\.0+)?$)[0-9]+(\\.[0-9]+)?$',
      exclusiveMinimum: 0,
      maximum: 3.40282e38,
      textMaximum: 3.40282e38,
    }),
  ),
  'os-flavor-access:is_public': Type.Optional(booleanText),
};
const strict = { additionalProperties: false };
/** POST /flavors by microversion: descriptions came in 2.55, and rxtx_factor went in 2.102. */
const createFlavorSchema = byMinor(
  (minor) => {
    const { rxtx_factor, ...others } = properties;
    const fields = {
      ...others,
      ...(minor >= 55 ? { description: Type.Optional(description(65_535)) } : {}),
      ...(minor < 102 ? { rxtx_factor } : {}),
    };
    return Type.Object({ flavor: Type.Object(fields, strict) }, strict);
  },
  [1, 55, 102],
);
interface CreateFlavorBody {
  name: string;
  id?: string | number | null;
  ram: number | string;
  vcpus: number | string;
  disk: number | string;
  'OS-FLV-EXT-DATA:ephemeral'?: number | string;
  swap?: number | string;
  rxtx_factor?: number | string;
  'os-flavor-access:is_public'?: boolean | string;
  description?: string | null;
}
const ExtraSpecsSchema = Type.Object(
  {
    extra_specs: Type.Record(
      Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
      Type.Unsafe<string | number>({ type: ['string', 'number'], maxLength: 255 }),
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

@Controller('compute/v2.1/flavors')
export class FlavorsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get flavors() {
    return this.services.nova.flavors;
  }

  @Get()
  @Policy('novaflow:authenticated')
  async list(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    const { items, links } = await this.find(ctx, query, 'flavors', minor);
    return {
      flavors: items.map((f) => ({
        id: f.id,
        name: f.name,
        links: this.links(f.id),
        ...(minor >= 55 ? { description: f.description } : {}),
      })),
      ...links,
    };
  }

  @Get('detail')
  @Policy('novaflow:authenticated')
  async detail(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    const { items, links } = await this.find(ctx, query, 'flavors/detail', minor);
    return { flavors: items.map((f) => this.view(f, minor)), ...links };
  }

  @Get(':id')
  @Policy('novaflow:authenticated')
  async show(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('id') id: string) {
    return { flavor: this.view(await this.flavors.get(ctx, id), minor) };
  }

  @Post()
  @HttpCode(200)
  @Policy('os_compute_api:os-flavor-manage:create')
  async create(@Minor() minor: number, @Body() body: unknown) {
    const { flavor } = validate(createFlavorSchema(minor), body) as { flavor: CreateFlavorBody };
    const created = await this.flavors.create({
      id: flavor.id === undefined || flavor.id === null ? undefined : String(flavor.id),
      name: flavor.name,
      vcpus: Number(flavor.vcpus),
      ram: Number(flavor.ram),
      disk: Number(flavor.disk),
      ephemeral: Number(flavor['OS-FLV-EXT-DATA:ephemeral'] ?? 0),
      swap: Number(flavor.swap ?? 0),
      rxtx_factor: Number(flavor.rxtx_factor ?? 1),
      is_public: isTrue(flavor['os-flavor-access:is_public'] ?? true),
      description: flavor.description,
    });
    return { flavor: this.view(created, minor) };
  }

  @Delete(':id')
  @HttpCode(202)
  @Policy('os_compute_api:os-flavor-manage:delete')
  async delete(@Param('id') id: string): Promise<void> {
    await this.flavors.delete(id);
  }

  @Get(':id/os-extra_specs')
  @Policy('os_compute_api:os-flavor-extra-specs:index')
  async extraSpecs(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    return { extra_specs: (await this.flavors.get(ctx, id)).extra_specs };
  }

  @Get(':id/os-extra_specs/:key')
  @Policy('os_compute_api:os-flavor-extra-specs:index')
  async extraSpec(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('key') key: string) {
    const value = ownValue((await this.flavors.get(ctx, id)).extra_specs as Record<string, string>, key);
    if (value === undefined)
      throw notFound('FlavorExtraSpecsNotFound', `Flavor ${id} has no extra specs with key ${key}.`);
    return { [key]: value };
  }

  @Post(':id/os-extra_specs')
  @HttpCode(200)
  @Policy('os_compute_api:os-flavor-extra-specs:create')
  async setExtraSpecs(@Param('id') id: string, @Body() body: unknown) {
    const { extra_specs } = validate(ExtraSpecsSchema, body);
    const texts = Object.fromEntries(Object.entries(extra_specs).map(([key, value]) => [key, String(value)]));
    return { extra_specs: await this.flavors.setExtraSpecs(id, texts) };
  }

  private async find(ctx: RequestContext, query: Query, path: string, minor: number) {
    const page = parsePage(query, 0);
    const filters = {
      isPublic: publicFilter(query['is_public']),
      minDisk: amount('minDisk', query['minDisk']),
      minRam: amount('minRam', query['minRam']),
      name: minor >= 102 ? query['name'] : undefined,
    };
    const { items, more } = await this.flavors.list(ctx, filters, page);
    const last = items.at(-1);
    return {
      items,
      links:
        more && last
          ? { flavors_links: [nextLink(`${this.config.publicUrl}/compute/v2.1/${path}`, query, page.limit, last.id)] }
          : {},
    };
  }

  private links(id: string) {
    return selfAndBookmark(`${this.config.publicUrl}/compute`, '/v2.1', `flavors/${id}`);
  }

  private view(f: FlavorRecord, minor: number) {
    return {
      id: f.id,
      name: f.name,
      ram: f.ram,
      disk: f.disk,
      // An empty string until 2.75.
      swap: f.swap === 0 && minor < 75 ? '' : f.swap,
      'OS-FLV-EXT-DATA:ephemeral': f.ephemeral,
      ...(minor < 102 ? { 'OS-FLV-DISABLED:disabled': f.disabled, rxtx_factor: f.rxtx_factor } : {}),
      vcpus: f.vcpus,
      'os-flavor-access:is_public': f.is_public,
      links: this.links(f.id),
      ...(minor >= 55 ? { description: f.description } : {}),
      ...(minor >= 61 ? { extra_specs: f.extra_specs } : {}),
    };
  }
}

/** `is_public=None` asks for both kinds. */
function publicFilter(value: string | undefined): boolean | undefined {
  if (value?.toLowerCase() === 'none') return undefined;
  if (value === undefined || /^(true|1|t|yes|y|on)$/i.test(value)) return true;
  if (/^(false|0|f|no|n|off)$/i.test(value)) return false;
  throw badRequest(`Invalid is_public filter [${value}]`);
}

function amount(filter: string, value: string | undefined): number | undefined {
  return value === undefined ? undefined : wholeOfQuery(value, () => badRequest(`Invalid ${filter} filter [${value}]`));
}
