import { badRequest, conflict } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import { CUSTOM, isStandard, resource } from '../words.js';

/** A trait (placement/handlers/trait.py). */
export const trait = resource({
  names: ['trait', 'traits'],
  record: 'trait',
  table: 'placement.traits',
  key: 'name',
  ownerless: true,
  actions: ['list', 'get', 'delete'],
  rules: { create: 'placement:traits:update' },
  since: { list: 6, get: 6, create: 6, update: 6, delete: 6 },
  ensured: 6,
  fields: {
    name: text({ write: ['post'], required: true, min: 1, max: 255, pattern: CUSTOM }),
  },
  filters: {
    in: (names) => ({ name: { in: [...names] } }),
    startswith: ([prefix = '']) => ({ name: { startsWith: prefix.replaceAll(/[\\%_]/g, String.raw`\$&`) } }),
    associated: ([value]) => (value === 'true' ? { providers: { some: {} } } : { providers: { none: {} } }),
  },
  taken: ({ name }) => conflict('TraitExists', `The Trait ${String(name)} already exists`),
  async beforeDelete({ tx }, { name }) {
    if (isStandard(name)) throw badRequest(`Cannot delete standard trait ${name}.`);
    if (await tx.providerTrait.findFirst({ where: { trait: name } }))
      throw conflict('TraitInUse', `The trait ${name} is in use by a resource provider.`);
  },
});
