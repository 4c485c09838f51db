import { badRequest, conflict, type OpenStackError } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import type { Columns } from '../../kernel/resource/spec.js';

/** The id that a client chooses for what it makes (keystone/api/os_federation.py). */
export const ownId = text({ filter: true, sort: true });

/** @throws 400 for an id that Keystone could not keep, or that no path could name */
export function checkOwnId({ id }: Columns): void {
  if (typeof id !== 'string' || !/^[^\p{Cc}/]{1,64}$/u.test(id))
    throw badRequest('An id has up to 64 characters, and neither slashes nor control characters among them.');
}

/** What a second one of an id is told (keystone/common/sql/core.py: handle_conflicts). */
export const takenId =
  (kind: string) =>
  ({ id }: Columns): OpenStackError =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store ${kind} - Duplicate entry found with ID ${String(id)}.`,
    );
