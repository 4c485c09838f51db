import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../context.js';
import { Prisma, isConflict, type Database, type Queries } from '../database.js';
import { OpenStackError } from '../errors.js';
import { fetchPage } from '../paging.js';
import type { Policies } from '../policy/index.js';
import { integer, rowType, rowsOf } from '../rows.js';
import { Access, targetOf } from './access.js';
import { columnOf, whereOf, whereOfTags, type Condition, type ListQuery } from './query.js';
import type {
  Action,
  AnyFields,
  At,
  Columns,
  CreateInput,
  ModelName,
  ResourceSpec,
  RowOf,
  ServiceParts,
  ServiceWords,
  TagAction,
  UpdateInput,
  Where,
} from './spec.js';

/** A Prisma delegate, as far as the kit uses one. The description has said which record it is of. */
const REVISION = rowType({ revision: integer });

interface Table<Row> {
  findMany(query: object): Promise<Row[]>;
  findFirst(query: object): Promise<Row | null>;
  create(query: { data: Columns; include?: object }): Promise<Row>;
  update(query: { where: Where; data: Columns; include?: object }): Promise<Row>;
  delete(query: { where: Where }): Promise<unknown>;
  count(query: { where: Where }): Promise<number>;
}

/** What is changed of a record, or how that follows from the record as it is. */
type Change<F extends object, Row> = UpdateInput<F> | ((row: Row) => UpdateInput<F>);

/** The records of one resource: what every resource does, by its description. */
export class Records<
  Parts extends ServiceParts,
  M extends ModelName,
  I extends object,
  F extends AnyFields<RowOf<M, I>>,
> {
  private readonly access: Access;
  private readonly key: string;

  constructor(
    readonly spec: ResourceSpec<Parts, M, I, F> & { readonly words: ServiceWords },
    private readonly parts: Parts,
    policies: Policies,
  ) {
    this.access = new Access(spec, policies);
    this.key = spec.key ?? 'id';
  }

  private table(queries: Database | Queries): Table<RowOf<M, I>> {
    return queries[this.spec.record as keyof Queries] as unknown as Table<RowOf<M, I>>;
  }

  private get include(): { include?: object } {
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
    this.spec.permit?.(ctx, 'list');
    const within = { AND: [this.visible(ctx), this.spec.within?.(ctx) ?? {}, ...own] };
    const { rows, more, count } = await this.page(ctx, query, within, (id) => this.get(ctx, id, this.placeIn(query)));
    const seen = listedWhole ? rows : this.access.filter(ctx, rows, (row) => this.target(ctx, row));
    return { rows: seen, more, count };
  }

  /** Which rule a list has may depend on what it is filtered by. @throws 403 */
  private checkList(ctx: RequestContext, { conditions }: ListQuery): void {
    const { some, words } = this.spec;
    if (some === undefined) return;
    const asked = Object.fromEntries(conditions.map(({ field, values }) => [field, values[0]]));
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
    return { rows: await this.opened(items), more, count };
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

  private tagRule(tags: TagAction, otherwise: Action): string {
    return this.spec.words.tagRule?.(tags, this.spec.names) ?? this.access.ruleOf(otherwise);
  }

  /** One that the rule lets the asker do it with. @param rule the action's own when left out */
  private async permitted(
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
  private async opened(rows: readonly RowOf<M, I>[]): Promise<RowOf<M, I>[]> {
    const more = await this.spec.opened?.(this.parts, rows);
    return more === undefined ? [...rows] : rows.map((row, i) => ({ ...row, ...more[i] }));
  }

  private async open(row: RowOf<M, I>): Promise<RowOf<M, I>> {
    return (await this.opened([row]))[0]!;
  }

  private async find(
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
  private unique(row: Columns): Where {
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
  private checkPlace(ctx: RequestContext, query: ListQuery): void {
    const at = this.spec.placeTarget?.(ctx, this.keyOfPlace(this.placeIn(query)));
    if (at !== undefined) this.access.check(ctx, 'list', at);
  }

  private missing(id: string, beside: readonly Condition[]): OpenStackError {
    const { words, names } = this.spec;
    return words.notFound(names, id, this.keyOfPlace(beside));
  }

  /**
   * Makes all of them, or none.
   * @param inputs checked by the schema that the description makes
   * @param path columns that the path says: the key, where the client chooses it, and below what it is made
   */
  async create(ctx: RequestContext, inputs: readonly CreateInput<F>[], path: Columns = {}): Promise<RowOf<M, I>[]> {
    const planned: { input: CreateInput<F>; data: Columns }[] = [];
    for (const input of inputs) planned.push({ input, data: await this.plan(ctx, input, path) });
    const { quota, owner } = this.spec;
    const insert = async (inside: At<Parts>): Promise<RowOf<M, I>[]> => {
      const rows = [];
      for (const { input, data } of planned) rows.push(await this.insert(inside, data, input));
      return rows;
    };
    const { quotas } = this.parts;
    const made = await this.changing(ctx, insert, (run) =>
      quota === undefined || quotas === undefined
        ? this.parts.db.$transaction(run)
        : quotas.making(
            quota,
            planned.map(({ data }) => String(data[owner ?? 'project_id'])),
            run,
            planned.map(({ data }) => data),
          ),
    );
    return this.opened(made);
  }

  /** Runs a change in a transaction, and when that has committed what waits for it. */
  private async changing<T>(
    ctx: RequestContext,
    change: (at: At<Parts>) => Promise<T>,
    transaction = (run: (tx: Queries) => Promise<T>): Promise<T> => this.parts.db.$transaction(run),
  ): Promise<T> {
    const waiting: (() => unknown)[] = [];
    const result = await transaction(async (tx) => {
      const at = { ctx, tx, parts: this.parts, afterCommit: (run: () => unknown) => void waiting.push(run) };
      const changed = await change(at);
      await this.spec.changing?.(at);
      return changed;
    });
    this.spec.changed?.(this.parts);
    for (const run of waiting) await run();
    return result;
  }

  private async plan(ctx: RequestContext, input: CreateInput<F>, path: Columns): Promise<Columns> {
    const { owner } = this.spec;
    const given = this.columnsOf(input, 'post');
    const data: Columns = {
      [this.key]: this.spec.newId?.(input) ?? randomUUID(),
      ...(owner === undefined ? {} : { [owner]: ctx.projectId }),
      ...given,
      ...path,
    };
    const at = { ctx, parts: this.parts };
    this.access.checkInput(ctx, 'create', input, { ...data, ...(await this.spec.newTarget?.(at, input)) });
    this.spec.permit?.(ctx, 'create');
    return { ...data, ...(await this.spec.plan?.(at, input, data)) };
  }

  private async insert(at: At<Parts>, planned: Columns, input: CreateInput<F>): Promise<RowOf<M, I>> {
    const data: Columns = { ...planned, ...(await this.spec.beforeCreate?.(at, planned, input)) };
    const row = await this.table(at.tx)
      .create({ data, ...this.include })
      .catch((error: unknown) => this.explain(error, data));
    if (this.spec.afterCreate === undefined) return row;
    const once = await this.spec.afterCreate(at, row, input);
    return { ...(await this.again(at.tx, planned[this.key], this.placeOf(planned))), ...once };
  }

  /** Below what a list's records lie. */
  private placeIn({ conditions }: ListQuery): Condition[] {
    return conditions.filter(({ field }) => field === this.spec.below?.field).slice(-1);
  }

  /** Below what a record lies. */
  private placeOf(row: Columns): Condition[] {
    const { below } = this.spec;
    return below === undefined ? [] : [{ field: below.field, operator: 'in', values: [String(row[below.field])] }];
  }

  private async again(
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

  /**
   * Changes one. Its row is locked from the first statement on.
   * @param change what is changed, or how that follows from the record as it is
   * @param revision the revision that the change expects (If-Match) @throws 412 when it is another one
   * @param rule instead of the action's own
   * @param beside as of `getFor`
   */
  async update(
    ctx: RequestContext,
    id: string,
    change: Change<F, RowOf<M, I>>,
    revision?: number,
    rule?: string,
    beside: readonly Condition[] = [],
  ): Promise<RowOf<M, I>> {
    const changeOf = (row: RowOf<M, I>): UpdateInput<F> => (typeof change === 'function' ? change(row) : change);
    const seen = await this.find(ctx, id, rule ?? this.access.ruleOf('update'), 'update', beside);
    const of = this.target(ctx, seen);
    if (typeof change === 'function')
      this.access.checkRule(ctx, rule ?? this.access.ruleOf('update', of), 'update', of, id);
    this.access.checkInput(ctx, 'update', changeOf(seen), of, id, rule);
    this.spec.permit?.(ctx, 'update');
    const planned = await this.spec.planUpdate?.({ ctx, parts: this.parts }, changeOf(seen));
    const row = await this.changing(ctx, async (at) => {
      await this.touch(at.tx, id, revision, beside);
      const before = await this.again(at.tx, id, beside);
      const changed = changeOf(before);
      const more = await this.spec.beforeUpdate?.(at, before, changed);
      const data = { ...this.columnsOf(changed, 'put', before), ...planned, ...more };
      if (Object.keys(data).length === 0) return before;
      return this.table(at.tx)
        .update({ where: this.unique(before as Columns), data, ...this.include })
        .catch((error: unknown) => this.explain(error, { ...(before as Columns), ...data }));
    });
    return this.open(row);
  }

  /**
   * Changes what an update cannot give: for an action on one record. It has the checks of an update, and not its hooks.
   * @param next columns, as they follow from the record as it is @throws as update, and what `next` throws
   */
  async change(
    ctx: RequestContext,
    id: string,
    next: (row: RowOf<M, I>) => Columns,
    rule: string,
    revision?: number,
  ): Promise<RowOf<M, I>> {
    await this.permitted(ctx, id, rule, 'update');
    return this.changing(ctx, async ({ tx }) => {
      await this.touch(tx, id, revision);
      const data = next(await this.again(tx, id));
      return this.table(tx).update({ where: { [this.key]: id }, data, ...this.include });
    });
  }

  /** @throws 409 or what the service answers while something still uses it (`beforeDelete`) */
  async delete(ctx: RequestContext, id: string, revision?: number, beside: readonly Condition[] = []): Promise<void> {
    await this.getFor(ctx, id, 'delete', undefined, beside);
    await this.changing(ctx, async (at) => {
      await this.touch(at.tx, id, revision, beside);
      const row = await this.again(at.tx, id, beside);
      await this.spec.beforeDelete?.(at, row);
      if (this.spec.remove !== undefined) await this.spec.remove(at, row);
      else await this.table(at.tx).delete({ where: this.unique(row) });
    });
  }

  /** Replaces the tags by what `next` makes of them. It is a change as any other. */
  async setTags(
    ctx: RequestContext,
    id: string,
    next: (tags: readonly string[]) => readonly string[],
    action: TagAction = 'replace',
  ): Promise<RowOf<M, I>> {
    await this.permitted(ctx, id, this.tagRule(action, 'update'), 'update');
    return this.changing(ctx, async (at) => {
      const { tx } = at;
      await this.touch(tx, id);
      const before = await this.again(tx, id);
      const tags = [...next((before as { tags: string[] }).tags)];
      const change: object = { tags };
      const more = await this.spec.beforeUpdate?.(at, before, change);
      return this.table(tx).update({ where: { [this.key]: id }, data: { ...more, tags }, ...this.include });
    });
  }

  /** Locks the row, and counts the change where changes are counted. @throws 404, 412 */
  private async touch(tx: Queries, id: string, expected?: number, beside: readonly Condition[] = []): Promise<void> {
    const { table, revisions, words, names, fields, below } = this.spec;
    const sets = [
      ...('updated_at' in fields ? ['updated_at = now()'] : []),
      ...(revisions ? ['revision_number = revision_number + 1'] : []),
    ];
    const place = beside.find(({ field }) => field === below?.field);
    const there =
      place === undefined
        ? Prisma.empty
        : Prisma.sql`AND ${Prisma.raw(`"${columnOf(place.field, fields[place.field]!)}"`)} = ${place.values[0]}`;
    const named = Prisma.sql`${Prisma.raw(`"${this.key}"`)} = ${id} ${there}`;
    const changed = revisions ? Prisma.sql`revision_number - 1 AS revision` : Prisma.sql`1 AS revision`;
    const [row] = await rowsOf(
      tx,
      REVISION,
    )(
      sets.length === 0
        ? Prisma.sql`SELECT 1 AS revision FROM ${Prisma.raw(table)} WHERE ${named} FOR UPDATE`
        : Prisma.sql`UPDATE ${Prisma.raw(table)} SET ${Prisma.raw(sets.join(', '))} WHERE ${named} RETURNING ${changed}`,
    );
    if (row === undefined) throw this.missing(id, beside);
    if (expected !== undefined && revisions && row.revision !== expected)
      throw words.stale?.(expected, row.revision) ?? words.notFound(names, id);
  }

  private async explain(error: unknown, data: Columns): Promise<never> {
    if (isConflict(error) && this.spec.taken !== undefined) throw await this.spec.taken(data, this.parts);
    throw error;
  }

  private visible(ctx: RequestContext): Where {
    const { only = {} } = this.spec;
    return this.access.isAdmin(ctx) ? only : { AND: [only, this.spec.visible?.(ctx) ?? {}] };
  }

  private target(ctx: RequestContext, row: RowOf<M, I>): Columns {
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
    const asked = sort.map(({ field, direction }) => ({ [columnOf(field, fields[field]!)]: direction }));
    const chosen = asked.length > 0 ? asked : [...order];
    const last = Object.values(chosen.at(-1) ?? {})[0] ?? 'asc';
    return chosen.some((one) => this.key in one) ? chosen : [...chosen, { [this.key]: last }];
  }

  /** What a request gave, by column. A create gets the description's defaults for the rest. */
  private columnsOf(input: object, write: 'post' | 'put', before: Columns = {}): Columns {
    const given = input as Readonly<Record<string, unknown>>;
    const columns = Object.fromEntries(
      Object.entries(this.spec.fields).flatMap(([name, field]) => {
        const { options } = field;
        if (!options.write?.includes(write) || options.column === '') return [];
        const value = given[name] === undefined && write === 'post' ? options.default : given[name];
        return value === undefined ? [] : [[columnOf(name, field), value]];
      }),
    );
    return { ...columns, ...this.extraOf(given, before) };
  }

  /** The further attributes, given ones over those that the record has. One that is undefined goes. */
  private extraOf(given: Columns, before: Columns): Columns {
    const { extra, fields } = this.spec;
    const more = Object.entries(given).filter(([name]) => !Object.hasOwn(fields, name));
    if (extra === undefined || more.length === 0) return {};
    const all = Object.entries({ ...(before[extra.column] as Columns | undefined), ...Object.fromEntries(more) });
    return { [extra.column]: Object.fromEntries(all.filter(([, value]) => value !== undefined)) };
  }
}
