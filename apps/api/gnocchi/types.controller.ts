import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Config } from '#config';
import { readType, type Caller } from '#services/gnocchi/index';
import type { Services } from '#services/index';
import { Answers, Described } from '../http/described.js';
import { notTaken } from '../http/error-answer.js';
import { Policy, PolicyOfHandler } from '../http/policy.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { TypeAnswer, TypesAnswer } from './answers.js';
import { locate } from './location.js';
import { Asker } from './request.js';
import { typeView } from './view.js';

const NewType = Type.Object({
  name: Type.String({ maxLength: 255 }),
  attributes: Type.Optional(
    Type.Record(Type.String(), Type.Object({ type: Type.String(), required: Type.Optional(Type.Boolean()) })),
  ),
});
const PATCH_TYPE = 'application/json-patch+json';
const TypeChange = Type.Array(
  Type.Object({ op: Type.String(), path: Type.String(), value: Type.Optional(Type.Object({})) }),
);

/** Resource types (gnocchi/rest/api.py: ResourceTypesController). */
@Controller('metric/v1/resource_type')
export class ResourceTypesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get types() {
    return this.services.gnocchi.resourceTypes;
  }

  @Get()
  @Policy('metric:list resource type')
  @Answers(TypesAnswer)
  async list() {
    return (await this.types.list()).map(typeView);
  }

  @Get(':name')
  @Policy('metric:get resource type')
  @Answers(TypeAnswer)
  async get(@Param('name') name: string) {
    return typeView(await this.types.get(name));
  }

  @Post()
  @PolicyOfHandler('metric:create resource type')
  @Described({ body: { schema: NewType } })
  @Answers(TypeAnswer)
  async create(@Asker() caller: Caller, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    // As in Gnocchi, what is wrong with a body is said before who may send it.
    const type = readType(body);
    this.services.gnocchi.access.enforce(caller, 'create resource type', {});
    const made = await this.types.create(type);
    locate(reply, this.config, 'resource_type', made.name);
    return typeView(made);
  }

  @Patch(':name')
  @PolicyOfHandler('metric:update resource type')
  @Described({ body: { schema: TypeChange, types: [PATCH_TYPE] } })
  @Answers(TypeAnswer)
  async update(
    @Asker() caller: Caller,
    @Param('name') name: string,
    @Headers('content-type') contentType: string | undefined,
    @Body() body: unknown,
  ) {
    await this.types.get(name);
    this.services.gnocchi.access.enforce(caller, 'update resource type', {});
    if (contentType?.split(';')[0]!.trim() !== PATCH_TYPE) throw notTaken(contentType);
    return typeView(await this.types.update(name, body));
  }

  @Delete(':name')
  @HttpCode(204)
  @PolicyOfHandler('metric:delete resource type')
  async delete(@Asker() caller: Caller, @Param('name') name: string): Promise<void> {
    await this.types.get(name);
    this.services.gnocchi.access.enforce(caller, 'delete resource type', {});
    await this.types.delete(name);
  }
}
