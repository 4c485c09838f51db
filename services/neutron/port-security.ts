import type { RequestContext } from '../kernel/context.js';
import { isAdmin } from '../kernel/context.js';
import type { Database } from '../kernel/database.js';
import { OpenStackError, conflict } from '../kernel/errors.js';
import type { Before } from '../kernel/resource/spec.js';
import { checkedPairs, type AddressPair } from './address-pairs.js';
import { groupMissing } from './refusals.js';
import { seesSecurityGroup } from './visibility.js';
import type { NeutronParts } from './words.js';

/** What a request says of how a port is guarded; null is none. */
export interface GuardInput {
  readonly port_security_enabled?: boolean | undefined;
  readonly security_groups?: readonly string[] | null | undefined;
  readonly allowed_address_pairs?: readonly AddressPair[] | null | undefined;
}
/** The same as columns of a port. */
interface Guard {
  readonly port_security_enabled: boolean;
  readonly allowed_address_pairs: object[];
  readonly groups: { readonly create: { security_group_id: string }[] };
}
type Asking = Before<NeutronParts>;

/** Ports of Neutron's own (routers', DHCP's) are not guarded (neutron_lib/utils/net.py: is_port_trusted). */
const isTrusted = (deviceOwner: string): boolean => deviceOwner.startsWith('network:');

const pairsNeedSecurity = (): OpenStackError =>
  conflict(
    'AddressPairAndPortSecurityRequired',
    'Port Security must be enabled in order to have allowed address pairs on a port.',
  );
const groupsNeedSecurity = (): OpenStackError =>
  new OpenStackError(
    400,
    'PortSecurityAndIPRequiredForSecurityGroups',
    'Port security must be enabled and port must have an IP address in order to use security groups.',
  );

/**
 * What a port without port security may have, which is neither pairs nor groups (neutron/plugins/ml2/plugin.py:
 * _portsec_ext_port_create_processing, _portsec_ext_port_update_processing).
 * @param asked what the request gives @param has what the port has already @throws 400 and 409 in Neutron's words
 */
function checkUnguarded(
  asked: { readonly pairs: readonly object[] | undefined; readonly groups: readonly string[] | undefined },
  has: { readonly pairs: readonly object[]; readonly groups: readonly string[] },
): void {
  if ((asked.pairs ?? has.pairs).length > 0) throw pairsNeedSecurity();
  if ((asked.groups ?? []).length > 0) throw groupsNeedSecurity();
  if (asked.groups === undefined && has.groups.length > 0)
    throw conflict(
      'PortSecurityPortHasSecurityGroup',
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    );
}

/**
 * The groups that a port is to have, each once.
 * @param projectId the port's project, whose groups they have to be; an administrator may name any
 * @throws 404 for those that are not there for it, and 409 for stateful ones beside stateless ones
 */
async function checkedGroups(
  db: Database,
  ctx: RequestContext,
  ids: readonly string[],
  projectId: string,
): Promise<string[]> {
  const asked = [...new Set(ids)];
  if (asked.length === 0) return [];
  const found = await db.securityGroup.findMany({
    where: { AND: [{ id: { in: asked } }, isAdmin(ctx, 'neutron') ? {} : seesSecurityGroup({ projectId })] },
    select: { id: true, stateful: true },
  });
  const missing = asked.filter((id) => !found.some((group) => group.id === id));
  if (missing.length > 0) throw groupMissing(missing.join(', '));
  if (new Set(found.map(({ stateful }) => stateful)).size > 1)
    throw conflict(
      'SecurityGroupConflict',
      'Error Cannot apply both stateful and stateless security groups on the same port at the same time while attempting the operation.',
    );
  return asked;
}

const bound = (ids: readonly string[]): { security_group_id: string }[] => ids.map((id) => ({ security_group_id: id }));

/**
 * How a new port is guarded. A port that names no groups has its project's default one; without port security it has none.
 * @throws 400, 404 and 409 in Neutron's words
 */
export async function newGuard(
  { ctx, parts }: Asking,
  input: GuardInput & { readonly network_id: string; readonly device_owner?: string | undefined },
  port: { readonly mac: string; readonly projectId: string },
): Promise<Guard> {
  const trusted = isTrusted(input.device_owner ?? '');
  const { port_security_enabled } = await parts.networkOf(ctx, input.network_id);
  const guarded = !trusted && (input.port_security_enabled ?? port_security_enabled);
  const pairs = checkedPairs(input.allowed_address_pairs ?? [], port.mac);
  const asked = input.security_groups === null ? [] : input.security_groups;
  if (!guarded) {
    checkUnguarded({ pairs, groups: asked }, NOTHING);
    return { port_security_enabled: false, allowed_address_pairs: pairs, groups: { create: [] } };
  }
  const first = await parts.defaultGroupOf(ctx, port.projectId);
  const groups =
    asked === undefined ? [first].flatMap((id) => id ?? []) : await checkedGroups(parts.db, ctx, asked, port.projectId);
  return { port_security_enabled: true, allowed_address_pairs: pairs, groups: { create: bound(groups) } };
}
const NOTHING = { pairs: [], groups: [] };

/** How a port is guarded from now on, as far as the request says so. @throws as newGuard */
export async function changedGuard(
  { ctx, parts }: Asking,
  row: {
    readonly project_id: string;
    readonly port_security_enabled: boolean;
    readonly allowed_address_pairs: unknown;
    readonly groups: readonly { readonly security_group_id: string }[];
  },
  change: GuardInput,
  mac: string,
): Promise<object> {
  const { allowed_address_pairs, security_groups } = change;
  const pairs = allowed_address_pairs === undefined ? undefined : checkedPairs(allowed_address_pairs ?? [], mac);
  const groups = security_groups === undefined ? undefined : (security_groups ?? []);
  const had = row.groups.map((group) => group.security_group_id);
  if (!(change.port_security_enabled ?? row.port_security_enabled))
    checkUnguarded({ pairs, groups }, { pairs: row.allowed_address_pairs as object[], groups: had });
  const checked = groups === undefined ? undefined : await checkedGroups(parts.db, ctx, groups, row.project_id);
  return {
    ...(pairs === undefined ? {} : { allowed_address_pairs: pairs }),
    ...(checked === undefined ? {} : { groups: { deleteMany: {}, create: bound(checked) } }),
  };
}
