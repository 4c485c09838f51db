import type { Queries } from '../../kernel/database.js';
import type { At } from '../../kernel/resource/spec.js';
import { seesQosPolicy } from '../visibility.js';
import type { NeutronParts } from '../words.js';
import { mayNotRemove, notByNetwork, notByPort, policyMissing } from './refusals.js';
import { firstUnsupported } from './rule-types.js';

const ORDER = [{ created_at: 'asc' as const }, { id: 'asc' as const }];
interface Rule {
  readonly type: string;
}

/**
 * What a policy is to be bound by: its rules, and the policy stays as it is until the transaction ends.
 * @throws 404 unless the asker may see it
 */
async function held({ ctx, tx, parts }: At<NeutronParts>, id: string): Promise<readonly Rule[]> {
  await tx.$queryRaw`SELECT 1 FROM neutron.qos_policies WHERE id = ${id} FOR SHARE`;
  const policy = await tx.qosPolicy.findFirst({
    where: { AND: [{ id }, parts.isAdmin(ctx) ? {} : seesQosPolicy(ctx)] },
    select: { rules: { select: { type: true }, orderBy: ORDER } },
  });
  if (policy === null) throw policyMissing(id);
  return policy.rules;
}

/** Who takes a policy from a thing has to see it (neutron/core_extensions/qos.py: _check_policy_change_permission). @throws 403 */
async function checkRemoval({ ctx, tx, parts }: At<NeutronParts>, id: string): Promise<void> {
  if (parts.isAdmin(ctx)) return;
  const seen = await tx.qosPolicy.findFirst({ where: { AND: [{ id }, seesQosPolicy(ctx)] }, select: { id: true } });
  if (seen === null) throw mayNotRemove(id);
}

/**
 * A port gets a policy of its own, or is made where its network has one.
 * @param now the port's own @param next the same as it is to be; undefined where nothing is said of it
 * @throws 403, 404, and 409 where the port cannot have what a rule says
 */
export async function checkPortPolicy(
  at: At<NeutronParts>,
  portId: string,
  now: string | null,
  next: string | null | undefined,
): Promise<void> {
  if (next === undefined || next === now) return;
  if (now !== null) await checkRemoval(at, now);
  if (next === null) return;
  refuse(await held(at, next), portId);
}

/** A port is made where its network's policy holds. @throws 409 as above */
export async function checkNetworksPolicy(tx: Queries, portId: string, policyId: string): Promise<void> {
  refuse(await tx.qosRule.findMany({ where: { policy_id: policyId }, select: { type: true }, orderBy: ORDER }), portId);
}

function refuse(rules: readonly Rule[], portId: string): void {
  const rule = firstUnsupported(rules);
  if (rule !== undefined) throw notByPort(rule.type, portId);
}

/** The same of a network, for its ports that have none of their own. @throws 403, 404, 409 */
export async function checkNetworkPolicy(
  at: At<NeutronParts>,
  networkId: string,
  now: string | null,
  next: string | null | undefined,
): Promise<void> {
  if (next === undefined || next === now) return;
  if (now !== null) await checkRemoval(at, now);
  if (next === null) return;
  const rule = firstUnsupported(await held(at, next));
  if (rule !== undefined) throw notByNetwork(rule.type, networkId);
}

/**
 * A floating IP or a router's gateway gets a policy: any that the asker sees, since Neutron's agents take of it what they can
 * (db/l3_db.py, db/l3_gateway_ip_qos.py). @throws 404
 */
export async function checkAddressPolicy(
  at: At<NeutronParts>,
  now: string | null,
  next: string | null | undefined,
): Promise<void> {
  if (next !== undefined && next !== null && next !== now) await held(at, next);
}

/** Ports that a policy holds for: by itself, or as that of their network. */
export const portsUnder = (policyId: string) => ({
  OR: [{ qos_policy_id: policyId }, { qos_policy_id: null, network: { qos_policy_id: policyId } }],
});

/** A network of a project has the project's default policy, unless it names one (neutron/core_extensions/qos.py: _create_network_policy). */
export async function defaultPolicyOf(tx: Queries, projectId: string): Promise<string | null> {
  const found = await tx.qosPolicy.findUnique({ where: { default_of: projectId }, select: { id: true } });
  return found?.id ?? null;
}
