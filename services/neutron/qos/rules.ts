import type { Queries } from '../../kernel/database.js';
import { invalidAttribute } from '../refusals.js';
import { portsUnder } from './bindings.js';
import { notByPort, parameterConflict, policyMissing, rulesConflict, trackedByPlacement } from './refusals.js';
import { DSCP_MARKS, firstUnsupported, type RuleType } from './rule-types.js';

/** What requests say of a rule, whatever its type. */
export interface RuleValues {
  readonly direction?: string | undefined;
  readonly max_kbps?: number | undefined;
  readonly min_kbps?: number | undefined;
  readonly dscp_mark?: number | undefined;
}
type Own = RuleValues & { readonly id: string; readonly type: RuleType };
const ORDER = [{ created_at: 'asc' as const }, { id: 'asc' as const }];

/** @throws 400 */
export function checkMark(mark: number | undefined): void {
  if (mark !== undefined && !DSCP_MARKS.includes(mark))
    throw invalidAttribute('dscp_mark', `'${mark}' is not in [${DSCP_MARKS.join(', ')}]`);
}

/** Locks a policy whose rules change, and counts that as a change of it (revises_on_change). @throws 404 */
export async function touchPolicy(tx: Queries, id: string): Promise<void> {
  const count = await tx.$executeRaw`
    UPDATE neutron.qos_policies SET revision_number = revision_number + 1, updated_at = now() WHERE id = ${id}`;
  if (count === 0) throw policyMissing(id);
}

/**
 * Whether a rule can be beside the others of its policy, which is locked (neutron/objects/qos/qos_policy_validator.py).
 * @param given what the request says: a limit is compared in the direction that it names, and in any where it names none
 * @param whole the rule as it is to be @throws 409
 */
export async function checkBeside(tx: Queries, policyId: string, given: RuleValues, whole: Own): Promise<void> {
  const all = await tx.qosRule.findMany({ where: { policy_id: policyId }, orderBy: ORDER });
  for (const { type, direction, min_kbps, max_kbps } of all) {
    if (type === 'dscp_marking' || (given.direction !== undefined && direction !== given.direction)) continue;
    const { max_kbps: most, min_kbps: least } = given;
    if (type === 'minimum_bandwidth' && most !== undefined && (min_kbps ?? 0) > most)
      throw parameterConflict(most, policyId, type, min_kbps);
    if (type === 'bandwidth_limit' && least !== undefined && (max_kbps ?? 0) < least)
      throw parameterConflict(least, policyId, type, max_kbps);
  }
  const others = all.filter(({ id, type }) => id !== whole.id && type === whole.type);
  const direction = whole.direction ?? '';
  if (whole.type === 'minimum_packet_rate') {
    const mixed = others.find((one) => (one.direction === 'any') !== (direction === 'any'));
    if (mixed !== undefined) throw parameterConflict(direction, policyId, mixed.type, mixed.direction);
  }
  const same = others.find((one) => one.direction === direction);
  if (same !== undefined) throw rulesConflict(whole.type, same.id, policyId);
}

/** Whether the ports that the policy holds for can have its rules as they are now. @throws 409, and 501 for a guaranteed rate under servers */
export async function checkUsers(tx: Queries, policyId: string, changed: RuleType): Promise<void> {
  const rules = await tx.qosRule.findMany({ where: { policy_id: policyId }, select: { type: true }, orderBy: ORDER });
  const rule = firstUnsupported(rules);
  if (rule !== undefined) {
    const port = await tx.port.findFirst({ where: portsUnder(policyId), select: { id: true } });
    if (port !== null) throw notByPort(rule.type, port.id);
  }
  if (changed === 'minimum_bandwidth' || changed === 'minimum_packet_rate') await checkNoServers(tx, policyId);
}

/** @throws 501 */
export async function checkNoServers(tx: Queries, policyId: string): Promise<void> {
  const where = { AND: [portsUnder(policyId), { device_owner: { startsWith: 'compute:' } }] };
  if ((await tx.port.findFirst({ where, select: { id: true } })) !== null) throw trackedByPlacement();
}
