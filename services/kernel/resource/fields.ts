import { Type, type TSchema } from 'typebox';

/** Which requests may give a field: one that creates, one that changes. */
export type Write = 'post' | 'put';
/** The verbs that every resource may have. */
export type Action = 'list' | 'get' | 'create' | 'update' | 'delete';
/** How a value is compared and converted when it comes as text in a query. */
export type Kind = 'text' | 'bool' | 'int' | 'number' | 'time' | 'list' | 'json';

/** All that may be said of a field. What is left out is false or none. */
export interface FieldOptions<T = unknown> {
  /** The record's column, where it is called otherwise than the field. */
  readonly column?: string;
  readonly write?: readonly Write[];
  /** A create has to give it; `put`: an update has to; `always`: both have to. */
  readonly required?: true | 'put' | 'always';
  /** What a create that does not give it gets. Without it the database's own default holds. */
  readonly default?: T;
  /** A list can be filtered by it, or only an administrator's list can. */
  readonly filter?: true | 'admin';
  /** What a list is filtered by that does not name it. */
  readonly listed?: T;
  /** A list can be sorted by it, under other names where some are said. */
  readonly sort?: true | readonly string[];
  /** The column by which a list is sorted then, where the order of its values is not the one that is meant. */
  readonly sortedBy?: string;
  /** It is also in the short list, where the dialect has one beside its details. */
  readonly brief?: true;
  /** The policy that shows it: without it the field is left out of the answer. */
  readonly seenBy?: string;
  /** The first and the last minor microversion that has it. */
  readonly since?: number;
  readonly until?: number;
  /** What it was in earlier microversions. */
  readonly earlier?: { readonly until: number; readonly field: Field };
  /** The actions whose answers have it; all of them when left out. */
  readonly answers?: readonly Action[];
  /** The resource whose key it holds, where its name does not tell: `network/security_group`. */
  readonly refersTo?: string;
  /** It is accepted in requests and never shown, as a password is. */
  readonly hidden?: true;
}

/** Whether who asks passes a rule, for a part of a value that has a rule of its own. */
export type Sees = (rule: string) => boolean;

/** What a value may be, as far as a request's validation and OpenAPI need it. */
export interface Shape {
  readonly kind: Kind;
  readonly schema: TSchema;
  readonly nullable: boolean;
  /** What an answer has, where that is not what a request may give. */
  readonly shown?: TSchema;
  readonly min?: number;
  readonly max?: number;
}

/**
 * One field of a resource. `T` is its type on the wire, `O` what is said of it, `R` what of a record it is read from.
 * The first two are what the compiler makes the types of requests of.
 */
export class Field<T = unknown, O extends FieldOptions<T> = FieldOptions<T>, R = unknown> {
  /** Carries the type; there is never a value. */
  declare readonly type: T;

  constructor(
    readonly shape: Shape,
    readonly options: O,
    /** How the answer's value is made of a record, where it is not the column as it is. */
    readonly read?: (row: R, minor: number, sees: Sees, projectId: string) => T,
  ) {}
}

type Nullable<O> = O extends { readonly nullable: true } ? null : never;
interface MayBeNull {
  readonly nullable?: true;
}
interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly format?: 'uuid' | 'ipv4' | 'ipv6' | 'date-time';
}
interface Range {
  readonly min?: number;
  readonly max?: number;
}

const orNull = (schema: TSchema, nullable: true | undefined): TSchema =>
  nullable ? Type.Union([schema, Type.Null()]) : schema;
const shapeOf = (kind: Kind, schema: TSchema, { nullable, min, max }: MayBeNull & Range = {}): Shape => ({
  kind,
  schema: orNull(schema, nullable),
  nullable: nullable ?? false,
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});

/** Text of up to `max` characters. */
export const text = <const O extends FieldOptions<string | null> & MayBeNull & TextLimits>(options: O) => {
  const { min, max, pattern, format } = options;
  const limits = {
    ...(min === undefined ? {} : { minLength: min }),
    ...(max === undefined ? {} : { maxLength: max }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(format === undefined ? {} : { format }),
  };
  return new Field<string | Nullable<O>, O & FieldOptions<string | Nullable<O>>>(
    shapeOf('text', Type.String(limits), options),
    options as O & FieldOptions<string | Nullable<O>>,
  );
};

export const uuid = <const O extends FieldOptions<string | null> & MayBeNull>(options: O) =>
  text({ ...options, format: 'uuid' });

export const bool = <const O extends FieldOptions<boolean>>(options: O) =>
  new Field<boolean, O>(shapeOf('bool', Type.Boolean()), options);

export const int = <const O extends FieldOptions<number | null> & MayBeNull & Range>(options: O) => {
  const { min, max } = options;
  const range = { ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) };
  return new Field<number | Nullable<O>, O & FieldOptions<number | Nullable<O>>>(
    shapeOf('int', Type.Integer(range), options),
    options as O & FieldOptions<number | Nullable<O>>,
  );
};

/** A number above 0 that need not be whole. */
export const decimal = <const O extends FieldOptions<number> & { readonly max: number }>(options: O) =>
  new Field<number, O>(shapeOf('number', Type.Number({ exclusiveMinimum: 0, maximum: options.max }), options), options);

/** One of a few words. */
export const oneOf = <const V extends readonly string[], const O extends FieldOptions<V[number] | null> & MayBeNull>(
  values: V,
  options: O,
) =>
  new Field<V[number] | Nullable<O>, O & FieldOptions<V[number] | Nullable<O>>>(
    shapeOf('text', Type.Enum([...values]), options),
    options as O & FieldOptions<V[number] | Nullable<O>>,
  );

/** A time of the record, which the dialect writes in its service's form. */
export const time = <const O extends FieldOptions<Date | null>>(options: O) =>
  new Field<Date | null, O>(shapeOf('time', Type.String({ format: 'date-time' })), options);

/** A list of values, each of the schema. */
export const listOf = <T, const O extends FieldOptions<readonly T[]>>(items: TSchema, options: O) =>
  new Field<readonly T[], O>(shapeOf('list', Type.Array(items)), options);

/** Any other value, by its schema. */
export const json = <T, const O extends FieldOptions<T>>(schema: TSchema, options: O) =>
  new Field<T, O>(shapeOf('json', schema), options);

/** A value that is made of the record and is in no column as it is. @param read is given the microversion's minor too, what the asker may see, and the asker's project */
export const computed = <T, R, const O extends FieldOptions<T>>(
  schema: TSchema,
  read: (row: R, minor: number, sees: Sees, projectId: string) => T,
  options: O,
) => new Field<T, O, R>(shapeOf('json', schema), options, read);

/** A value that is the same for every record, for what a client expects to find and this cloud has only one of. */
export const always = <const T>(value: T, schema: TSchema, options: FieldOptions<T> = {}) =>
  new Field<T, FieldOptions<T>>(shapeOf('json', schema), options, () => value);

/** A field that requests may give in other forms, too, which its resource brings into the one that is recorded. */
export const takenAs = <W, T, O extends FieldOptions<T>, R>({ shape, options, read }: Field<T, O, R>, given: TSchema) =>
  new Field<T | W, O & FieldOptions<T | W>, R>(
    { ...shape, schema: given, shown: shape.shown ?? shape.schema },
    options,
    read,
  );

/** A field that is written as any of its kind, and whose answer is made of the record. @param shown what the answer has */
export const shownAs = <T, O extends FieldOptions<T>, R>(
  { shape, options }: Field<T, O>,
  shown: TSchema,
  read: (row: R, minor: number, sees: Sees, projectId: string) => T | '',
) => new Field<T, O, R>({ ...shape, shown }, options, read as Field<T, O, R>['read'] & object);
