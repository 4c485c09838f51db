import { Type } from 'typebox';
import { badRequest, conflict } from '../../kernel/errors.js';
import { shownAs, text } from '../../kernel/resource/fields.js';
import { CUSTOM, isStandard, resource } from '../words.js';

/** A resource class (placement/handlers/resource_class.py). */
export const resourceClass = resource({
  names: ['resource_class', 'resource_classes'],
  path: 'resource_classes',
  record: 'resourceClass',
  table: 'placement.resource_classes',
  key: 'name',
  ownerless: true,
  since: { list: 2, get: 2, create: 2, update: 2, delete: 2 },
  ensured: 7,
  fields: {
    // The standard ones are there, and cannot be made.
    name: shownAs(
      text({ write: ['post', 'put'], required: 'always', max: 255, pattern: CUSTOM }),
      Type.String(),
      ({ name }: { readonly name: string }) => name,
    ),
  },
  taken: ({ name }) => conflict('ResourceClassExists', `Conflicting resource class already exists: ${String(name)}`),
  async beforeUpdate({ tx }, { name: before }, { name = before }) {
    if (isStandard(before)) throw badRequest(`Cannot update standard resource class ${before}`);
    // Claims name the class without a reference to it. Their providers' locks keep new ones from the old name.
    await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM placement.resource_providers WHERE id IN (
        SELECT resource_provider_id FROM placement.inventories WHERE resource_class = ${before}) ORDER BY id FOR UPDATE`;
    await tx.allocation.updateMany({ where: { resource_class: before }, data: { resource_class: name } });
  },
  async beforeDelete({ tx }, { name }) {
    const opening = 'Error in delete resource class:';
    if (isStandard(name)) throw badRequest(`${opening} Cannot delete standard resource class ${name}.`);
    if (await tx.inventory.findFirst({ where: { resource_class: name } }))
      throw conflict(
        'ResourceClassInUse',
        `${opening} Cannot delete resource class ${name}. Class is in use in inventory.`,
      );
  },
});
