import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { badRequest, notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Answers, AnswersNothing, ValidBody } from '../http/described.js';
import { ownValue } from '../http/own.js';
import { Actions } from '../http/routes.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { checkProject } from './projects.js';

const strict = { additionalProperties: false };
const key = Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' });
const value = Type.Unsafe<string | number>({ type: ['string', 'number'], maxLength: 255 });
const Specs = Type.Record(key, value, strict);
const CreateSpecs = Type.Object({ extra_specs: Specs }, strict);
const UpdateSpec = Type.Record(key, value, { ...strict, minProperties: 1, maxProperties: 1 });
const tenant = Type.Object({ tenant: Type.String({ minLength: 1, maxLength: 255 }) }, strict);
const AccessAction = Type.Object(
  { addTenantAccess: Type.Optional(tenant), removeTenantAccess: Type.Optional(tenant) },
  { ...strict, minProperties: 1, maxProperties: 1 },
);

const Texts = Type.Record(Type.String(), Type.String());
const SpecsAnswer = Type.Object({ extra_specs: Texts }, strict);
const AccessAnswer = Type.Object(
  { flavor_access: Type.Array(Type.Object({ flavor_id: Type.String(), tenant_id: Type.String() }, strict)) },
  strict,
);

const texts = (specs: Readonly<Record<string, string | number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(specs).map(([name, one]) => [name, String(one)]));
const noSpec = (id: string, name: string) =>
  notFound('FlavorExtraSpecsNotFound', `Flavor ${id} has no extra specs with key ${name}.`);

/** What stands beside a flavor: its extra specs, and the projects that may use it (flavors_extraspecs.py, flavor_access.py). */
@Controller('compute/v2.1/flavors/:id')
export class FlavorPartsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get flavors() {
    return this.services.nova.flavors;
  }

  @Get('os-extra_specs')
  @Policy('os_compute_api:os-flavor-extra-specs:index')
  @Answers(SpecsAnswer)
  async extraSpecs(@Ctx() ctx: RequestContext, @Param('id') id: string) {
    return { extra_specs: await this.flavors.extraSpecs(ctx, id) };
  }

  @Post('os-extra_specs')
  @HttpCode(200)
  @Policy('os_compute_api:os-flavor-extra-specs:create')
  @Answers(SpecsAnswer)
  async createExtraSpecs(@Param('id') id: string, @ValidBody(CreateSpecs) { extra_specs }: Static<typeof CreateSpecs>) {
    const given = texts(extra_specs);
    await this.flavors.changeExtraSpecs(id, (specs) => ({ ...specs, ...given }));
    return { extra_specs: given };
  }

  @Get('os-extra_specs/:key')
  @Policy('os_compute_api:os-flavor-extra-specs:show')
  @Answers(Texts)
  async extraSpec(@Ctx() ctx: RequestContext, @Param('id') id: string, @Param('key') name: string) {
    const found = ownValue(await this.flavors.extraSpecs(ctx, id), name);
    if (found === undefined) throw noSpec(id, name);
    return { [name]: found };
  }

  @Put('os-extra_specs/:key')
  @Policy('os_compute_api:os-flavor-extra-specs:update')
  @Answers(Texts)
  async updateExtraSpec(
    @Param('id') id: string,
    @Param('key') name: string,
    @ValidBody(UpdateSpec) spec: Static<typeof UpdateSpec>,
  ) {
    const given = texts(spec);
    if (!Object.hasOwn(given, name)) throw badRequest('Request body and URI mismatch');
    await this.flavors.changeExtraSpecs(id, (specs) => ({ ...specs, ...given }));
    return given;
  }

  @Delete('os-extra_specs/:key')
  @HttpCode(200)
  @Policy('os_compute_api:os-flavor-extra-specs:delete')
  @AnswersNothing()
  async deleteExtraSpec(@Param('id') id: string, @Param('key') name: string): Promise<void> {
    await this.flavors.changeExtraSpecs(id, (specs) => {
      if (ownValue(specs, name) === undefined) throw noSpec(id, name);
      return Object.fromEntries(Object.entries(specs).filter(([one]) => one !== name));
    });
  }

  @Get('os-flavor-access')
  @Answers(AccessAnswer)
  @Policy('os_compute_api:os-flavor-access')
  @Answers(AccessAnswer)
  async access(@Param('id') id: string) {
    return accessView(id, await this.flavors.access(id));
  }

  /** Who may add may also take away by the default rules; which of the two it is stands in the body. */
  @Post('action')
  @HttpCode(200)
  @Policy('os_compute_api:os-flavor-access:add_tenant_access')
  @Actions(['addTenantAccess', 'removeTenantAccess'])
  @Answers(AccessAnswer)
  async changeAccess(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @ValidBody(AccessAction) { addTenantAccess, removeTenantAccess }: Static<typeof AccessAction>,
  ) {
    if (addTenantAccess !== undefined) {
      await checkProject(this.services, addTenantAccess.tenant);
      return accessView(id, await this.flavors.addAccess(id, addTenantAccess.tenant, minor >= 7));
    }
    this.services.policies.enforce('nova', 'os_compute_api:os-flavor-access:remove_tenant_access', ctx.credentials, {});
    return accessView(id, await this.flavors.removeAccess(id, removeTenantAccess!.tenant));
  }
}

const accessView = (flavor_id: string, projects: readonly string[]) => ({
  flavor_access: projects.map((tenant_id) => ({ flavor_id, tenant_id })),
});
