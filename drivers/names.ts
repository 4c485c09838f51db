import { DriverError } from './errors.js';

/** The only form in which ids are made and stored. In upper case they would be a second name for the same thing. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A host's name as DNS and file systems take it. It begins with a letter or a digit, so that no path and no option is one. */
const HOST = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

export const isId = (text: string): boolean => ID.test(text);
export const isHostName = (text: string): boolean => HOST.test(text) && !text.includes('..');

/**
 * An id that may become a part of a path. Ids come with orders from elsewhere and from the names of files, and a driver
 * trusts neither: `..` would be another directory.
 * @param what names the thing in the error
 * @throws DriverError (input) unless it is a lower-case uuid
 */
export function checkedId(what: string, id: string): string {
  if (!isId(id))
    throw new DriverError('input', 'InvalidUUID', `Expected a uuid of a ${what} but received ${shown(id)}.`);
  return id;
}

/** The same for the name of a host. @throws DriverError (input) */
export function checkedHost(host: string): string {
  if (!isHostName(host))
    throw new DriverError('input', 'InvalidHostName', `${shown(host)} cannot be the name of a host.`);
  return host;
}

/** Foreign text in a message: quoted, so that it cannot be taken for the message, and not endless. */
const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
