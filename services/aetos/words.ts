import { OpenStackError } from '../kernel/errors.js';

/** What of PromQL there is here: said in each refusal of the rest. */
const SUPPORTED =
  'supported are selectors with matchers, rate, avg_over_time, max_over_time, min_over_time and sum_over_time of them, sum, avg, max and min (by …) of these, and arithmetic of numbers';

/** A query that cannot be answered. */
export const badQuery = (why: string): OpenStackError =>
  new OpenStackError(400, 'bad_data', `invalid parameter "query": ${why}; ${SUPPORTED}`);

export const badParameter = (name: string, why: string): OpenStackError =>
  new OpenStackError(400, 'bad_data', `invalid parameter "${name}": ${why}`);
