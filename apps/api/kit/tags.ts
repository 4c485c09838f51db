import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Req, type Type as Class } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { OpenStackError } from '#services/kernel/errors';
import { AnswersNothing, Described, ValidBody } from '../http/described.js';
import { TagPolicy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { pathOf, type Dialect, type Row } from './dialect.js';
import { schemaLike } from './example.js';
import type { Resource, Store } from './resource.js';
import { route } from './route.js';

const tag = Type.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$' });
/** As Neutron has them (neutron/extensions/tagging.py). */
const NEUTRON: NonNullable<Dialect['tags']> = {
  max: 50,
  answer: (tags) => ({ tags }),
  missing: (one) => new OpenStackError(404, 'TagNotFound', `Tag ${one} could not be found.`),
  added: true,
};

/** Makes the routes of a resource's tags, at each of the paths that they are at. */
export const tagsControllersOf = (resource: Resource): Class[] =>
  [pathOf(resource.spec), resource.spec.tagsAt].flatMap((path) =>
    path === undefined ? [] : [tagsControllerAt(path, resource)],
  );

/** All of them at once, and each by itself. */
function tagsControllerAt(path: string, { dialect, spec, store }: Resource): Class {
  const words = dialect.tags ?? NEUTRON;
  const TagsSchema = Type.Object(
    { tags: Type.Array(tag, { maxItems: words.max, uniqueItems: true }) },
    { additionalProperties: false },
  );
  const checked = (body: unknown): string[] => (dialect.check(TagsSchema, body) as { tags: string[] }).tags;
  const answer = schemaLike([words.answer(['a'], 'http://cloud.example')]);

  @Controller(`${dialect.prefix}/${path}/:id/tags`)
  class TagsController {
    private readonly store: Store;

    constructor(
      @Inject(SERVICES) services: Services,
      @Inject(CONFIG) private readonly config: Config,
    ) {
      this.store = store(services);
    }

    @Get()
    @TagPolicy(spec, 'get', 'list')
    @Described({ answer })
    async list(@Req() request: ApiRequest, @Param('id') id: string) {
      return words.answer(await this.store.getTags(request.context!, id, 'list'), this.url(request));
    }

    @Put()
    @TagPolicy(spec, 'update', 'replace')
    @Described({ answer })
    async replace(
      @Req() request: ApiRequest,
      @Param('id') id: string,
      @ValidBody(TagsSchema, { check: (schema, body) => dialect.check(schema, body) })
      { tags }: Static<typeof TagsSchema>,
    ) {
      const row = await this.store.setTags(request.context!, id, () => tags, 'replace');
      return words.answer(tagsOf(row), this.url(request));
    }

    /** Adds those that it has not. The answer is what was asked for, and not all that it has then. */
    async create(request: ApiRequest, id: string, { tags }: Static<typeof TagsSchema>) {
      const next = (known: readonly string[]): string[] => checked({ tags: [...new Set([...known, ...tags])] });
      await this.store.setTags(request.context!, id, next, 'create');
      return words.answer(tags, this.url(request));
    }

    @Delete()
    @HttpCode(204)
    @TagPolicy(spec, 'update', 'clear')
    async clear(@Req() { context }: ApiRequest, @Param('id') id: string): Promise<void> {
      await this.store.setTags(context!, id, () => [], 'clear');
    }

    @Get(':tag')
    @HttpCode(204)
    @TagPolicy(spec, 'get', 'check')
    async check(@Req() { context }: ApiRequest, @Param('id') id: string, @Param('tag') one: string): Promise<void> {
      if (!(await this.store.getTags(context!, id, 'check')).includes(one)) throw words.missing(one);
    }

    @Put(':tag')
    @HttpCode(201)
    @TagPolicy(spec, 'update', 'add')
    @AnswersNothing()
    async add(@Req() { context }: ApiRequest, @Param('id') id: string, @Param('tag') one: string): Promise<void> {
      const next = (tags: readonly string[]): string[] =>
        checked({ tags: [...tags.filter((known) => known !== one), one] });
      await this.store.setTags(context!, id, next, 'add');
    }

    @Delete(':tag')
    @HttpCode(204)
    @TagPolicy(spec, 'update', 'remove')
    async remove(@Req() { context }: ApiRequest, @Param('id') id: string, @Param('tag') one: string): Promise<void> {
      const next = (tags: readonly string[]): string[] => {
        if (!tags.includes(one)) throw words.missing(one);
        return tags.filter((known) => known !== one);
      };
      await this.store.setTags(context!, id, next, 'remove');
    }

    private url(request: ApiRequest): string {
      return `${this.config.publicUrl}${request.url.split('?')[0] ?? ''}`;
    }
  }
  if (words.added)
    route(
      TagsController,
      'create',
      [Post(), TagPolicy(spec, 'update', 'create'), Described({ answer })],
      [Param('id'), ValidBody(TagsSchema, { check: (schema, body) => dialect.check(schema, body) })],
    );
  // Its name names the operations of OpenAPI, which are one path's each.
  const of = path === spec.tagsAt ? path : spec.names[0];
  Object.defineProperty(TagsController, 'name', { value: `${of}TagsController` });
  return TagsController;
}

const tagsOf = (row: Row): readonly string[] => row['tags'] as readonly string[];
