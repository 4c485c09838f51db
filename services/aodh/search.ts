import { readFilter, type Filter } from '../gnocchi/index.js';
import { OpenStackError } from '../kernel/errors.js';
import { readJsonText } from './json-text.js';
import { invalidInput } from './words.js';

/** Values that the search of one alarm compares with: it is planned anew at each evaluation. */
const MOST_VALUES = 100;

/**
 * The search of an alarm's rule, in Gnocchi's JSON: `{"and": [{"=": {"server_group": "a"}}, …]}`.
 * @param creator `USER:PROJECT` of the alarm, whose names of resources it has @throws 400 for what is none
 */
export function readSearch(query: string, creator: string): Filter {
  const wrong = 'It should be a search of Gnocchi’s in JSON.';
  try {
    const search = readFilter(readJsonText(query), undefined, creator, MOST_VALUES);
    if (search !== undefined) return search;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof OpenStackError)) throw error;
  }
  throw invalidInput('rule/query', query.slice(0, 100), wrong);
}
