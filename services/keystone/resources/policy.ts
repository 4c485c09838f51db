import { badRequest } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import { newId, resource, target } from '../words.js';
import { both, extra, extraOf, id } from './standard.js';

const fields = {
  id,
  type: text({ required: true, max: 255, ...both, filter: true, sort: true }),
  blob: text({ required: true, ...both }),
  extra,
};

/** A policy that Keystone keeps for who asks for it (keystone/policy/schema.py). No service of this cloud does. */
export const policy = resource({
  names: ['policy', 'policies'],
  record: 'policy',
  table: 'keystone.policies',
  newId,
  fields,
  changesSomething: true,
  target: (row) => target('policy', row),
  plan: (_at, input) => extraOf(fields, input),
  beforeUpdate(_at, row, change) {
    if (change.id !== undefined && change.id !== row.id) throw badRequest('Cannot change policy ID');
    return Promise.resolve(extraOf(fields, change, row.extra));
  },
});
