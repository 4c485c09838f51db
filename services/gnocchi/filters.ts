import { listOf, members, reading, type Check } from './checks.js';
import { parseFilter } from './filter-text.js';
import { resourceId } from './ids.js';
import { OPERATORS, type Comparison, type Filter, type FilterValue } from './search.js';
import { invalidInput } from './words.js';

const scalar: Check<FilterValue> = (value, path) => {
  if (value !== null && typeof value === 'object') throw invalidInput('expected str', path);
  return value as FilterValue;
};

/** The one member of an object. @throws 400 */
function only(value: unknown, path: readonly string[]): readonly [string, unknown] {
  const entries = Object.entries(members(value, path));
  if (entries.length !== 1)
    throw invalidInput(`length of value must be at ${entries.length === 0 ? 'least' : 'most'} 1`, path);
  return entries[0]!;
}

/** Values that one filter compares with: each is a parameter of a statement, which has 65,535 at most and is planned anew each time. */
const MOST_VALUES = 5_000;

/** Who asks, and what of the filter may still come. */
interface Reading {
  readonly creator: string;
  left: number;
  readonly most: number;
}

/**
 * A filter as a body has it (gnocchi/rest/api.py: _ResourceSearchSchema). None is an empty object.
 * Of ids that are no UUIDs those of resources are derived, for who asks.
 */
const filterOf =
  (reader: Reading): Check<Filter> =>
  (value, path) => {
    const [operator, inner] = only(value, path);
    const op = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    const at = [...path, operator];
    if (op === undefined) throw invalidInput('extra keys not allowed', at);
    if (op === 'not') return { op, of: filterOf(reader)(inner, at) };
    if (op === 'and' || op === 'or') return { op, of: listOf(filterOf(reader), 1)(inner, at) };
    return comparisonOf(op, inner, at, reader);
  };

function comparisonOf(op: Comparison, inner: unknown, path: readonly string[], reader: Reading): Filter {
  const [field, value] = only(inner, path);
  const at = [...path, field];
  if (field === 'id' && op === 'like') throw invalidInput("value must not be one of ['id']", at);
  reader.left -= Array.isArray(value) ? value.length : 1;
  if (reader.left < 0) throw invalidInput(`more than ${reader.most} values are compared with`, at);
  const one: Check<FilterValue> =
    field === 'id' ? reading((id) => resourceId(typeof id === 'string' ? id : String(id), reader.creator)) : scalar;
  return { op, field, value: op === 'in' ? listOf(one, 1)(value, at) : one(value, at) };
}

const isEmpty = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;

/**
 * The filter of a body, or of a query where there is no body.
 * @param most values that it compares with @returns undefined for none @throws 400
 */
export function readFilter(
  body: unknown,
  query: string | undefined,
  creator: string,
  most = MOST_VALUES,
): Filter | undefined {
  const given = body === undefined ? (query ? parseFilter(query) : undefined) : body;
  return given === undefined || isEmpty(given) ? undefined : filterOf({ creator, left: most, most })(given, []);
}

/** Both have to hold, where there are two. */
export const bothOf = (a: Filter | undefined, b: Filter | undefined): Filter | undefined =>
  a === undefined ? b : b === undefined ? a : { op: 'and', of: [a, b] };
