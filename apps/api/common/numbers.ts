import { Type, type TUnsafe } from '@sinclair/typebox';
import { badRequest } from '#services/errors';

/** The largest that an integer column holds. */
export const INT4_MAX = 2 ** 31 - 1;

/** A whole number, or digits that stand for one, as OpenStack takes for most numbers. Both are held to the same range. */
export const wholeOrDigits = (least: number, most = INT4_MAX): TUnsafe<number | string> =>
  Type.Unsafe({
    type: ['integer', 'string'],
    minimum: least,
    maximum: most,
    pattern: least < 0 ? '^-?[0-9]+$' : '^[0-9]+$',
    between: [least, most],
  });

/** A whole number of a query that is compared with a column. @throws 400 for anything else, and for what no column holds */
export function wholeOfQuery(
  value: string,
  refusal: () => Error = () => badRequest(`Invalid number: ${value}`),
): number {
  // Ten digits are the most that an integer column's numbers have.
  if (!/^\d{1,10}$/.test(value) || Number(value) > INT4_MAX) throw refusal();
  return Number(value);
}
