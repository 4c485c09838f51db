import { badRequest } from '#services/kernel/errors';

/** ISO 8601: a date, and a time of it. Years as Python's datetime holds them, and so OpenStack. */
const TIME = /^(?!0000)\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?$/i;

/** A time of a query; without a zone it is UTC. @throws 400 in Nova's words for what is none */
export function timeOfQuery(name: string, value: string): Date;
export function timeOfQuery(name: string, value: string | undefined): Date | undefined;
export function timeOfQuery(name: string, value: string | undefined): Date | undefined {
  if (value === undefined) return undefined;
  const [, clock = 'T00:00', , , zone = 'Z'] = TIME.exec(value) ?? [];
  const day = value.slice(0, 10);
  const date = new Date(`${day}T${clock.slice(1).replace(',', '.')}${zone.length === 3 ? `${zone}:00` : zone}`);
  // JavaScript takes February 30 for March 2.
  const real = new Date(`${day}T00:00Z`);
  if (!TIME.test(value) || Number.isNaN(date.getTime()) || real.toISOString().slice(0, 10) !== day)
    throw badRequest(`Invalid input for query parameters ${name}. Value: ${value}. '${value}' is not a 'date-time'`);
  return date;
}
