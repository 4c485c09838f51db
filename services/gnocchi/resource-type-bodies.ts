import { badRequest, type OpenStackError } from '../kernel/errors.js';
import { readAttribute } from './attributes.js';
import { bool, listOf, mapOf, members, object, orNull, readBody, text, textUpTo, whole, type Check } from './checks.js';
import type { Attribute, Attributes, ResourceType } from './resource-types.js';
import { GnocchiError, invalidInput } from './words.js';

/** What every resource has already (gnocchi/resource_type.py: INVALID_NAMES). */
const TAKEN = new Set(
  `id type metrics revision revision_start revision_end started_at ended_at user_id project_id created_by_user_id
   created_by_project_id get_metric creator`.split(/\s+/),
);
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_]*/;
/** Attributes of one type: each may be in every answer. Ceilometer's instance has twelve. */
const MOST_ATTRIBUTES = 100;

const real: Check<number> = (value, path) => {
  if (typeof value !== 'number') throw invalidInput('expected Real', path);
  return value;
};
const common = { required: bool };
const KINDS: Readonly<Record<string, Record<string, Check<unknown>>>> = {
  string: { ...common, min_length: whole(0, 256), max_length: whole(1, 256) },
  uuid: common,
  datetime: common,
  bool: common,
  number: { ...common, min: orNull(real), max: orNull(real) },
};

/** An attribute as it is given: what is left out has its default. */
const attribute =
  (forUpdate: boolean): Check<Attribute & { readonly options?: { readonly fill?: unknown } }> =>
  (value, path) => {
    const { type } = members(value, path);
    const kind = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type]! : undefined;
    if (kind === undefined) throw invalidInput('not a valid value', [...path, 'type']);
    const options = forUpdate ? { options: object({}, { fill: (fill: unknown) => fill }) } : {};
    const given = object({ type: text }, { ...kind, ...options })(value, path);
    const defaults =
      type === 'string' ? { min_length: 0, max_length: 256 } : type === 'number' ? { min: null, max: null } : {};
    return { required: true, ...defaults, ...given } as unknown as Attribute;
  };

const TYPE = object({ name: textUpTo(255) }, { attributes: mapOf(attribute(false)) });

/** @throws 400 for a name that it cannot have, or bounds that hold nothing (InvalidResourceAttribute) */
function checkAttribute(name: string, given: Attribute): void {
  if (name.length > 63 || TAKEN.has(name) || !NAME.test(name))
    throw badRequest(`Invalid input: Resource attribute name ${name} is invalid`);
  const [min, max] =
    'min' in given ? [given.min, given.max] : 'min_length' in given ? [given.min_length, given.max_length] : [];
  if (typeof min === 'number' && typeof max === 'number' && min > max)
    throw badRequest(
      `Invalid input: Resource attribute value min (or min_length) ${min} must be less  than or equal to max (or max_length) ${max}!`,
    );
}

/** Reads a body that makes a type. @throws 400 */
export function readType(body: unknown): ResourceType {
  const { name, attributes = {} } = readBody(TYPE, body);
  for (const [one, given] of Object.entries(attributes)) checkAttribute(one, given);
  if (Object.keys(attributes).length > MOST_ATTRIBUTES)
    throw badRequest(`Invalid input: A resource type has at most ${MOST_ATTRIBUTES} attributes.`);
  return { name, attributes };
}

/** What a type's attributes are to be, and what its resources get that have none. */
export interface TypeChange {
  readonly attributes: Attributes;
  readonly removed: readonly string[];
  /** By the name of the attribute. */
  readonly filled: Readonly<Record<string, unknown>>;
}

const OPERATION = object({ op: text, path: text }, { value: members });

/** Reads a JSON patch of a type's attributes. @throws 400 */
export function readTypeChange(current: ResourceType, body: unknown): TypeChange {
  const next = new Map<string, unknown>(Object.entries(current.attributes));
  for (const operation of readBody(listOf(OPERATION), body)) applyOperation(next, operation);
  const read = mapOf(attribute(true))(Object.fromEntries(next), ['attributes']);
  if (Object.keys(read).length > MOST_ATTRIBUTES)
    throw badRequest(`Invalid input: A resource type has at most ${MOST_ATTRIBUTES} attributes.`);
  const filled: Record<string, unknown> = {};
  const attributes: Record<string, Attribute> = {};
  for (const [name, { options, ...given }] of Object.entries(read)) {
    const before = Object.hasOwn(current.attributes, name) ? current.attributes[name] : undefined;
    attributes[name] = given;
    if (before !== undefined && isSame(before, given)) continue;
    checkChange(current.name, name, before, given);
    const fill = fillOf(name, given, options);
    if (fill !== undefined && before?.required !== true) filled[name] = fill;
  }
  return { attributes, removed: Object.keys(current.attributes).filter((name) => !next.has(name)), filled };
}

const isSame = (a: Attribute, b: Attribute): boolean =>
  Object.entries(b).every(([key, value]) => (a as unknown as Record<string, unknown>)[key] === value);

/** @throws 400 */
function applyOperation(
  next: Map<string, unknown>,
  { op, path, value }: { op: string; path: string; value?: unknown },
): void {
  if (op !== 'add' && op !== 'remove') throw invalidInput('not a valid value', ['0', 'op']);
  if (!path.startsWith('/attributes')) throw invalidInput('not a valid value', ['0', 'path']);
  const name = path.slice('/attributes/'.length);
  if (!path.startsWith('/attributes/') || name === '' || name.includes('/'))
    throw badRequest(`Location '${path}' cannot be changed: only attributes can.`);
  if (op === 'add' && value === undefined) throw badRequest("The operation does not contain a 'value' member");
  if (op === 'remove' && !next.has(name)) throw badRequest(`can't remove a non-existent object '${name}'`);
  if (op === 'remove') next.delete(name);
  else next.set(name, value);
}

/** @throws 400 */
function checkChange(type: string, name: string, before: Attribute | undefined, after: Attribute): void {
  checkAttribute(name, after);
  if (before === undefined || before.type === after.type) return;
  throw badRequest(
    `Type update is not available yet. Changing ${before.type} to ${after.type} for attribute ${name} of resource ${type}`,
  );
}

/** What is filled in where the attribute is missing. @throws 400 */
function fillOf(name: string, given: Attribute, options: { readonly fill?: unknown } | undefined): unknown {
  const fill = options?.fill ?? undefined;
  const refusal = (reason: string): OpenStackError =>
    badRequest(`Invalid input: Option 'fill' of resource attribute ${name} is invalid: ${reason}`);
  if (fill === undefined) {
    if (given.required) throw refusal('must not be empty if required=True');
    return undefined;
  }
  try {
    return readAttribute(given, fill);
  } catch (error) {
    if (error instanceof RangeError) throw refusal(error.message);
    throw error instanceof GnocchiError ? refusal(error.message) : error;
  }
}
