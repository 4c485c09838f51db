import { isAdmin, type RequestContext } from '#services/kernel/context';
import { badRequest, forbidden } from '#services/kernel/errors';
import { ownTarget, policies } from '#services/kernel/policy/index';
import type { ServerFilters } from '#services/nova/index';
import { ownValue } from '../http/own.js';
import { booleanOfQuery } from '#services/kernel/query-values';
import { timeOfQuery } from '../http/times.js';
import { statesOf } from '#services/nova/index';

type Query = Record<string, string | undefined>;
type Where = ServerFilters['where'];

const SORT_KEYS: Readonly<Record<string, string>> = {
  created_at: 'created_at',
  updated_at: 'updated_at',
  display_name: 'name',
  display_description: 'description',
  uuid: 'id',
  user_id: 'user_id',
  access_ip_v4: 'access_ipv4',
  access_ip_v6: 'access_ipv6',
  auto_disk_config: 'disk_config',
  availability_zone: 'availability_zone',
  config_drive: 'config_drive',
  hostname: 'hostname',
  image_ref: 'image_id',
  instance_type_id: 'flavor_id',
  key_name: 'key_name',
  launch_index: 'launch_index',
  locked: 'locked',
  power_state: 'power_state',
  root_device_name: 'root_device_name',
  terminated_at: 'terminated_at',
  vm_state: 'vm_state',
  task_state: 'task_state',
  project_id: 'project_id',
  launched_at: 'launched_at',
  host: 'host',
  node: 'host',
};
/** What tells where a server is, so that only administrators sort by it. */
const ADMIN_SORT_KEYS = new Set(['host', 'node']);

/** The filters that everybody may use; from others than administrators the rest is ignored, as in Nova. */
const EVERYBODYS_FILTERS: readonly (readonly [since: number, names: string])[] = [
  [1, 'reservation_id name status image flavor ip changes-since all_tenants'],
  [5, 'ip6'],
  [26, 'tags tags-any not-tags not-tags-any'],
  [66, 'changes-before'],
  [73, 'locked'],
  [83, 'availability_zone config_drive key_name power_state task_state vm_state user_id'],
  [90, 'hostname'],
];
const everybodysFilters = (minor: number): ReadonlySet<string> =>
  new Set(EVERYBODYS_FILTERS.flatMap(([since, names]) => (minor >= since ? names.split(' ') : [])));

/** The parameters that are expressions to Nova, also where they say nothing to it (nova/api/openstack/compute/schemas/servers.py). */
const EXPRESSIONS = [
  'kernel_id ramdisk_id hostname key_name power_state node flavor reservation_id launched_at terminated_at',
  'availability_zone name display_name description display_description locked_by root_device_name config_drive',
  'access_ip_v4 access_ip_v6 auto_disk_config progress ip ip6 created_at tags tags-any not-tags not-tags-any',
].flatMap((names) => names.split(' '));

/** Whether it is an expression. Python's way of naming a group is the one that JavaScript does not know. */
function isExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern.replaceAll('(?P<', '(?<')) instanceof RegExp;
  } catch {
    return false;
  }
}

/** @throws 400 for an expression that is none */
function checkExpressions(query: Query): void {
  for (const name of EXPRESSIONS) {
    const pattern = query[name];
    if (pattern !== undefined && !isExpression(pattern))
      throw badRequest(`Invalid input for query parameters ${name}. Value: ${pattern}. '${pattern}' is not a 'regex'`);
  }
}

/**
 * Reads the query of a list of servers.
 * @param list which list: its name in the policy
 * @throws 400 for a value that cannot be used, 403 for all projects' servers unless an administrator asks
 */
export function serverFilters(
  ctx: RequestContext,
  given: Query,
  minor: number,
  list: 'index' | 'detail',
): ServerFilters {
  checkExpressions(given);
  const admin = isAdmin(ctx, 'nova');
  const target = ownTarget(ctx.credentials);
  const mayFilter = policies.allows('nova', 'os_compute_api:servers:allow_all_filters', ctx.credentials, target);
  const everybodys = everybodysFilters(minor);
  const query = mayFilter ? given : Object.fromEntries(Object.entries(given).filter(([name]) => everybodys.has(name)));
  // The empty value says yes, as in Nova.
  const allProjects = query['all_tenants'] === '' || booleanOfQuery('all_tenants', query['all_tenants']);
  if (allProjects) policies.enforce('nova', `os_compute_api:servers:${list}:get_all_tenants`, ctx.credentials, target);
  const deleted = admin && booleanOfQuery('deleted', query['deleted']);
  const since = timeOfQuery('changes-since', query['changes-since']);
  const before = minor >= 66 ? timeOfQuery('changes-before', query['changes-before']) : undefined;
  if (since && before && before < since)
    throw badRequest('The value of changes-since must be less than or equal to changes-before.');
  const { plain, patterns } = patternsOf(query);
  const withDeleted = deleted || since !== undefined || before !== undefined;
  const where: Where[] = [
    plain,
    deleted ? { deleted_at: { not: null } } : since === undefined && before === undefined ? { deleted_at: null } : {},
  ];
  const equal = (field: string, value: string | undefined): void =>
    void (value !== undefined && where.push({ [field]: value }));
  equal('flavor_id', query['flavor']);
  equal('image_id', query['image']);
  equal('key_name', query['key_name']);
  equal('reservation_id', query['reservation_id']);
  equal('host', query['host'] ?? query['node']);
  equal('hostname', query['hostname']);
  equal('project_id', query['project_id'] ?? query['tenant_id']);
  equal('user_id', query['user_id']);
  equal('id', query['uuid']);
  equal('availability_zone', query['availability_zone']);
  equal('vm_state', query['vm_state']);
  equal('task_state', query['task_state']);
  if (query['config_drive'] !== undefined)
    where.push({ config_drive: booleanOfQuery('config_drive', query['config_drive']) });
  if (query['power_state'] !== undefined)
    where.push(/^\d$/.test(query['power_state']) ? { power_state: Number(query['power_state']) } : NOTHING);
  if (query['status'] !== undefined) where.push(byStatus(query['status'], minor));
  if (minor >= 26 && query['tags'] !== undefined) where.push({ tags: { hasEvery: query['tags'].split(',') } });
  if (minor >= 26 && query['tags-any'] !== undefined) where.push({ tags: { hasSome: query['tags-any'].split(',') } });
  if (minor >= 26 && query['not-tags'] !== undefined)
    where.push({ NOT: { tags: { hasEvery: query['not-tags'].split(',') } } });
  if (minor >= 26 && query['not-tags-any'] !== undefined)
    where.push({ NOT: { tags: { hasSome: query['not-tags-any'].split(',') } } });
  if (minor >= 73 && query['locked'] !== undefined) where.push({ locked: booleanOfQuery('locked', query['locked']) });
  if (since) where.push({ updated_at: { gte: since } });
  // Nova's times have whole seconds: what it shows as changed in this second was changed before the second ends.
  if (before) where.push({ updated_at: { lt: new Date(Math.floor(before.getTime() / 1000) * 1000 + 1000) } });
  return {
    where: { AND: where },
    allProjects,
    patterns,
    withDeleted,
    orderBy: ordering(given, admin),
  };
}

/** What no server is. */
const NOTHING: Where = { id: { in: [] } };

/** The statuses that Nova knows and no server of this cloud is in. */
const OTHER_STATUSES = new Set(
  'MIGRATING PASSWORD REBUILD RESCUE RESIZE REVERT_RESIZE SHELVED SHELVED_OFFLOADED SOFT_DELETED UNKNOWN VERIFY_RESIZE'.split(
    ' ',
  ),
);

/** An unknown status matches nothing, and since 2.38 it is refused. */
function byStatus(text: string, minor: number): Where {
  const status = text.toUpperCase();
  const states = statesOf(status);
  if (states)
    return {
      vm_state: { in: states.vm_state },
      ...(states.task_state ? { task_state: { in: states.task_state } } : {}),
    };
  if (minor >= 38 && !OTHER_STATUSES.has(status)) throw badRequest('Invalid status value');
  return NOTHING;
}

/** Names without a sign of an expression's language, whole or in part: most of what is asked for, and cheap to find. */
const WHOLE = /^\^([\w \-:@/]{1,253})\$$/;
const PART = /^[a-zA-Z0-9 \-:@/]{1,255}$/;

/** The filters that are regular expressions, and the plain names among them as the condition that they are. */
function patternsOf(query: Query): { plain: Where; patterns: ServerFilters['patterns'] } {
  const { ip, ip6 } = query;
  const name = query['name'] ?? query['display_name'];
  const whole = name === undefined ? undefined : WHOLE.exec(name)?.[1];
  const part = name !== undefined && PART.test(name) ? name : undefined;
  const addresses = { ...(ip === undefined ? {} : { ip }), ...(ip6 === undefined ? {} : { ip6 }) };
  if (whole !== undefined) return { plain: { name: whole }, patterns: addresses };
  if (part !== undefined) return { plain: { name: { contains: part } }, patterns: addresses };
  return { plain: {}, patterns: { ...(name === undefined ? {} : { name }), ...addresses } };
}

function ordering(query: Query, admin: boolean): ServerFilters['orderBy'] {
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
  if (ADMIN_SORT_KEYS.has(query['sort_key'] ?? '') && !admin)
    throw forbidden(`Only administrators can sort servers by ${query['sort_key'] ?? ''}`);
  return [{ [key]: direction }, { id: direction }];
}
