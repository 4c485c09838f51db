import { Type } from 'typebox';
import { json, shownAs, text } from '../../kernel/resource/fields.js';
import { checkedAddresses } from '../group-addresses.js';
import { resource } from '../words.js';
import { untagged } from './standard.js';

/** neutron_lib's IP_ADDR_FIELD_SIZE. */
const addresses = Type.Array(Type.String({ maxLength: 64 }));

/**
 * An address group (neutron_lib/api/definitions/address_group.py). Its addresses are changed by actions of their own. Neutron
 * shares one by RBAC, which is not here: so `shared`, which no answer of Neutron shows, is not, either.
 */
export const addressGroup = resource({
  names: ['address_group', 'address_groups'],
  record: 'addressGroup',
  table: 'neutron.address_groups',
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
  visible: ({ projectId }) => ({ project_id: projectId }),
  plan: (_at, input) => ({ addresses: checkedAddresses(input.addresses ?? []) }),
});
