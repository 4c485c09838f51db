import type { Queries } from '../../kernel/database.js';
import { badRequest } from '../../kernel/errors.js';
import { text } from '../../kernel/resource/fields.js';
import { forgetUsers } from '../federation/provider.js';
import { missing, resource, seenByTokens } from '../words.js';
import { checkOwnId, takenId } from './named.js';
import { both } from './standard.js';

/**
 * A way to log in by an identity provider, with the rules of what to make of what it says. Keystone shows all of it in lists alone;
 * the links that it gives lead nowhere (keystone/api/os_federation.py), these do.
 */
export const protocol = resource({
  names: ['protocol', 'protocols'],
  path: 'OS-FEDERATION/identity_providers/:idp_id/protocols',
  below: { field: 'idp_id', unique: 'idp_id_id' },
  record: 'federationProtocol',
  table: 'keystone.federation_protocols',
  madeBy: ['PUT'],
  closed: true,
  changesSomething: true,
  links: { identity_provider: (self) => self.split('/').slice(0, -2).join('/') },
  fields: {
    id: text({}),
    idp_id: text({ answers: ['list'], refersTo: 'identity/identity_provider' }),
    mapping_id: text({ required: 'always', min: 1, max: 64, ...both }),
    remote_id_attribute: text({ max: 64, nullable: true, ...both, answers: ['list'] }),
  },
  plan(_at, _input, data) {
    checkOwnId(data);
    return {};
  },
  async beforeCreate({ tx }, { idp_id }, { mapping_id }) {
    await lockMapping(tx, mapping_id);
    const rows = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM keystone.identity_providers WHERE id = ${String(idp_id)} FOR SHARE`;
    if (rows.length === 0) throw missing('identity_provider', String(idp_id));
  },
  async beforeUpdate({ tx }, _row, { mapping_id }) {
    if (mapping_id !== undefined) await lockMapping(tx, mapping_id);
  },
  beforeDelete: ({ tx }, { idp_id, id }) => forgetUsers(tx, idp_id, id),
  ...seenByTokens,
  taken: takenId('federation_protocol'),
});

/** @throws 400 unless there is such a mapping; nobody deletes it until the transaction ends */
async function lockMapping(tx: Queries, id: string): Promise<void> {
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM keystone.mappings WHERE id = ${id} FOR SHARE`;
  if (rows.length === 0) throw badRequest(`Invalid mapping id: ${id}`);
}
