import { badRequest } from '#services/kernel/errors';

/** What a signed column of 32 bits holds (nova/db/constants.py MAX_INT, cinder/db/constants.py DB_MAX_INT). */
export const INT4_MAX = 2 ** 31 - 1;

/** A whole number of a query that is compared with a column. @throws 400 for anything else, and for what no column holds */
export function wholeOfQuery(
  value: string,
  refusal: () => Error = () => badRequest(`Invalid number: ${value}`),
): number {
  // Ten digits are the most that an integer column's numbers have.
  if (!/^\d{1,10}$/.test(value) || Number(value) > INT4_MAX) throw refusal();
  return Number(value);
}
