import { Type } from 'typebox';
import { json, text } from '../../kernel/resource/fields.js';
import { newId, resource, seenByTokens, target } from '../words.js';
import { LONGEST_TEXT, both, extra, extraOf, id, keepsId, unlessNull } from './standard.js';

/** Only true and false, where other resources take words for them. */
export const strictBool = json<boolean, typeof both & { readonly default: true }>(Type.Boolean(), {
  ...both,
  default: true,
});

const fields = {
  id,
  type: text({ required: true, min: 1, max: 255, ...both, filter: true, sort: true }),
  name: text({ min: 1, max: 255, ...both, default: '', filter: true, sort: true }),
  description: unlessNull('description', Type.String({ maxLength: LONGEST_TEXT })),
  enabled: strictBool,
  extra,
};

/** A service of the catalog (keystone/catalog/schema.py). */
export const service = resource({
  names: ['service', 'services'],
  record: 'service',
  table: 'keystone.services',
  order: [{ type: 'asc' }],
  newId,
  fields,
  changesSomething: true,
  target: (row) => target('service', row),
  plan: (_at, input) => extraOf(fields, input),
  beforeUpdate(_at, row, change) {
    keepsId(row, change);
    return Promise.resolve(extraOf(fields, change, row.extra));
  },
  /** It goes with its endpoints. Registered limits name it on, as Keystone's do. */
  async beforeDelete({ tx }, row) {
    const where = { service_id: row.id };
    const endpoints = await tx.endpoint.findMany({ where, select: { id: true } });
    await tx.policyAssociation.deleteMany({
      where: { OR: [where, { endpoint_id: { in: endpoints.map((one) => one.id) } }] },
    });
  },
  ...seenByTokens,
});
