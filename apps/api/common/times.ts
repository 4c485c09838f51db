import { badRequest } from '#services/errors';

/** What Python's datetime holds, and so OpenStack: PostgreSQL and JavaScript hold more, each in another way. */
const YEARS = { first: 1, last: 9999 };

/** A time of a query; without a zone it is UTC. @throws 400 in Nova's words for what is none */
export function timeOfQuery(name: string, value: string): Date;
export function timeOfQuery(name: string, value: string | undefined): Date | undefined;
export function timeOfQuery(name: string, value: string | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const date = new Date(/([zZ]|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`);
  const year = date.getUTCFullYear();
  if (!(year >= YEARS.first && year <= YEARS.last))
    throw badRequest(`Invalid input for query parameters ${name}. Value: ${value}. '${value}' is not a 'date-time'`);
  return date;
}
