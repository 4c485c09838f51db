import type { Filter, FilterComparison, FilterValue } from '../gnocchi/index.js';
import type { OpenStackError } from '../kernel/errors.js';
import { readJsonText } from './json-text.js';
import { invalidInput } from './words.js';

const COMPARISONS: Readonly<Record<string, FilterComparison>> = {
  '=': '=',
  '==': '=',
  eq: '=',
  '!=': '!=',
  ne: '!=',
  '<': '<',
  lt: '<',
  '<=': '<=',
  le: '<=',
  '>': '>',
  gt: '>',
  '>=': '>=',
  ge: '>=',
  like: 'like',
  in: 'in',
};
/** A search as deep, and as many values of one condition: it is planned anew at each evaluation. */
const MOST_DEEP = 8;
const MOST_VALUES = 100;

/** The search of an alarm's rule, in Gnocchi's JSON: `{"and": [{"=": {"server_group": "a"}}, …]}`. @throws 400 for what is none */
export function readSearch(query: string): Filter {
  const refusal = (): OpenStackError =>
    invalidInput('rule/query', query.slice(0, 100), 'It should be a search of Gnocchi’s in JSON.');
  const only = (value: unknown): [string, unknown] => {
    const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    if (members.length !== 1) throw refusal();
    return members[0]!;
  };
  const isValue = (value: unknown): value is FilterValue =>
    value === null || ['string', 'number', 'boolean'].includes(typeof value);
  const part = (value: unknown, depth: number): Filter => {
    const [op, operand] = only(value);
    if (depth > MOST_DEEP) throw refusal();
    if (op === 'not') return { op, of: part(operand, depth + 1) };
    if (op === 'and' || op === 'or') {
      if (!Array.isArray(operand) || operand.length === 0) throw refusal();
      return { op, of: operand.map((one) => part(one, depth + 1)) };
    }
    if (!Object.hasOwn(COMPARISONS, op)) throw refusal();
    const [field, compared] = only(operand);
    const list: readonly unknown[] = Array.isArray(compared) ? compared : [compared];
    if (Array.isArray(compared) !== (op === 'in') || list.length > MOST_VALUES || !list.every(isValue)) throw refusal();
    return { op: COMPARISONS[op]!, field, value: compared as FilterValue | readonly FilterValue[] };
  };
  let search: unknown;
  try {
    search = readJsonText(query);
  } catch {
    throw refusal();
  }
  return part(search, 0);
}
