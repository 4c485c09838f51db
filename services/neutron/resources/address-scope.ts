import { OpenStackError, conflict } from '../../kernel/errors.js';
import { int, text } from '../../kernel/resource/fields.js';
import { invalidAttribute } from '../refusals.js';
import { SHARING, sharedField, sharedTarget } from '../sharing.js';
import { sharedFilter, sharedOrOwn } from '../visibility.js';
import { resource } from '../words.js';
import { owned } from './standard.js';

const listed = { filter: true, sort: true } as const;

/** An address scope (neutron_lib/api/definitions/address_scope.py, neutron/db/address_scope_db.py). */
export const addressScope = resource({
  names: ['address_scope', 'address_scopes'],
  record: 'addressScope',
  table: 'neutron.address_scopes',
  include: SHARING,
  owner: 'project_id',
  fields: {
    ...owned,
    name: text({ max: 255, default: '', write: ['post', 'put'], ...listed }),
    shared: sharedField({ default: false, write: ['post', 'put'], sort: true }),
    ip_version: int({ required: true, write: ['post'], ...listed }),
  },
  filters: { shared: sharedFilter },
  visible: sharedOrOwn,
  target: sharedTarget,
  plan(_at, { ip_version }) {
    if (ip_version !== 4 && ip_version !== 6) throw invalidAttribute('ip_version', `'${ip_version}' is not in [4, 6]`);
    return {};
  },
  async beforeUpdate(_at, row, { shared }) {
    if (row.shared && shared === false)
      throw new OpenStackError(
        400,
        'AddressScopeUpdateError',
        `Unable to update address scope ${row.id} : Shared address scope can't be unshared.`,
      );
  },
  /** The scope's row is locked, and who puts a pool into it locks it, too. */
  async beforeDelete({ tx }, { id }) {
    if (await tx.subnetPool.findFirst({ where: { address_scope_id: id }, select: { id: true } }))
      throw conflict(
        'AddressScopeInUse',
        `Unable to complete operation on address scope ${id}. There are one or more subnet pools in use on the address scope.`,
      );
  },
});
