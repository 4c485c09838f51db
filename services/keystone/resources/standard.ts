import { Type, type TSchema } from 'typebox';
import { badRequest, forbidden } from '../../kernel/errors.js';
import { computed, json, text } from '../../kernel/resource/fields.js';
import type { Columns } from '../../kernel/resource/spec.js';

export const both = { write: ['post', 'put'] } as const;
const MAX_EXTRA = 65_535;

/** Keystone's ids in requests (keystone/common/validation/parameter_types.py: id_string). */
export const idString = { min: 1, max: 64, pattern: '^[a-zA-Z0-9-]+$' } as const;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;
/** Filters by an id that Keystone's schemas call a `uuid`: whatever Python's uuid.UUID reads. @throws 400 for anything else */
export function checkUuids(parameter: string, values: readonly string[]): string[] {
  const wrong = values.find((value) => !UUID.test(value));
  if (wrong !== undefined)
    throw badRequest(`Invalid input for query parameters ${parameter}. Value: '${wrong}'. '${wrong}' is not a 'uuid'`);
  return [...values];
}
export const id = text({ write: ['put'] });
export const nameOf = <const M extends number>(max: M) =>
  text({ required: true, min: 1, max, pattern: String.raw`\S`, ...both, filter: true, sort: true });
/** Keystone keeps descriptions in a TEXT column of MySQL, which ends here. */
export const LONGEST_TEXT = 65_535;

/** An attribute that is left out of answers where there is none. */
export const unlessNull = <K extends string>(column: K, schema: TSchema) =>
  computed<string | null | undefined, Readonly<Record<K, string | null>>, typeof both>(
    Type.Union([schema, Type.Null()]),
    (row) => row[column] ?? undefined,
    both,
  );

export type Options = Readonly<Record<string, unknown>>;
/** What changes how Keystone treats a thing (keystone/common/resource_options), by its schema: null takes one away. */
export const optionsOf = (schemas: Readonly<Record<string, TSchema>>) =>
  json<Options, typeof both & { readonly default: Options }>(
    Type.Object(
      Object.fromEntries(
        Object.entries(schemas).map(([name, schema]) => [name, Type.Optional(Type.Union([schema, Type.Null()]))]),
      ),
      { additionalProperties: false },
    ),
    { ...both, default: {} },
  );
/** Those that are true or false. */
export const options = (...names: readonly string[]) => optionsOf(flags(...names));
export const flags = (...names: readonly string[]): Readonly<Record<string, TSchema>> =>
  Object.fromEntries(names.map((name) => [name, Type.Boolean()]));
/** Options as they are after a change. */
export const merged = (before: unknown, given: Options): Options =>
  Object.fromEntries(Object.entries({ ...(before as Options), ...given }).filter(([, value]) => value !== null));

export const tags = json<readonly string[], typeof both>(
  Type.Array(Type.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$' }), { maxItems: 80, uniqueItems: true }),
  both,
);

/** Attributes that clients made up: Keystone keeps them, and gives them back beside its own. */
export const extra = json<object, object>(Type.Object({}), {});
export function extraOf(fields: object, input: object, before: unknown = {}): Columns {
  const own = Object.fromEntries(Object.entries(input).filter(([name]) => !Object.hasOwn(fields, name)));
  if (Object.keys(own).length === 0) return {};
  const all = { ...(before as object), ...own };
  if (JSON.stringify(all).length > MAX_EXTRA)
    throw badRequest(`The attributes ${Object.keys(own).join(', ')} are too long together.`);
  return { extra: all };
}

/** @throws 400 for a change of the id */
export function keepsId(row: { readonly id: string }, change: { readonly id?: string | null | undefined }): void {
  if (change.id !== undefined && change.id !== null && change.id !== row.id) throw badRequest('Cannot change ID');
}

interface Given {
  readonly name?: string | undefined;
  readonly options?: Options | undefined;
}
/** What Keystone makes of every new thing. @param fields the resource's own, where clients may make up others */
export const madeOf = (input: Given, fields: object = input): Columns => ({
  ...plainlyMadeOf(input, fields),
  options: merged({}, input.options ?? {}),
});
/** The same of what has no options. */
export const plainlyMadeOf = (input: Pick<Given, 'name'>, fields: object): Columns => ({
  ...(input.name === undefined ? {} : { name: input.name.trim() }),
  ...extraOf(fields, input),
});

interface Kept {
  readonly id: string;
  readonly domain_id?: string | null;
  readonly options?: unknown;
  readonly extra?: unknown;
}
type Change = Given & { readonly id?: string | null | undefined; readonly domain_id?: string | null | undefined };

/**
 * What holds for every change: an id and a domain stay, and what is immutable is made mutable first, by itself
 * (keystone/common/resource_options/options/immutable.py).
 * @returns the columns that are not simply what was given
 */
export function changed(kind: string, row: Kept, change: Change, fields: object = change): Columns {
  keepsId(row, change);
  checkMutable('update', kind, row, change);
  if (row.domain_id !== undefined && change.domain_id !== undefined && change.domain_id !== row.domain_id)
    throw badRequest('Cannot change Domain ID');
  return {
    ...(change.name === undefined ? {} : { name: change.name.trim() }),
    ...(change.options === undefined ? {} : { options: merged(row.options, change.options) }),
    ...extraOf(fields, change, row.extra),
  };
}

/** @throws 403 for what is immutable, unless the change is that it no longer is */
export function checkMutable(verb: 'update' | 'delete', kind: string, row: Kept, change: Change = {}): void {
  if ((row.options as Options | undefined)?.['immutable'] !== true) return;
  const [only, ...others] = Object.keys(change);
  const lifted = change.options !== undefined && Object.hasOwn(change.options, 'immutable');
  if (only === 'options' && others.length === 0 && lifted && change.options['immutable'] !== true) return;
  throw forbidden(
    `Unable to ${verb} immutable ${kind} resource: \`${row.id}. Set resource option "immutable" to false first.`,
  );
}
