import type { Queries } from '../../kernel/database.js';
import { ACCESS_EXTERNAL, ACCESS_SHARED } from '../sharing.js';
import { seesNetwork, sharedOrOwn } from '../visibility.js';
import { noObjectType } from './refusals.js';

/** The columns of a policy that name what it is about: exactly one of them is not null. */
export interface ObjectColumns {
  readonly network_id: string | null;
  readonly qos_policy_id: string | null;
  readonly security_group_id: string | null;
  readonly address_scope_id: string | null;
  readonly subnetpool_id: string | null;
  readonly address_group_id: string | null;
}
/** Who looks for a thing: a project, or an administrator. */
export interface Looker {
  readonly projectId: string;
  readonly admin: boolean;
}
interface Owned {
  readonly project_id: string;
}
export type ObjectName = 'network' | 'qos_policy' | 'security_group' | 'address_scope' | 'subnetpool' | 'address_group';
/** What a policy can be about. */
export interface ObjectType {
  readonly name: ObjectName;
  readonly column: keyof ObjectColumns;
  /** The table of such things, for their lock. */
  readonly table: string;
  readonly actions: readonly string[];
  /** What it is called where it is not there. */
  readonly spoken: string;
  /** One that somebody may see. */
  find(tx: Queries, id: string, looker: Looker): Promise<Owned | null>;
  /** Whose things depend on being able to use it (get_bound_project_ids of neutron/objects). */
  users(tx: Queries, id: string): Promise<readonly Owned[]>;
}

const select = { project_id: true } as const;
const owners = { select, distinct: ['project_id' as const] };
const SHARED_ALONE = [ACCESS_SHARED] as const;
const within = (looker: Looker) => (looker.admin ? {} : sharedOrOwn(looker));

const TYPES: readonly ObjectType[] = [
  {
    name: 'network',
    column: 'network_id',
    table: 'neutron.networks',
    actions: [ACCESS_SHARED, ACCESS_EXTERNAL],
    spoken: 'Network',
    find: (tx, id, looker) =>
      tx.network.findFirst({ where: { AND: [{ id }, looker.admin ? {} : seesNetwork(looker)] }, select }),
    // Routers' gateways and floating IPs have ports on it that are nobody's.
    users: (tx, network_id) => tx.port.findMany({ where: { network_id, project_id: { not: '' } }, ...owners }),
  },
  {
    name: 'qos_policy',
    column: 'qos_policy_id',
    table: 'neutron.qos_policies',
    actions: SHARED_ALONE,
    spoken: 'QoS policy',
    find: (tx, id, looker) => tx.qosPolicy.findFirst({ where: { AND: [{ id }, within(looker)] }, select }),
    users: async (tx, qos_policy_id) => [
      ...(await tx.network.findMany({ where: { qos_policy_id }, ...owners })),
      ...(await tx.port.findMany({ where: { qos_policy_id }, ...owners })),
    ],
  },
  {
    name: 'security_group',
    column: 'security_group_id',
    table: 'neutron.security_groups',
    actions: SHARED_ALONE,
    spoken: 'Security group',
    find: (tx, id, looker) => tx.securityGroup.findFirst({ where: { AND: [{ id }, within(looker)] }, select }),
    users: (tx, security_group_id) =>
      tx.port.findMany({ where: { groups: { some: { security_group_id } } }, ...owners }),
  },
  {
    name: 'address_scope',
    column: 'address_scope_id',
    table: 'neutron.address_scopes',
    actions: SHARED_ALONE,
    spoken: 'Address scope',
    find: (tx, id, looker) => tx.addressScope.findFirst({ where: { AND: [{ id }, within(looker)] }, select }),
    users: (tx, address_scope_id) => tx.subnetPool.findMany({ where: { address_scope_id }, ...owners }),
  },
  {
    name: 'subnetpool',
    column: 'subnetpool_id',
    table: 'neutron.subnet_pools',
    actions: SHARED_ALONE,
    spoken: 'Subnet pool',
    find: (tx, id, looker) => tx.subnetPool.findFirst({ where: { AND: [{ id }, within(looker)] }, select }),
    users: (tx, subnetpool_id) => tx.subnet.findMany({ where: { subnetpool_id }, ...owners }),
  },
  {
    name: 'address_group',
    column: 'address_group_id',
    table: 'neutron.address_groups',
    actions: SHARED_ALONE,
    spoken: 'Address group',
    find: (tx, id, looker) => tx.addressGroup.findFirst({ where: { AND: [{ id }, within(looker)] }, select }),
    users: (tx, remote_address_group_id) =>
      tx.securityGroupRule.findMany({ where: { remote_address_group_id }, ...owners }),
  },
];
export const OBJECT_TYPES = TYPES;

/** A type by its name in a request. @throws 400 for a word that names none (convert_valid_object_type) */
export function typeNamed(word: string): ObjectType {
  const name = word.trim().toLowerCase();
  const found = TYPES.find((type) => type.name === name);
  if (found === undefined) throw noObjectType(word);
  return found;
}

/** What a policy is about. */
export function objectOf(row: ObjectColumns): { readonly type: ObjectType; readonly id: string } {
  for (const type of TYPES) {
    const id = row[type.column];
    if (id !== null) return { type, id };
  }
  throw new Error('An RBAC policy is about nothing.');
}
