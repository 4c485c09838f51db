import { SetMetadata } from '@nestjs/common';
import type { Action, AnySpec } from '#services/kernel/resource/spec';
import type { RequestContext } from '#services/kernel/context';

/** What a caller must be: nobody known, any user with a valid token, or a role in the token's project. */
type Requirement = 'public' | 'token' | 'reader' | 'member' | 'admin' | 'service';

/** Every rule, by OpenStack's name where it has one. Each endpoint names its rule; a test finds those that do not. */
const RULES = {
  'novaflow:versions': 'public',
  'novaflow:health': 'public',
  'novaflow:internal': 'service',
  'novaflow:audit': 'admin',
  'novaflow:operations': 'admin',
  'novaflow:faults': 'admin',
  'identity:authenticate': 'public',
  'identity:validate_token': 'token',
  'identity:revoke_token': 'token',
  'identity:get_auth_catalog': 'token',
  'identity:get_auth_projects': 'token',
  'identity:list_projects': 'admin',
  'identity:get_project': 'token',
  'identity:create_project': 'admin',
  'identity:update_project': 'admin',
  'identity:delete_project': 'admin',
  'identity:list_user_projects': 'token',
  'identity:list_users': 'admin',
  'identity:get_user': 'token',
  'identity:create_user': 'admin',
  'identity:update_user': 'admin',
  'identity:delete_user': 'admin',
  'identity:change_password': 'public',
  'identity:list_roles': 'admin',
  'identity:list_grants': 'admin',
  'identity:check_grant': 'admin',
  'identity:create_grant': 'admin',
  'identity:revoke_grant': 'admin',
  'identity:list_domains': 'admin',
  'identity:get_domain': 'token',
  'network:get_network': 'reader',
  'network:create_network': 'member',
  'network:update_network': 'member',
  'network:delete_network': 'member',
  'network:get_subnet': 'reader',
  'network:create_subnet': 'member',
  'network:update_subnet': 'member',
  'network:delete_subnet': 'member',
  'network:get_port': 'reader',
  'network:create_port': 'member',
  'network:update_port': 'member',
  'network:delete_port': 'member',
  'network:get_extensions': 'token',
  'network:get_quota': 'reader',
  'network:update_quota': 'admin',
  'network:delete_quota': 'admin',
  'volume_extension:quotas:show': 'reader',
  'volume_extension:quotas:update': 'admin',
  'volume_extension:quotas:delete': 'admin',
  'object-store:read': 'reader',
  'object-store:write': 'member',
  'placement:resource_providers': 'admin',
  'placement:allocations': 'admin',
  'placement:usages': 'reader',
  'os_compute_api:servers:create': 'member',
  'os_compute_api:servers:index': 'reader',
  'os_compute_api:servers:detail': 'reader',
  'os_compute_api:servers:show': 'reader',
  'os_compute_api:servers:update': 'member',
  'os_compute_api:servers:delete': 'member',
  'os_compute_api:os-console-output': 'member',
  'os_compute_api:os-instance-actions:list': 'reader',
  'os_compute_api:os-instance-actions:show': 'reader',
  'os_compute_api:os-volumes-attachments:index': 'reader',
  'os_compute_api:flavors:index': 'reader',
  'os_compute_api:flavors:show': 'reader',
  'os_compute_api:os-flavor-manage:create': 'admin',
  'os_compute_api:os-flavor-manage:delete': 'admin',
  'os_compute_api:os-flavor-extra-specs:index': 'reader',
  'os_compute_api:os-flavor-extra-specs:create': 'admin',
  'os_compute_api:os-keypairs:index': 'reader',
  'os_compute_api:os-keypairs:show': 'reader',
  'os_compute_api:os-keypairs:create': 'reader',
  'os_compute_api:os-keypairs:delete': 'reader',
  'os_compute_api:limits': 'reader',
  'os_compute_api:os-quota-sets:show': 'reader',
  'os_compute_api:os-quota-sets:defaults': 'reader',
  'os_compute_api:os-quota-sets:update': 'admin',
  'os_compute_api:os-services:list': 'admin',
  'os_compute_api:os-services:update': 'admin',
  'os_compute_api:os-hypervisors:list': 'admin',
  'os_compute_api:os-availability-zone:list': 'reader',
} as const satisfies Record<string, Requirement>;

export type Rule = keyof typeof RULES;
/** The rule of a resource's action. The guard asks it of who asks; the records ask it again of what it is about. */
export interface ResourceRule {
  readonly rule: string;
  readonly spec: AnySpec;
  readonly action: Action;
}
export const POLICY = Symbol('policy');

/** States an endpoint's policy. */
export const Policy = (rule: Rule): MethodDecorator & ClassDecorator => SetMetadata(POLICY, rule);

export const isPublic = (rule: string): boolean => (RULES as Readonly<Record<string, Requirement>>)[rule] === 'public';
/** Rules that a token without a project may pass. */
export const needsProject = (rule: Rule): boolean => RULES[rule] !== 'token' && RULES[rule] !== 'public';

/** The roles that pass for a requirement. A host's user has the role `service`, which opens what is for hosts. */
const PASSING: Record<Exclude<Requirement, 'public' | 'token'>, readonly string[]> = {
  reader: ['reader', 'member', 'admin'],
  member: ['member', 'admin'],
  admin: ['admin'],
  service: ['service'],
};

export function allows(rule: Rule, roles: RequestContext['roles']): boolean {
  const requirement = RULES[rule];
  if (requirement === 'public') return true;
  if (requirement !== 'token') return PASSING[requirement].some((role) => roles.includes(role));
  return !roles.includes('service') || PASSING.reader.some((role) => roles.includes(role));
}

/**
 * The policy of a route of a resource: the rule of its action, or one of its own.
 * @param rule the rule of a route that is written by hand (`upload_image`); the records ask it again, under this name
 */
export const KitPolicy = (
  spec: AnySpec,
  action: Action,
  rule = spec.rules?.[action] ?? spec.words.ruleOf(action, spec.names),
): MethodDecorator & ClassDecorator => SetMetadata(POLICY, { rule, spec, action });
