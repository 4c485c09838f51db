import type { Database } from '../kernel/database.js';
import { badRequest } from '../kernel/errors.js';
import { bool, rowType, rowsOf } from '../kernel/rows.js';

/** ISO 8601 as Keystone's clients write it, with a Z at the end or without; it is UTC all the same. */
const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([+-]\d{2}:?\d{2})?Z?$/;
const ASSUMED =
  'The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.';
const AHEAD = rowType({ ahead: bool });

/** A time as the database can keep it; undefined for what is none, or before or after the years of four digits. */
export function timeOf(text: string): Date | undefined {
  const time = new Date(text);
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time : undefined;
}

/** Whether a day is one of the calendar: JavaScript takes the 30th of February for the 2nd of March. */
const isDay = (day: string): boolean => timeOf(day)?.toISOString().startsWith(day) === true;

/**
 * When something is to expire, as a request says it (keystone/common/utils.py: parse_expiration_date).
 * @returns null for what never does
 * @throws 400 in Keystone's words for what is no time, or over
 */
export async function expiryOf(db: Database, given: string | null | undefined): Promise<Date | null> {
  if (!given) return null;
  const zoned = /[+-]\d{2}:?\d{2}$/.test(given) || given.endsWith('Z') ? given : `${given}Z`;
  const time = timeOf(zoned);
  if (!FORM.test(given) || !isDay(given.slice(0, 10)) || time === undefined)
    throw badRequest(`Timestamp not in expected format. ${ASSUMED}`);
  const [row] = await rowsOf(db, AHEAD)`SELECT ${time}::timestamptz > now() AS ahead`;
  if (!row?.ahead) throw badRequest(`The 'expires_at' must not be before now. ${ASSUMED}`);
  return time;
}
