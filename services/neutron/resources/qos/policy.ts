import { Type } from 'typebox';
import type { Queries } from '../../../kernel/database.js';
import { bool, computed, shownAs } from '../../../kernel/resource/fields.js';
import { defaultExists, policyInUse } from '../../qos/refusals.js';
import { isRuleType, type RuleType } from '../../qos/rule-types.js';
import { needsAll } from '../../rbac/rules.js';
import { typeNamed } from '../../rbac/object-types.js';
import { inUse } from '../../rbac/refusals.js';
import { EVERYBODY, SHARING, sharedField, sharedTarget } from '../../sharing.js';
import { seesQosPolicy, sharedFilter } from '../../visibility.js';
import { resource } from '../../words.js';
import { standard } from '../standard.js';

const both = { write: ['post', 'put'] } as const;
type RuleRow = Readonly<Record<string, unknown>> & { readonly type: string };
/** What a rule of each type says. */
const PARAMETERS: Readonly<Record<RuleType, readonly string[]>> = {
  bandwidth_limit: ['max_kbps', 'max_burst_kbps', 'direction'],
  packet_rate_limit: ['max_kpps', 'max_burst_kpps', 'direction'],
  dscp_marking: ['dscp_mark'],
  minimum_bandwidth: ['min_kbps', 'direction'],
  minimum_packet_rate: ['min_kpps', 'direction'],
};
/** A rule as its policy shows it: with its type. */
const shownRule = (row: RuleRow): object => ({
  id: row['id'],
  qos_policy_id: row['policy_id'],
  type: row.type,
  ...Object.fromEntries(isRuleType(row.type) ? PARAMETERS[row.type].map((name) => [name, row[name]]) : []),
});

/** A QoS policy (neutron_lib/api/definitions/qos.py and its extensions). */
export const qosPolicy = resource({
  names: ['policy', 'policies'],
  path: 'qos/policies',
  record: 'qosPolicy',
  table: 'neutron.qos_policies',
  include: { rules: { orderBy: [{ created_at: 'asc' }, { id: 'asc' }] }, ...SHARING },
  owner: 'project_id',
  revisions: true,
  tags: true,
  // neutron/extensions/tagging.py, and openstacksdk. What Neutron's policies say of the path is the other one.
  tagsAt: 'policies',
  fields: {
    ...standard,
    shared: sharedField({ default: false, ...both }),
    is_default: shownAs(
      bool({ default: false, ...both, column: '' }),
      Type.Boolean(),
      ({ default_of }: { default_of: string | null }) => default_of !== null,
    ),
    rules: computed(
      Type.Array(Type.Record(Type.String(), Type.Unknown())),
      ({ rules }: { rules: readonly RuleRow[] }) => rules.map(shownRule),
      {},
    ),
  },
  filters: {
    shared: sharedFilter,
    is_default: (values) => {
      const asked = new Set(values.map((value) => ['true', '1'].includes(value.toLowerCase())));
      return asked.size > 1 ? {} : { default_of: asked.has(true) ? { not: null } : null };
    },
  },
  visible: seesQosPolicy,
  target: sharedTarget,
  beforeCreate: async (_at, { project_id }, { is_default }) => (is_default ? { default_of: String(project_id) } : {}),
  async beforeUpdate({ tx }, row, { is_default, shared }) {
    if (shared === false && row.shared && (await needsAll(tx, typeNamed('qos_policy'), row.id)))
      throw inUse(row.id, `project_id=${EVERYBODY}`);
    return is_default === undefined ? {} : { default_of: is_default ? row.project_id : null };
  },
  async beforeDelete({ tx }, { id }) {
    // Nobody comes to use it from now on: who does waits for its row, and does not find it.
    await tx.$queryRaw`SELECT 1 FROM neutron.qos_policies WHERE id = ${id} FOR UPDATE`;
    const user = await firstUser(tx, id);
    if (user !== undefined) throw policyInUse(id, ...user);
  },
  taken: ({ project_id }) => defaultExists(String(project_id)),
});

/** Something that a policy is bound to, in the order in which Neutron looks. */
async function firstUser(tx: Queries, id: string): Promise<[kind: string, id: string] | undefined> {
  const bound = { where: { qos_policy_id: id }, select: { id: true } } as const;
  const port = await tx.port.findFirst(bound);
  if (port !== null) return ['port', port.id];
  const network = await tx.network.findFirst(bound);
  if (network !== null) return ['network', network.id];
  const floating = await tx.floatingIp.findFirst(bound);
  if (floating !== null) return ['fip', floating.id];
  const router = await tx.router.findFirst(bound);
  return router === null ? undefined : ['router', router.id];
}
