import { int, oneOf } from '../../../kernel/resource/fields.js';
import { MOST } from '../../qos/rule-types.js';
import { resource } from '../../words.js';
import { byAlias, parameter, ruleFields, underPolicy } from './rule-fields.js';

const fields = {
  ...ruleFields,
  max_kbps: int({ ...parameter, min: 0, max: MOST, required: true }),
  max_burst_kbps: int({ ...parameter, min: 0, max: MOST, default: 0 }),
  direction: oneOf(['ingress', 'egress'], { ...parameter, default: 'egress' }),
};

/** What a port may send or get at most (neutron_lib/api/definitions/qos_bw_limit_direction.py). */
export const bandwidthLimitRule = resource({ ...underPolicy('bandwidth_limit'), fields });
export const bandwidthLimitAlias = resource({ ...byAlias('bandwidth_limit'), fields });
