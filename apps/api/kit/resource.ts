import type { Services } from '#services/index';
import type { RequestContext } from '#services/kernel/context';
import type { Condition, ListQuery } from '#services/kernel/resource/query';
import type { AnySpec, TagAction } from '#services/kernel/resource/spec';
import type { Parameters } from '../http/described.js';
import type { Dialect, QueryLists, Row, View } from './dialect.js';

/**
 * What the kit asks of the records behind a resource. Requests reach it checked by the schema that the description makes,
 * and that is what makes the inputs' types true.
 */
export interface Store {
  list(
    ctx: RequestContext,
    query: ListQuery,
  ): Promise<{ rows: readonly Row[]; more: boolean; count?: number | undefined }>;
  /** @param beside what the path and the query say of it beside its key */
  get(ctx: RequestContext, id: string, beside?: readonly Condition[]): Promise<Row>;
  /** @param at columns that the path says: the key, where the client chooses it, and below what it is made */
  create(ctx: RequestContext, inputs: readonly Row[], at?: Row): Promise<readonly Row[]>;
  /**
   * @param change what is changed, or how that follows from the record as it is
   * @param rule instead of the action's own
   */
  update(
    ctx: RequestContext,
    id: string,
    change: Row | ((row: Row) => Row),
    revision?: number,
    rule?: string,
    beside?: readonly Condition[],
  ): Promise<Row>;
  delete(ctx: RequestContext, id: string, revision?: number, beside?: readonly Condition[]): Promise<void>;
  getTags(ctx: RequestContext, id: string, action: TagAction): Promise<readonly string[]>;
  setTags(
    ctx: RequestContext,
    id: string,
    next: (tags: readonly string[]) => readonly string[],
    action: TagAction,
  ): Promise<Row>;
}

/** What a query can add to the answer that shows one. */
export interface Expansion {
  readonly query: Parameters;
  /** @param view a further record of the resource as it is answered @returns further members of the answer's item @throws 400 */
  of(
    asked: { readonly services: Services; readonly ctx: RequestContext; readonly query: QueryLists },
    row: Row,
    view: (row: Row) => object,
  ): Promise<View>;
}

/** A resource as the API serves it: how it is described, how its service speaks, and where its records are. */
export interface Resource {
  readonly dialect: Dialect;
  readonly spec: AnySpec;
  readonly store: (services: Services) => Store;
  readonly expansion?: Expansion | undefined;
}

/** Puts the resources of one service into its dialect. The description is what makes its records a store for the kit. */
export const inDialect =
  (dialect: Dialect) =>
  (spec: AnySpec, store: (services: Services) => object, expansion?: Expansion): Resource => ({
    dialect,
    spec,
    expansion,
    store: (services) => store(services) as Store,
  });
