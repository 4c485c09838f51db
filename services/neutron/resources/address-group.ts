import { Type } from 'typebox';
import { conflict } from '../../kernel/errors.js';
import { json, shownAs, text } from '../../kernel/resource/fields.js';
import { checkedAddresses } from '../group-addresses.js';
import { SHARING, sharedTarget } from '../sharing.js';
import { sharedOrOwn } from '../visibility.js';
import { resource } from '../words.js';
import { untagged } from './standard.js';

/** neutron_lib's IP_ADDR_FIELD_SIZE. */
const addresses = Type.Array(Type.String({ maxLength: 64 }));

/**
 * An address group (neutron_lib/api/definitions/address_group.py). Its addresses are changed by actions of their own. RBAC
 * policies share it; no answer of Neutron shows whether it is shared.
 */
export const addressGroup = resource({
  names: ['address_group', 'address_groups'],
  record: 'addressGroup',
  table: 'neutron.address_groups',
  include: SHARING,
  owner: 'project_id',
  revisions: true,
  fields: {
    ...untagged,
    description: text({ max: 1024, default: '', write: ['post', 'put'], filter: true, sort: true }),
    addresses: shownAs(
      json<readonly string[] | null, { write: readonly ['post'] }>(Type.Union([addresses, Type.Null()]), {
        write: ['post'],
      }),
      addresses,
      (row: { addresses: readonly string[] }) => row.addresses,
    ),
  },
  visible: sharedOrOwn,
  target: sharedTarget,
  plan: (_at, input) => ({ addresses: checkedAddresses(input.addresses ?? []) }),
  // neutron/db/address_group_db.py: delete_address_group.
  async beforeDelete({ tx }, { id }) {
    // A rule that is just being made holds the row until it is there.
    await tx.$queryRaw`SELECT 1 FROM neutron.address_groups WHERE id = ${id} FOR UPDATE`;
    const where = { remote_address_group_id: id };
    if (await tx.securityGroupRule.findFirst({ where, select: { id: true } }))
      throw conflict('AddressGroupInUse', `Address group ${id} is in use on one or more security group rules.`);
  },
});
