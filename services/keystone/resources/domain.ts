import type { Queries } from '../../kernel/database.js';
import { badRequest, conflict, forbidden } from '../../kernel/errors.js';
import { bool, text } from '../../kernel/resource/fields.js';
import { emptyDomain, endTokensOf } from '../tree.js';
import { newId, resource, target, seenByTokens } from '../words.js';
import { both, changed, checkMutable, id, idString, madeOf, nameOf, options, tags } from './standard.js';

/** A domain (keystone/resource/schema.py): a project that acts as one. */
export const domain = resource({
  names: ['domain', 'domains'],
  record: 'project',
  table: 'keystone.projects',
  only: { is_domain: true },
  order: [{ name: 'asc' }],
  fields: {
    id,
    explicit_domain_id: text({ ...idString, write: ['post'], hidden: true, column: '' }),
    name: nameOf(64),
    description: text({ max: 255, nullable: true, default: '', ...both }),
    enabled: bool({ default: true, ...both, filter: true, sort: true }),
    options: options('immutable'),
    tags,
  },
  newId({ explicit_domain_id: own }) {
    if (own !== undefined && !/^[0-9a-f]{32}$/.test(own))
      throw badRequest('Domain ID does not conform to required UUID format.');
    return own ?? newId();
  },
  changesSomething: true,
  target: (row) => target('domain', row),
  plan: (_at, input) => ({ ...madeOf(input), is_domain: true, description: input.description ?? '' }),
  /** One that is disabled ends the tokens of its users and those for its projects, for good. */
  async beforeUpdate({ tx }, row, change) {
    const columns = changed('domain', row, change);
    if (row.enabled && change.enabled === false) await endTokensOf(tx, row.id);
    return { ...columns, ...(change.description === null ? { description: '' } : {}) };
  },
  beforeDelete: ({ tx }, row) => removeDomain(tx, row),
  ...seenByTokens,
  taken: ({ name }) =>
    conflict(
      'Conflict',
      `Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: ${String(name)}.`,
    ),
});

/** Takes from a domain all that is in it, before it goes itself. @throws 403 unless it is disabled, so that nobody works in it */
export async function removeDomain(
  tx: Queries,
  row: { readonly id: string; readonly enabled: boolean; readonly options: unknown },
): Promise<void> {
  checkMutable('delete', 'domain', row);
  if (row.enabled) throw forbidden('Cannot delete a domain that is enabled, please disable it first.');
  await emptyDomain(tx, row.id);
}
