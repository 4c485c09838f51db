import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Put,
  Req,
  Res,
  type Type as Class,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { OpenStackError } from '#services/kernel/errors';
import { KitPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { pathOf } from './dialect.js';
import type { Resource, Row, Store } from './resource.js';

/** neutron/extensions/tagging.py */
const tag = Type.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$' });
const TagsSchema = Type.Object(
  { tags: Type.Array(tag, { maxItems: 50, uniqueItems: true }) },
  { additionalProperties: false },
);
const tagsOf = (row: Row): readonly string[] => row['tags'] as readonly string[];

/** Makes the routes of a resource's tags: all of them at once, and each by itself. */
export function tagsControllerOf({ dialect, spec, store }: Resource): Class {
  @Controller(`${dialect.prefix}/${pathOf(spec)}/:id/tags`)
  class TagsController {
    private readonly store: Store;

    constructor(@Inject(SERVICES) services: Services) {
      this.store = store(services);
    }

    @Get()
    @KitPolicy(spec, 'get')
    async list(@Req() { context }: ApiRequest, @Param('id') id: string) {
      return { tags: tagsOf(await this.store.get(context!, id)) };
    }

    @Put()
    @KitPolicy(spec, 'update')
    async replace(@Req() { context }: ApiRequest, @Param('id') id: string, @Body() body: unknown) {
      const { tags } = dialect.check(TagsSchema, body) as { tags: string[] };
      return { tags: tagsOf(await this.store.setTags(context!, id, () => tags)) };
    }

    @Delete()
    @HttpCode(204)
    @KitPolicy(spec, 'update')
    async clear(@Req() { context }: ApiRequest, @Param('id') id: string): Promise<void> {
      await this.store.setTags(context!, id, () => []);
    }

    @Get(':tag')
    @HttpCode(204)
    @KitPolicy(spec, 'get')
    async check(@Req() { context }: ApiRequest, @Param('id') id: string, @Param('tag') one: string): Promise<void> {
      if (!tagsOf(await this.store.get(context!, id)).includes(one)) throw noTag(one);
    }

    @Put(':tag')
    @KitPolicy(spec, 'update')
    async add(
      @Req() { context }: ApiRequest,
      @Param('id') id: string,
      @Param('tag') one: string,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<void> {
      dialect.check(TagsSchema, { tags: [one] });
      await this.store.setTags(context!, id, (tags) => [...tags.filter((t) => t !== one), one]);
      void reply.status(201);
    }

    @Delete(':tag')
    @HttpCode(204)
    @KitPolicy(spec, 'update')
    async remove(@Req() { context }: ApiRequest, @Param('id') id: string, @Param('tag') one: string): Promise<void> {
      await this.store.setTags(context!, id, (tags) => {
        if (!tags.includes(one)) throw noTag(one);
        return tags.filter((t) => t !== one);
      });
    }
  }
  Object.defineProperty(TagsController, 'name', { value: `${spec.names[0]}TagsController` });
  return TagsController;
}

const noTag = (tag: string): OpenStackError => new OpenStackError(404, 'TagNotFound', `Tag ${tag} could not be found.`);
