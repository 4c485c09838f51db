import { int, oneOf } from '../../../kernel/resource/fields.js';
import { MOST } from '../../qos/rule-types.js';
import { resource } from '../../words.js';
import { byAlias, parameter, ruleFields, underPolicy } from './rule-fields.js';

const fields = {
  ...ruleFields,
  min_kbps: int({ ...parameter, min: 0, max: MOST, required: true }),
  direction: oneOf(['egress', 'ingress'], { ...parameter, default: 'egress' }),
};

/** What a port has at least (neutron_lib/api/definitions/qos_bw_minimum_ingress.py): no host of this cloud can promise it. */
export const minimumBandwidthRule = resource({ ...underPolicy('minimum_bandwidth'), fields });
export const minimumBandwidthAlias = resource({ ...byAlias('minimum_bandwidth'), fields });
