import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import type { Part } from '#services/keystone/index';
import { Answers, Described, ValidBody } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';

/** Options by group, or one option with its value, which may be any. */
const Options = Type.Record(Type.String(), Type.Unknown());
const ConfigSchema = Type.Object({ config: Options }, { additionalProperties: false });
const GivenSchema = Type.Object({ config: Type.Optional(Options) });
type Given = Static<typeof GivenSchema>;

/** What domains set otherwise than the cloud (keystone/api/domains.py). */
@Controller('identity/v3/domains')
export class DomainConfigController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get configs() {
    return this.services.keystone.domainConfig;
  }

  @Get('config/default')
  @Policy('identity:get_domain_config_default')
  @Answers(ConfigSchema)
  defaults() {
    return { config: this.configs.defaults({}) };
  }

  @Get('config/:group/default')
  @Policy('identity:get_domain_config_default')
  @Answers(ConfigSchema)
  defaultsOfGroup(@Param() part: Part) {
    return { config: this.configs.defaults(part) };
  }

  @Get('config/:group/:option/default')
  @Policy('identity:get_domain_config_default')
  @Answers(ConfigSchema)
  defaultOfOption(@Param() part: Part) {
    return { config: this.configs.defaults(part) };
  }

  @Get(':id/config/security_compliance')
  @Policy('identity:get_security_compliance_domain_config')
  @Answers(ConfigSchema)
  compliance(@Param('id') id: string) {
    return { config: this.configs.securityCompliance(id) };
  }

  @Get(':id/config/security_compliance/:option')
  @Policy('identity:get_security_compliance_domain_config')
  @Answers(ConfigSchema)
  complianceOption(@Param('id') id: string, @Param('option') option: string) {
    return { config: this.configs.securityCompliance(id, option) };
  }

  @Put(':id/config')
  @Policy('identity:create_domain_config')
  @Described({ answers: { 200: ConfigSchema, 201: ConfigSchema } })
  async create(
    @Param('id') id: string,
    @ValidBody(GivenSchema, { optional: true }) { config: given = {} }: Given,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { config, made } = await this.configs.create(id, given);
    void reply.status(made ? 201 : 200);
    return { config };
  }

  @Get(':id/config')
  @Policy('identity:get_domain_config')
  @Answers(ConfigSchema)
  get(@Param('id') id: string) {
    return this.show(id, {});
  }

  @Get(':id/config/:group')
  @Policy('identity:get_domain_config')
  @Answers(ConfigSchema)
  getGroup(@Param('id') id: string, @Param('group') group: string) {
    return this.show(id, { group });
  }

  @Get(':id/config/:group/:option')
  @Policy('identity:get_domain_config')
  @Answers(ConfigSchema)
  getOption(@Param('id') id: string, @Param('group') group: string, @Param('option') option: string) {
    return this.show(id, { group, option });
  }

  @Patch(':id/config')
  @Policy('identity:update_domain_config')
  @Answers(ConfigSchema)
  update(@Param('id') id: string, @ValidBody(GivenSchema, { optional: true }) body: Given) {
    return this.change(id, body, {});
  }

  @Patch(':id/config/:group')
  @Policy('identity:update_domain_config')
  @Answers(ConfigSchema)
  updateGroup(
    @Param('id') id: string,
    @Param('group') group: string,
    @ValidBody(GivenSchema, { optional: true }) body: Given,
  ) {
    return this.change(id, body, { group });
  }

  @Patch(':id/config/:group/:option')
  @Policy('identity:update_domain_config')
  @Answers(ConfigSchema)
  updateOption(
    @Param('id') id: string,
    @Param('group') group: string,
    @Param('option') option: string,
    @ValidBody(GivenSchema, { optional: true }) body: Given,
  ) {
    return this.change(id, body, { group, option });
  }

  @Delete(':id/config')
  @HttpCode(204)
  @Policy('identity:delete_domain_config')
  async remove(@Param('id') id: string): Promise<void> {
    await this.configs.delete(id, {});
  }

  @Delete(':id/config/:group')
  @HttpCode(204)
  @Policy('identity:delete_domain_config')
  async removeGroup(@Param('id') id: string, @Param('group') group: string): Promise<void> {
    await this.configs.delete(id, { group });
  }

  @Delete(':id/config/:group/:option')
  @HttpCode(204)
  @Policy('identity:delete_domain_config')
  async removeOption(
    @Param('id') id: string,
    @Param('group') group: string,
    @Param('option') option: string,
  ): Promise<void> {
    await this.configs.delete(id, { group, option });
  }

  private async show(id: string, part: Part) {
    return { config: await this.configs.get(id, part) };
  }

  private async change(id: string, { config = {} }: Given, part: Part) {
    return { config: await this.configs.update(id, config, part) };
  }
}
