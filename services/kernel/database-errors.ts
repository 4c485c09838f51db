import { OpenStackError, badRequest, conflict, databaseAway, notFound } from './errors.js';

/** What PostgreSQL said, whichever of the two ways it came by. */
interface Refusal {
  /** SQLSTATE, or the network's own code. */
  readonly code: string;
  readonly message: string;
  /** Only the driver hands on which row it was about; Prisma leaves it out. */
  readonly detail: string;
  readonly constraint: string;
}

/**
 * A database that is away: codes of the network, and PostgreSQL's own for connections, resources, an operator's
 * shutdown, and a statement that waited too long.
 */
const AWAY = /^(E[A-Z]+|08...|53...|57P..|57014|P1001|P2024|P2028)$/;
/** Neither the driver nor Prisma has codes for these. */
const AWAY_WORDS =
  /terminating connection|Connection terminated|timeout exceeded when trying to connect|client .* not queryable|Can't reach database|DatabaseNotReachable|ConnectionClosed|SocketTimeout|database system is (starting up|shutting down)/i;
/** Values that no column can hold: out of range, wrong syntax, wrong bytes, a wrong time, too long for an index; or a LIKE that ends amid an escape. */
const BAD_VALUE = /^(22003|22007|22008|22009|22021|22025|22P02|22P05|54000|P2007|P2020)$/;
/** Prisma checks these itself, and says so in words only. */
const BAD_VALUE_WORDS = /Unable to fit value .* integer|Provided Date object is invalid/;
/** One of two transactions that hindered each other had to be given up. */
const HINDERED = /^(40001|40P01|P2034)$/;

/** What a foreign key points to, in the words of the service that owns it. `%` is the id. */
const REFERENCES: ReadonlyMap<string, readonly [type: string, missing: string]> = new Map([
  ['ports_network_id_fkey', ['NetworkNotFound', 'Network % could not be found.']],
  ['subnets_network_id_fkey', ['NetworkNotFound', 'Network % could not be found.']],
  ['ip_allocations_subnet_id_fkey', ['SubnetNotFound', 'Subnet % could not be found.']],
  ['ip_allocations_port_id_fkey', ['PortNotFound', 'Port % could not be found.']],
  ['router_ports_router_id_fkey', ['RouterNotFound', 'Router % could not be found']],
  ['security_group_rules_security_group_id_fkey', ['SecurityGroupNotFound', 'Security group % does not exist']],
  ['security_group_rules_remote_group_id_fkey', ['SecurityGroupNotFound', 'Security group % does not exist']],
  [
    'security_group_rules_remote_address_group_id_fkey',
    ['AddressGroupNotFound', 'Address group % could not be found.'],
  ],
  ['port_security_groups_security_group_id_fkey', ['SecurityGroupNotFound', 'Security group % does not exist']],
  ['port_security_groups_port_id_fkey', ['PortNotFound', 'Port % could not be found.']],
  ['floating_ips_floating_network_id_fkey', ['NetworkNotFound', 'Network % could not be found.']],
  ['floating_ips_port_id_fkey', ['PortNotFound', 'Port % could not be found.']],
  ['floating_ips_router_id_fkey', ['RouterNotFound', 'Router % could not be found']],
  ['port_forwardings_floatingip_id_fkey', ['FloatingIPNotFound', 'Floating IP % could not be found']],
  ['port_forwardings_internal_port_id_fkey', ['PortNotFound', 'Port % could not be found.']],
  ['volume_attachments_volume_id_fkey', ['VolumeNotFound', 'Volume % could not be found.']],
  ['projects_domain_id_fkey', ['DomainNotFound', 'Could not find domain: %.']],
  ['projects_parent_id_fkey', ['ProjectNotFound', 'Could not find project: %.']],
  ['users_domain_id_fkey', ['DomainNotFound', 'Could not find domain: %.']],
  ['role_assignments_user_id_fkey', ['UserNotFound', 'Could not find user: %.']],
  ['role_assignments_project_id_fkey', ['ProjectNotFound', 'Could not find project: %.']],
  ['role_assignments_group_id_fkey', ['GroupNotFound', 'Could not find group: %.']],
  ['role_assignments_domain_id_fkey', ['DomainNotFound', 'Could not find domain: %.']],
  ['role_assignments_role_id_fkey', ['RoleNotFound', 'Could not find role: %.']],
  ['role_inferences_prior_role_id_fkey', ['RoleNotFound', 'Could not find role: %.']],
  ['role_inferences_implied_role_id_fkey', ['RoleNotFound', 'Could not find role: %.']],
  ['roles_domain_id_fkey', ['DomainNotFound', 'Could not find domain: %.']],
  ['inventories_resource_provider_id_fkey', ['NotFound', 'No resource provider with uuid % found.']],
  ['allocations_resource_provider_id_fkey', ['NotFound', 'No resource provider with uuid % found.']],
  ['block_device_mappings_server_id_fkey', ['InstanceNotFound', 'Instance % could not be found.']],
  ['request_specs_server_id_fkey', ['InstanceNotFound', 'Instance % could not be found.']],
  ['objects_project_id_container_fkey', ['NotFound', 'The container % was not found.']],
]);
/** What still refers to a thing that was to be deleted, for those services that have a name for that. */
const IN_USE: ReadonlyMap<string, string> = new Map([
  ['ports_network_id_fkey', 'NetworkInUse'],
  ['subnets_network_id_fkey', 'NetworkInUse'],
  ['ip_allocations_subnet_id_fkey', 'SubnetInUse'],
  ['router_ports_router_id_fkey', 'RouterInUse'],
  ['port_security_groups_security_group_id_fkey', 'SecurityGroupInUse'],
  ['floating_ips_router_id_fkey', 'RouterInUse'],
  ['floating_ips_floating_network_id_fkey', 'NetworkInUse'],
  ['volume_attachments_volume_id_fkey', 'InvalidVolume'],
  ['allocations_resource_provider_id_fkey', 'ResourceProviderInUse'],
]);

/**
 * The one place where what the database refuses becomes an error of a service. Both ways to the database are read:
 * the driver's errors and Prisma's.
 * @param byDriver the error comes from the driver for certain; else only what PostgreSQL or Prisma signed is read, since
 *   files and other connections have errors with the network's codes too
 * @returns undefined for what the database did not say, or what only a mistake of ours can cause
 */
export function databaseError(caught: unknown, byDriver = false): OpenStackError | undefined {
  if (!(caught instanceof Error) || caught instanceof OpenStackError) return undefined;
  if (AWAY_WORDS.test(caught.message)) return databaseAway(caught);
  if (!byDriver && !('severity' in caught) && !caught.name.startsWith('PrismaClient')) return undefined;
  const refusal = refusalOf(caught);
  const { code, message } = refusal;
  if (code === '23503' || code === '23001' || code === 'P2003') return foreignKey(refusal, caught);
  if (code === '23505' || code === 'P2002')
    // Two attempts of one step may meet here, and the later one finds what the earlier one wrote.
    return conflict('Conflict', 'It exists already, or is being made by another request.', {
      verdict: 'retry',
      cause: caught,
    });
  if (code === 'P2025') return notFound('NotFound', 'The resource could not be found.');
  if (BAD_VALUE.test(code) || BAD_VALUE_WORDS.test(message))
    return badRequest('A value of the request is out of range or cannot be stored.');
  if (HINDERED.test(code)) return hindered(caught);
  if (AWAY.test(code) || caught.name === 'PrismaClientInitializationError') return databaseAway(caught);
  return undefined;
}

/** True for a transaction that was given up for another one's sake: the same work may well succeed the next time. */
export const wasHindered = (error: unknown): boolean => error instanceof OpenStackError && error.type === HINDERED_TYPE;

const HINDERED_TYPE = 'TransactionHindered';
const hindered = (cause: unknown): OpenStackError =>
  new OpenStackError(503, HINDERED_TYPE, 'Another request was in the way of this one; try again.', {
    headers: { 'retry-after': '1' },
    cause,
  });

function foreignKey({ constraint, detail, message }: Refusal, cause: unknown): OpenStackError {
  if (message.startsWith('update or delete on table') || detail.includes('is still referenced from table')) {
    const type = IN_USE.get(constraint) ?? 'Conflict';
    return conflict(type, 'It is still in use by other resources.', { verdict: 'retry', cause });
  }
  const [type, missing] = REFERENCES.get(constraint) ?? [
    'NotFound',
    'A resource that the request names could not be found.',
  ];
  // Key (network_id)=(11111111-…) is not present in table "networks".
  const id = /\)=\((.*)\) is not present/.exec(detail)?.[1]?.split(', ').at(-1) ?? '';
  return notFound(type, missing.replace(/ ?%/, id === '' ? '' : ` ${id}`), { cause });
}

function refusalOf(caught: Error): Refusal {
  const { code = '', detail = '', constraint = '', meta } = caught as Error & Partial<Refusal> & { meta?: PrismaMeta };
  const origin = meta?.driverAdapterError?.cause;
  return {
    code: origin?.originalCode ?? code,
    message: origin?.originalMessage ?? caught.message,
    detail,
    constraint: origin?.constraint?.index ?? constraint,
  };
}

/** What Prisma keeps of the driver's error. */
interface PrismaMeta {
  readonly driverAdapterError?: {
    readonly cause?: {
      readonly originalCode?: string;
      readonly originalMessage?: string;
      readonly constraint?: { readonly index?: string };
    };
  };
}
