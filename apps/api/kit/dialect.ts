import type { TSchema } from 'typebox';
import type { Action, AnyField, AnySpec } from '#services/kernel/resource/spec';
import type { OpenStackError } from '#services/kernel/errors';
import type { Condition, ListQuery } from '#services/kernel/resource/query';
import type { Write } from '#services/kernel/resource/fields';
import type { Parameters } from '../http/described.js';

/** A query's parameters, each with all its values. */
export type QueryLists = Readonly<Record<string, readonly string[] | undefined>>;
/** A record, whatever its type. */
export type Row = Readonly<Record<string, unknown>>;
/** An item as it is answered. */
export type View = Readonly<Record<string, unknown>>;

/** A list's request as its service reads it. */
export interface ReadQuery extends ListQuery {
  /** Only these fields of each item; all of them when left out. */
  readonly fields?: readonly string[] | undefined;
}
/** A page, for the envelope and its links. */
export interface AnsweredPage {
  /** The collection's address, without a query. */
  readonly url: string;
  readonly query: QueryLists;
  readonly limit: number;
  readonly more: boolean;
  readonly marker?: string | undefined;
  readonly reverse: boolean;
  /** The keys of the first and the last item. */
  readonly first?: string | undefined;
  readonly last?: string | undefined;
  /** How many there are on all pages, where that was asked for. */
  readonly count?: number | undefined;
}

/** A request that changes by a list of operations (a JSON patch). */
export interface PatchRequest {
  readonly contentType: string | undefined;
  readonly body: unknown;
  /** What an item may be after the change. */
  readonly schema: TSchema;
}

/**
 * How one OpenStack service speaks HTTP: its paths, bodies, queries, lists and times. All that differs between the
 * services is said here and asked nowhere else.
 */
export interface Dialect {
  /** Where its collections are, without slashes at the ends. */
  readonly prefix: string;
  /** How a resource is changed. */
  readonly update: 'PUT' | 'PATCH';
  readonly statuses: { readonly create: number; readonly update: number; readonly delete: number };
  /** The status of an answer, where it is not the usual one of its action. */
  status?(spec: AnySpec, action: Action, minor: number): number | undefined;
  /** The answer of an action has no body. */
  bare?(spec: AnySpec, action: Action, minor: number): boolean;
  /** Headers of an answer that shows records. */
  headers?(spec: AnySpec, action: Action, rows: readonly Row[], minor: number): Readonly<Record<string, string>>;
  /** What is answered for an action that a microversion does not have. */
  absent?(minor: number, spec?: AnySpec, body?: unknown): Error;
  /** The key that a path names a thing by. @throws what the service answers for one that is none */
  keyOf?(spec: AnySpec, key: string, minor: number): string;
  /** What a query says beside the path's key of the one thing that is asked for. @throws 400 */
  beside?(spec: AnySpec, query: QueryLists, minor: number): readonly Condition[];
  /** The revision that a change expects, where a service's requests can name one (`If-Match`). @throws 400 */
  revisionOf?(header: string | undefined): number | undefined;
  /** A list has a short form beside its details, at `…/detail`. */
  readonly details?: true;
  /** One request may make several of a resource. The text is the refusal of an empty list. */
  readonly bulk?: string;
  /** What a request may give for a field; the field's own schema in most services. */
  schemaOf(field: AnyField): TSchema;
  /** An item of a checked request, where an attribute is another name of one. @throws 400 where both are given and differ */
  given?(item: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** A value of a checked request, in the field's own type. */
  valueOf(field: AnyField, value: unknown): unknown;
  /** An item stands in a body under its resource's name: all of them, or those that it says. */
  readonly enveloped: boolean | ((spec: AnySpec) => boolean);
  /** The schema of a body around the item's own. */
  wrap(spec: AnySpec, item: TSchema): TSchema;
  /** A client may ask for only some fields of one thing (`fields`), as of those of a list. */
  readonly picksFields?: true;
  /** Whether an item may have fields that the description does not name. */
  readonly open: boolean | ((write: Write, minor: number, spec: AnySpec) => boolean);
  /** The microversions from which its schemas are others, beside those that the fields name. */
  readonly changes?: readonly number[];
  /** The media types and the schema of such a change. */
  readonly patches?: { readonly types: readonly string[]; readonly schema: TSchema };
  /** Reads a change that is not an item itself. @returns the change, as it follows from the record @throws 400, 415 */
  patch?(spec: AnySpec, request: PatchRequest): (row: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** A collection's path with a slash at its end is another path, and nothing is there. @returns what is answered */
  slash?(): Error;
  /** Checks a body. @param of what it is to make or to change, where that is known @throws 400 in the service's words */
  check(schema: TSchema, body: unknown, of?: { readonly spec: AnySpec; readonly write: Write }): unknown;
  /** Reads a list's query. @param admin whether an administrator asks @throws 400 in the service's words */
  read(spec: AnySpec, query: QueryLists, minor: number, admin: boolean): ReadQuery;
  /** What a list's query may say. */
  parameters(spec: AnySpec): Parameters;
  time(date: Date): string;
  /** How the service speaks of tags, where it is not as Neutron does. */
  readonly tags?: {
    /** As many as a resource may have. */
    readonly max: number;
    /** @param url the address that was asked, without a query */
    answer(tags: readonly string[], url: string): object;
    missing(tag: string): OpenStackError;
    /** Several can be added to those that are there, by POST. */
    readonly added?: true;
  };
  /**
   * What the service adds to each item: links.
   * @param base the API's address, without a slash at the end
   * @param path where its collection is in the service
   */
  decorate?(spec: AnySpec, view: View, key: string, base: string, path: string): View;
  /** Where an item is that was made (the header Location). @param base the API's address, without a slash at the end */
  location?(spec: AnySpec, key: string, base: string): string;
  one(spec: AnySpec, view: View): object;
  many(spec: AnySpec, views: readonly View[], page: AnsweredPage): object;
}

/** The path of a resource's collection. @param row one of its records, for a path that names what they are below */
export function pathOf(spec: Pick<AnySpec, 'path' | 'names' | 'below'>, row?: Row): string {
  const path = spec.path ?? spec.names[1].replaceAll('_', '-');
  if (spec.below === undefined || row === undefined) return path;
  return path.replace(`:${spec.below.field}`, () => encodeURIComponent(String(row[spec.below!.field])));
}

/** Whether an item of a request stands under its resource's name. */
export const isEnveloped = ({ enveloped }: Dialect, spec: AnySpec): boolean =>
  typeof enveloped === 'function' ? enveloped(spec) : enveloped;

/** The fields that a microversion has. */
export const fieldsAt = (spec: AnySpec, minor: number): [name: string, field: AnyField][] =>
  Object.entries(spec.fields)
    .map(([name, field]): [string, AnyField] => {
      const { earlier } = field.options;
      return [name, earlier !== undefined && minor <= earlier.until ? earlier.field : field];
    })
    .filter(([, { options }]) => minor >= (options.since ?? 0) && minor <= (options.until ?? Infinity));

/** Whether an answer has a field, whoever asks. */
export const isShown = ({ options }: AnyField, action: Action, brief = false): boolean =>
  !options.hidden && (!brief || options.brief === true) && options.answers?.includes(action) !== false;

/** Whether a resource's list has a short form: some of its fields are said to be in it. */
export const hasBrief = (dialect: Dialect, spec: AnySpec): boolean =>
  dialect.details === true && Object.values(spec.fields).some(({ options }) => options.brief);
