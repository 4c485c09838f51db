import { randomUUID } from 'node:crypto';
import type { RequestContext } from '../context.js';
import { Prisma, isConflict, type Queries } from '../database.js';
import { takeTurn } from '../hard-limits.js';
import { notify } from '../notifications.js';
import { integer, rowType, rowsOf } from '../rows.js';
import { columnOf, type Condition } from './query.js';
import { ReadRecords } from './read-records.js';
import { toldOf, type Told } from './told.js';
import type {
  AnyFields,
  At,
  Columns,
  CreateInput,
  ModelName,
  RowOf,
  ServiceParts,
  TagAction,
  UpdateInput,
} from './spec.js';

const REVISION = rowType({ revision: integer });

/** Takes down what is told of a change when it commits. */
type Tell = (told: Told) => void;

/** What is changed of a record, or how that follows from the record as it is. */
type Change<F extends object, Row> = UpdateInput<F> | ((row: Row) => UpdateInput<F>);

/** The records of one resource: what every resource does, by its description. */
export class Records<
  Parts extends ServiceParts,
  M extends ModelName,
  I extends object,
  F extends AnyFields<RowOf<M, I>>,
> extends ReadRecords<Parts, M, I, F> {
  /**
   * Makes all of them, or none.
   * @param inputs checked by the schema that the description makes
   * @param path columns that the path says: the key, where the client chooses it, and below what it is made
   */
  async create(ctx: RequestContext, inputs: readonly CreateInput<F>[], path: Columns = {}): Promise<RowOf<M, I>[]> {
    const planned: { input: CreateInput<F>; data: Columns }[] = [];
    for (const input of inputs) planned.push({ input, data: await this.plan(ctx, input, path) });
    const { quota, owner } = this.spec;
    const insert = async (inside: At<Parts>, tell: Tell): Promise<RowOf<M, I>[]> => {
      const rows: RowOf<M, I>[] = [];
      for (const { input, data } of planned) {
        const row = await this.insert(inside, data, input);
        tell({ deed: 'create', row: row, given: input });
        rows.push(row);
      }
      await this.spec.afterCreateAll?.(inside, rows);
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

  /** Runs a change in a transaction, with what is told of it, and when that has committed what waits for it. */
  private async changing<T>(
    ctx: RequestContext,
    change: (at: At<Parts>, tell: Tell) => Promise<T>,
    transaction = (run: (tx: Queries) => Promise<T>): Promise<T> => this.parts.db.$transaction(run),
  ): Promise<T> {
    const waiting: (() => unknown)[] = [];
    const told: Told[] = [];
    const result = await transaction(async (tx) => {
      const at = { ctx, tx, parts: this.parts, afterCommit: (run: () => unknown) => void waiting.push(run) };
      const changed = await change(at, (one) => void told.push(one));
      await notify(tx, toldOf(this.spec, ctx, told));
      await this.spec.changing?.(at);
      return changed;
    });
    this.spec.changed?.(this.parts);
    for (const run of waiting) await run();
    return result;
  }

  private async plan(ctx: RequestContext, input: CreateInput<F>, path: Columns): Promise<Columns> {
    const { owner, words } = this.spec;
    const given = this.columnsOf(input, 'post');
    const data: Columns = {
      [this.key]: this.spec.newId?.(input) ?? randomUUID(),
      ...(owner === undefined ? {} : { [owner]: ctx.projectId }),
      ...given,
      ...path,
    };
    const at = { ctx, parts: this.parts };
    if (words.ofAnotherProject && owner !== undefined && data[owner] !== ctx.projectId && !this.access.isAdmin(ctx))
      throw words.ofAnotherProject();
    this.access.checkInput(ctx, 'create', input, { ...data, ...(await this.spec.newTarget?.(at, input, data)) });
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

  /** Below what a record lies. */
  private placeOf(row: Columns): Condition[] {
    const { below } = this.spec;
    return below === undefined ? [] : [{ field: below.field, operator: 'in', values: [String(row[below.field])] }];
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
    const row = await this.changing(ctx, async (at, tell) => {
      await this.touch(at.tx, id, revision, beside);
      const before = await this.again(at.tx, id, beside);
      const changed = changeOf(before);
      const more = await this.spec.beforeUpdate?.(at, before, changed);
      const data = { ...this.columnsOf(changed, 'put', before), ...planned, ...more };
      // A hook that returns nothing at all has changed nothing beside the record, either.
      if (more === undefined && Object.keys(data).length === 0) return before;
      const after = await this.table(at.tx)
        .update({ where: this.unique(before as Columns), data, ...this.include })
        .catch((error: unknown) => this.explain(error, { ...(before as Columns), ...data }));
      tell({ deed: 'update', row: after, given: changed });
      return after;
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
    next: (row: RowOf<M, I>, at: At<Parts>) => Columns | Promise<Columns>,
    rule: string,
    revision?: number,
  ): Promise<RowOf<M, I>> {
    await this.permitted(ctx, id, rule, 'update');
    return this.changing(ctx, async (at, tell) => {
      const { tx } = at;
      await this.touch(tx, id, revision);
      const data = await next(await this.again(tx, id), at);
      const after = await this.table(tx).update({ where: { [this.key]: id }, data, ...this.include });
      tell({ deed: 'update', row: after });
      return after;
    });
  }

  /** @throws 409 or what the service answers while something still uses it (`beforeDelete`) */
  async delete(ctx: RequestContext, id: string, revision?: number, beside: readonly Condition[] = []): Promise<void> {
    await this.getFor(ctx, id, 'delete', undefined, beside);
    await this.changing(ctx, async (at, tell) => {
      await this.touch(at.tx, id, revision, beside);
      const row = await this.again(at.tx, id, beside);
      tell({ deed: 'delete', row: row });
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
    return this.changing(ctx, async (at, tell) => {
      const { tx } = at;
      await this.touch(tx, id);
      const before = await this.again(tx, id);
      // In the order in which Neutron's and Keystone's databases keep them.
      const tags = next((before as { tags: string[] }).tags).toSorted();
      const change: object = { tags };
      const more = await this.spec.beforeUpdate?.(at, before, change);
      const after = await this.table(tx).update({
        where: { [this.key]: id },
        data: { ...more, tags },
        ...this.include,
      });
      tell({ deed: 'update', row: after, given: { tags } });
      return after;
    });
  }

  /** Locks the row, after its turn, and counts the change where changes are counted. @throws 404, 412 */
  private async touch(tx: Queries, id: string, expected?: number, beside: readonly Condition[] = []): Promise<void> {
    const { table, revisions, words, names, fields, below, turn } = this.spec;
    if (turn !== undefined) await takeTurn(tx, turn);
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
