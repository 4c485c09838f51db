import type { Queries } from '../../kernel/database.js';
import { conflict, forbidden } from '../../kernel/errors.js';
import { int, text } from '../../kernel/resource/fields.js';
import { isHeld } from '../held.js';
import { expecting, newId, resource, target } from '../words.js';
import { both, checkUuids, nameOf } from './standard.js';

/** -1 is unlimited; Keystone's column has 32 bits. */
export const AMOUNT = { min: -1, max: 2 ** 31 - 1 } as const;

/** What a project or a domain may have of something, where it has no limit of its own (keystone/limit/core.py). */
export const registeredLimit = resource({
  names: ['registered_limit', 'registered_limits'],
  path: 'registered_limits',
  record: 'registeredLimit',
  table: 'keystone.registered_limits',
  newId,
  closed: true,
  madeInLists: true,
  rules: { create: 'identity:create_registered_limits' },
  fields: {
    id: text({}),
    service_id: text({ required: true, max: 255, ...both }),
    region_id: text({ min: 1, max: 255, nullable: true, ...both, filter: true }),
    resource_name: nameOf(255),
    default_limit: int({ required: true, ...AMOUNT, ...both }),
    description: text({ max: 255, nullable: true, ...both }),
  },
  filters: { service_id: (values) => ({ service_id: { in: checkUuids('service_id', values) } }) },
  target: (row) => target('registered_limit', row),
  beforeCreate: ({ tx }, _data, input) => checkNamed(tx, input, 'registered_limit'),
  async beforeUpdate({ tx }, row, change) {
    await checkNamed(tx, change, 'registered_limit');
    await checkUnused(tx, row.id);
  },
  beforeDelete: ({ tx }, row) => checkUnused(tx, row.id),
  taken: () => conflict('Conflict', 'Conflict occurred attempting to store registered_limit - Duplicate entry.'),
});

interface Named {
  readonly service_id?: string | undefined;
  readonly region_id?: string | null | undefined;
}

/** @throws 400 where the service or the region is not there */
export async function checkNamed(tx: Queries, { service_id, region_id }: Named, kind: string): Promise<void> {
  if (service_id !== undefined && !(await isHeld(tx, 'service', service_id))) throw expecting('service_id', kind);
  if (region_id !== undefined && region_id !== null && !(await isHeld(tx, 'region', region_id)))
    throw expecting('region_id', kind);
}

/** @throws 403 while a project or a domain has a limit of its own; the row is locked, so that none gets one meanwhile */
async function checkUnused(tx: Queries, id: string): Promise<void> {
  if (await tx.limit.findFirst({ where: { registered_limit_id: id }, select: { id: true } }))
    throw forbidden(
      `Unable to update or delete registered limit ${id} because there are project limits associated with it.`,
    );
}
