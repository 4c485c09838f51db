import { isAdmin, type RequestContext } from '#services/context';
import { badRequest, forbidden } from '#services/errors';
import type { ServerFilters } from '#services/nova/index';
import { ownValue } from '../common/own.js';
import { timeOfQuery } from '../common/times.js';
import { VM_STATE_OF_STATUS } from './server-views.js';

type Query = Record<string, string | undefined>;
type Where = ServerFilters['where'];

const SORT_KEYS: Readonly<Record<string, string>> = {
  created_at: 'created_at',
  updated_at: 'updated_at',
  display_name: 'name',
  name: 'name',
  uuid: 'id',
  vm_state: 'vm_state',
  task_state: 'task_state',
  project_id: 'project_id',
  launched_at: 'launched_at',
  host: 'host',
};
/** Filters that only an administrator may use; from others they are ignored, as in Nova. */
const ADMIN_FILTERS = new Set(['host', 'project_id', 'tenant_id', 'user_id', 'all_tenants']);

/**
 * Reads the query of a list of servers.
 * @param list which list: its name in the policy
 * @throws 400 for a value that cannot be used, 403 for all projects' servers unless an administrator asks
 */
export function serverFilters(
  ctx: RequestContext,
  query: Query,
  minor: number,
  list: 'index' | 'detail',
): ServerFilters {
  const admin = isAdmin(ctx);
  const param = (name: string): string | undefined => (ADMIN_FILTERS.has(name) && !admin ? undefined : query[name]);
  // The empty value says yes, as in Nova.
  const allProjects = query['all_tenants'] === '' || flag('all_tenants', query['all_tenants']);
  if (allProjects && !admin)
    throw forbidden(`Policy doesn't allow os_compute_api:servers:${list}:get_all_tenants to be performed.`);
  const deleted = admin && flag('deleted', query['deleted']);
  const since = timeOfQuery('changes-since', query['changes-since']);
  const before = minor >= 66 ? timeOfQuery('changes-before', query['changes-before']) : undefined;
  if (since && before && before < since)
    throw badRequest('The value of changes-since must be less than or equal to changes-before.');
  const where: Where[] = [
    deleted ? { deleted_at: { not: null } } : since === undefined && before === undefined ? { deleted_at: null } : {},
  ];
  const equal = (field: string, value: string | undefined): void =>
    void (value !== undefined && where.push({ [field]: value }));
  equal('flavor_id', query['flavor']);
  equal('image_id', query['image']);
  equal('key_name', query['key_name']);
  equal('reservation_id', query['reservation_id']);
  equal('host', param('host'));
  equal('project_id', param('project_id') ?? param('tenant_id'));
  equal('user_id', param('user_id'));
  equal('id', query['uuid']);
  equal('availability_zone', query['availability_zone']);
  equal('vm_state', query['vm_state']);
  equal('task_state', query['task_state']);
  if (query['status'] !== undefined) where.push(byStatus(query['status']));
  if (minor >= 26 && query['tags'] !== undefined) where.push({ tags: { hasEvery: query['tags'].split(',') } });
  if (minor >= 26 && query['tags-any'] !== undefined) where.push({ tags: { hasSome: query['tags-any'].split(',') } });
  if (minor >= 73 && query['locked'] !== undefined) where.push({ locked: flag('locked', query['locked']) });
  if (since) where.push({ updated_at: { gte: since } });
  // Nova's times have whole seconds: what it shows as changed in this second was changed before the second ends.
  if (before) where.push({ updated_at: { lt: new Date(Math.floor(before.getTime() / 1000) * 1000 + 1000) } });
  return {
    where: { AND: where },
    allProjects,
    patterns: patternsOf(query),
    orderBy: ordering(query),
  };
}

function byStatus(status: string): Where {
  const vm_state = ownValue(VM_STATE_OF_STATUS, status.toUpperCase());
  // An unknown status matches nothing, as in Nova.
  return vm_state === undefined ? { id: { in: [] } } : { vm_state };
}

/** The filters that are regular expressions. */
function patternsOf(query: Query): ServerFilters['patterns'] {
  const { ip, ip6 } = query;
  const name = query['name'] ?? query['display_name'];
  return {
    ...(name === undefined ? {} : { name }),
    ...(ip === undefined ? {} : { ip }),
    ...(ip6 === undefined ? {} : { ip6 }),
  };
}

function ordering(query: Query): ServerFilters['orderBy'] {
  const key = query['sort_key'] === undefined ? 'created_at' : ownValue(SORT_KEYS, query['sort_key']);
  const direction = query['sort_dir'] ?? 'desc';
  if (key === undefined)
    throw badRequest(
      `Invalid input for query parameters sort_key. Value: ${query['sort_key'] ?? ''}. It is not one of ${Object.keys(SORT_KEYS).join(', ')}`,
    );
  if (direction !== 'asc' && direction !== 'desc')
    throw badRequest(
      `Invalid input for query parameters sort_dir. Value: ${direction}. '${direction}' does not match '^(asc|desc)$'`,
    );
  return [{ [key]: direction }, { id: direction }];
}

function flag(name: string, value: string | undefined): boolean {
  if (value === undefined) return false;
  if (/^(true|1|t|yes|y|on)$/i.test(value)) return true;
  if (/^(false|0|f|no|n|off)$/i.test(value)) return false;
  throw badRequest(`Invalid input for query parameters ${name}. Value: ${value}. '${value}' is not a boolean`);
}
