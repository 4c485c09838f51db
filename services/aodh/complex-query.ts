import { badRequest, type OpenStackError } from '../kernel/errors.js';
import type { ListQuery } from '../kernel/resource/query.js';
import type { AnyField, AnySpec, Where } from '../kernel/resource/spec.js';
import { readJsonText } from './json-text.js';

/** A query as a body gives it: its parts are JSON in texts (aodh/api/controllers/v2/query.py: ComplexQuery). */
export interface ComplexQuery {
  readonly filter?: string | null;
  readonly orderby?: string | null;
  readonly limit?: number | null;
}

/** Somebody's filter as deep, and with as many conditions: the database plans each of them anew. */
const MOST_DEEP = 10;
const MOST_CONDITIONS = 100;
/** As many values as one condition compares with. */
const MOST_VALUES = 100;

/** Aodh's other names of fields. */
const ALIASES: Readonly<Record<string, string>> = { user: 'user_id', project: 'project_id' };
const OPERATORS: Readonly<Record<string, string>> = {
  '=': 'equals',
  '!=': 'not',
  '<': 'lt',
  '<=': 'lte',
  '=<': 'lte',
  '>': 'gt',
  '>=': 'gte',
  '=>': 'gte',
};

const wrong = (why: string): OpenStackError => badRequest(`Filter expression not valid: ${why}`);
const asText = (value: unknown): string => JSON.stringify(value).slice(0, 100);

/** What reads a time in the service's words. */
export type ReadTime = (name: string, value: string) => Date;

/** Reads the filters of one resource. */
export class FilterReader {
  private conditions = 0;

  constructor(
    private readonly spec: AnySpec,
    private readonly readTime: ReadTime,
    /** Looks at each condition. @throws what the service answers for one that its asker may not state */
    private readonly check: (field: string, value: unknown) => void,
  ) {}

  /** A filter as Prisma takes it. @throws 400 in Aodh's words */
  read(filter: string): Where {
    return this.part(parse(filter, 'Filter'), 0);
  }

  private part(expression: unknown, depth: number): Where {
    if (depth > MOST_DEEP) throw wrong(`it is nested deeper than ${MOST_DEEP} levels`);
    const [operator, operand] = onlyMember(expression, 'Filter');
    const word = operator.toLowerCase();
    if (word === 'not') return { NOT: this.part(operand, depth + 1) };
    if (word === 'and' || word === 'or') {
      if (!Array.isArray(operand) || operand.length < 2) throw wrong(`${asText(operand)} is too short`);
      return { [word.toUpperCase()]: operand.map((one) => this.part(one, depth + 1)) };
    }
    if (++this.conditions > MOST_CONDITIONS) throw wrong(`it has more than ${MOST_CONDITIONS} conditions`);
    return this.condition(word, operand);
  }

  private condition(operator: string, operand: unknown): Where {
    const [given, value] = onlyMember(operand, 'Filter');
    const name = nameOf(given);
    const field = comparable(this.spec, name);
    if (field === undefined) throw wrong(`${asText(given)} does not match any of the fields`);
    if (operator === 'in') {
      if (!Array.isArray(value) || value.length === 0 || value.length > MOST_VALUES)
        throw wrong(`${asText(value)} is not an array of 1 to ${MOST_VALUES} values`);
      for (const one of value) this.check(name, one);
      return { [name]: { in: value.map((one) => this.valueOf(name, field, one)) } };
    }
    // A user's regular expression could keep the database busy for as long as he likes.
    if (operator === '=~') throw wrong('regular expressions are not supported here');
    if (!Object.hasOwn(OPERATORS, operator)) throw wrong(`${asText(operator)} is no operator`);
    const prisma = OPERATORS[operator]!;
    if (field.shape.kind === 'bool' && prisma !== 'equals' && prisma !== 'not')
      throw wrong(`${name} cannot be compared by ${operator}`);
    this.check(name, value);
    return { [name]: { [prisma]: this.valueOf(name, field, value) } };
  }

  private valueOf(name: string, { shape: { kind } }: AnyField, value: unknown): string | boolean | Date {
    if (kind === 'bool') {
      if (typeof value !== 'boolean') throw wrong(`${asText(value)} is not of type 'boolean'`);
      return value;
    }
    if (typeof value !== 'string') throw wrong(`${asText(value)} is not of type 'string'`);
    return kind === 'time' ? this.readTime(name, value) : value;
  }
}

/** `[{"timestamp": "desc"}, {"name": "asc"}]`. @throws 400 in Aodh's words */
export function orderOf(spec: AnySpec, orderby: string | null | undefined): ListQuery['sort'] {
  if (orderby === null || orderby === undefined) return [];
  const given = parse(orderby, 'Order-by');
  if (!Array.isArray(given) || given.length > Object.keys(spec.fields).length)
    throw badRequest(`Order-by expression not valid: ${asText(given)} is not a list of fields`);
  return given.map((one) => {
    const [field, direction] = onlyMember(one, 'Order-by');
    const name = nameOf(field);
    const way = typeof direction === 'string' ? direction.toLowerCase() : '';
    if (comparable(spec, name) === undefined || (way !== 'asc' && way !== 'desc'))
      throw badRequest(`Order-by expression not valid: ${asText(one)}`);
    return { field: name, direction: way };
  });
}

const nameOf = (given: string): string => (Object.hasOwn(ALIASES, given) ? ALIASES[given]! : given);

/** A field that is a column of its own and can be compared. */
function comparable({ fields }: AnySpec, name: string): AnyField | undefined {
  const field = Object.hasOwn(fields, name) ? fields[name]! : undefined;
  return field !== undefined && ['text', 'bool', 'time'].includes(field.shape.kind) ? field : undefined;
}

function onlyMember(value: unknown, what: string): [string, unknown] {
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  if (members.length !== 1) throw badRequest(`${what} expression not valid: ${asText(value)} should have one member`);
  return members[0]!;
}

/** @throws 400 for what is no JSON, or holds what no column can */
function parse(text: string, what: string): unknown {
  try {
    return readJsonText(text);
  } catch {
    throw badRequest(`${what} expression not valid: it is no JSON`);
  }
}
