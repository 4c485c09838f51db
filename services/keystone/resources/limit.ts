import { Type } from 'typebox';
import type { RequestContext } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import { conflict, forbidden } from '../../kernel/errors.js';
import { computed, int, text } from '../../kernel/resource/fields.js';
import type { Columns, Where } from '../../kernel/resource/spec.js';
import { rowType, rowsOf, text as textColumn } from '../../kernel/rows.js';
import { checkModel } from '../limit-tree.js';
import { expecting, newId, resource } from '../words.js';
import { both, checkUuids, idString } from './standard.js';
import { AMOUNT, checkNamed } from './registered-limit.js';

const made = { write: ['post'] } as const;
const owner = { ...idString, nullable: true, ...made, filter: true } as const;
const name = Type.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` });

interface Registered {
  readonly registered: {
    readonly service_id: string;
    readonly region_id: string | null;
    readonly resource_name: string;
  };
}
type OfRegistered = typeof made & { readonly column: ''; readonly required: true };

/** What one project or one domain may have of something (keystone/limit/core.py, keystone/api/limits.py). */
export const limit = resource({
  names: ['limit', 'limits'],
  record: 'limit',
  table: 'keystone.limits',
  include: {
    registered: { select: { service_id: true, region_id: true, resource_name: true } },
    project: { select: { domain_id: true } },
  },
  newId,
  closed: true,
  madeInLists: true,
  oneOf: ['domain_id', 'project_id'],
  rules: { create: 'identity:create_limits' },
  fields: {
    id: text({}),
    project_id: text(owner),
    domain_id: text(owner),
    service_id: computed<string, Registered, OfRegistered>(
      Type.String({ maxLength: 255 }),
      ({ registered }) => registered.service_id,
      { ...made, column: '', required: true },
    ),
    region_id: computed<string | null, Registered, typeof made & { readonly column: '' }>(
      Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
      ({ registered }) => registered.region_id,
      { ...made, column: '' },
    ),
    resource_name: computed<string, Registered, OfRegistered>(name, ({ registered }) => registered.resource_name, {
      ...made,
      column: '',
      required: true,
    }),
    resource_limit: int({ required: true, ...AMOUNT, ...both }),
    description: text({ max: 255, nullable: true, ...both }),
  },
  filters: {
    service_id: (values) => ({ registered: { service_id: { in: checkUuids('service_id', values) } } }),
    region_id: (values) => ({ registered: { region_id: { in: values } } }),
    resource_name: (values) => ({ registered: { resource_name: { in: values } } }),
  },
  within: shownTo,
  listedWhole: true,
  target: (row) => ({
    ...(row.project_id === null
      ? {}
      : {
          'target.limit.project_id': row.project_id,
          'target.limit.project.domain_id': row.project?.domain_id ?? undefined,
        }),
    ...(row.domain_id === null ? {} : { 'target.limit.domain.id': row.domain_id }),
  }),
  async beforeCreate({ tx }, _data, input) {
    await checkNamed(tx, input, 'limit');
    return { ...(await ownerOf(tx, input)), registered_limit_id: await registeredFor(tx, input) };
  },
  afterCreateAll: ({ tx, parts }, rows) => checkModel(tx, parts.config.keystone.enforcement_model, rows),
  async beforeUpdate({ tx, parts }, row, { resource_limit = row.resource_limit }) {
    await checkModel(tx, parts.config.keystone.enforcement_model, [{ ...row, resource_limit }]);
  },
  taken: () => conflict('Conflict', 'Conflict occurred attempting to store limit - Duplicate entry.'),
});

/** A domain sees its own and those of its projects, and a project its own; who manages the cloud, and its services, see all. */
function shownTo({ credentials: { roles, system_scope, domain_id, project_id } }: RequestContext): Where {
  if (system_scope !== null || roles.includes('admin') || roles.includes('service')) return {};
  if (domain_id !== null) return { OR: [{ domain_id }, { project: { domain_id } }] };
  return { project_id: project_id ?? '' };
}

interface Input {
  readonly project_id?: string | null | undefined;
  readonly domain_id?: string | null | undefined;
  readonly service_id: string;
  readonly region_id?: string | null | undefined;
  readonly resource_name: string;
}

/** Whose the limit is: that of a project that acts as a domain is the domain's. @throws 400 where there is no such thing */
async function ownerOf(tx: Queries, { project_id, domain_id }: Input): Promise<Columns> {
  const kind = project_id ? 'project' : 'domain';
  const id = project_id ?? domain_id ?? '';
  const found = await tx.project.findUnique({ where: { id }, select: { is_domain: true } });
  if (found === null || (kind === 'domain' && !found.is_domain)) throw expecting(`${kind}_id`, 'limit');
  return found.is_domain ? { project_id: null, domain_id: id } : { project_id: id, domain_id: null };
}

const ID = rowType({ id: textColumn });

/** The registered limit that it is one of; nobody changes it until the transaction ends. @throws 403 */
async function registeredFor(tx: Queries, { service_id, region_id = null, resource_name }: Input): Promise<string> {
  const [registered] = await rowsOf(tx, ID)`
    SELECT id FROM keystone.registered_limits
    WHERE service_id = ${service_id} AND region_id IS NOT DISTINCT FROM ${region_id} AND resource_name = ${resource_name}
    FOR SHARE`;
  if (registered === undefined) throw forbidden('Unable to create a limit that has no corresponding registered limit.');
  return registered.id;
}
