import { conflict } from '../../kernel/errors.js';
import { json, text } from '../../kernel/resource/fields.js';
import { RulesSchema, VERSIONS, checkRules, type Rule } from '../federation/rules.js';
import { resource } from '../words.js';
import { checkOwnId, ownId, takenId } from './named.js';
import { both } from './standard.js';

/** How what an identity provider says becomes a user and groups (keystone/api/os_federation.py: MappingResource). */
export const mapping = resource({
  names: ['mapping', 'mappings'],
  path: 'OS-FEDERATION/mappings',
  record: 'mapping',
  table: 'keystone.mappings',
  madeBy: ['PUT'],
  fields: {
    id: ownId,
    rules: json<readonly Rule[], typeof both & { readonly required: 'always' }>(RulesSchema, {
      ...both,
      required: 'always',
    }),
    schema_version: text({ max: 5, ...both, default: VERSIONS[0] }),
  },
  plan(_at, { rules, schema_version }, data) {
    checkOwnId(data);
    checkRules(rules, schema_version ?? VERSIONS[0]);
    return {};
  },
  /** Rules that name no version are of the first, whatever those before them were. */
  beforeUpdate(_at, row, { rules = row.rules as unknown as readonly Rule[], schema_version = VERSIONS[0] }) {
    checkRules(rules, schema_version);
    return Promise.resolve({ schema_version });
  },
  /** Keystone lets one go that is in use, and its protocols let nobody in any more. */
  async beforeDelete({ tx }, { id }) {
    const user = await tx.federationProtocol.findFirst({
      where: { mapping_id: id },
      select: { id: true, idp_id: true },
    });
    if (user !== null)
      throw conflict(
        'Conflict',
        `Conflict occurred attempting to delete mapping - the protocol ${user.id} of the Identity Provider ${user.idp_id} uses ${id}.`,
      );
  },
  taken: takenId('mapping'),
});
