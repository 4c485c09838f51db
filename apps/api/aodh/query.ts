import { Type } from 'typebox';
import { badRequest, type OpenStackError } from '#services/kernel/errors';
import type { Condition, ListQuery } from '#services/kernel/resource/query';
import type { AnySpec } from '#services/kernel/resource/spec';
import { WHOLE, convert, invalidInput } from '#services/aodh/index';
import type { Parameters } from '../http/described.js';
import { wholeOfQuery } from '../http/numbers.js';
import { timeOfQuery } from '../http/times.js';
import type { QueryLists, ReadQuery } from '../kit/dialect.js';

/** One condition of a query: `q.field=state&q.op=eq&q.value=alarm` (aodh/api/controllers/v2/base.py: Query). */
export interface Asked {
  readonly field: string;
  readonly op: string;
  readonly value: string;
  readonly type: string | undefined;
}

const OPERATORS = ['lt', 'le', 'eq', 'ne', 'ge', 'gt'];
const TYPES = ['integer', 'float', 'string', 'boolean', 'datetime'];
/** More than there are fields: each is a comparison of every row. */
const MOST_CONDITIONS = 20;

/** What a list's query may say. */
export const PARAMETERS: Parameters = {
  'q.field': { many: true, description: 'The field of a condition.' },
  'q.op': { many: true, schema: Type.Enum(OPERATORS), description: 'How it is compared; `eq` when left out.' },
  'q.value': { many: true, description: 'What it is compared with.' },
  'q.type': { many: true, schema: Type.Enum(['', ...TYPES]), description: 'What the value is.' },
  sort: { many: true, description: '`name:desc`' },
  limit: { schema: Type.Integer({ minimum: 1 }) },
  marker: { description: 'The id of the last item of the page before.' },
};

/** A time of a query or a filter. @throws 400 in Aodh's words */
export function readTime(name: string, value: string): Date {
  try {
    return timeOfQuery(name, value);
  } catch {
    throw invalidInput(name, value, 'invalid timestamp format');
  }
}

/** The conditions of a query. @throws 400 in WSME's words */
export function askedOf(query: QueryLists): Asked[] {
  const unknown = Object.keys(query).find((name) => !Object.hasOwn(PARAMETERS, name));
  if (unknown !== undefined) throw badRequest(`Unknown argument: "${unknown}"`);
  const [fields = [], ops = [], values = [], types = []] = ['field', 'op', 'value', 'type'].map(
    (name) => query[`q.${name}`] ?? [],
  );
  if (fields.length > MOST_CONDITIONS)
    throw invalidInput('q', String(fields.length), `It should have ${MOST_CONDITIONS} conditions at most.`);
  for (const [name, given, optional] of [
    ['value', values, false],
    ['op', ops, true],
    ['type', types, true],
  ] as const)
    if (given.length !== fields.length && !(optional && given.length === 0))
      throw invalidInput(`q.${name}`, given.join(','), 'Each condition should have one.');
  return fields.map((field, i) => {
    const [op, type] = [ops[i] || 'eq', types[i] || undefined];
    if (!OPERATORS.includes(op))
      throw invalidInput('op', op, `Value should be one of: ${OPERATORS.toSorted().join(', ')}`);
    if (type !== undefined && !TYPES.includes(type))
      throw badRequest(
        `The data type ${type} is not supported. The supported data type list is: ${JSON.stringify(TYPES)}`,
      );
    const value = values[i]!;
    convert(value, type);
    return { field, op, value, type };
  });
}

/** What a page is: its order, how long it is, and behind what it begins (utils.py: get_pagination_options). */
export function pageOf(spec: AnySpec, query: QueryLists): Pick<ReadQuery, 'sort' | 'limit' | 'marker'> {
  const marker = query['marker']?.at(-1);
  return {
    sort: sortOf(spec, query['sort'] ?? []),
    limit: limitOf(query['limit']?.at(-1)),
    ...(marker ? { marker } : {}),
  };
}

function limitOf(text: string | undefined): number {
  const refusal = (): OpenStackError => invalidInput('limit', text ?? '', 'it should be a positive integer.');
  // Aodh takes 0 for none.
  return text === undefined || text === '0' ? WHOLE : Math.min(wholeOfQuery(text, refusal), WHOLE);
}

function sortOf(spec: AnySpec, given: readonly string[]): ListQuery['sort'] {
  const keys = Object.entries(spec.fields).flatMap(([name, { options }]) => (options.sort ? [name] : []));
  if (given.length > keys.length) throw invalidInput('sort', String(given.length), 'There are fewer sort keys.');
  return given.map((one) => {
    const [field = '', direction = ''] = one.split(':');
    if (!keys.includes(field) || !['', 'asc', 'desc'].includes(direction))
      throw invalidInput(
        'sort',
        one,
        `the sort parameter should be a pair of sort key and sort dir combined with ':', or only sort key specified and sort dir will be default 'asc', the supported sort keys are: ${keys.join(', ')}`,
      );
    return { field, direction: direction === 'desc' ? 'desc' : 'asc' };
  });
}

/** What alarms are filtered by (alarms.py: ALARM_QUERY_FIELDS_ALLOWED). */
const ALARM_FILTERS = [
  'all_projects',
  'enabled',
  'name',
  'project_id',
  'repeat_actions',
  'severity',
  'state',
  'timestamp',
  'type',
  'user_id',
];

/** Reads the query of a list of alarms. @throws 400 in Aodh's words */
export function readAlarms(spec: AnySpec, query: QueryLists): ReadQuery {
  const asked = askedOf(query);
  const unknown = asked.find(({ field }) => !ALARM_FILTERS.includes(field));
  if (unknown !== undefined)
    throw invalidInput('field', unknown.field, `only fields ${ALARM_FILTERS.join(', ')} are allowed`);
  const other = asked.find(({ op }) => op !== 'eq');
  if (other !== undefined) throw invalidInput('op', other.op, 'only operations eq are allowed');
  const all = asked.some(({ field, value }) => field === 'all_projects' && convert(value, 'boolean') === true);
  const named = asked.some(({ field }) => field === 'project_id');
  const whose: Condition[] = all || named ? [{ field: 'projects', operator: 'in', values: [all ? 'all' : 'any'] }] : [];
  return {
    conditions: [...whose, ...asked.filter(({ field }) => field !== 'all_projects').map(conditionOf)],
    ...pageOf(spec, query),
  };
}

function conditionOf({ field, value }: Asked): Condition {
  if (field === 'timestamp') return { field, operator: 'in', values: [readTime(field, value)] };
  const bool = field === 'enabled' || field === 'repeat_actions';
  return { field, operator: 'in', values: [bool ? convert(value, 'boolean') : value] };
}

/** What the history of an alarm is filtered by beside times, under both names that Aodh takes. */
const CHANGE_FILTERS: Readonly<Record<string, string>> = {
  user: 'user_id',
  user_id: 'user_id',
  project: 'project_id',
  project_id: 'project_id',
  type: 'type',
  severity: 'severity',
};
const TIMES = { lt: 'lt', le: 'lte', gt: 'gt', ge: 'gte' } as const;
const isTimeOperator = (op: string): op is keyof typeof TIMES => Object.hasOwn(TIMES, op);

/** Reads the query of an alarm's history (utils.py: query_to_kwargs). @throws 400 in Aodh's words */
export function readChanges(spec: AnySpec, query: QueryLists): ListQuery {
  const asked = askedOf(query);
  const shift = shiftOf(asked);
  const conditions = asked.flatMap(({ field, op, value }): Condition[] => {
    if (field === 'search_offset') return [];
    if (field === 'timestamp') {
      if (!isTimeOperator(op)) throw invalidInput('op', op, `unimplemented operator for ${field}`);
      const time = readTime(field, value).getTime() + (op.startsWith('g') ? -shift : shift);
      return [{ field, operator: TIMES[op], values: [new Date(time)] }];
    }
    if (!Object.hasOwn(CHANGE_FILTERS, field))
      throw badRequest(
        `Unknown argument: "${field}": unrecognized field in query, valid keys: ${Object.keys(CHANGE_FILTERS).join(', ')}`,
      );
    if (op !== 'eq') throw invalidInput('op', op, `unimplemented operator for ${field}`);
    return [{ field: CHANGE_FILTERS[field]!, operator: 'in', values: [value] }];
  });
  return { conditions, ...pageOf(spec, query) };
}

/** By how much the times of a query are widened, in milliseconds: `search_offset` is minutes. */
function shiftOf(asked: readonly Asked[]): number {
  const offset = asked.find(({ field }) => field === 'search_offset');
  if (offset === undefined) return 0;
  if (!asked.some(({ field }) => field === 'timestamp'))
    throw invalidInput('field', 'search_offset', 'search_offset cannot be used without timestamp');
  // A year is more than a history is kept for, and keeps what is computed a time.
  const minutes = wholeOfQuery(offset.value, () =>
    invalidInput('search_offset', offset.value, 'It should be a number.'),
  );
  return Math.min(minutes, 366 * 1_440) * 60_000;
}
