import { Prisma } from '../../kernel/database.js';
import { OpenStackError, badRequest, conflict, forbidden } from '../../kernel/errors.js';
import { bool, text } from '../../kernel/resource/fields.js';
import { checkEnabling, checkLeaf, checkPlace, depthOf, endTokensOf, forgetDefaults } from '../tree.js';
import { newId, resource, target, seenByTokens } from '../words.js';
import { removeDomain } from './domain.js';
import {
  checkUuids,
  LONGEST_TEXT,
  both,
  changed,
  checkMutable,
  extra,
  id,
  idString,
  madeOf,
  nameOf,
  options,
  tags,
} from './standard.js';

const place = { ...idString, nullable: true, ...both, filter: true } as const;

const fields = {
  id,
  name: nameOf(64),
  description: text({ max: LONGEST_TEXT, nullable: true, default: '', ...both }),
  domain_id: text(place),
  parent_id: text({ ...place, refersTo: 'identity/project' }),
  is_domain: bool({ default: false, ...both, filter: true, listed: false }),
  enabled: bool({ default: true, ...both, filter: true, sort: true }),
  options: options('immutable'),
  tags,
  extra,
};

/** A project; one that acts as a domain is both (keystone/resource/schema.py, keystone/resource/core.py). */
export const project = resource({
  names: ['project', 'projects'],
  record: 'project',
  table: 'keystone.projects',
  order: [{ name: 'asc' }],
  newId,
  tags: true,
  fields,
  filters: { parent_id: (values) => ({ parent_id: { in: checkUuids('parent_id', values) } }) },
  target: (row) => target('project', row),
  newTarget: (_at, input) => Promise.resolve(target('project', input)),
  plan({ ctx }, input) {
    const { description, is_domain, domain_id, parent_id } = input;
    if (is_domain && (domain_id ?? parent_id)) throw badRequest('only root projects are allowed to act as domains.');
    // Who names no domain means the one that the token is for.
    const domain = is_domain ? null : (domain_id ?? ctx.credentials.domain_id ?? 'default');
    const where = { domain_id: domain, parent_id: parent_id ?? domain };
    return { ...madeOf(input, fields), ...where, description: description ?? '' };
  },
  async beforeCreate({ tx, parts }, { domain_id, parent_id }) {
    if (domain_id === null) return;
    // Here, what a request names and is not there makes the request a wrong one.
    const depth = depthOf(parts.config.keystone.enforcement_model);
    await checkPlace(tx, domain_id as string, parent_id as string, depth).catch((error: unknown) => {
      throw error instanceof OpenStackError && error.status === 404 ? badRequest(error.message) : error;
    });
  },
  /** One that is disabled ends the tokens for it, also for the time after it is enabled again. */
  async beforeUpdate({ tx }, row, change) {
    const { enabled = row.enabled, description, parent_id, is_domain } = change;
    const columns = changed(row.is_domain ? 'domain' : 'project', row, change, fields);
    if (parent_id !== undefined && parent_id !== row.parent_id)
      throw forbidden('Update of `parent_id` is not allowed.');
    if (is_domain !== undefined && is_domain !== row.is_domain)
      throw badRequest('Update of `is_domain` is not allowed.');
    const ends = row.enabled && !enabled;
    if (row.is_domain && ends) await endTokensOf(tx, row.id);
    if (!row.is_domain && enabled !== row.enabled) await checkEnabling(tx, row.id, enabled);
    return {
      ...columns,
      ...(description === null ? { description: '' } : {}),
      ...(ends ? { token_generation: { increment: 1 } } : {}),
    };
  },
  /** Whatever it holds goes on: its records stay, for an administrator to see and delete. */
  async beforeDelete({ tx }, row) {
    if (row.is_domain) return removeDomain(tx, row);
    checkMutable('delete', 'project', row);
    await checkLeaf(tx, row.id);
    await tx.credential.deleteMany({ where: { project_id: row.id } });
    await forgetDefaults(tx, Prisma.sql`${row.id}`);
  },
  ...seenByTokens,
  taken: ({ id: own, name, is_domain }) =>
    conflict(
      'Conflict',
      is_domain === true
        ? `Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: ${String(name)}.`
        : `Conflict occurred attempting to store project - it is not permitted to have two projects with either the same name or same id in the same domain: name is ${String(name)}, project id ${String(own)}.`,
    ),
});
