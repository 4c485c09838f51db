import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import { isSecret } from '#services/kernel/secrets';
import { pythonRepr } from './python-repr.js';

const ajv = new Ajv({ allErrors: false, verbose: true, strict: false });
(formats as unknown as { default: (ajv: Ajv, names: string[]) => void }).default(ajv, [
  'uuid',
  'ipv4',
  'ipv6',
  'date-time',
]);

// In Nova and Cinder a range holds for numbers that are written as text, too (nova/api/validation/validators.py).
ajv.addKeyword({
  keyword: 'textMinimum',
  type: 'string',
  validate: (limit: number, text: string) => !(Number(text) < limit),
});
ajv.addKeyword({
  keyword: 'textMaximum',
  type: 'string',
  validate: (limit: number, text: string) => !(Number(text) > limit),
});

const compiled = new WeakMap<TSchema, ValidateFunction>();

function check<T extends TSchema>(
  schema: T,
  value: unknown,
): { ok: true; value: Static<T> } | { ok: false; error: ErrorObject } {
  let validator = compiled.get(schema);
  if (!validator) compiled.set(schema, (validator = ajv.compile(schema)));
  if (validator(value)) return { ok: true, value: value as Static<T> };
  return { ok: false, error: validator.errors![0]! };
}

/** Checks a body against Nova's kind of schema. @throws 400 in Nova's words (nova/api/validation/validators.py) */
export function validate<T extends TSchema>(schema: T, body: unknown): Static<T> {
  const result = check(schema, body);
  if (result.ok) return result.value;
  const { error } = result;
  const field = fieldOf(error);
  throw badRequest(
    field === undefined
      ? sentence(error)
      : `Invalid input for field/attribute ${field}. Value: ${shown(error)}. ${sentence(error)}`,
  );
}

/** Checks one value of a query in Nova's and Keystone's words. @throws 400 */
export function validateParameter(schema: TSchema, name: string, value: string): string {
  const result = check(schema, value);
  if (result.ok) return value;
  throw badRequest(
    `Invalid input for query parameters ${name}. Value: ${pythonRepr(value)}. ${sentence(result.error)}`,
  );
}

/**
 * Checks a body in Neutron's words.
 * @param refused what is said of an attribute that the schema does not have, where that is more than that it is unknown
 */
export function validateNeutron<T extends TSchema>(
  schema: T,
  body: unknown,
  refused?: (attribute: string) => string | undefined,
): Static<T> {
  const result = check(schema, body);
  if (result.ok) return result.value;
  const { error } = result;
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const [type, message]: [string, string] =
    error.keyword === 'required'
      ? [
          'HTTPBadRequest',
          `Failed to parse request. Required attribute '${params.missingProperty ?? ''}' not specified`,
        ]
      : error.keyword === 'additionalProperties'
        ? [
            'HTTPBadRequest',
            refused?.(params.additionalProperty ?? '') ??
              `Unrecognized attribute(s) '${params.additionalProperty ?? ''}'`,
          ]
        : ['InvalidInput', `Invalid input for ${fieldOf(error) ?? 'body'}. Reason: ${sentence(error)}.`];
  throw new OpenStackError(400, type, message);
}

/** Checks a body in the words of WSME, by which Aodh reads bodies (wsme/exc.py). */
export function validateAodh<T extends TSchema>(schema: T, body: unknown): Static<T> {
  const result = check(schema, body);
  if (result.ok) return result.value;
  const { keyword, params } = result.error;
  const { missingProperty = '', additionalProperty = '' } = params as Record<string, string | undefined>;
  if (keyword === 'required')
    throw badRequest(`Invalid input for field/attribute ${missingProperty}. Value: 'None'. Mandatory field missing.`);
  if (keyword === 'additionalProperties')
    throw badRequest(`Unknown attribute for argument data: ${additionalProperty}`);
  return validate(schema, body);
}

/** Checks a body, and says what is wrong after a service's own opening words. */
export function validateSaying<T extends TSchema>(schema: T, body: unknown, opening: string): Static<T> {
  const result = check(schema, body);
  if (result.ok) return result.value;
  const field = fieldOf(result.error);
  throw badRequest(`${opening}${field === undefined ? '' : `${field}: `}${sentence(result.error)}`);
}

/** Checks a value in Placement's words: all that python-jsonschema says of it, after an opening. */
export function validateAtLength<T extends TSchema>(schema: T, value: unknown, opening: string): Static<T> {
  const result = check(schema, value);
  if (result.ok) return result.value;
  const { keyword, schemaPath, instancePath } = result.error;
  const at = (path: readonly string[]): string => path.map((part) => `['${part}']`).join('');
  const [, ...places] = schemaPath.split('/').map((part) => decodeURIComponent(part));
  const instance = instancePath.split('/').slice(1);
  throw badRequest(
    `${opening}${sentence(result.error)}\n\nFailed validating '${keyword}' in schema${at(places.slice(0, -1))}\n\nOn instance${at(instance)}`,
  );
}

/** The last part of the path, which is all that Nova names. */
function fieldOf(error: ErrorObject): string | undefined {
  return error.instancePath.split('/').at(-1) || undefined;
}

/** The value that is wrong, unless it is a secret. */
const shown = ({ instancePath, data }: ErrorObject): string =>
  instancePath.split('/').some(isSecret) ? '***' : pythonRepr(data);

/** python-jsonschema's words for what is wrong. */
function sentence(error: ErrorObject): string {
  const { keyword, schema } = error;
  const params: Record<string, unknown> = error.params;
  const value = shown(error);
  switch (keyword) {
    case 'required':
      return `'${String(params['missingProperty'])}' is a required property`;
    case 'additionalProperties': {
      const patterns = Object.keys((error.parentSchema as { patternProperties?: object }).patternProperties ?? {});
      if (patterns.length > 0) {
        const regexes = patterns.toSorted().map((pattern) => pythonRepr(pattern));
        return `${pythonRepr(params['additionalProperty'])} does not match any of the regexes: ${regexes.join(', ')}`;
      }
      return `Additional properties are not allowed (${pythonRepr(params['additionalProperty'])} was unexpected)`;
    }
    case 'type':
      return `${value} is not of type ${[params['type']]
        .flat()
        .map((t) => `'${String(t)}'`)
        .join(', ')}`;
    case 'minLength':
    case 'minItems':
      return `${value} is too short`;
    case 'minProperties':
      return `${value} does not have enough properties`;
    case 'maxLength':
    case 'maxItems':
      return `${value} is too long`;
    case 'pattern':
      return `${value} does not match '${String(params['pattern'])}'`;
    case 'format':
      return `${value} is not a '${String(params['format'])}'`;
    case 'enum':
      return `${value} is not one of ${pythonRepr(params['allowedValues'])}`;
    case 'textMinimum':
      return `${value} is less than the minimum of ${String(schema)}`;
    case 'textMaximum':
      return `${value} is greater than the maximum of ${String(schema)}`;
    case 'exclusiveMinimum':
      return `${value} is less than or equal to the minimum of ${String(params['limit'])}`;
    case 'minimum':
      return `${value} is less than the minimum of ${String(params['limit'])}`;
    case 'maximum':
      return `${value} is greater than the maximum of ${String(params['limit'])}`;
    case 'uniqueItems':
      return `${value} has non-unique elements`;
    case 'const':
      return `${value} is not one of [${pythonRepr(schema)}]`;
    default:
      return `${value} is not valid under any of the given schemas`;
  }
}
