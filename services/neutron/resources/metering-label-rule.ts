import { bool, oneOf, text, uuid } from '../../kernel/resource/fields.js';
import { checkOverlap, checkedPrefixes } from '../metering-prefixes.js';
import { resource } from '../words.js';

const given = { write: ['post'], filter: true, sort: true } as const;
const prefix = { max: 64, nullable: true, ...given } as const;

/** What counts for a label, or is left out of its count (neutron_lib/api/definitions/metering.py, neutron/services/metering). */
export const meteringLabelRule = resource({
  names: ['metering_label_rule', 'metering_label_rules'],
  path: 'metering/metering-label-rules',
  record: 'meteringLabelRule',
  table: 'neutron.metering_label_rules',
  include: { label: { select: { project_id: true } } },
  actions: ['list', 'get', 'create', 'delete'],
  fields: {
    id: uuid({ filter: true, sort: true }),
    /** It is its label's project's, whatever is given: Neutron keeps none of a rule. */
    project_id: text({ max: 255, write: ['post'], hidden: true, column: '' }),
    metering_label_id: uuid({ required: true, ...given }),
    direction: oneOf(['ingress', 'egress'], { required: true, ...given }),
    excluded: bool({ default: false, ...given }),
    remote_ip_prefix: text(prefix),
    source_ip_prefix: text(prefix),
    destination_ip_prefix: text(prefix),
  },
  visible: ({ projectId }) => ({ label: { project_id: projectId } }),
  target: ({ label }) => ({ project_id: label.project_id }),
  async newTarget({ ctx, parts }, { metering_label_id }) {
    const { project_id } = await parts.meteringLabelOf(ctx, metering_label_id);
    return { project_id };
  },
  plan: (_at, input) => checkedPrefixes(input),
  /** The rules of one label are made one after the other, so that none overlaps another one. */
  async beforeCreate({ tx }, { remote_ip_prefix }, { metering_label_id, direction, excluded = false }) {
    await tx.$queryRaw`SELECT 1 FROM neutron.metering_labels WHERE id = ${metering_label_id} FOR UPDATE`;
    const others = await tx.meteringLabelRule.findMany({
      where: { metering_label_id, direction, excluded },
      select: { remote_ip_prefix: true },
    });
    checkOverlap(
      remote_ip_prefix as string | null,
      others.map((one) => one.remote_ip_prefix),
    );
  },
});
