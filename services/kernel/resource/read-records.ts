import type { RequestContext } from '../context.js';
import type { Database, Queries } from '../database.js';
import { OpenStackError } from '../errors.js';
import { fetchPage } from '../paging.js';
import type { Policies } from '../policy/index.js';
import { Access, targetOf } from './access.js';
import { columnOf, whereOf, whereOfTags, type Condition, type ListQuery } from './query.js';
import type {
  Action,
  AnyFields,
  ModelName,
  ResourceSpec,
  RowOf,
  ServiceParts,
  ServiceWords,
  TagAction,
  Columns,
  Where,
} from './spec.js';

/** A Prisma delegate, as far as the kit uses one. The description has said which record it is of. */
interface Table<Row> {
  findMany(query: object): Promise<Row[]>;
  findFirst(query: object): Promise<Row | null>;
  create(query: { data: Columns; include?: object }): Promise<Row>;
  update(query: { where: Where; data: Columns; include?: object }): Promise<Row>;
  delete(query: { where: Where }): Promise<unknown>;
  count(query: { where: Where }): Promise<number>;
}

/** The records of one resource as they are read: lists with their filters and pages, and one of them, by its description. */
export class ReadRecords<
  Parts extends ServiceParts,
  M extends ModelName,
  I extends object,
  F extends AnyFields<RowOf<M, I>>,
> {
  protected readonly access: Access;
  protected readonly key: string;

  constructor(
    readonly spec: ResourceSpec<Parts, M, I, F> & { readonly words: ServiceWords },
    protected readonly parts: Parts,
    policies: Policies,
  ) {
    this.access = new Access(spec, policies);
    this.key = spec.key ?? 'id';
  }

  protected table(queries: Database | Queries): Table<RowOf<M, I>> {
    return queries[this.spec.record as keyof Queries] as unknown as Table<RowOf<M, I>>;
  }

  protected get include(): { include?: object } {
    return this.spec.include === undefined ? {} : { include: this.spec.include };
  }

  /** A page of those that the asker may see. @throws what the service answers to a marker that is not there */
  async list(
    ctx: RequestContext,
    query: ListQuery,
  ): Promise<{ rows: RowOf<M, I>[]; more: boolean; count?: number | undefined }> {
    const { owner, listedWhole } = this.spec;
    this.checkList(ctx, query);
    const own = query.own && owner !== undefined ? [{ [owner]: ctx.projectId }] : [];
    this.checkPlace(ctx, query);
    const place = this.keyOfPlace(this.placeIn(query));
    if (place !== undefined) await this.spec.above?.({ ctx, parts: this.parts }, place);
    this.spec.permit?.(ctx, 'list');
    await this.spec.listing?.({ ctx, parts: this.parts }, askedBy(query));
    const within = { AND: [this.visible(ctx), this.spec.within?.(ctx) ?? {}, ...own] };
    const { rows, more, count } = await this.page(ctx, query, within, (id) => this.get(ctx, id, this.placeIn(query)));
    const seen = listedWhole ? rows : this.access.filter(ctx, rows, (row) => this.target(ctx, row));
    return { rows: seen, more, count };
  }

  /** Which rule a list has may depend on what it is filtered by. @throws 403 */
  private checkList(ctx: RequestContext, query: ListQuery): void {
    const { some, words } = this.spec;
    if (some === undefined) return;
    const asked = askedBy(query);
    this.access.checkRule(ctx, this.access.ruleOf('list', asked), 'list', { ...words.own?.(ctx) });
  }

  /**
   * A page of those that `within` names, whoever asks: for a list that has a rule of its own, such as one's own projects.
   * @param known looks up a marker that did not come with the page. @throws what the service answers where it is not there
   */
  async page(
    ctx: RequestContext,
    query: ListQuery,
    within: Where,
    known: (id: string) => Promise<unknown> = (id) => this.again(this.parts.db, id, this.placeIn(query)),
  ): Promise<{ rows: RowOf<M, I>[]; more: boolean; count?: number | undefined }> {
    const { limit, marker, offset = 0, reverse = false } = query;
    const { words, names } = this.spec;
    const where = { AND: [within, ...(await this.conditions(ctx, query))] };
    const placed = Object.fromEntries(this.placeIn(query).map(({ field, values }) => [field, values[0]]));
    const { items, more } = await fetchPage(
      marker === undefined ? { limit } : { limit, marker },
      ({ take, cursor }) =>
        this.table(this.parts.db).findMany({
          where,
          ...this.include,
          orderBy: this.order(query),
          take: reverse ? -take : take,
          ...(offset === 0 ? {} : { skip: cursor === undefined ? offset : offset + 1 }),
          ...(cursor === undefined ? {} : { cursor: this.unique({ ...placed, [this.key]: cursor.id }) }),
        }) as Promise<(RowOf<M, I> & { id: string })[]>,
      (id) =>
        known(id).catch((error: unknown) => {
          throw (error instanceof OpenStackError && error.status === 404 && words.noMarker?.(id, names)) || error;
        }),
      { key: this.key, reverse },
    );
    const count = query.count ? await this.table(this.parts.db).count({ where }) : undefined;
    const asked = Object.fromEntries(query.conditions.map(({ field, values }) => [field, values]));
    return { rows: await this.opened(items, asked), more, count };
  }

  /** @throws 404 also for one that the asker may not see, which must look like a missing one */
  get(ctx: RequestContext, id: string, beside?: readonly Condition[]): Promise<RowOf<M, I>> {
    return this.getFor(ctx, id, 'get', undefined, beside);
  }

  /**
   * One for something that is to be done with it.
   * @param rule instead of the action's own
   * @param beside what must hold of it beside its key: below what it lies @throws 403, and 404 as `get`
   */
  getFor(
    ctx: RequestContext,
    id: string,
    action: Action,
    rule?: string,
    beside?: readonly Condition[],
  ): Promise<RowOf<M, I>> {
    return this.permitted(ctx, id, rule, action, beside);
  }

  /** The tags of one. */
  async getTags(ctx: RequestContext, id: string, action: TagAction): Promise<readonly string[]> {
    return ((await this.permitted(ctx, id, this.tagRule(action, 'get'), 'get')) as { tags: string[] }).tags;
  }

  protected tagRule(tags: TagAction, otherwise: Action): string {
    return this.spec.words.tagRule?.(tags, this.spec.names) ?? this.access.ruleOf(otherwise);
  }

  /** One that the rule lets the asker do it with. @param rule the action's own when left out */
  protected async permitted(
    ctx: RequestContext,
    id: string,
    rule: string | undefined,
    action: Action,
    beside?: readonly Condition[],
  ): Promise<RowOf<M, I>> {
    const row = await this.find(ctx, id, rule ?? this.access.ruleOf(action), action, beside);
    const of = this.target(ctx, row);
    this.access.checkRule(ctx, rule ?? this.access.ruleOf(action, of), action, of, id);
    this.spec.permit?.(ctx, action);
    return this.open(row);
  }

  /** Records as they are shown, with what their columns do not say. */
  protected async opened(
    rows: readonly RowOf<M, I>[],
    asked: Readonly<Record<string, readonly unknown[]>> = {},
  ): Promise<RowOf<M, I>[]> {
    const more = await this.spec.opened?.(this.parts, rows, asked);
    return more === undefined ? [...rows] : rows.map((row, i) => ({ ...row, ...more[i] }));
  }

  protected async open(row: RowOf<M, I>): Promise<RowOf<M, I>> {
    return (await this.opened([row]))[0]!;
  }

  protected async find(
    ctx: RequestContext,
    id: string,
    rule: string,
    action: Action,
    beside: readonly Condition[] = [],
  ): Promise<RowOf<M, I>> {
    const row = await this.table(this.parts.db).findFirst({
      where: { AND: [this.named(id, beside), this.visible(ctx)] },
      ...this.include,
    });
    if (row !== null) return row;
    if (this.spec.words.refusesFirst) {
      const at = this.spec.placeTarget?.(ctx, this.keyOfPlace(beside)) ?? {};
      this.access.checkRule(ctx, rule, action, at, id);
    }
    throw this.missing(id, beside);
  }

  /** What a path names: by its key, and by what it lies below. */
  private named(id: unknown, beside: readonly Condition[]): Where {
    const place = beside.filter(({ field }) => field === this.spec.below?.field);
    return { AND: [{ [this.key]: id }, ...place.map((one) => this.comparison(one))] };
  }

  /** One of them as Prisma takes what is unique. */
  protected unique(row: Columns): Where {
    const { below } = this.spec;
    const own = { [this.key]: row[this.key] };
    return below?.unique === undefined ? own : { [below.unique]: { ...own, [below.field]: row[below.field] } };
  }

  /** The key of what it lies below. */
  private keyOfPlace(beside: readonly Condition[]): string | undefined {
    const at = beside.find(({ field }) => field === this.spec.below?.field)?.values[0];
    return at === undefined ? undefined : String(at);
  }

  /** Whether who asks may list what lies there. @throws 403 */
  protected checkPlace(ctx: RequestContext, query: ListQuery): void {
    const at = this.spec.placeTarget?.(ctx, this.keyOfPlace(this.placeIn(query)));
    if (at !== undefined) this.access.check(ctx, 'list', at);
  }

  protected missing(id: string, beside: readonly Condition[]): OpenStackError {
    const { words, names } = this.spec;
    return words.notFound(names, id, this.keyOfPlace(beside));
  }

  protected async again(
    queries: Database | Queries,
    key: unknown,
    beside: readonly Condition[] = [],
  ): Promise<RowOf<M, I>> {
    const row = await this.table(queries).findFirst({
      where: { AND: [this.named(key, beside), this.spec.only ?? {}] },
      ...this.include,
    });
    if (row === null) throw this.missing(String(key), beside);
    return row;
  }

  /** Below what a list's records lie. */
  protected placeIn({ conditions }: ListQuery): Condition[] {
    return conditions.filter(({ field }) => field === this.spec.below?.field).slice(-1);
  }

  private visible(ctx: RequestContext): Where {
    const { only = {} } = this.spec;
    return this.access.isAdmin(ctx) ? only : { AND: [only, this.spec.visible?.(ctx) ?? {}] };
  }

  protected target(ctx: RequestContext, row: RowOf<M, I>): Columns {
    return targetOf(this.spec, row, ctx);
  }

  private async conditions(ctx: RequestContext, { conditions, tags, whole }: ListQuery): Promise<Where[]> {
    const { fields, filters, unasked = {} } = this.spec;
    const asker = { ctx, admin: this.access.isAdmin(ctx), parts: this.parts };
    const asked = new Set(conditions.map(({ field }) => field));
    const others = Object.entries(unasked).filter(([name]) => !asked.has(name));
    const filtered: Where[] = Object.entries(fields).flatMap(([name, field]): Where[] =>
      whole || field.options.listed === undefined || asked.has(name)
        ? []
        : [{ [columnOf(name, field)]: field.options.listed }],
    );
    for (const [name, values] of others) filtered.push((await filters?.[name]?.(values, asker)) ?? {});
    for (const c of conditions) {
      const filter = filters?.[c.field];
      if (filter) filtered.push(await filter(c.values as string[], asker));
      else filtered.push(this.comparison(c));
    }
    return [...filtered, ...(tags === undefined ? [] : whereOfTags(tags))];
  }

  /** A condition on a column, or on an attribute that the description does not name. */
  private comparison(condition: Condition): Where {
    const { fields, extra } = this.spec;
    const { field: name, values } = condition;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined && extra !== undefined) return { [extra.column]: { path: [name], equals: values[0] } };
    return whereOf(condition, columnOf(name, field!));
  }

  /** The key comes last, which makes the order whole: a marker has one place in it. */
  private order({ sort }: ListQuery): Record<string, 'asc' | 'desc'>[] {
    const { fields, order = [] } = this.spec;
    const asked = sort.map(({ field, direction }) => ({
      [fields[field]!.options.sortedBy ?? columnOf(field, fields[field]!)]: direction,
    }));
    const chosen = asked.length > 0 ? asked : [...order];
    const last = Object.values(chosen.at(-1) ?? {})[0] ?? 'asc';
    return chosen.some((one) => this.key in one) ? chosen : [...chosen, { [this.key]: last }];
  }
}

/** What a list is filtered by, of several values the first. */
const askedBy = ({ conditions }: ListQuery): Columns =>
  Object.fromEntries(conditions.map(({ field, values }) => [field, values[0]]));
