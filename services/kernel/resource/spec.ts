import type { RequestContext } from '../context.js';
import type { Database, Prisma, Queries } from '../database.js';
import type { OpenStackError } from '../errors.js';
import type { Service } from '../policy/index.js';
import type { TSchema } from 'typebox';
import type { Action, FieldOptions, Sees, Shape, Write } from './fields.js';

export type { Action } from './fields.js';

/** The Prisma models. */
export type ModelName = {
  [M in Extract<keyof Database, string>]: Database[M] extends { readonly findMany: unknown } ? M : never;
}[Extract<keyof Database, string>];
/** A record of a model, with what `include` adds to it. */
export type RowOf<M extends ModelName, I> = Prisma.Result<Database[M], { include: I }, 'findFirstOrThrow'>;

/** A field as the kit sees it, whatever its type. @typeParam R what it is read from */
export interface AnyField<R = never> {
  readonly shape: Shape;
  readonly options: FieldOptions;
  readonly read?: ((row: R, minor: number, sees: Sees, projectId: string) => unknown) | undefined;
}
export type AnyFields<R = never> = Readonly<Record<string, AnyField<R>>>;

type WrittenBy<F extends object, W extends Write> = {
  [K in keyof F]: F[K] extends { readonly options: { readonly write: readonly (infer G)[] } }
    ? W extends G
      ? K
      : never
    : never;
}[keyof F];
type RequiredOf<F extends object> = {
  [K in keyof F]: F[K] extends { readonly options: { readonly required: true | 'always' } } ? K : never;
}[keyof F];
type ValueOf<F> = F extends { readonly type: infer T } ? T : never;

/** What a create gives, by the fields' description. */
export type CreateInput<F extends object> = {
  readonly [K in Extract<WrittenBy<F, 'post'>, RequiredOf<F>>]: ValueOf<F[K]>;
} & {
  readonly [K in Exclude<WrittenBy<F, 'post'>, RequiredOf<F>>]?: ValueOf<F[K]> | undefined;
};
/** What an update gives. */
export type UpdateInput<F extends object> = { readonly [K in WrittenBy<F, 'put'>]?: ValueOf<F[K]> | undefined };

/** What can be done with a resource's tags: with all of them, with several, and with one. */
export type TagAction = 'list' | 'replace' | 'clear' | 'create' | 'check' | 'add' | 'remove';
/** Columns of a record, as Prisma takes them. */
export type Columns = Record<string, unknown>;
export type Where = Record<string, unknown>;

/** What a hook has at hand: who asks, the transaction, and what the resource's service stands on. */
export interface At<Parts> {
  readonly ctx: RequestContext;
  readonly tx: Queries;
  readonly parts: Parts;
  /** Runs something once the transaction has committed, and not where it is rolled back. */
  readonly afterCommit: (run: () => unknown) => void;
}
/** The same before there is a transaction. */
export type Before<Parts> = Omit<At<Parts>, 'tx' | 'afterCommit'>;

/** The rule of an action that OpenStack asks no rule for: whoever has a token for a project may. */
export const ANYBODY = '@';

/** Who asks for a list, for filters that depend on that. */
interface Asker<Parts> {
  readonly ctx: RequestContext;
  /** Whether the service's rule makes an administrator of them. */
  readonly admin: boolean;
  readonly parts: Parts;
}

/** Rules in place of the usual ones for some of a resource: for roles of a domain, say. */
export interface SomeRules {
  /** Whether it is one of them, by its attributes; a list that is filtered is asked by its filters. */
  are(of: Columns): boolean;
  readonly rules: Readonly<Record<Action, string>>;
}

/** A rule that was asked, and those of the parts of what it is about (`create_port:fixed_ips:ip_address`). */
export interface AskedRule {
  readonly rule: string;
  readonly parts: readonly string[];
}

/** What is told of a resource: that one was made, changed or deleted. */
export type Deed = Extract<Action, 'create' | 'update' | 'delete'>;

/** How a service tells of its resources (`notifications.notifications`), as OpenStack's does. */
export interface Tells {
  /** The first part of who tells: `network` of `network.<host>`. */
  readonly publisher: string;
  /** The types of what is told of one deed, in their order; none where the service tells nothing of it. */
  events(deed: Deed, one: string): readonly string[];
  /**
   * What is said beside that.
   * @param attributes those of the record that every answer shows; at the start of a deed, what was asked for
   */
  payload(one: string, id: string, attributes: Columns): Columns;
}

/** How one service's resources speak and count; one of them per service. */
export interface ServiceWords {
  readonly service: Service;
  /** The rule of an action on a resource, where the resource does not name it. */
  ruleOf(action: Action, names: readonly [one: string, many: string]): string;
  /** The rule that makes somebody see and do everything. */
  readonly adminRule: string;
  /** Nothing is told of its resources where it is left out. */
  readonly tells?: Tells;
  /** Further attributes of what somebody has of their own, for the first look at who asks. */
  own?(ctx: RequestContext): Columns;
  /** A token that is scoped to nothing may ask, too: the rules alone decide. */
  readonly unscoped?: true;
  /** Who may not do it is refused whether the thing is there or not, and only the others learn that it is not. */
  readonly refusesFirst?: true;
  /** The rule of a resource's tags, where it is not that of reading or changing the resource. */
  tagRule?(action: TagAction, names: readonly [one: string, many: string]): string | undefined;
  /** A list's marker is not there, where that is not said as of any other thing that is not. */
  noMarker?(marker: string, names: readonly [one: string, many: string]): OpenStackError;
  /** @param below the key of what it would be below, where it is below something */
  notFound(names: readonly [one: string, many: string], id: string, below?: string): OpenStackError;
  /**
   * The policy refuses.
   * @param rules the rules that were asked, in the order in which they were
   * @param of what it is about, and whether the asker's project owns it; nothing for a list and a create
   */
  refused(
    rules: readonly AskedRule[],
    action: Action,
    names: readonly [one: string, many: string],
    of?: { readonly id: string; readonly own: boolean },
  ): OpenStackError;
  /** Refuses a create for another project by somebody who is no administrator, even where the resource's rules allow it. */
  ofAnotherProject?(): OpenStackError;
  /**
   * What somebody may not see at all is to them as if it were not there, and a list that they may not read is empty.
   * @returns how that is said, where the service does so
   */
  hidden?(): OpenStackError;
  /** The record has changed since the revision that the client named. */
  stale?(expected: number, actual: number): OpenStackError;
}

/** Counts a service's resources against a project's quota, inside the transaction that inserts. */
export interface QuotaCounter {
  /** @param planned the columns of each of them, where more than their number counts */
  making<T>(
    resource: string,
    projects: readonly string[],
    insert: (tx: Queries) => Promise<T>,
    planned: readonly Columns[],
  ): Promise<T>;
}

/** Where a resource lies that is below another one. */
export interface Below {
  /** Its field that names the other; the path's parameter is called the same. */
  readonly field: string;
  /** Prisma's name of the key that the two have together, where a key of its own is unique only there. */
  readonly unique?: string;
}
export type Links = Readonly<Record<string, (self: string) => string>>;

/** Further attributes, which no description names: they are kept together in one JSON column. */
export interface Extra {
  readonly column: string;
  /** What each of them may be. */
  readonly schema: TSchema;
}

/** What everything of a service's resources stands on. */
export interface ServiceParts {
  readonly db: Database;
  readonly quotas?: QuotaCounter;
}

/**
 * A resource, described once. From it come its routes, request schemas, answers, filters, sorting, paging, tags,
 * policies, quota, OpenAPI and the tests that walk every route.
 */
export interface ResourceSpec<
  Parts extends ServiceParts,
  M extends ModelName,
  I extends object,
  F extends AnyFields<RowOf<M, I>>,
> {
  /** What it is called in a body, alone and in a list. */
  readonly names: readonly [one: string, many: string];
  /** Its collection's path in its service; the plural's when left out. */
  readonly path?: string;
  readonly record: M;
  /** The table of its records, `schema.table`, for locks and for what SQL alone can write. */
  readonly table: `${string}.${string}`;
  readonly include?: I;
  readonly fields: F;
  /** The column that a path names it by; `id` when left out. */
  readonly key?: keyof RowOf<M, I> & string;
  /** Which of the model's records are such resources; all of them when left out. */
  readonly only?: Where;
  /** Which of them a list has at most, an administrator's too. */
  within?(ctx: RequestContext): Where;
  /** It has attributes that the description does not name. */
  readonly extra?: Extra;
  /** Only these verbs; all of them when left out. */
  readonly actions?: readonly Action[];
  /** The order of a list that asks for none; `id` when left out. */
  readonly order?: readonly Readonly<Record<string, 'asc' | 'desc'>>[];
  /** The column of the project that owns it; a create sets it. */
  readonly owner?: keyof RowOf<M, I> & string;
  /** Filters that are no comparison of one column, by the name of their parameter. @throws 400 for a value that is none */
  readonly filters?: Readonly<
    Record<string, (values: readonly string[], asker: Asker<Parts>) => Where | Promise<Where>>
  >;
  /** What a list is filtered by that does not say otherwise, by the names of `filters`. */
  readonly unasked?: Readonly<Record<string, readonly string[]>>;
  /** It belongs to no project: its rules look at it as at something of the asker's own. */
  readonly ownerless?: true;
  /** The first minor microversion that has an action, for those that came later than the resource. */
  readonly since?: Partial<Record<Action, number>>;
  /** The last minor microversion that has it. */
  readonly until?: number;
  /** From this microversion on, PUT of its key makes it where it is not there, and changes nothing where it is. */
  readonly ensured?: number;
  /** How one is made: by POST to the collection when left out, by PUT of a key that the client chooses, or by either. */
  readonly madeBy?: readonly ('POST' | 'PUT')[];
  /** It has no attributes but those of its description, in a service whose resources may have others. */
  readonly closed?: true;
  /** It lies below another resource: its path names that one, as `:field`. */
  readonly below?: Below;
  /** Its further links, made of the one to itself. */
  readonly links?: Links;
  /** An update has to give something. */
  readonly changesSomething?: true;
  /** A create takes a list of them, and no single one. */
  readonly madeInLists?: true;
  /** A create gives exactly one of these fields. */
  readonly oneOf?: readonly string[];
  /** Records that somebody may see who is no administrator; all of them when left out. */
  visible?(ctx: RequestContext): Where;
  /** The rules of its actions, where they are not called as the service's usually are. */
  readonly rules?: Partial<Record<Action, string>>;
  /** Some of them have rules of their own. */
  readonly some?: SomeRules;
  /** Who may list them sees the whole list; else he sees those of it that he may read. */
  readonly listedWhole?: true;
  /** Further attributes that its rules look at (`network:tenant_id`), of a record with what it includes, for who asks. */
  target?(row: RowOf<M, I>, ctx: RequestContext): Columns;
  /** The same of what is to be made. @throws what the service answers when what it is made on is not there */
  newTarget?(at: Before<Parts>, input: CreateInput<F>, data: Columns): Promise<Columns> | Columns;
  /** Looks for what it lies below, before a list of it. @throws 404 unless the asker sees it; without it, the list is empty then */
  above?(at: Before<Parts>, key: string): Promise<unknown>;
  /** Attributes of a request as its rules look at them, where that is not as they are written. */
  judged?(input: Columns): Columns;
  /** What is counted against the project's quota when one is made. */
  readonly quota?: string;
  /**
   * The name of a lock that changes and deletes hold from their beginning, where they look at other records of the
   * resource. Without it, two that each lock their own record and then look at the other's would wait for each other.
   */
  readonly turn?: string;
  /** Its list takes its filters and no other parameter, none of a page either; other lists ignore what they do not know. */
  readonly filtersAlone?: true;
  /** What an operation does, which tells of itself (services/kernel/operations.ts). */
  readonly operated?: readonly Deed[];
  /** It counts its changes, and `If-Match` names the count that a change expects. */
  readonly revisions?: true;
  /** It has tags. */
  readonly tags?: true;
  /** Where its tags are, too, when that is not only below its own path. */
  readonly tagsAt?: string;
  /**
   * What records say that their columns do not: what those keep sealed or only name.
   * @param asked what a list is filtered by @returns for each of them, in their order
   */
  opened?(
    parts: Parts,
    rows: readonly RowOf<M, I>[],
    asked: Readonly<Record<string, readonly unknown[]>>,
  ): Promise<readonly object[]> | readonly object[];
  /** Refuses what no rule can express: a token that was passed on (by a trust, say) may not do it. Called after the rules. @throws 403 */
  permit?(ctx: RequestContext, action: Action): void;
  /**
   * What the rules look at where no record says it: for one that is not there, and for a list where this is given.
   * @param below the key of what it lies below
   */
  placeTarget?(ctx: RequestContext, below: string | undefined): Columns;
  /** A new record's id; a uuid when left out. */
  newId?(input: CreateInput<F>): string;
  /** Checks and plans a create before its transaction, with the parts' own queries. @returns further columns */
  plan?(at: Before<Parts>, input: CreateInput<F>, data: Columns): Promise<Columns> | Columns;
  /** Before a list is read: what there is from the first look on is made. @param asked what the list is filtered by */
  listing?(at: Before<Parts>, asked: Columns): Promise<unknown>;
  /** Inside the transaction that inserts it, before that. @returns further columns */
  beforeCreate?(at: At<Parts>, data: Columns, input: CreateInput<F>): Promise<Columns | void>;
  /**
   * Inside the same transaction, when it is inserted. The record is read again after it.
   * @returns what the answer to this request alone shows of it: a secret that is told once
   */
  afterCreate?(at: At<Parts>, row: RowOf<M, I>, input: CreateInput<F>): Promise<Columns | void>;
  /** After all that one request makes: what holds for them together. */
  afterCreateAll?(at: At<Parts>, rows: readonly RowOf<M, I>[]): Promise<void>;
  /** Prepares an update before its transaction, which keeps rows locked: for what takes long. @returns further columns */
  planUpdate?(at: Before<Parts>, change: UpdateInput<F>): Promise<Columns>;
  /** The record's row is locked. @returns further columns */
  beforeUpdate?(at: At<Parts>, row: RowOf<M, I>, change: UpdateInput<F>): Promise<Columns | void>;
  /** The record's row is locked. */
  beforeDelete?(at: At<Parts>, row: RowOf<M, I>): Promise<void>;
  /** Takes it away, where that is not to delete its record: the record is kept, or an operation begins. */
  remove?(at: At<Parts>, row: RowOf<M, I>): Promise<void>;
  /** As the last of each transaction that makes, changes or deletes one: to say so to other processes. */
  changing?(at: At<Parts>): Promise<void>;
  /** After a change has committed: caches forget. */
  changed?(parts: Parts): void;
  /** What a violated unique constraint means. */
  taken?(data: Columns, parts: Parts): OpenStackError | Promise<OpenStackError>;
}

/** A description whose types do not matter to who reads it: routes, OpenAPI, tests. */
export interface AnySpec {
  readonly names: readonly [one: string, many: string];
  /** What OpenAPI calls it, where another one has the name already. */
  readonly title?: string;
  readonly path?: string;
  readonly fields: AnyFields;
  readonly key?: string;
  readonly extra?: Extra;
  readonly owner?: string;
  readonly actions?: readonly Action[];
  readonly rules?: Partial<Record<Action, string>>;
  readonly some?: SomeRules;
  readonly changesSomething?: true;
  readonly filtersAlone?: true;
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly ownerless?: true;
  readonly since?: Partial<Record<Action, number>>;
  readonly until?: number;
  readonly ensured?: number;
  readonly madeBy?: readonly ('POST' | 'PUT')[];
  readonly closed?: true;
  readonly below?: Below;
  readonly links?: Links;
  readonly madeInLists?: true;
  readonly oneOf?: readonly string[];
  /** The rule of a list's details, where they have one of their own. */
  readonly detailRule?: string;
  /** Its list has the short form alone, where the dialect has one beside its details. */
  readonly brief?: 'only';
  readonly tags?: true;
  readonly tagsAt?: string;
  readonly revisions?: true;
  readonly words: ServiceWords;
  target?(row: never, ctx: RequestContext): Columns;
}

/** Makes the function by which one service describes its resources. The compiler checks each against its record. */
export const resourcesOf =
  <Parts extends ServiceParts>(words: ServiceWords) =>
  <M extends ModelName, const I extends object, F extends AnyFields<RowOf<M, I>>>(
    spec: ResourceSpec<Parts, M, I, F>,
  ): ResourceSpec<Parts, M, I, F> & { readonly words: ServiceWords } => ({ ...spec, words });

/**
 * Makes the function by which one service describes what it has no table for: what is made of several records, or of
 * none. Its store is written by hand; its routes, schemas and answers come from the description all the same.
 */
export const viewsOf =
  (words: ServiceWords) =>
  <F extends AnyFields>(spec: Omit<AnySpec, 'words' | 'fields'> & { readonly fields: F }) => ({ ...spec, words });
