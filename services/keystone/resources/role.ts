import { Type } from 'typebox';
import { badRequest, conflict } from '../../kernel/errors.js';
import { computed, text } from '../../kernel/resource/fields.js';
import { newId, notImplemented, resource, target, seenByTokens } from '../words.js';
import { LONGEST_TEXT, both, changed, checkMutable, id, idString, madeOf, nameOf, options } from './standard.js';

const domainId = Type.Union([Type.String({ maxLength: 64, pattern: idString.pattern }), Type.Null()]);

/** A role (keystone/assignment/schema.py). */
export const role = resource({
  names: ['role', 'roles'],
  record: 'role',
  table: 'keystone.roles',
  order: [{ name: 'asc' }],
  newId,
  fields: {
    id,
    name: nameOf(255),
    description: text({ max: LONGEST_TEXT, nullable: true, ...both }),
    domain_id: computed<string | null, unknown, typeof both & { column: '' }>(domainId, () => null, {
      ...both,
      column: '',
    }),
    options: options('immutable'),
  },
  /** A list that names no domain has the roles of all, and there are no others. */
  filters: { domain_id: () => ({ id: { in: [] } }) },
  target: (row) => target('role', { ...row, domain_id: null }),
  plan(_at, input) {
    if (input.domain_id) throw notImplemented('There are no roles of a domain yet: domain_id must be null.');
    return madeOf(input);
  },
  beforeUpdate(_at, row, change) {
    const columns = changed('role', row, change);
    if (change.domain_id) throw badRequest('Update of `domain_id` is not allowed.');
    return Promise.resolve(columns);
  },
  beforeDelete(_at, row) {
    checkMutable('delete', 'role', row);
    return Promise.resolve();
  },
  ...seenByTokens,
  taken: ({ name }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store role - Duplicate entry found with name ${String(name)}.`,
    ),
});
